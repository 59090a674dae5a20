#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Identity of a call, sessions, logging in, and requests that are sent twice."""
import json
import threading
import unittest

import psycopg2

from stage import HASH, Stage, new_id, token


class IdentityTest(Stage):
    def identity(self, connection):
        with connection.cursor() as cursor:
            cursor.execute("select current_setting('kam.user_id', true), current_setting('kam.session_id', true), current_setting('kam.team_id', true)")
            return tuple(value or '' for value in cursor.fetchone())

    def begin(self, connection, login):
        with connection.cursor() as cursor:
            cursor.execute('select user_id from kam.begin_read(%s)', (token(login),))
            return [row[0] for row in cursor.fetchall()]

    def test_identity_ends_with_the_transaction(self):
        connection = self.database.connect('kam_rep')
        self.addCleanup(connection.close)
        self.assertEqual([self.users['ann']], self.begin(connection, 'ann'))
        self.assertEqual((self.users['ann'], self.teams['office']), self.identity(connection)[0::2])
        connection.commit()
        self.assertEqual(('', '', ''), self.identity(connection))
        self.begin(connection, 'ann')
        with self.assertRaises(psycopg2.Error):
            connection.cursor().execute('select 1 / 0')
        connection.rollback()
        self.assertEqual(('', '', ''), self.identity(connection))
        connection.rollback()
        # A savepoint that is rolled back takes an identity set inside it along.
        cursor = connection.cursor()
        cursor.execute('savepoint s')
        self.begin(connection, 'ann')
        cursor.execute('rollback to s')
        self.assertEqual(('', '', ''), self.identity(connection))

    def test_calls_of_one_transaction_see_their_own_rows_only(self):
        account = self.add_account('ann', 'Acme')
        connection = self.database.connect('kam_rep')
        self.addCleanup(connection.close)
        cursor = connection.cursor()
        cursor.execute('prepare p as select id from account')
        for login, expected in (('ann', [(account['id'],)]), ('bob', []), ('ann', [(account['id'],)]), ('sue', []), ('nobody', [])):
            self.begin(connection, login)
            cursor.execute('execute p')
            self.assertEqual(expected, cursor.fetchall(), login)

    def test_dead_sessions_give_no_identity(self):
        connection = self.database.connect('kam_rep')
        self.addCleanup(connection.close)
        cases = {"update session set revoke_time = now() where user_id = %s": 'revoked',
                 "update session set create_time = now() - interval '2 days', expire_time = now() - interval '1 second' where user_id = %s": 'expired',
                 'update app_user set disable_time = now() where id = %s': 'disabled',
                 "update app_user set role = 'manager' where id = %s": 'another role'}
        for sql, case in cases.items():
            self.owner.autocommit = False
            self.begin(connection, 'bob')
            self.query(sql, self.users['ann'])
            self.owner.commit()
            connection.rollback()
            self.assertEqual([], self.begin(connection, 'ann'), case)
            self.assertEqual(('', '', ''), self.identity(connection), case)
            self.query("update app_user set role = 'rep', disable_time = null where id = %s", self.users['ann'])
            self.query("update session set revoke_time = null, expire_time = now() + interval '1 day' where user_id = %s", self.users['ann'])
            self.owner.commit()

    def test_a_session_fits_the_pool_of_its_role_only(self):
        for role in ('rep', 'manager', 'service'):
            connection = self.database.connect('kam_' + role)
            found = {login for login in self.users if self.begin(connection, login)}
            connection.close()
            self.assertEqual({row[0] for row in self.query('select login from app_user where role = %s', role)}, found)

    def test_what_a_role_could_set_by_hand_is_no_session(self):
        """Setting the identity by hand is what a statement of ours never does; a wrong value must not break policies either."""
        connection = self.database.connect('kam_rep')
        self.addCleanup(connection.close)
        cursor = connection.cursor()
        cursor.execute("select set_config('kam.user_id', 'nonsense', true)")
        with self.assertRaises(psycopg2.Error):
            cursor.execute('select * from app_user')


