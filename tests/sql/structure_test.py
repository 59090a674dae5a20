#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What must hold for every table, function and policy, those not written yet included."""
import threading
import unittest

from stage import ROLES, Cluster, Stage

# What service may read, column by column (domain.md section 1); a new column is not theirs until it is written here.
SERVICE_READS = {
    'account': {'id', 'code', 'name', 'phone', 'registered_address', 'delivery_address', 'owner_id', 'version'},
    'contact': {'id', 'name', 'phones', 'emails'},
    'position': {'id', 'contact_id', 'account_id', 'title'},
    'app_user': None, 'team': None, 'team_closure': None, 'company': None,     # all columns
    'session': {'id', 'user_id', 'device', 'address', 'create_time', 'expire_time', 'revoke_time'},
}
# Decided by functions, or kept by triggers.
NOBODY_WRITES = {('account', 'merged_into_id', 'INSERT'), ('account', 'merged_into_id', 'UPDATE'),
                 ('account', 'owner_id', 'UPDATE'), ('account', 'team_id', 'INSERT'), ('account', 'team_id', 'UPDATE'), ('account', 'code', 'INSERT'),
                 ('account', 'code', 'UPDATE'), ('account', 'retire_time', 'INSERT'), ('account', 'retire_time', 'UPDATE'), ('contact', 'retire_time', 'UPDATE'),
                 ('position', 'relationship', 'INSERT'), ('position', 'relationship', 'UPDATE'), ('position', 'ended_on', 'UPDATE'),
                 ('position', 'account_id', 'UPDATE'), ('position', 'contact_id', 'UPDATE'), ('activity', 'state', 'UPDATE'),
                 ('activity', 'account_id', 'UPDATE'), ('activity', 'cancel_reason', 'INSERT'), ('activity', 'customer_reaction', 'UPDATE'),
                 ('activity', 'result', 'UPDATE'),
                 *(('opportunity', column, verb) for verb in ('INSERT', 'UPDATE')
                   for column in ('code', 'stage_key', 'stage_since', 'state', 'close_time', 'lost_reason', 'verdict', 'verdict_time', 'review_on', 'is_imported')),
                 ('opportunity', 'owner_id', 'UPDATE'), ('opportunity', 'account_id', 'UPDATE'), ('opportunity', 'pipeline_version_id', 'UPDATE')}


