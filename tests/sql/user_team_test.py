#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Users and teams: who keeps them, what moving them moves, and what cannot be undone by accident."""
import threading
import unittest

import psycopg2

from stage import HASH, Caller, Stage, token


class Users(Stage):
    def create(self, login, new_login, role, team, **fields):
        return self.call(login).write('UserService/CreateUser', {
            'user': {'login': new_login, 'name': new_login.capitalize(), 'role': role, 'team_id': self.teams[team], **fields}, 'password': HASH})

    def update(self, login, user, mask=None, version=1, **fields):
        return self.call(login).write('UserService/UpdateUser', {'user': {'id': self.users[user], 'version': version, **fields},
                                                                 'update_mask': mask or list(fields)})


class UserTest(Users):
    def test_create(self):
        user = self.create('north', 'new', 'rep', 'office', email='n@example.com', time_zone='Asia/Shanghai', locale='zh_CN')
        self.assertEqual(('new', 'New', 'rep', 'North Office', 'Asia/Shanghai', 'zh_CN', False, 1),
                         tuple(user[name] for name in ('login', 'name', 'role', 'team_name', 'time_zone', 'locale', 'is_disabled', 'version')))
        self.assertEqual([(HASH,)], self.query('select hash from user_password where user_id = %s', user['id']))
        self.refused('NOT_FOUND', 'TEAM_NOT_FOUND', self.create, 'north', 'next', 'rep', 'south')
        self.refused('PERMISSION_DENIED', 'ROLE', self.create, 'ann', 'next', 'rep', 'office')
        self.refused('ALREADY_EXISTS', 'USER_LOGIN', self.create, 'boss', 'ann', 'rep', 'office')
        refusal = self.refused('INVALID_ARGUMENT', 'LOCALE_UNKNOWN', self.create, 'boss', 'next', 'rep', 'office', locale='fr')
        self.assertEqual('user.locale', refusal.detail['violations'][0]['field'])
        self.refused('INVALID_ARGUMENT', 'TIME_ZONE_UNKNOWN', self.create, 'boss', 'next', 'rep', 'office', time_zone='Mars/Olympus')
        self.refused('PERMISSION_DENIED', 'NOT_ROOT_MANAGER', self.create, 'north', 'next', 'manager', 'north', is_key_account_group=True)
        self.refused('FAILED_PRECONDITION', 'NOT_MANAGER', self.create, 'boss', 'next', 'rep', 'office', is_key_account_group=True)
        self.assertTrue(self.create('boss', 'keyed', 'manager', 'north', is_key_account_group=True)['is_key_account_group'])

    def test_everybody_reads_users(self):
        for login in ('ann', 'north', 'desk'):
            self.assertEqual('Sue', self.call(login).read('UserService/GetUser', {'login': 'sue'})['.']['name'])
            self.assertEqual(sorted(self.users), [row['login'] for row in self.call(login).read('UserService/ListUsers')['users']])
            self.assertEqual(['ann', 'bob', 'north'], [row['login'] for row in self.call(login).read('UserService/ListUsers', {'team_id': self.teams['north']})['users']])
            self.assertEqual(['desk'], [row['login'] for row in self.call(login).read('UserService/ListUsers', {'role': 'service'})['users']])

    def test_update(self):
        answer = self.update('north', 'ann', email='a@example.com', name='Ann B')
        self.assertEqual(('a@example.com', 'Ann B', 2), (answer['email'], answer['name'], answer['version']))
        self.refused('ABORTED', 'VERSION_CONFLICT', self.update, 'north', 'ann', email='x@example.com')
        self.refused('PERMISSION_DENIED', 'USER_OUT_OF_REACH', self.update, 'south', 'ann', version=2, email='x@example.com')
        self.refused('PERMISSION_DENIED', 'USER_OUT_OF_REACH', self.update, 'north', 'boss', email='x@example.com')
        self.refused('PERMISSION_DENIED', 'OWN_ROLE', self.update, 'north', 'north', role='rep')
        self.refused('PERMISSION_DENIED', 'OWN_ROLE', self.update, 'boss', 'boss', team_id=self.teams['north'])
        self.refused('PERMISSION_DENIED', 'OWN_ROLE', self.update, 'boss', 'boss', is_key_account_group=True)
        self.refused('NOT_FOUND', 'TEAM_NOT_FOUND', self.update, 'north', 'ann', version=2, team_id=self.teams['south'])
        self.refused('INVALID_ARGUMENT', 'LOCALE_UNKNOWN', self.update, 'north', 'ann', version=2, locale='Deutsch')
        self.assertEqual('zh_CN', self.update('north', 'ann', version=2, locale='zh_CN')['locale'])
        self.assertEqual('Europe/Berlin', self.update('north', 'north', time_zone='Europe/Berlin')['time_zone'])

    def test_a_new_role_ends_sessions(self):
        self.update('boss', 'ann', role='manager')
        self.refused('UNAUTHENTICATED', 'NO_SESSION', self.call('ann').read, 'SessionService/GetCaller')
        self.assertEqual([(0,)], self.query('select count(*) from session where user_id = %s and revoke_time is null', self.users['ann']))
        self.add_account('sue', 'Acme')
        self.refused('FAILED_PRECONDITION', 'USER_HAS_ACCOUNTS', self.update, 'boss', 'sue', role='service')

    def test_a_new_team_takes_the_accounts_along(self):
        account = self.add_account('ann', 'Acme')
        self.call('north').read('AccountService/GetAccount', {'id': account['id']})
        self.update('boss', 'ann', team_id=self.teams['south'])
        self.refused('NOT_FOUND', 'NOT_FOUND', self.call('north').read, 'AccountService/GetAccount', {'id': account['id']})
        self.assertEqual('South', self.call('south').read('AccountService/GetAccount', {'id': account['id']})['.']['team_name'])
        self.call('ann').read('AccountService/GetAccount', {'id': account['id']})

    def test_key_account_group(self):
        self.assertTrue(self.update('boss', 'north', is_key_account_group=True)['is_key_account_group'])
        self.refused('FAILED_PRECONDITION', 'NOT_MANAGER', self.update, 'boss', 'ann', is_key_account_group=True)
        self.assertFalse(self.update('boss', 'north', version=2, role='rep')['is_key_account_group'])

    def test_disable_shuts_out_at_once(self):
        caller = self.call('ann')
        caller.read('SessionService/GetCaller')
        self.refused('PERMISSION_DENIED', 'USER_OUT_OF_REACH', self.call('south').write, 'UserService/DisableUser', {'id': self.users['ann']})
        answer = self.call('north').write('UserService/DisableUser', {'id': self.users['ann'], 'reason': 'left'})
        self.assertTrue(answer['is_disabled'])
        self.refused('UNAUTHENTICATED', 'NO_SESSION', caller.read, 'SessionService/GetCaller')
        self.refused('FAILED_PRECONDITION', 'USER_DISABLED', self.call('north').write, 'UserService/DisableUser', {'id': self.users['ann']})
        self.assertNotIn('ann', [row['login'] for row in self.call('bob').read('UserService/ListUsers')['users']])
        self.assertIn('ann', [row['login'] for row in self.call('bob').read('UserService/ListUsers', {'include_disabled': True})['users']])
        self.assertFalse(self.call('north').write('UserService/EnableUser', {'id': self.users['ann']})['is_disabled'])
        self.refused('UNAUTHENTICATED', 'NO_SESSION', caller.read, 'SessionService/GetCaller')
        self.assertEqual('left', self.changes(self.users['ann'])[1]['reason'])

    def test_nobody_comes_back_into_a_retired_team(self):
        for login in ('ann', 'bob'):
            self.call('north').write('UserService/DisableUser', {'id': self.users[login], 'reason': 'left'})
        self.call('north').write('TeamService/RetireTeam', {'id': self.teams['office'], 'version': 1})
        enable = lambda: self.call('north').write('UserService/EnableUser', {'id': self.users['ann']})      # noqa: E731
        self.assertIn('another team', self.refused('FAILED_PRECONDITION', 'TEAM_RETIRED', enable).message)
        with self.assertRaisesRegex(Exception, 'team of the user is retired'):
            self.query("select operator_set_disabled('ann', false)")
        self.update('north', 'ann', version=2, team_id=self.teams['north'])
        self.assertFalse(enable()['is_disabled'])

    def test_the_last_root_manager_stays(self):
        self.call('boss').write('UserService/DisableUser', {'id': self.users['chief']})
        self.refused('FAILED_PRECONDITION', 'LAST_ROOT_MANAGER', self.call('boss').write, 'UserService/DisableUser', {'id': self.users['boss']})
        with self.assertRaisesRegex(psycopg2.Error, 'last manager'):
            self.query("select operator_set_disabled('boss', true)")

    def test_two_root_managers_cannot_disable_each_other_at_once(self):
        boss, chief = self.call('boss'), self.call('chief')
        boss.write('UserService/DisableUser', {'id': self.users['chief']}, keep_open=True)
        outcome = []

        def disable():
            try:
                chief.write('UserService/DisableUser', {'id': self.users['boss']})
                outcome.append('disabled')
            except Exception as error:
                outcome.append(getattr(error, 'reason', str(error)))
        thread = threading.Thread(target=disable)
        thread.start()
        for _ in range(1000):
            if self.query('select count(*) from pg_locks where not granted')[0][0]:
                break
            threading.Event().wait(0.01)
        boss.connection.commit()
        thread.join()
        self.assertEqual(['LAST_ROOT_MANAGER'], outcome)
        self.assertEqual([(1,)], self.query("""select count(*) from app_user where role = 'manager' and disable_time is null and team_id = %s""", self.teams['hq']))

    def test_set_password_of_another(self):
        new = HASH.replace('aGFz', 'bGFz')
        self.call('north').write('UserService/SetUserPassword', {'id': self.users['ann'], 'password': new})
        self.assertEqual([(new,)], self.query('select hash from user_password where user_id = %s', self.users['ann']))
        self.refused('UNAUTHENTICATED', 'NO_SESSION', self.call('ann').read, 'SessionService/GetCaller')
        self.refused('FAILED_PRECONDITION', 'OWN_PASSWORD', self.call('north').write, 'UserService/SetUserPassword', {'id': self.users['north'], 'password': new})
        self.refused('PERMISSION_DENIED', 'USER_OUT_OF_REACH', self.call('north').write, 'UserService/SetUserPassword', {'id': self.users['sue'], 'password': new})