class SessionTest(Stage):
    def auth(self, sql, *values):
        connection = self.database.connect('kam_auth')
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(sql, values)
                return cursor.fetchall()
        finally:
            connection.close()

    def test_lookup_tells_nothing_of_who_is_not_there(self):
        self.assertEqual([(self.users['ann'], HASH, 'rep', 0)], self.auth("select * from kam.login_lookup('ann', '10.0.0.1')"))
        self.assertEqual([(self.users['ann'], HASH, 'rep', 0)], self.auth("select * from kam.login_lookup('ANN', '10.0.0.1')"))
        self.assertEqual([(None, None, None, 0)], self.auth("select * from kam.login_lookup('nobody', '10.0.0.1')"))
        self.query("update app_user set disable_time = now() where login = 'bob'")
        self.assertEqual([(None, None, None, 0)], self.auth("select * from kam.login_lookup('bob', '10.0.0.1')"))

    def test_delay_grows_per_login_also_of_nobody(self):
        for login in ('ann', 'nobody'):
            waits = []
            for _ in range(6):
                waits.append(self.attempt(login, '10.9.9.9'))
            self.assertEqual([0] * 5, waits[:5])
            self.assertTrue(0 < waits[5] <= 1000, waits)
            for failures, most in ((8, 8000), (14, 512000), (15, 900000), (40, 900000)):
                self.query("update login_failure set failures = %s, last_time = clock_timestamp() where subject = login_subject('login and address', %s)", failures, '10.9.9.9 ' + login)
                wait = self.attempt(login, '10.9.9.9')
                self.assertTrue(most / 2 < wait <= most, (failures, wait))
            self.assertEqual(0, self.attempt(login, '10.9.9.8'), 'a stranger somewhere else shut the user out')
        self.assertEqual(0, self.attempt('sue', '10.9.9.9'))

    def test_delay_of_a_login_at_all_addresses_is_short_and_not_for_who_was_there_before(self):
        self.auth('select * from kam.open_session(%s, %s, %s, %s, %s, %s)', self.users['ann'], HASH, b'x' * 32, '', '10.0.0.5', 3600)
        for number in range(30):
            self.assertEqual(0, self.attempt('ann', f'10.1.0.{number}'))
        self.assertTrue(0 < self.attempt('ann', '10.0.0.6') <= 1000)
        self.query("update login_failure set failures = 1000, last_time = clock_timestamp() where subject = login_subject('login', 'ann')")
        self.assertTrue(0 < self.attempt('ann', '10.0.0.6') <= 30000)
        self.assertEqual(0, self.attempt('ann', '10.0.0.5'))

    def test_a_right_password_takes_the_attempt_back(self):
        for number in range(60):
            self.assertEqual(0, self.attempt('ann', '10.0.0.5'))
            self.auth('select * from kam.open_session(%s, %s, %s, %s, %s, %s)', self.users['ann'], HASH, b'%032d' % number, '', '10.0.0.5', 3600)
        self.assertEqual([(0,)], self.query('select failures from login_failure'))
        self.assertEqual(0, self.attempt('ann', '10.0.0.5'))
        self.assertEqual([], self.auth('select * from kam.open_session(%s, %s, %s, %s, %s, %s)', self.users['ann'], HASH + 'x', b'y' * 32, '', '10.0.0.5', 3600))
        self.assertEqual([(1,)] * 3, self.query('select failures from login_failure'))

    def test_a_new_password_from_a_manager_ends_the_delay(self):
        for _ in range(6):
            wait = self.attempt('ann', '10.0.0.5')
        self.assertGreater(wait, 0)
        self.call('north').write('UserService/SetUserPassword', {'id': self.users['ann'], 'password': HASH})
        self.assertEqual(0, self.attempt('ann', '10.0.0.5'))

    def attempt(self, login, address):
        return self.auth('select wait_ms from kam.login_lookup(%s, %s)', login, address)[0][0]

    def test_delay_per_address(self):
        for number in range(50):
            self.assertEqual(0, self.attempt(f'user{number}', '10.0.0.7'))
        self.assertGreater(self.attempt('sue', '10.0.0.7'), 0)
        self.assertEqual(0, self.attempt('sue', '10.0.0.8'))

    def test_old_failures_are_forgotten(self):
        for _ in range(9):
            self.attempt('ann', '10.0.0.1')
        self.assertGreater(self.attempt('ann', '10.0.0.1'), 0)
        self.query("update login_failure set last_time = now() - interval '61 minutes'")
        self.assertEqual(0, self.attempt('ann', '10.0.0.1'))
        self.assertEqual([(1,)] * 3, self.query('select failures from login_failure'))

    def test_open_session(self):
        row = self.auth('select * from kam.open_session(%s, %s, %s, %s, %s, %s)', self.users['ann'], HASH, b'x' * 32, 'kam on laptop', '10.0.0.1', 3600)
        self.assertEqual(1, len(row))
        self.assertEqual([('kam on laptop', '10.0.0.1', True)],
                         self.query("select device, address, expire_time = create_time + interval '1 hour' from session where token_hash = %s", b'x' * 32))
        self.query("update app_user set disable_time = now() where login = 'ann'")
        self.assertEqual([], self.auth('select * from kam.open_session(%s, %s, %s, %s, %s, %s)', self.users['ann'], HASH, b'y' * 32, '', '', 3600))

    def test_list_and_revoke(self):
        for login, listed in (('ann', 1), ('desk', 1)):
            sessions = self.call(login).read('SessionService/ListSessions')['sessions']
            self.assertEqual([True] * listed, [row['is_current'] for row in sessions])
        of_ann = self.call('north').read('SessionService/ListSessions', {'user_id': self.users['ann']})['sessions']
        self.assertEqual(1, len(of_ann))
        for login in ('bob', 'south', 'desk'):
            self.assertEqual([], self.call(login).read('SessionService/ListSessions', {'user_id': self.users['ann']})['sessions'])
            self.refused('NOT_FOUND', 'NOT_FOUND', self.call(login).write, 'SessionService/RevokeSession', {'id': of_ann[0]['id']})
        self.call('north').write('SessionService/RevokeSession', {'id': of_ann[0]['id']})
        self.refused('UNAUTHENTICATED', 'NO_SESSION', self.call('ann').read, 'SessionService/GetCaller')
        self.assertEqual('Bob', self.call('bob').read('SessionService/GetCaller')['.']['name'])

    def test_logout(self):
        self.call('ann').write('SessionService/Logout')
        self.refused('UNAUTHENTICATED', 'NO_SESSION', self.call('ann').write, 'SessionService/Logout')

    def test_change_own_password(self):
        self.query("insert into session (token_hash, user_id, expire_time) values ('\\x00112233445566778899aabbccddeeff', %s, now() + interval '1 day')", self.users['ann'])
        caller = self.call('ann')
        other = HASH.replace('aGFz', 'bGFz')
        with caller.connection.cursor() as cursor:
            cursor.execute('select kam.begin_write(%s, %s, %s, %s)', (caller.token, new_id(), 'c', b'p'))
            cursor.execute("select * from kam.own_password('10.0.0.1')")
            self.assertEqual((HASH, 0), cursor.fetchone())
            with self.assertRaisesRegex(psycopg2.Error, 'changed meanwhile'):
                cursor.execute("select kam.change_own_password(%s, %s, '10.0.0.1')", (other, other))
            caller.connection.rollback()
            cursor.execute('select kam.begin_write(%s, %s, %s, %s)', (caller.token, new_id(), 'c', b'p'))
            cursor.execute("select kam.change_own_password(%s, %s, '10.0.0.1')", (HASH, other))
        caller.connection.commit()
        self.assertEqual([(other,)], self.query('select hash from user_password where user_id = %s', self.users['ann']))
        self.assertEqual([(1,)], self.query('select count(*) from session where user_id = %s and revoke_time is null', self.users['ann']))
        self.call('ann').read('SessionService/GetCaller')

    def test_purge(self):
        self.add_account('ann', 'Acme')
        self.query("update request_outcome set time = now() - interval '8 days'")
        self.query("update session set revoke_time = now() - interval '31 days' where user_id = %s", self.users['bob'])
        self.attempt('ann', '10.0.0.1')
        self.query("update login_failure set last_time = now() - interval '25 hours'")
        self.query('drop table ' + self.query("select max(relname) from pg_class where relispartition and relkind = 'r' and relname ~ '^change_2'")[0][0])
        before = self.query("select count(*) from pg_class where relispartition and relkind = 'r'")[0][0]
        self.auth('select kam.purge()')
        self.assertEqual([(0,)], self.query('select count(*) from request_outcome'))
        self.assertEqual([(7,)], self.query('select count(*) from session'))
        self.assertEqual([(0,)], self.query('select count(*) from login_failure'))
        self.assertEqual([(before + 1,)], self.query("select count(*) from pg_class where relispartition and relkind = 'r'"))


