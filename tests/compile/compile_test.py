#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# builds: dev
"""sql/compile.py: every kind of slip in a .sql file is an error with its file and line, and says what would be right."""
import pathlib
import re
import subprocess
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent

GET = """-- method: kam.v1.ThingService/GetThing
-- kind: read
-- roles: rep, manager
-- into: .
select id, name from thing where id = :id;
"""
LIST = """-- method: kam.v1.ThingService/ListThings
-- kind: read
-- roles: rep
-- into: things
select id, name, name as "page.1", id as "page.2" from thing
 where (name, id) > (coalesce(:page.1, ''), coalesce(:page.2::uuid, '00000000-0000-0000-0000-000000000000'))
 order by name, id limit :page.limit;
"""
UPDATE = """-- method: kam.v1.ThingService/UpdateThing
-- kind: write
-- record: thing.id
-- roles: rep
-- do:
update thing set @set(thing: name, price) where id = :record.id;
-- answer:
select id, name, version from thing where id = :record.id;
"""
WATCH = """-- method: kam.v1.ThingService/WatchThings
-- kind: read
-- handler: watch
-- roles: rep
-- statement: next
select id, size from thing where id = :arg.after::uuid;
"""
RIGHT = {"thing/get.sql": GET, "thing/list.sql": LIST, "thing/update.sql": UPDATE, "thing/watch.sql": WATCH}


class CompileTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.descriptors = cls.folder / "thing.pb"
        protos = cls.folder / "proto" / "kam" / "v1"
        protos.mkdir(parents=True)
        (protos / "thing.proto").write_text((HERE / "thing.proto").read_text())
        subprocess.run(["protoc", "-I", cls.folder / "proto", "-I", ROOT / "proto", "--include_imports", "--include_source_info",
                        "--descriptor_set_out=%s" % cls.descriptors, "kam/v1/thing.proto"], check=True)

    def compile(self, methods, *options, migrations=None, fragments=None):
        """Exit code and lines of compile.py over these files."""
        with tempfile.TemporaryDirectory(dir=self.folder) as name:
            sql = pathlib.Path(name) / "sql"
            if migrations is None:
                migrations = {"0001_all.sql": (HERE / "schema.sql").read_text()}
            for part, files in (("methods", methods), ("migrations", migrations), ("fragments", fragments or {})):
                (sql / part).mkdir(parents=True)
                for file, text in files.items():
                    (sql / part / file).parent.mkdir(parents=True, exist_ok=True)
                    (sql / part / file).write_text(text)
            tables = [pathlib.Path(name) / "methods.c", pathlib.Path(name) / "migrations.c"]
            done = subprocess.run(["/usr/bin/python3", "-B", ROOT / "sql" / "compile.py", "--sql", sql, "--descriptors", self.descriptors,
                                   "--methods-table", tables[0], "--migrations-table", tables[1], *options],
                                  capture_output=True, text=True, check=False)
            self.assertNotIn("Traceback", done.stderr)
            self.tables = [table.read_text() if table.exists() else None for table in tables]
            return done.returncode, done.stderr.splitlines()

    def assert_slip(self, place, pattern, methods, *options, **more):
        """Compiling fails with a line of this place that matches the pattern, and writes nothing."""
        code, lines = self.compile({**RIGHT, **methods}, *options, **more)
        self.assertEqual(code, 1, lines)
        self.assertEqual(self.tables, [None, None])
        for line in lines:
            self.assertRegex(line, r"^(sql|proto)/[^:]+:\d+: error: .+")
        self.assertTrue([line for line in lines if line.startswith(place + ": error: ") and re.search(pattern, line)],
                        "no '%s' at %s in:\n%s" % (pattern, place, "\n".join(lines)))

    def assert_static(self, place, pattern, methods, **more):
        self.assert_slip(place, pattern, methods, "--no-database", **more)


class Right(CompileTest):
    def test_right_files_become_tables(self):
        code, lines = self.compile(RIGHT)
        self.assertEqual((code, lines), (0, []))
        methods, migrations = self.tables
        self.assertIn('"/kam.v1.ThingService/GetThing"', methods)
        self.assertIn("select id, name from thing where id = $1", methods)
        self.assertIn('"sql/methods/thing/get.sql:5"', methods)
        self.assertIn("name = case when 'name' = any($1) then $2 else name end, "
                      "price_currency_code = case when 'price' = any($1) then $3 else price_currency_code end", methods)
        self.assertIn(".number = 1, .name = \"all\"", migrations)

    def test_text_in_quotes_and_comments_is_left_alone(self):
        text = GET.replace("where id = :id", "where /* :no */ id = :id and name <> ':id' and name <> $$:id$$ and E'\\':id' <> name -- :nonsense\n"
                                             " and id::text <> ''")
        self.assertEqual(self.compile({**RIGHT, "thing/get.sql": text}), (0, []))
        self.assertIn("':id'", self.tables[0])

    def test_fragments(self):
        text = GET.replace("id, name", "{{columns}}")
        self.assertEqual(self.compile({**RIGHT, "thing/get.sql": text}, fragments={"columns.sql": "-- What is shown.\nid, name\n"}), (0, []))
        self.assertIn("select id, name from thing", self.tables[0])

    def test_variants_have_columns_of_their_own(self):
        text = GET + "-- roles: service\n-- into: .\nselect id from thing where id = :id;\n"
        self.assertEqual(self.compile({**RIGHT, "thing/get.sql": text}), (0, []))

    def test_partial(self):
        self.assertEqual(self.compile({"thing/get.sql": GET}, "--partial"), (0, []))