class ManagerTest(Users):
    """Who approves must not be a puppet of who asks: managers are kept from above, members of the key account group by the root team."""

    PEERS = (('nell', 'manager', 'North'), ('low', 'manager', 'North Office'), ('rob', 'rep', 'North'))

    def setUp(self):
        super().setUp()
        for login, role, team in self.PEERS:
            self.query('select operator_add_user(%s, %s, %s, %s, %s)', login, login.capitalize(), role, team, HASH)
        self.users = dict(self.query('select login, id from app_user'))

    def password(self, login, user):
        return self.call(login).write('UserService/SetUserPassword', {'id': self.users[user], 'password': HASH.replace('aGFz', 'bGFz')})

    def disable(self, login, user):
        return self.call(login).write('UserService/DisableUser', {'id': self.users[user], 'reason': 'x'})

    def enable(self, login, user):
        return self.call(login).write('UserService/EnableUser', {'id': self.users[user]})

    def kept_above(self, function, *arguments, **named):
        return self.refused('PERMISSION_DENIED', 'MANAGER_KEPT_ABOVE', function, *arguments, **named)

    def test_a_manager_of_the_same_team_is_kept_above(self):
        self.kept_above(self.password, 'north', 'nell')
        self.kept_above(self.disable, 'north', 'nell')
        self.kept_above(self.update, 'north', 'nell', role='rep')
        self.kept_above(self.update, 'north', 'nell', team_id=self.teams['office'])
        self.assertEqual([(HASH,)], self.query('select hash from user_password where user_id = %s', self.users['nell']))
        self.disable('boss', 'nell')
        self.kept_above(self.enable, 'north', 'nell')
        self.enable('boss', 'nell')
        self.password('boss', 'nell')
        self.assertEqual('rep', self.update('chief', 'nell', version=3, role='rep')['role'])
        self.password('north', 'nell')

    def test_the_rest_of_a_peer_is_kept_as_before(self):
        self.assertEqual('1', self.update('north', 'nell', phone='1')['phone'])
        # What is named but stays as it is is no change.
        self.assertEqual('2', self.update('north', 'nell', version=2, phone='2', role='manager', team_id=self.teams['north'])['phone'])

    def test_managers_below_are_kept(self):
        self.password('north', 'low')
        self.disable('north', 'low')
        self.enable('north', 'low')
        self.assertEqual('rep', self.update('north', 'low', version=3, role='rep')['role'])
        self.assertEqual('manager', self.update('north', 'low', version=4, role='manager')['role'])

    def test_members_of_the_group_are_kept_by_the_root_team(self):
        self.query("update app_user set is_key_account_group = true where login = 'low'")
        self.kept_above(self.password, 'north', 'low')
        self.kept_above(self.disable, 'north', 'low')
        self.kept_above(self.update, 'north', 'low', version=2, role='rep')
        self.kept_above(self.update, 'north', 'low', version=2, team_id=self.teams['north'])
        self.password('boss', 'low')
        self.assertFalse(self.update('boss', 'low', version=2, is_key_account_group=False)['is_key_account_group'])
        self.password('north', 'low')

    def test_managers_are_made_below_ones_own_team(self):
        self.kept_above(self.create, 'north', 'puppet', 'manager', 'north')
        self.assertEqual('manager', self.create('north', 'fine', 'manager', 'office')['role'])
        self.kept_above(self.update, 'north', 'rob', role='manager')
        self.kept_above(self.update, 'north', 'low', team_id=self.teams['north'])
        self.refused('NOT_FOUND', 'TEAM_NOT_FOUND', self.update, 'north', 'low', team_id=self.teams['hq'])
        self.refused('NOT_FOUND', 'TEAM_NOT_FOUND', self.create, 'north', 'puppet', 'manager', 'hq')
        self.assertEqual('manager', self.update('north', 'rob', team_id=self.teams['office'], role='manager')['role'])
        # A rep goes where they like.
        self.assertEqual('North', self.update('north', 'rob', version=2, team_id=self.teams['north'], role='rep')['team_name'])
        self.assertEqual(('manager', 'North'), (lambda made: (made['role'], made['team_name']))(self.create('boss', 'second', 'manager', 'north')))
        self.assertEqual('manager', self.update('boss', 'rob', version=3, role='manager')['role'])

    def test_root_managers_keep_each_other(self):
        self.assertEqual('manager', self.create('boss', 'third', 'manager', 'hq')['role'])
        self.password('boss', 'chief')
        self.refused('FAILED_PRECONDITION', 'OWN_PASSWORD', self.password, 'boss', 'boss')
        self.disable('boss', 'chief')
        self.enable('boss', 'chief')
        self.assertEqual('rep', self.update('boss', 'chief', version=3, role='rep')['role'])
        self.assertEqual('manager', self.update('boss', 'chief', version=4, role='manager')['role'])

    def test_nobody_disables_themselves_but_at_the_root(self):
        self.kept_above(self.disable, 'north', 'north')
        self.assertTrue(self.disable('boss', 'boss')['is_disabled'])

    def test_the_operator_keeps_all(self):
        for login in ('nell', 'boss'):
            self.query('select operator_set_password(%s, %s)', login, HASH)
        self.query("select operator_set_disabled('nell', true)")
        self.query("select operator_set_disabled('nell', false)")