class RequestTest(Stage):
    def test_a_repeat_gives_the_first_outcome(self):
        request_id = new_id()
        request = {'account': {'name': 'Acme'}}
        first = self.call('ann').write('AccountService/CreateAccount', request, request_id)
        again = self.call('ann').write('AccountService/CreateAccount', request, request_id)
        self.assertEqual((first['id'], first['code'], True), (again['id'], again['code'], again['_replayed']))
        self.assertEqual([(1,)], self.query('select count(*) from account'))
        self.refused('INVALID_ARGUMENT', 'REQUEST_ID_REUSED', self.call('ann').write, 'AccountService/CreateAccount', {'account': {'name': 'Other'}}, request_id)
        self.refused('INVALID_ARGUMENT', 'REQUEST_ID_REUSED', self.call('ann').write, 'AccountService/RetireAccount',
                     {'id': first['id'], 'version': 1, 'reason': 'x'}, request_id)
        # The same id of another user is another request.
        self.assertFalse(self.call('bob').write('AccountService/CreateAccount', {'account': {'name': 'Third'}}, request_id)['_replayed'])

    def test_outcome_names_record_and_version(self):
        account = self.add_account('ann', 'Acme')
        request_id = new_id()
        self.call('ann').write('AccountService/UpdateAccount', {'account': {'id': account['id'], 'version': 1, 'phone': '1'}, 'update_mask': ['phone']}, request_id)
        self.assertEqual([('AccountService/UpdateAccount', account['id'], 2)],
                         self.query('select method, record_id, record_version from request_outcome where request_id = %s', request_id))
        self.assertEqual([(request_id,)], self.query("select request_id from change where record_id = %s and operation = 'update'", account['id']))

    def test_a_refused_request_leaves_nothing(self):
        request_id = new_id()
        self.refused('INVALID_ARGUMENT', 'FIELD_REQUIRED', self.call('ann').write, 'AccountService/CreateAccount', {'account': {}}, request_id)
        self.assertEqual([(0,)], self.query('select count(*) from request_outcome where request_id = %s', request_id))
        self.call('ann').write('AccountService/CreateAccount', {'account': {'name': 'Acme'}}, request_id)

    def test_the_same_request_on_two_connections_at_once_makes_one_row(self):
        self.query("insert into session (token_hash, user_id, expire_time) select '\\x00112233445566778899aabbccddee00', id, now() + interval '1 day' from app_user where login = 'ann'")
        request_id = new_id()
        request = {'account': {'name': 'Acme'}}
        first = self.call('ann')
        second = type(first)(self.methods, self.database, 'rep', token('ann'))
        self.addCleanup(second.close)
        held = first.write('AccountService/CreateAccount', request, request_id, keep_open=True)
        outcome = []
        thread = threading.Thread(target=lambda: outcome.append(second.write('AccountService/CreateAccount', request, request_id)))
        thread.start()
        self.wait_for_lock()
        first.connection.commit()
        thread.join()
        self.assertEqual((held['id'], True), (outcome[0]['id'], outcome[0]['_replayed']))
        self.assertEqual([(1,)], self.query('select count(*) from account'))

    def test_the_second_goes_ahead_when_the_first_fails(self):
        request_id = new_id()
        request = {'account': {'name': 'Acme'}}
        first = self.call('ann')
        second = type(first)(self.methods, self.database, 'rep', token('ann'))
        self.addCleanup(second.close)
        first.write('AccountService/CreateAccount', request, request_id, keep_open=True)
        outcome = []
        thread = threading.Thread(target=lambda: outcome.append(second.write('AccountService/CreateAccount', request, request_id)))
        thread.start()
        self.wait_for_lock()
        first.connection.rollback()
        thread.join()
        self.assertFalse(outcome[0]['_replayed'])
        self.assertEqual([(1,)], self.query('select count(*) from account'))

    def wait_for_lock(self):
        for _ in range(1000):
            if self.query("select count(*) from pg_locks where locktype = 'advisory' and not granted")[0][0]:
                return
            threading.Event().wait(0.01)
        self.fail('the second request does not wait')

    def test_refusing(self):
        for status, reason in ((9, 'STATE'), (16, 'X')):
            with self.assertRaises(psycopg2.Error) as caught, self.owner.cursor() as cursor:
                cursor.execute('select kam.refuse(%s, %s, %s, %s)', (status, reason, 'No 不', '{"metadata": {"a": "1"}}'))
            self.assertEqual((f'KA{status:03}', 'No 不', reason), (caught.exception.pgcode, caught.exception.diag.message_primary, caught.exception.diag.message_hint))
            self.assertEqual({'metadata': {'a': '1'}}, json.loads(caught.exception.diag.message_detail))


if __name__ == '__main__':
    unittest.main()