class StructureTest(Stage):
    def tables(self):
        return [row[0] for row in self.query("select relname from pg_class where relnamespace = 'kam'::regnamespace and relkind in ('r', 'p') order by 1")]

    def test_every_table_has_row_level_security(self):
        without = self.query("""select relname from pg_class where relnamespace = 'kam'::regnamespace and relkind in ('r', 'p', 'm', 'f') and not relrowsecurity
                                  and relname <> 'schema_migration'""")
        self.assertEqual([], without)

    def test_no_views(self):
        self.assertEqual([], self.query("select relname from pg_class where relnamespace = 'kam'::regnamespace and relkind in ('v', 'm')"))

    def test_nobody_sees_a_row_without_a_session(self):
        for role in ('rep', 'manager', 'service', 'auth'):
            connection = self.database.connect('kam_' + role)
            for table in self.tables():
                with connection.cursor() as cursor:
                    columns = [row[0] for row in self.query(
                        """select attname from pg_attribute where attrelid = ('kam.' || %s)::regclass and attnum > 0 and not attisdropped
                              and has_column_privilege(%s, attrelid, attnum, 'SELECT')""", table, 'kam_' + role)]
                    if not columns:
                        continue
                    cursor.execute('select count(*) from (select ' + ', '.join(f'"{column}"' for column in columns) + f' from "{table}") x')
                    self.assertEqual((0,), cursor.fetchone(), f'{role} {table}')
            connection.close()

    def test_kam_login_and_kam_auth_have_no_table(self):
        for role in ('kam_login', 'kam_auth', 'public'):
            for table in self.tables():
                for privilege in ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES'):
                    if role == 'public':
                        continue
                    self.assertEqual([(False,)], self.query('select has_any_column_privilege(%s, %s, %s)', role, f'kam.{table}', privilege), f'{role} {table}')
        self.assertEqual([], self.query("""select relname from pg_class c, aclexplode(c.relacl) a
                                            where relnamespace = 'kam'::regnamespace and a.grantee = 0"""))

    def test_nobody_deletes_or_truncates(self):
        granted = self.query("""select c.relname, a.grantee::regrole::text, a.privilege_type from pg_class c, aclexplode(c.relacl) a
                                 where relnamespace = 'kam'::regnamespace and a.privilege_type in ('DELETE', 'TRUNCATE', 'TRIGGER', 'REFERENCES')
                                   and a.grantee <> c.relowner""")
        self.assertEqual([], granted)

    def test_no_grants_on_partitions(self):
        granted = self.query("""select c.relname from pg_class c, aclexplode(c.relacl) a
                                 where relnamespace = 'kam'::regnamespace and relispartition and a.grantee <> c.relowner""")
        self.assertEqual([], granted)

    def test_service_reads_its_columns_only(self):
        for table in self.tables():
            granted = {row[0] for row in self.query(
                """select attname from pg_attribute where attrelid = ('kam.' || %s)::regclass and attnum > 0 and not attisdropped
                      and has_column_privilege('kam_service', attrelid, attnum, 'SELECT')""", table)}
            allowed = SERVICE_READS.get(table, set())
            if allowed is not None:
                self.assertEqual(allowed, granted, table)
            for privilege in ('INSERT', 'UPDATE'):
                self.assertEqual([(False,)], self.query('select has_any_column_privilege(%s, %s, %s)', 'kam_service', f'kam.{table}', privilege), table)

    def test_decided_columns_are_granted_to_nobody(self):
        for table, column, privilege in sorted(NOBODY_WRITES):
            for role in ROLES:
                self.assertEqual([(False,)], self.query('select has_column_privilege(%s, %s, %s, %s)', 'kam_' + role, f'kam.{table}', column, privilege),
                                 f'{role} {table}.{column}')
        for role in ROLES:
            for table in ('change', 'user_password', 'session', 'login_failure', 'request_outcome', 'account_reach', 'team_closure', 'company',
                          'account_member', 'activity_contact', 'activity_user', 'relationship_change', 'app_user'):
                for privilege in ('INSERT', 'UPDATE'):
                    self.assertEqual([(False,)], self.query('select has_any_column_privilege(%s, %s, %s)', 'kam_' + role, f'kam.{table}', privilege),
                                     f'{role} {table}')

    def test_generated_columns_are_granted_to_nobody(self):
        granted = self.query("""select a.attrelid::regclass::text, a.attname, r.rolname from pg_attribute a join pg_class c on c.oid = a.attrelid,
                                       unnest(array['kam_rep', 'kam_manager', 'kam_service']) r (rolname)
                                 where c.relnamespace = 'kam'::regnamespace and a.attgenerated <> '' and has_column_privilege(r.rolname, c.oid, a.attnum, 'SELECT')""")
        self.assertEqual([], granted)

    def test_functions(self):
        self.assertEqual([], self.query("""select proname from pg_proc where pronamespace = 'kam'::regnamespace and prosecdef
                                             and not coalesce(proconfig, '{}') @> array['search_path=kam, pg_temp']"""),
                         'a definer function without a fixed search_path')
        self.assertEqual([], self.query("""select proname from pg_proc p
                                            where pronamespace = 'kam'::regnamespace
                                              and (proacl is null or exists (select from aclexplode(proacl) a where a.grantee = 0))"""),
                         'a function that PUBLIC may execute')
        self.assertEqual([], self.query("""select p.proname from pg_proc p, aclexplode(p.proacl) a
                                            where pronamespace = 'kam'::regnamespace and a.grantee = 'kam_login'::regrole"""))

    def test_functions_of_the_operator_are_the_owners_alone(self):
        granted = self.query("""select p.proname, a.grantee::regrole::text from pg_proc p, aclexplode(p.proacl) a
                                 where pronamespace = 'kam'::regnamespace and proname ~ '^operator_' and a.grantee <> p.proowner""")
        self.assertEqual([], granted)

    def test_kam_auth_may_call_these_functions(self):
        granted = self.query("""select distinct p.proname from pg_proc p, aclexplode(p.proacl) a
                                 where pronamespace = 'kam'::regnamespace and a.grantee = 'kam_auth'::regrole order by 1""")
        self.assertEqual(['feed_epoch', 'feed_news', 'last_backup_time', 'login_lookup', 'make_visits_ahead', 'open_session', 'purge', 'refuse', 'require', 'team_closure_is_sound'],
                         [row[0] for row in granted])

    def test_roles(self):
        rows = self.query("""select rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolbypassrls, rolcanlogin from pg_roles
                              where rolname in ('kam_rep', 'kam_manager', 'kam_service', 'kam_auth', 'kam_login') order by 1""")
        self.assertEqual([('kam_auth', False), ('kam_login', True), ('kam_manager', False), ('kam_rep', False), ('kam_service', False)],
                         [(row[0], row[-1]) for row in rows])
        for row in rows:
            self.assertEqual((False,) * 5, row[1:-1], row[0])
        with self.database.connect('kam_rep') as connection, connection.cursor() as cursor:
            cursor.execute('reset role')
            with self.assertRaisesRegex(Exception, 'permission denied'):
                cursor.execute('select * from kam.account')

    def test_text_has_no_enums_and_times_have_zones(self):
        self.assertEqual([], self.query("select typname from pg_type where typnamespace = 'kam'::regnamespace and typtype = 'e'"))
        self.assertEqual([], self.query("""select attrelid::regclass::text, attname from pg_attribute a join pg_class c on c.oid = a.attrelid
                                            where c.relnamespace = 'kam'::regnamespace and atttypid = 'timestamp'::regtype"""))

    def test_foreign_keys_everywhere(self):
        """Every uuid column but ids, the epoch, those of the log and of evidence as it was points somewhere."""
        loose = self.query("""
            select c.relname, a.attname from pg_attribute a join pg_class c on c.oid = a.attrelid
             where c.relnamespace = 'kam'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition and a.atttypid = 'uuid'::regtype
               and a.attname not in ('id', 'request_id', 'feed_epoch', 'evidence_id') and c.relname not in ('change', 'request_outcome')
               and not exists (select from pg_constraint k where k.conrelid = c.oid and k.contype = 'f' and a.attnum = any (k.conkey))""")
        self.assertEqual([], loose)

    def test_foreign_keys_that_are_followed_have_an_index(self):
        missing = self.query("""
            select k.conrelid::regclass::text, k.conname from pg_constraint k join pg_class c on c.oid = k.conrelid
             where k.connamespace = 'kam'::regnamespace and k.contype = 'f' and not c.relispartition
               and k.conrelid::regclass::text in ('position', 'activity', 'activity_contact', 'activity_user', 'account_member', 'relationship_change')
               and (select attname from pg_attribute where attrelid = k.conrelid and attnum = k.conkey[1])
                   not in ('updated_by', 'created_by', 'recorded_by', 'activity_id')
               and not exists (select from pg_index i where i.indrelid = k.conrelid and i.indkey[0] = k.conkey[1])""")
        self.assertEqual([], missing)

    def test_changed_rows_are_logged(self):
        """Every table that people write has the trigger that keeps versions and the log."""
        quiet = {'company', 'team_closure', 'user_password', 'session', 'login_failure', 'request_outcome', 'account_reach', 'schema_migration', 'account_merge_row', 'advancement_evidence', 'stage_change'}
        logged = {row[0] for row in self.query("select relname from pg_trigger t join pg_class c on c.oid = t.tgrelid where tgname = 'zz_record'")}
        tables = {table for table in self.tables() if not table.startswith('change')}
        self.assertEqual(tables - quiet, logged)

    def test_migrations_twice_in_one_cluster(self):
        """Roles are cluster-wide: a second database finds them there."""
        second = self.cluster.create_database()
        second.migrate()
        self.assertEqual('0\n', second.psql('select count(*) from kam.app_user'))
        second.drop()

    def test_two_databases_of_a_new_cluster_migrate_at_once(self):
        with Cluster() as cluster:
            databases = [cluster.create_database() for _ in range(3)]
            failures = []

            def migrate(database):
                try:
                    database.migrate()
                except RuntimeError as error:
                    failures.append(str(error))
            threads = [threading.Thread(target=migrate, args=(database,)) for database in databases]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual([], failures)


if __name__ == '__main__':
    unittest.main()