class TeamTest(Stage):
    def paths(self, login='ann', **more):
        return [row['path'] for row in self.call(login).read('TeamService/ListTeams', **more)['teams']]

    def create(self, login, name, parent):
        return self.call(login).write('TeamService/CreateTeam', {'team': {'name': name, 'parent_id': self.teams[parent]}})

    def update(self, login, team, version, **fields):
        return self.call(login).write('TeamService/UpdateTeam', {'team': {'id': self.teams[team], 'version': version, **fields}, 'update_mask': list(fields)})

    def test_list_draws_the_tree(self):
        self.create('boss', 'North 2', 'hq')
        self.create('boss', 'North!', 'hq')
        wanted = ['Company', 'Company / North', 'Company / North / North Office', 'Company / North 2', 'Company / North!', 'Company / South']
        self.assertEqual(sorted(wanted, key=lambda path: [name + '\0' for name in path.split(' / ')]), self.paths())
        seen, page = [], None
        while True:
            answer = self.call('ann').read('TeamService/ListTeams', page=page, page_size=2)
            seen += [row['path'] for row in answer['teams']]
            page = answer['next']
            if page is None:
                break
        self.assertEqual(self.paths(), seen)

    def test_create(self):
        team = self.create('north', 'Second', 'office')
        self.assertEqual(('Company / North / North Office / Second', 3, 1), (team['path'], team['depth'], team['version']))
        self.refused('NOT_FOUND', 'NOT_FOUND', self.create, 'north', 'Third', 'south')
        self.refused('PERMISSION_DENIED', 'ROLE', self.create, 'ann', 'Third', 'office')
        self.refused('ALREADY_EXISTS', 'TEAM_NAME', self.create, 'north', 'second', 'office')
        self.refused('INVALID_ARGUMENT', 'FIELD_REQUIRED', self.create, 'north', '', 'office')

    def test_move_moves_reach(self):
        account = self.add_account('ann', 'Acme')
        self.refused('PERMISSION_DENIED', 'TEAM_IS_OWN', self.update, 'north', 'north', 1, parent_id=self.teams['office'])
        self.refused('FAILED_PRECONDITION', 'TEAM_LOOP', self.update, 'boss', 'north', 1, parent_id=self.teams['office'])
        self.refused('FAILED_PRECONDITION', 'TEAM_IS_ROOT', self.update, 'boss', 'hq', 1, parent_id=self.teams['north'])
        self.refused('NOT_FOUND', 'TEAM_NOT_FOUND', self.update, 'north', 'office', 1, parent_id=self.teams['south'])
        self.refused('NOT_FOUND', 'NOT_FOUND', self.update, 'south', 'office', 1, name='Stolen')
        moved = self.update('boss', 'office', 1, parent_id=self.teams['south'])
        self.assertEqual('Company / South / North Office', moved['path'])
        self.refused('ABORTED', 'VERSION_CONFLICT', self.update, 'boss', 'office', 1, name='x')
        self.refused('NOT_FOUND', 'NOT_FOUND', self.call('north').read, 'AccountService/GetAccount', {'id': account['id']})
        self.call('south').read('AccountService/GetAccount', {'id': account['id']})
        self.call('boss').read('AccountService/GetAccount', {'id': account['id']})
        # The closure is what the tree says.
        self.assertEqual([], self.query("""
            with recursive tree (ancestor_id, descendant_id, depth) as (
                select id, id, 0 from team union all
                select t.ancestor_id, c.id, t.depth + 1 from tree t join team c on c.parent_id = t.descendant_id)
            (table team_closure except table tree) union all (table tree except table team_closure)"""))

    def test_a_name_is_given_once_below_a_team(self):
        refusal = self.refused('ALREADY_EXISTS', 'TEAM_NAME', self.create, 'boss', 'SOUTH', 'hq')
        self.assertEqual('There is a team called South below Company already.', refusal.message)
        self.refused('ALREADY_EXISTS', 'TEAM_NAME', self.update, 'boss', 'north', 1, name='South')
        self.create('boss', 'North Office', 'hq')
        self.refused('ALREADY_EXISTS', 'TEAM_NAME', self.update, 'boss', 'office', 1, parent_id=self.teams['hq'])
        self.assertEqual('Company / NORTH', self.update('boss', 'north', 1, name='NORTH')['path'])

    def test_rename(self):
        self.assertEqual('Company / Nord', self.update('north', 'north', 1, name='Nord')['path'])
        self.assertIn('Company / Nord / North Office', self.paths())

    def test_retire(self):
        retire = lambda login, team, version=1: self.call(login).write('TeamService/RetireTeam', {'id': self.teams[team], 'version': version})   # noqa: E731
        self.refused('FAILED_PRECONDITION', 'TEAM_NOT_EMPTY', retire, 'boss', 'south')
        self.refused('FAILED_PRECONDITION', 'TEAM_IS_ROOT', retire, 'boss', 'hq')
        self.teams['empty'] = self.create('north', 'Empty', 'office')['id']
        self.refused('NOT_FOUND', 'NOT_FOUND', retire, 'south', 'empty')
        self.assertIsNotNone(retire('north', 'empty')['retire_time'])
        self.refused('FAILED_PRECONDITION', 'TEAM_RETIRED', retire, 'north', 'empty', 2)
        self.assertNotIn('Company / North / North Office / Empty', self.paths())
        self.refused('FAILED_PRECONDITION', 'TEAM_RETIRED', self.call('boss').write, 'UserService/CreateUser', {
            'user': {'login': 'new', 'name': 'New', 'role': 'rep', 'team_id': self.teams['empty']}, 'password': HASH})