class Static(CompileTest):
    """Slips that need no database."""

    def test_method_without_file(self):
        code, lines = self.compile({"thing/get.sql": GET}, "--no-database")
        self.assertEqual(code, 1)
        self.assertRegex(lines[0], r"^proto/kam/v1/thing.proto:13: error: the method has no statement; write .*ThingService/ListThings'$")
        self.assertEqual(len(lines), 3)

    def test_unknown_method(self):
        self.assert_static("sql/methods/thing/x.sql:1", "no method 'kam.v1.ThingService/GetThings'; did you mean .*GetThing'",
                           {"thing/x.sql": GET.replace("GetThing", "GetThings")})

    def test_two_files_of_one_method(self):
        self.assert_static("sql/methods/thing/x.sql:1", "has a file already: sql/methods/thing/get.sql", {"thing/x.sql": GET})

    def test_no_method(self):
        self.assert_static("sql/methods/thing/x.sql:1", "no '-- method:", {"thing/x.sql": "-- kind: read\n"})

    def test_unknown_directive(self):
        self.assert_static("sql/methods/thing/get.sql:3", "unknown directive 'role'; known are method", {"thing/get.sql": GET.replace("roles", "role")})

    def test_directive_given_twice(self):
        self.assert_static("sql/methods/thing/get.sql:3", "given before, in line 2", {"thing/get.sql": GET.replace("-- roles", "-- kind: read\n-- roles", 1)})

    def test_kind(self):
        self.assert_static("sql/methods/thing/get.sql:2", "kind is 'reed'; it must be", {"thing/get.sql": GET.replace("read", "reed")})

    def test_roles(self):
        self.assert_static("sql/methods/thing/get.sql:3", "unknown role 'boss'; known are rep", {"thing/get.sql": GET.replace("manager", "boss")})
        self.assert_static("sql/methods/thing/get.sql:6", "role 'rep' has a variant already, in line 3",
                           {"thing/get.sql": GET + "-- roles: rep\n-- into: .\nselect 1;\n"})
        self.assert_static("sql/methods/thing/get.sql:3", "'auth' is for handlers", {"thing/get.sql": GET.replace("manager", "auth")})
        self.assert_static("sql/methods/thing/get.sql:4", "no statement|without a statement|roles without|before",
                           {"thing/get.sql": GET.replace("-- roles: rep, manager\n", "").replace("-- into: .", "\n-- into: .")})

    def test_statement_without_text(self):
        self.assert_static("sql/methods/thing/get.sql:4", "without a statement", {"thing/get.sql": GET.split("select")[0]})

    def test_unknown_parameter(self):
        self.assert_static("sql/methods/thing/get.sql:5", "GetThingRequest has no field 'ident'; did you mean|there is id",
                           {"thing/get.sql": GET.replace(":id", ":ident")})

    def test_parameter_that_is_a_message(self):
        self.assert_static("sql/methods/thing/update.sql:6", "'thing.price' is a whole Money; name a field of it, such as 'thing.price.currency_code'",
                           {"thing/update.sql": UPDATE.replace("id = :record.id;", "id = :record.id and :thing.price is null;", 1)})

    def test_parameter_through_a_list(self):
        for wrong, pattern in ((":thing.parts.name", r"parts is repeated; write 'parts\[\]'"), (":thing.name[].x", "has no fields|is not repeated"),
                               (":thing.parts[].words", "what may hold line breaks"), (":thing.create_time", "output_only")):
            self.assert_static("sql/methods/thing/update.sql:6", pattern,
                               {"thing/update.sql": UPDATE.replace("id = :record.id;", "id = :record.id and %s is null;" % wrong, 1)})

    def test_built_in_parameters_in_the_wrong_place(self):
        for name, wrong, pattern in (("get", ":record.id", ":record.id is for writes"), ("get", ":page.1", "for the statement of a list"),
                                     ("get", ":arg.x", "a value that a handler gives"), ("list", ":page.first", "no parameter ':page.first'")):
            text = {"get": GET, "list": LIST}[name]
            self.assert_static("sql/methods/thing/%s.sql:5" % name, pattern, {"thing/%s.sql" % name: text.replace("from thing", "from thing where %s is null or" % wrong)})
        self.assert_static("sql/methods/thing/update.sql:8", ":new.id is another one", {"thing/update.sql": UPDATE.replace("select id", "select :new.id as id")})

    def test_into(self):
        for wrong, pattern in (("nonsense", "Thing has no field 'nonsense'"), ("name", "Thing.name is no message and no list of messages"), ("", "into what")):
            self.assert_static("sql/methods/thing/get.sql:4", pattern, {"thing/get.sql": GET.replace("into: .", "into: " + wrong)})

    def test_parts_of_reads_and_writes(self):
        self.assert_static("sql/methods/thing/get.sql:4", "'do' is for writes", {"thing/get.sql": GET.replace("into: .", "do:")})
        self.assert_static("sql/methods/thing/update.sql:4", "without '-- do:'", {"thing/update.sql": UPDATE.replace("-- do:", "-- answer:", 1)})
        self.assert_static("sql/methods/thing/update.sql:4", "exactly one '-- answer:'", {"thing/update.sql": UPDATE.replace("-- answer:", "-- do:")})
        self.assert_static("sql/methods/thing/get.sql:4", "'statement' is for handlers", {"thing/get.sql": GET.replace("into: .", "statement: x")})
        self.assert_static("sql/methods/thing/watch.sql:5", "needs a name", {"thing/watch.sql": WATCH.replace("statement: next", "statement:")})

    def test_streams_need_a_handler(self):
        self.assert_static("sql/methods/thing/watch.sql:1", "streaming method needs '-- handler", {"thing/watch.sql": WATCH.replace("-- handler: watch\n", "")})

    def test_record_and_version(self):
        self.assert_static("sql/methods/thing/update.sql:3", "'thing.name' is not a string with format UUID",
                           {"thing/update.sql": UPDATE.replace("thing.id", "thing.name")})
        self.assert_static("sql/methods/thing/update.sql:3", "has no field 'thin'", {"thing/update.sql": UPDATE.replace("record: thing", "record: thin")})
        self.assert_static("sql/methods/thing/update.sql:4", "'thing.size' is not an int64",
                           {"thing/update.sql": UPDATE.replace("-- roles", "-- version: thing.size\n-- roles")})
        self.assert_static("sql/methods/thing/get.sql:3", "'record' is for writes", {"thing/get.sql": GET.replace("-- roles", "-- record: id\n-- roles")})

    def test_masks(self):
        self.assert_static("sql/methods/thing/update.sql:6", "Thing has no field 'nam'", {"thing/update.sql": UPDATE.replace("name, price", "nam")})
        self.assert_static("sql/methods/thing/update.sql:6", "create_time is set by the server", {"thing/update.sql": UPDATE.replace("name, price", "create_time")})
        self.assert_static("sql/methods/thing/update.sql:6", "@set speaks of 'think'", {"thing/update.sql": UPDATE.replace("@set(thing", "@set(think")})
        self.assert_static("sql/methods/thing/update.sql:6", "@set needs a resource", {"thing/update.sql": UPDATE.replace("thing: name, price", "name")})
        self.assert_static("sql/methods/thing/update.sql:6", "has no field 'nonsense'", {"thing/update.sql": UPDATE.replace("where", "@mask(nonsense) where", 1)})
        self.assert_static("sql/methods/thing/update.sql:4", "no statement allows a path", {"thing/update.sql": UPDATE.replace("@set(thing: name, price)", "name = ''")})
        self.assert_static("sql/methods/thing/get.sql:5", "GetThingRequest has none", {"thing/get.sql": GET.replace("where", "@mask(name) where")})

    def test_pages(self):
        self.assert_static("sql/methods/thing/list.sql:4", "end the statement with 'limit :page.limit'", {"thing/list.sql": LIST.replace(":page.limit", "5")})
        self.assert_static("sql/methods/thing/list.sql:3", "page is 'many'", {"thing/list.sql": LIST.replace("-- roles", "-- page: many\n-- roles")})
        self.assert_static("sql/methods/thing/get.sql:3", "there are no pages", {"thing/get.sql": GET.replace("-- roles", "-- page: 5\n-- roles")})

    def test_fragment_that_is_not_there(self):
        self.assert_static("sql/methods/thing/get.sql:5", "no fragment 'columns'; write sql/fragments/columns.sql", {"thing/get.sql": GET.replace("id, name", "{{columns}}")})

    def test_slip_inside_a_fragment_is_found_there(self):
        self.assert_static("sql/fragments/which.sql:2", "has no field 'ident'", {"thing/get.sql": GET.replace("id = :id", "{{which}}")},
                           fragments={"which.sql": "-- Which one.\nid = :ident\n"})

    def test_names_of_migrations(self):
        for names in (("0001_a.sql", "0003_b.sql"), ("0002_a.sql",), ("1_a.sql",), ("0001_A.sql",)):
            self.assert_static("sql/migrations/" + names[-1] + ":1", "where 0|a migration is called", {}, migrations={name: "select;" for name in names})

    def test_all_slips_are_shown_at_once(self):
        code, lines = self.compile({"thing/get.sql": GET.replace("read", "reed").replace("manager", "boss").replace(":id", ":ident"),
                                    "thing/list.sql": LIST.replace("ListThings", "ListThinks")}, "--no-database", "--partial")
        self.assertEqual(code, 1)
        self.assertEqual(len(lines), 4)


