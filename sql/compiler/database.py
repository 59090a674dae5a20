# SPDX-License-Identifier: Apache-2.0
"""The checks against a real PostgreSQL: every statement is prepared, described and planned as each of its roles."""
from .cluster import Cluster, DatabaseError
from .contract import NAMES, OIDS, Path
from .migrations import apply_migrations
from .problems import Slip
from .statement import is_list_statement

# What the server sends around the statements of a method (docs/methods.md): text, parameter types, columns that must come back.
AROUND = {
    "begin_read": ("select user_id from kam.begin_read($1)", ("bytea",), {"user_id": "uuid"}),
    "begin_write": ("select kam.begin_write($1, $2, $3, $4)", ("bytea", "uuid", "text", "bytea"), {}),
    "end_write": ("select kam.end_write($1, $2, $3, $4)", ("uuid", "text", "bytea", "uuid"), {}),
}
PAGE_TYPES = ("text", "uuid", "int2", "int4", "int8", "bool", "float8", "timestamptz", "date")
SESSION_ROLES = ("rep", "manager", "service")


def type_name(connection, oid):
    if oid in NAMES:
        return NAMES[oid]
    return connection.values("select format_type(%d, null)" % oid)[0]


def check_database(contract, methods, migrations, problems):
    """Fills columns and inferred parameter types of every statement."""
    with Cluster() as cluster:
        admin = cluster.connect("postgres", "postgres")
        # As in production: the owner of the database is no superuser, but may create roles.
        admin.execute("create role kam_owner login createrole nosuperuser")
        admin.execute("create database kam owner kam_owner template template0")
        admin.close()
        owner = cluster.connect("kam_owner", "kam")
        owner.execute("create schema kam")
        applied = apply_migrations(owner, migrations, problems)
        owner.close()
        if not applied:
            return
        connection = cluster.connect("postgres", "kam")
        try:
            checker = DatabaseChecker(contract, connection, problems)
            checker.check_around()
            for method in methods:
                for variant in method.variants:
                    for statement in variant.statements:
                        if statement.sql is not None:
                            for role in variant.roles:
                                checker.check_statement(method, statement, role)
        finally:
            connection.close()


class DatabaseChecker:
    def __init__(self, contract, connection, problems):
        self.contract = contract
        self.connection = connection
        self.problems = problems
        # A plan for unknown values: what folds away for NULL must be checked too.
        connection.execute("set plan_cache_mode = force_generic_plan")
        # As the server's connections have it (server/db/connect.c).
        connection.execute("set search_path = kam, public, pg_temp")

    def run_as(self, role, name, sql, oids):
        """Describes and plans the statement; planning starts the executor, which is where privileges are checked."""
        try:
            self.connection.execute("begin; set local role kam_%s" % role)
            parameters, columns = self.connection.describe(name, sql, oids)
            nulls = "(%s)" % ", ".join(["null"] * len(parameters)) if parameters else ""
            self.connection.execute('explain execute "%s"%s' % (name, nulls))
            return parameters, columns
        finally:
            self.connection.execute("rollback")
            self.connection.execute("deallocate all")

    def check_around(self):
        for name, (sql, types, wanted) in AROUND.items():
            for role in SESSION_ROLES:
                try:
                    _, columns = self.run_as(role, name, sql, [OIDS[t] for t in types])
                except DatabaseError as error:
                    self.problems.add("sql/migrations", 1, "%s as kam_%s: %s" % (sql, role, error.message))
                    continue
                for column, kind in wanted.items():
                    if (column, OIDS[kind]) not in columns:
                        self.problems.add("sql/migrations", 1, "%s must give the column %s of type %s" % (sql, column, kind))

    def check_statement(self, method, statement, role):
        sql = str(statement.sql)
        try:
            parameters, columns = self.run_as(role, statement.name, sql, [parameter.oid for parameter in statement.parameters])
        except DatabaseError as error:
            places = statement.sql.places
            at = min(max(error.position - 1, 0), len(places) - 1)
            place = places[at] if error.position else (method.file, statement.sql.places[0][1])
            self.problems.add(*place, "as kam_%s: %s%s" % (role, error.message, "; %s" % error.hint if error.hint else ""))
            return
        for parameter, oid in zip(statement.parameters, parameters):
            if oid not in NAMES:
                self.problems.add(*parameter.place, "parameter :%s is taken as %s; cast it to one of %s" % (
                    parameter.name, type_name(self.connection, oid), ", ".join(OIDS)))
            parameter.oid = oid
        statement.columns = columns
        if statement.part not in ("do", "statement") and statement.argument != "nothing":
            self.check_columns(method, statement)
        else:
            for name, oid in columns if statement.part == "statement" else ():
                if oid not in NAMES:
                    self.slip(method, statement, "column \"%s\" is %s; cast it to one of %s" % (
                        name, type_name(self.connection, oid), ", ".join(OIDS)))

    def slip(self, method, statement, text):
        self.problems.add(method.file, statement.sql.places[0][1], text)

    def check_columns(self, method, statement):
        descriptor = self.contract.methods[method.value("method")]
        message = self.contract.messages[descriptor.output_type]
        if is_list_statement(statement):
            message = self.contract.messages[self.contract.find_field(message, statement.argument).type_name]
        seen = set()
        keys = {}
        for name, oid in statement.columns:
            if name in seen:
                self.slip(method, statement, "two columns are called \"%s\"" % name)
            seen.add(name)
            if name.startswith("page.") and name[5:].isdigit():
                keys[int(name[5:])] = oid
                continue
            try:
                path = self.contract.resolve(message, name)
                if path.kind == "mask":
                    raise Slip("\"%s\" is a field mask, which no column fills" % name)
                self.check_type(path, name, oid)
            except Slip as slip:
                self.slip(method, statement, "column \"%s\": %s" % (name, slip))
        self.check_keys(method, statement, keys)

    def check_type(self, path: Path, name, oid):
        wanted = path.column_types()
        if NAMES.get(oid) not in wanted:
            raise Slip("is %s, but %s needs %s" % (type_name(self.connection, oid), name, " or ".join(wanted)))

    def check_keys(self, method, statement, keys):
        used = {parameter.key: parameter for parameter in statement.parameters if parameter.source == "PAGE_KEY"}
        is_paged = any(parameter.source == "PAGE_LIMIT" for parameter in statement.parameters)
        if is_paged and not keys:
            self.slip(method, statement, "a list with pages needs its sort key as columns \"page.1\", \"page.2\", ...")
        if keys and not is_paged:
            self.slip(method, statement, "page columns in a statement without :page.limit")
        for number in range(1, max(keys, default=0) + 1):
            if number not in keys:
                self.slip(method, statement, "column \"page.%d\" is missing" % number)
            elif number not in used:
                self.slip(method, statement, "column \"page.%d\" is given, but no :page.%d begins after it" % (number, number))
            elif NAMES.get(keys[number]) not in PAGE_TYPES:
                self.slip(method, statement, "column \"page.%d\" is %s; a sort key is one of %s" % (
                    number, type_name(self.connection, keys[number]), ", ".join(PAGE_TYPES)))
            elif used[number].oid != keys[number]:
                self.problems.add(*used[number].place, ":page.%d is taken as %s, but the column \"page.%d\" is %s; cast one of them" % (
                    number, type_name(self.connection, used[number].oid), number, type_name(self.connection, keys[number])))
        for number, parameter in used.items():
            if number not in keys:
                self.problems.add(*parameter.place, ":page.%d without a column \"page.%d\"" % (number, number))
