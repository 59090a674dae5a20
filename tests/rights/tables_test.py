#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The rights as the database keeps them: what each role reads with SQL of its own (tables.txt), and that both matrices
notice a leak: a policy USING (true) or a column granted to all, on any one table."""
import contextlib
import pathlib
import unittest

from calls import CALLS
from matrix import Matrix
from stage import Stage
from tables import Tables, read_file

stage = None
FUNCTIONS = pathlib.Path(__file__).with_name("functions.txt")
ROLES = "kam_rep, kam_manager, kam_service"
# Where a policy that shows every row lets a method say too much. On other tables no method selects by itself, and SQL has to show it.
SEEN_BY_METHODS = ("account", "change", "contact", "position", "relationship_change", "session")


def setUpModule():
    global stage
    stage = Stage()
    unittest.addModuleCleanup(stage.close)


def tables_with_policies():
    with stage.copy() as database:
        return database.psql("""select relname from pg_class where relnamespace = 'kam'::regnamespace and relkind in ('r', 'p')
                                and relrowsecurity order by relname""").split()


def policy(table):
    return f"create policy leak on kam.{table} for select using (true)"


def grant(table):
    return f"grant select on kam.{table} to {ROLES}"


class Sql(unittest.TestCase):
    def test_tables(self):
        with stage.copy() as database:
            problems = Tables(stage.company, database).run()
        if problems:
            self.fail(f"{len(problems)} problems\n" + "\n".join(problems))

    def test_every_table_that_is_read_has_row_security(self):
        with stage.copy() as database:
            without = database.psql("""select relname from pg_class where relnamespace = 'kam'::regnamespace
                                       and relkind in ('r', 'p', 'v', 'm', 'f') and not relrowsecurity""").split()
        for table in without:
            self.assertEqual(set(read_file()[table].rows.values()), {"none"}, table)


    def test_functions(self):
        """Everybody may call what functions.txt says, and nothing else; what runs as the owner looks names up in our schema only."""
        wanted, roles = {}, ()
        for line in FUNCTIONS.read_text(encoding="utf-8").splitlines():
            line = line.partition("#")[0].strip()
            if line.startswith("["):
                roles = {f"kam_{role}" for role in line.strip("[]").split()}
            wanted.update((name, roles) for name in line.split() if not line.startswith("["))
        with stage.copy() as database, contextlib.closing(database.connect()) as owner, owner.cursor() as cursor:
            cursor.execute("""
                select p.proname, r.rolname, has_function_privilege(r.oid, p.oid, 'execute'), p.prosecdef, p.proconfig
                  from pg_proc p cross join pg_roles r
                 where p.pronamespace = 'kam'::regnamespace
                   and r.rolname in ('kam_rep', 'kam_manager', 'kam_service', 'kam_auth', 'kam_login')""")
            functions = cursor.fetchall()
            self.assertEqual(set(wanted) - {name for name, *_ in functions}, set(), "there is no such function")
            for name, role, may_call, is_definer, settings in functions:
                with self.subTest(function=name, role=role):
                    self.assertEqual(may_call, role in wanted.get(name, ()))
                    if is_definer:
                        self.assertIn("search_path=kam, pg_temp", settings)


class Leaks(unittest.TestCase):
    """The matrices are tested themselves: each leak must turn them red."""

    def problems_of_sql(self, table, leak):
        with stage.copy() as database:
            database.psql(leak)
            return Tables(stage.company, database).run(table)

    def test_a_policy_for_all_rows_is_seen_by_sql(self):
        for table in tables_with_policies():
            with self.subTest(table=table):
                self.assertTrue(self.problems_of_sql(table, policy(table)), "the leak was not noticed")

    def test_a_grant_of_all_columns_is_seen_by_sql(self):
        open_to_all = {table for table, entry in read_file().items() if entry.hidden == ["-"] and entry.service == ["*"]}
        self.assertEqual(open_to_all, {"app_user", "company", "team", "team_closure"})
        for table in tables_with_policies():
            with self.subTest(table=table):
                problems = self.problems_of_sql(table, grant(table))
                if table in open_to_all:
                    self.assertEqual(problems, [], "every role reads all columns anyway")
                else:
                    self.assertTrue(problems, "the leak was not noticed")

    def test_a_policy_for_all_rows_is_seen_by_methods(self):
        for table in SEEN_BY_METHODS:
            with self.subTest(table=table), stage.served_copy(policy(table)) as (company, snapshot):
                problems = Matrix(company, snapshot).run(lambda cell: not CALLS[cell.row].writes and cell.role == "rep")
                self.assertIsNotNone(next(problems, None), "the leak was not noticed")


if __name__ == "__main__":
    unittest.main()