class OperatorTest(Stage):
    def test_first_steps(self):
        database = self.cluster.create_migrated()
        self.addCleanup(database.drop)
        connection = database.connect()
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute("select operator_set_company('Firma', 'Asia/Shanghai')")
        cursor.execute("select operator_add_team('Firma')")
        with self.assertRaisesRegex(psycopg2.Error, 'root team already'):
            cursor.execute("select operator_add_team('Zweite', '')")
        cursor.execute("select operator_add_team('Nord', 'Firma')")
        cursor.execute("select operator_add_user('first', 'First', 'manager', 'Firma', %s)", (HASH,))
        with self.assertRaisesRegex(psycopg2.Error, 'no team'):
            cursor.execute("select operator_add_user('second', 'Second', 'manager', 'Süd', %s)", (HASH,))
        cursor.execute('select path, users from operator_list_teams()')
        self.assertEqual([('Firma', 1), ('Firma / Nord', 0)], cursor.fetchall())
        cursor.execute('select login, role, team, is_disabled from operator_list_users()')
        self.assertEqual([('first', 'manager', 'Firma', False)], cursor.fetchall())
        cursor.execute("select actor_id, reason, new_values ->> 'login' from change where entity = 'app_user'")
        self.assertEqual([(None, 'operator', 'first')], cursor.fetchall())
        cursor.execute("select time_zone from app_user")
        self.assertEqual([('Asia/Shanghai',)], cursor.fetchall())
        connection.close()

    def test_password_and_disabling_end_sessions(self):
        self.query("select operator_set_password('ann', %s)", HASH)
        self.query("select operator_set_disabled('bob', true)")
        for login in ('ann', 'bob'):
            caller = Caller(self.methods, self.database, 'rep', token(login))
            self.addCleanup(caller.close)
            self.refused('UNAUTHENTICATED', 'NO_SESSION', caller.read, 'SessionService/GetCaller')


if __name__ == '__main__':
    unittest.main()
