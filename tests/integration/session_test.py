# SPDX-License-Identifier: Apache-2.0
# builds: dev asan
"""Sessions: login, expiry, revocation, disabled users, passwords, the growing delay."""
import hashlib
import unittest

import grpc

from support.cluster import Cluster
from support.kam import PASSWORD, Kamd, make_company

UNAUTHENTICATED = grpc.StatusCode.UNAUTHENTICATED


class Sessions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(Cluster())
        cls.database = make_company(cls.cluster)
        cls.kamd = cls.enterClassContext(Kamd(cls.database))
        cls.boss = cls.kamd.login('boss')

    def add_user(self, login, role='rep', team='North'):
        self.kamd.add_user(login, role, team, login.title())

    def test_without_a_session_nothing_is_shown(self):
        refused = self.kamd.anonymous().refusal('AccountService/ListAccounts')
        self.assertEqual(refused.code, UNAUTHENTICATED)

    def test_a_made_up_token_is_refused(self):
        caller = self.kamd.anonymous()
        for token in ('A' * 43, 'kam1.r.' + 'A' * 43, 'kam1.m.' + 'A' * 43):
            caller.token = token
            self.assertEqual(caller.refusal('AccountService/ListAccounts').code, UNAUTHENTICATED)


    def test_the_token_is_kept_hashed(self):
        caller = self.kamd.login('nora')
        with self.database.connect() as connection, connection.cursor() as cursor:
            cursor.execute('select token_hash from session')
            stored = [bytes(row[0]) for row in cursor]
        connection.close()
        self.assertNotIn(caller.token.encode(), stored)
        self.assertTrue(all(len(one) == 32 for one in stored))
        self.assertNotIn(caller.token, self.kamd.log())

    def test_logout_ends_the_session(self):
        caller = self.kamd.login('nils')
        caller.call('AccountService/ListAccounts')
        caller.call('SessionService/Logout')
        self.assertEqual(caller.refusal('AccountService/ListAccounts').code, UNAUTHENTICATED)

    def test_expiry(self):
        caller = self.kamd.login('nils')
        sessions = caller.call('SessionService/ListSessions').sessions
        current = next(one for one in sessions if one.is_current)
        with self.database.connect() as connection, connection.cursor() as cursor:
            cursor.execute("update kam.session set create_time = now() - interval '2 h', expire_time = now() - interval '1 s'"
                           ' where id = %s', (current.id,))
        connection.close()
        self.assertEqual(caller.refusal('AccountService/ListAccounts').code, UNAUTHENTICATED)

    def test_revoke_one_keep_the_other(self):
        one, two = self.kamd.login('sam'), self.kamd.login('sam', device='tablet')
        other = next(s for s in one.call('SessionService/ListSessions').sessions if s.device == 'tablet')
        one.call('SessionService/RevokeSession', {'id': other.id})
        self.assertEqual(two.refusal('AccountService/ListAccounts').code, UNAUTHENTICATED)
        one.call('AccountService/ListAccounts')

    def test_sessions_of_others_are_hidden(self):
        nora, sam = self.kamd.login('nora'), self.kamd.login('sam')
        foreign = sam.call('SessionService/ListSessions').sessions[0]
        self.assertEqual(nora.refusal('SessionService/RevokeSession', {'id': foreign.id}).code, grpc.StatusCode.NOT_FOUND)
        sam.call('AccountService/ListAccounts')

    def test_disabling_ends_sessions_at_once(self):
        self.add_user('dora')
        caller = self.kamd.login('dora')
        caller.call('AccountService/ListAccounts')
        self.boss.call('UserService/DisableUser', {'id': caller.user.id, 'reason': 'left'})
        self.assertEqual(caller.refusal('AccountService/ListAccounts').code, UNAUTHENTICATED)
        refused = self.kamd.anonymous().refusal('SessionService/Login', {'login': 'dora', 'password': PASSWORD})
        self.assertEqual((refused.code, refused.reason), (UNAUTHENTICATED, 'BAD_CREDENTIALS'))

    def test_the_operator_disables_and_enables(self):
        self.add_user('olga')
        caller = self.kamd.login('olga')
        self.assertEqual(self.kamd.operate('user', 'disable', 'olga').code, 0)
        self.assertEqual(caller.refusal('AccountService/ListAccounts').code, UNAUTHENTICATED)
        self.assertEqual(self.kamd.operate('user', 'enable', 'olga').code, 0)
        # The old session stays ended.
        self.assertEqual(caller.refusal('AccountService/ListAccounts').code, UNAUTHENTICATED)
        self.kamd.login('olga').call('AccountService/ListAccounts')

    def test_a_new_role_ends_sessions(self):
        self.add_user('rolf')
        caller = self.kamd.login('rolf')
        user = self.boss.call('UserService/GetUser', {'login': 'rolf'})
        self.boss.call('UserService/UpdateUser', {'user': {'id': user.id, 'version': user.version, 'role': 'ROLE_SERVICE'},
                                                  'update_mask': 'role'})
        self.assertEqual(caller.refusal('AccountService/ListAccounts').code, UNAUTHENTICATED)

    def test_change_password_ends_the_other_sessions(self):
        self.add_user('paul')
        one, two = self.kamd.login('paul'), self.kamd.login('paul')
        new = 'another long password'
        refused = one.refusal('SessionService/ChangePassword', {'current_password': 'wrong password', 'new_password': new})
        self.assertEqual((refused.code, refused.reason), (UNAUTHENTICATED, 'BAD_CREDENTIALS'))
        one.call('SessionService/ChangePassword', {'current_password': PASSWORD, 'new_password': new})
        one.call('AccountService/ListAccounts')
        self.assertEqual(two.refusal('AccountService/ListAccounts').code, UNAUTHENTICATED)
        self.kamd.login('paul', new)

    def test_the_delay_grows_and_does_not_tell_who_exists(self):
        self.add_user('gina')
        anonymous = self.kamd.anonymous()

        def delays(login):
            found = []
            for _ in range(12):
                refused = anonymous.refusal('SessionService/Login', {'login': login, 'password': 'wrong password'})
                if refused.code == grpc.StatusCode.RESOURCE_EXHAUSTED:
                    self.assertEqual(refused.reason, 'TOO_MANY_ATTEMPTS')
                    found.append(refused.detail('RetryInfo').retry_delay.ToMilliseconds())
                    self.age_failures(login)
                else:
                    self.assertEqual((refused.code, refused.reason), (UNAUTHENTICATED, 'BAD_CREDENTIALS'))
            return found

        known, unknown = delays('gina'), delays('nobody-of-that-name')
        self.assertTrue(known, 'no delay after twelve wrong passwords')
        self.assertGreater(max(known), min(known))
        self.assertEqual(len(known), len(unknown))

    def age_failures(self, login):
        """Makes the last attempt long ago, without forgetting how many there were."""
        with self.database.connect() as connection, connection.cursor() as cursor:
            cursor.execute("update kam.login_failure set last_time = now() - interval '59 min'")
        connection.close()

    def test_passwords_are_neither_logged_nor_kept(self):
        self.kamd.login('nora')
        self.assertNotIn(PASSWORD, self.kamd.log())
        digest = hashlib.sha256(PASSWORD.encode()).hexdigest()
        with self.database.connect() as connection, connection.cursor() as cursor:
            cursor.execute('select hash from user_password')
            hashes = [row[0] for row in cursor]
        connection.close()
        self.assertTrue(all(one.startswith('$argon2id$') and digest not in one for one in hashes))
        self.assertEqual(len(set(hashes)), len(hashes))


if __name__ == '__main__':
    unittest.main()
