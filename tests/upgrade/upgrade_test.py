# SPDX-License-Identifier: Apache-2.0
# builds: dev
"""From the released schema to the present one, with data in it, an older client connected, and an older server beside the new one."""
import hashlib
import threading
import unittest
import uuid

import psycopg2

from released import MIGRATIONS, RELEASED, STATEMENTS, OldClient, OldServer, make_schema
from support.cluster import Cluster
from support.kam import PASSWORD, Kamd, wait_for

ACCOUNTS = 30


class Upgrade(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(Cluster())
        cls.old = cls.cluster.create_database()
        make_schema(cls.old)
        # Users by today's operator commands, which know the released functions; the rest by that server's own statements.
        kamd = Kamd(cls.old)
        try:
            kamd.make_company()
        finally:
            kamd.destroy()
        server = OldServer(cls.old, cls.user_id(cls.old, 'nora'), 'rep')
        for number in range(ACCOUNTS):
            cls.create_account(server, f'Old customer {number}')
        server.close()

    def setUp(self):
        self.database = self.cluster.clone(self.old)
        self.kamd = Kamd(self.database)
        self.addCleanup(self.kamd.destroy)

    @staticmethod
    def user_id(database, login):
        return database.psql(f"select id from kam.app_user where login = '{login}'").strip()

    @staticmethod
    def create_account(server, name):
        record = str(uuid.uuid4())
        rows = server.call('kam.v1.AccountService/CreateAccount', {'account.name': name, 'duplicate_reason': 'x'}, record, is_write=True)
        return rows[0]

    def old_server(self):
        server = OldServer(self.database, self.user_id(self.database, 'nora'), 'rep')
        self.addCleanup(server.close)
        return server

    # ---- what was released stays ----

    def test_released_migrations_never_change(self):
        present = []
        for path in sorted(MIGRATIONS.glob('*.sql'))[:len(RELEASED)]:
            number, _, name = path.stem.partition('_')
            present.append([str(int(number)), name, hashlib.blake2b(path.read_bytes(), digest_size=32).hexdigest()])
        self.assertEqual(present, RELEASED)

    def test_what_an_older_server_sends_still_works(self):
        """Each statement, as each role that sends it: its names, its rights, and the columns that come back."""
        self.assertEqual(self.kamd.operate('migrate').code, 0)
        checked, complaints = 0, []
        for role in ('rep', 'manager', 'service', 'auth'):
            connection = self.database.connect(f'kam_{role}')
            connection.autocommit = True
            with connection.cursor() as cursor:
                for at, statement in enumerate(STATEMENTS):
                    if role not in statement['roles']:
                        continue
                    checked += 1
                    try:
                        complaints += self.try_statement(cursor, statement, f's{at}')
                    except psycopg2.Error as error:
                        complaints.append(f'{statement["method"]} {statement["name"]} as {role}: {error.pgcode} {error}')
            connection.close()
        self.assertEqual(complaints, [])
        self.assertGreater(checked, len(STATEMENTS))

    @staticmethod
    def try_statement(cursor, statement, name):
        cursor.execute('select array(select format_type(o, null) from unnest(%s::oid[]) with ordinality u (o, n) order by n)', (statement['types'],))
        types = cursor.fetchone()[0]
        declared = f' ({", ".join(types)})' if types else ''
        cursor.execute(f'prepare {name}{declared} as {statement["sql"]}')
        given = f' ({", ".join(["null"] * len(types))})' if types else ''
        cursor.execute(f'explain execute {name}{given}')  # also looks at the rights
        cursor.execute('begin')
        try:
            cursor.execute(f'execute {name}{given}')
            found = [[column.name, column.type_code] for column in cursor.description or []]
        except psycopg2.Error as error:
            # What functions and constraints say to an empty request is their affair; names and rights are ours.
            if error.pgcode.startswith('42'):
                raise
            found = None
        cursor.execute('rollback')
        if found is not None and statement['columns'] and found != statement['columns']:
            return [f'{statement["method"]} {statement["name"]}: {found} in place of {statement["columns"]}']
        return []

    # ---- the way up ----

    def test_kamd_migrates_at_start_and_the_data_are_there(self):
        before = self.database.psql('select id, code, name, owner_id, version from kam.account order by id')
        changes = self.database.psql('select sequence, entity, record_id, operation, new_values from kam.change order by sequence')
        with self.kamd:
            self.assertEqual(self.database.psql('select id, code, name, owner_id, version from kam.account order by id'), before)
            kept = self.database.psql("select sequence, entity, record_id, operation, new_values from kam.change order by sequence")
            self.assertTrue(kept.startswith(changes.strip()))
            nora = self.kamd.login('nora')
            accounts = nora.call('AccountService/ListAccounts', {'page_size': 500}).accounts
            self.assertEqual(len(accounts), ACCOUNTS)
            found = nora.call('SearchService/Search', {'text': 'Old customer 7'})
            self.assertTrue(found.results)
            history = nora.call('HistoryService/ListChanges', {'record_id': accounts[0].id})
            self.assertTrue(history.changes)
            self.assertRegex(self.kamd.operate('check').out, r'(?m)^ok +schema +up to date')

    def test_rows_in_every_table_come_through(self):
        """Whatever a migration adds, fills or checks, it finds rows there."""
        connection = self.database.connect()
        connection.autocommit = True
        cursor = connection.cursor()

        def add(table, **values):
            names, marks = ', '.join(values), ', '.join(['%s'] * len(values))
            cursor.execute(f'insert into {table} ({names}) values ({marks}) returning {next(iter(values))}', list(values.values()))
            return cursor.fetchone()[0]

        def count():
            cursor.execute("select relname from pg_class where relnamespace = 'kam'::regnamespace and relkind in ('r', 'p') and not relispartition order by 1")
            counts = {}
            for table, in cursor.fetchall():
                cursor.execute(f'select count(*) from kam."{table}"')
                counts[table] = cursor.fetchone()[0]
            return counts

        nora = self.user_id(self.database, 'nora')
        account = self.database.psql("select id from kam.account where name = 'Old customer 7'").strip()
        contact, position, done, planned = (str(uuid.uuid4()) for _ in range(4))
        add('contact', id=contact, name='张伟', phones=['13800138000'])
        add('position', id=position, contact_id=contact, account_id=account, title='Director')
        add('contact_profile', contact_id=contact, hobbies='golf', birthday='1970-01-01')
        add('activity', id=done, account_id=account, kind='visit', state='done', subject='x', time='2026-01-01', owner_id=nora)
        add('activity', id=planned, account_id=account, kind='call', state='planned', subject='x', time='2027-01-01', owner_id=nora, previous_activity_id=done)
        add('activity_contact', activity_id=done, contact_id=contact, account_id=account)
        add('activity_user', activity_id=done, user_id=nora, account_id=account)
        add('relationship_change', position_id=position, account_id=account, level=3, changed_on='2026-01-01', activity_id=done)
        other = next(user for user in self.database.psql('select id from kam.app_user order by login').split() if user != nora)
        add('account_member', account_id=account, user_id=other)
        entry, route, targets, merge = (str(uuid.uuid4()) for _ in range(4))
        merged = self.database.psql("select id from kam.account where name = 'Old customer 8'").strip()
        add('account_figures', account_id=account, year=2025, revenue_currency_code='CNY', revenue_minor_units=100)
        add('account_supply', account_id=account, supplier='Other Ltd')
        add('account_brand', account_id=account, name='Brand')
        add('account_event', account_id=account, happened_on='2026-01-01', description='A new plant')
        add('need', account_id=account, contact_id=contact, kind='explicit', scope='person', text='x')
        add('contact_gift', contact_id=contact, given_on='2026-01-01', what='tea', given_by_id=nora)
        second = str(uuid.uuid4())
        add('contact', id=second, name='李娜')
        add('position', contact_id=second, account_id=account)
        add('contact_tie', kind='kinship', from_contact_id=contact, to_contact_id=second)
        add('activity_visit', activity_id=done, account_id=account, contact_id=contact)
        add('activity_spin', activity_id=planned, account_id=account, problem_questions='x')
        add('activity_comment', activity_id=done, account_id=account, author_id=other, recipient_id=nora, text='x')
        add('objection_entry', id=entry, objection='Too dear', state='published', features=['x'], advantages=['x'], benefits=['x'], evidence=['x'])
        add('objection', activity_id=done, account_id=account, contact_id=contact, objection='x', listen='x', entry_id=entry)
        add('idea', account_id=account, subject='x', impact=5, confidence=5, ease=5)
        cursor.execute("select set_config('kam.user_id', %s, false)", (other,))  # who makes a list owns it
        add('target_list', id=targets, name='x', starts_on='2026-01-01', ends_on='2026-12-31', owner_id=other)
        add('target_entry', list_id=targets, account_id=account, user_id=nora)
        add('route', id=route, name='x', owner_id=nora)
        add('route_stop', route_id=route, account_id=account, place=1)
        add('visit_plan', account_id=account, subject='x', repeat='weekly', weekdays=['monday'], starts_on='2026-01-01', end_time='2026-02-01')
        add('account_merge', id=merge, survivor_id=account, merged_id=merged, reason='x', former_owner_id=nora)
        add('account_merge_row', merge_id=merge, table_name='activity', column_name='account_id', row_key=[done])
        self.add_process(add, account, contact, nora, other)
        before = count()
        self.assertEqual({'login_failure'}, {table for table in before if not before[table]})
        self.assertEqual(self.kamd.operate('migrate').code, 0)
        after = count()
        self.assertEqual({table: before[table] for table in before if table not in ('change', 'schema_migration')},
                         {table: after[table] for table in before if table not in ('change', 'schema_migration')})
        connection.close()

    def add_process(self, add, account, contact, rep, manager):
        """An opportunity with all that is written about it."""
        version, stage = self.database.psql("""select v.id, s.key from kam.pipeline p join kam.pipeline_version v on v.pipeline_id = p.id
                                                 join kam.pipeline_stage s on s.version_id = v.id where p.key = 'development' and s.position = 2""").strip().split('|')
        model, factor = self.database.psql("""select v.id, f.key from kam.scoring_model m join kam.scoring_model_version v on v.model_id = m.id
                                                join kam.scoring_factor f on f.version_id = v.id where m.key = 'value' and f.position = 1""").strip().split('|')
        opportunity, assessment, plan, request = (str(uuid.uuid4()) for _ in range(4))
        of = {'opportunity_id': opportunity, 'account_id': account}
        add('exchange_rate', currency_code='USD', reporting_currency_code='CNY', from_on='2026-01-01', rate='7.1')
        add('delegation', from_user_id=manager, to_user_id=rep, starts_on='2026-01-01', ends_on='2026-01-31')
        add('opportunity', id=opportunity, account_id=account, owner_id=rep, name='Pumps', pipeline_version_id=version, stage_key=stage,
            amount_currency_code='USD', amount_minor_units=100, verdict='prepare', verdict_time='2026-01-02', verdict_by='team_manager')
        add('opportunity_person', contact_id=contact, buying_roles=['decider'], stance='ally', influence=80, **of)
        add('opportunity_user', user_id=rep, role='x', **of)
        add('opportunity_product', product='Pump', quantity=2, **of)
        add('opportunity_competitor', name='Other Ltd', **of)
        add('decision_criterion', rank=1, text='Price', **of)
        add('opportunity_answer', question='why-us', answer='x', **of)
        add('assessment', id=assessment, model_version_id=model, assessed_on='2026-01-02', total='75.0', grade='B', **of)
        add('assessment_score', assessment_id=assessment, account_id=account, factor_key=factor, score=7)
        add('account_grade', account_id=account, kind='credit', grade='A', credit_limit_currency_code='CNY', credit_limit_minor_units=100, terms_days=30,
            suggested_by=rep, state='confirmed', decided_by=manager, decide_time='2026-01-03')
        add('market_quota', region='East', most=3)
        add('key_marking', buyer_count=1, key_count=1, added_count=1, removed_count=0, left_out_count=0)
        add('engagement_plan', id=plan, note='x', **of)
        add('engagement_step', plan_id=plan, account_id=account, position=1, contact_id=contact, user_id=rep)
        add('competition_rating', account_id=account, competitor='Other Ltd', price=5)
        add('swot', strengths='x', **of)
        add('account_plan', account_id=account, year=2026, goals='x')
        add('care_phase', kind='novelty', starts_on='2026-01-01', ends_on='2026-01-31', **of)
        add('criterion_waiver', stage_key=stage, criterion_key='sample', waived_by=manager, requested_by=rep, approver='team_manager', reason='x', **of)
        add('advancement', id=request, from_stage=stage, to_stage='assessment', requested_by=rep, owner_id=rep, is_for_group=False, **of)
        add('approval_step', advancement_id=request, account_id=account, position=1, approver='team_manager', state='open')
        add('advancement_evidence', advancement_id=request, account_id=account, moment='ask', position=1, criterion_key='sample', kind='activity_done',
            name_en='Sample', name_zh='样品', state='waived', waived_by=manager, waiver_reason='x')
        add('stage_change', direction='verdict', to_stage=stage, verdict='prepare', changed_by=manager, **of)

    def test_an_older_client_works_with_the_new_server(self):
        with self.kamd:
            client = OldClient(self.kamd.channel()).log_in('nora', PASSWORD)
            self.assertEqual(client.call('SessionService/GetCaller').login, 'nora')
            account = client.call('AccountService/ListAccounts', {'page_size': 1}).accounts[0]
            changed = client.call('AccountService/UpdateAccount', {'account': {'id': account.id, 'version': account.version, 'note': 'by an older client'},
                                                                   'update_mask': 'note'})
            self.assertEqual((changed.note, changed.version), ('by an older client', account.version + 1))
            contact = client.call('ContactService/CreateContact', {'contact': {
                'id': str(uuid.uuid4()), 'name': '张伟', 'positions': [{'account_id': account.id, 'title': '采购经理'}]}})
            activity = client.call('ActivityService/LogActivity', {'activity': {
                'id': str(uuid.uuid4()), 'account_id': account.id, 'kind': 'ACTIVITY_KIND_CALL', 'subject': 'Asked', 'time': '2026-11-20T01:00:00Z',
                'contact_ids': [contact.id]}})
            self.assertEqual(client.call('ActivityService/GetActivity', {'id': activity.id}).subject, 'Asked')
            self.assertTrue(client.call('HistoryService/ListChanges', {'record_id': account.id}).changes)
            self.assertTrue(client.call('SearchService/Search', {'text': '张伟'}).results)
            client.call('SessionService/Logout')

    def test_an_older_server_works_on_during_and_beside(self):
        """A rolling upgrade: it reads and writes before, while and after the new one migrates, and both see what the other did."""
        server = self.old_server()
        made, failures, stop = [], [], threading.Event()

        def work():
            number = 0
            while not stop.is_set():
                number += 1
                try:
                    made.append(self.create_account(server, f'During {number}'))
                    server.call('kam.v1.AccountService/ListAccounts')
                    server.call('kam.v1.SessionService/GetCaller')
                except psycopg2.Error as error:
                    failures.append(f'{error.pgcode} {error}')
                    return

        worker = threading.Thread(target=work)
        worker.start()
        try:
            wait_for(lambda: len(made) > 3 or failures, 'the older server to work')
            with self.kamd:
                count = len(made)
                wait_for(lambda: len(made) > count + 5 or failures, 'the older server to work on')
                nora = self.kamd.login('nora')
                new = nora.call('AccountService/CreateAccount', {'account': {'id': str(uuid.uuid4()), 'name': 'By the new one'}, 'duplicate_reason': 'x'})
                stop.set()
                worker.join()
                self.assertEqual(failures, [])
                self.assertIn(new.id, [str(row['id']) for row in server.call('kam.v1.AccountService/ListAccounts')])
                for row in made:
                    self.assertEqual(nora.call('AccountService/GetAccount', {'id': str(row['id'])}).code, row['code'])
        finally:
            stop.set()
            worker.join()

    def test_a_backup_from_before_is_restored_and_migrated(self):
        file = self.kamd.directory / 'run' / 'old.backup'
        self.assertEqual(self.kamd.operate('backup', str(file)).code, 0)
        self.assertIn(b'migration = %d\n' % len(RELEASED), file.read_bytes()[:500])
        other = Kamd(self.cluster.create_database())
        self.addCleanup(other.destroy)
        ran = other.operate('restore', str(file))
        self.assertEqual(ran.code, 0, ran.err)
        missing = len(list(MIGRATIONS.glob('*.sql'))) - len(RELEASED)
        self.assertIn(f'by {missing} migrations', ran.out)
        with other:
            self.assertEqual(len(other.login('nora').call('AccountService/ListAccounts', {'page_size': 500}).accounts), ACCOUNTS)


if __name__ == '__main__':
    unittest.main()