class Database(CompileTest):
    """Slips that PostgreSQL finds. All of one test in one run: each starts a cluster."""

    def test_statements(self):
        get, listing = "sql/methods/thing/get.sql", "sql/methods/thing/list.sql"
        for place, pattern, methods in (
                (get + ":6", 'as kam_rep: column "nam" does not exist', {"thing/get.sql": GET.replace("id, name", "id,\n nam")}),
                (get + ":5", "syntax error", {"thing/get.sql": GET.replace("where", "were")}),
                (get + ":5", "permission denied for table thing", {"thing/get.sql": GET.replace("id, name", "id, secret as name")}),
                (get + ":5", "as kam_service: permission denied", {"thing/get.sql": GET.replace("manager", "service").replace("id, name", "id, name, size")}),
                (get + ":5", "Thing has no field 'nam'", {"thing/get.sql": GET.replace("id, name", "id, name as nam")}),
                (get + ":5", "is text, but size needs int4 or int2", {"thing/get.sql": GET.replace("id, name", "id, name as size")}),
                (get + ":5", "is bigint|is int8, but size needs", {"thing/get.sql": GET.replace("id, name", "id, version as size")}),
                (get + ":5", "is numeric, but", {"thing/get.sql": GET.replace("id, name", "id, 1.5 as version")}),
                (get + ":5", "two columns are called \"id\"", {"thing/get.sql": GET.replace("id, name", "id, id")}),
                (get + ":5", r"parts\[\]", {"thing/get.sql": GET.replace("id, name", "id, name as \"parts.name\"")}),
                (get + ":5", r"is text, but parts\[\].name needs text\[\]", {"thing/get.sql": GET.replace("id, name", "id, name as \"parts[].name\"")}),
                (get + ":5", "operator does not exist", {"thing/get.sql": GET.replace("id = :id", "size = :id")}),
                (listing + ":5", "column \"page.1\" is missing", {"thing/list.sql": LIST.replace('name as "page.1", ', "")}),
                (listing + ":5", "needs its sort key as columns", {"thing/list.sql": LIST.replace(', name as "page.1", id as "page.2"', "")}),
                (listing + ":5", "no :page.1 begins after it", {"thing/list.sql": LIST.replace("coalesce(:page.1, '')", "''")}),
                (listing + ":6", ":page.1 is taken as text, but the column \"page.1\" is int4", {"thing/list.sql": LIST.replace("name as \"page.1\"", "size as \"page.1\"")}),
                ("sql/methods/thing/update.sql:6", "permission denied for table thing", {"thing/update.sql": UPDATE.replace("name, price", "size")}),
        ):
            with self.subTest(pattern):
                self.assert_slip(place, pattern, methods)

    def test_migrations(self):
        schema = (HERE / "schema.sql").read_text()
        self.assert_slip("sql/migrations/0002_more.sql:2", "syntax error", {}, migrations={"0001_all.sql": schema, "0002_more.sql": "select 1;\nselekt 2;\n"})
        self.assert_slip("sql/migrations/0002_more.sql:1", "superuser|permission denied", {},
                         migrations={"0001_all.sql": schema, "0002_more.sql": "alter system set fsync = off;\n"})

    def test_without_a_transaction(self):
        migrations = {"0001_all.sql": (HERE / "schema.sql").read_text(),
                      "0002_index.sql": "-- no-transaction\ncreate index concurrently thing_name on kam.thing (name); -- ; not here\nselect ';';\n"}
        self.assertEqual(self.compile(RIGHT, migrations=migrations), (0, []))
        self.assertIn(".no_transaction = true", self.tables[1])

    def test_functions_around_a_call(self):
        schema = (HERE / "schema.sql").read_text().replace("create function kam.end_write", "create function kam.finish_write")
        self.assert_slip("sql/migrations:1", "kam.end_write.* as kam_rep: function kam.end_write.* does not exist", {}, migrations={"0001_all.sql": schema})


del CompileTest

if __name__ == "__main__":
    unittest.main()
