#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Accounts: who reaches them, creating, duplicates, versions, reassigning, members, retiring."""
import csv
import pathlib
import threading
import unittest

from stage import Stage, new_id

ACCOUNTS = pathlib.Path(__file__).resolve().parents[2].parent / 'shared' / 'data' / 'crm-sales-opportunities' / 'accounts.csv'


class AccountTest(Stage):
    def reach(self, account_id):
        found = set()
        for login in ('ann', 'bob', 'sue', 'north', 'south', 'boss', 'desk'):
            try:
                self.call(login).read('AccountService/GetAccount', {'id': account_id})
                found.add(login)
            except Exception as error:
                self.assertEqual('NOT_FOUND', error.status)
        return found

    def test_create_sets_owner_team_and_code(self):
        account = self.add_account('ann', 'Acme', industry='steel', registered_capital={'currency_code': 'CNY', 'minor_units': 100}, other_names=['A', 'B'])
        self.assertEqual((self.users['ann'], self.teams['office'], 'Ann', 'North Office', 'prospect', 1),
                         tuple(account[name] for name in ('owner_id', 'team_id', 'owner_name', 'team_name', 'status', 'version')))
        self.assertEqual('K-000001', account['code'])
        self.assertEqual(['A', 'B'], account['other_names'])
        self.assertEqual(('CNY', 100), (account['registered_capital.currency_code'], account['registered_capital.minor_units']))
        self.assertEqual(account['id'], self.call('ann').read('AccountService/GetAccount', {'code': 'K-000001'})['.']['id'])

    def test_reach_by_owner_team_and_member(self):
        account = self.add_account('ann', 'Acme')
        self.assertEqual({'ann', 'north', 'boss', 'desk'}, self.reach(account['id']))
        answer = self.call('ann').write('AccountService/AddAccountMember', {'id': account['id'], 'user_id': self.users['sue']})
        self.assertEqual([self.users['sue']], answer['members[].user_id'])
        self.assertEqual(['Sue'], answer['members[].user_name'])
        self.assertEqual({'ann', 'north', 'boss', 'desk', 'sue'}, self.reach(account['id']))
        self.refused('ALREADY_EXISTS', 'ACCOUNT_MEMBER_EXISTS', self.call('ann').write, 'AccountService/AddAccountMember',
                     {'id': account['id'], 'user_id': self.users['sue']})
        self.refused('PERMISSION_DENIED', 'NOT_OWNER', self.call('sue').write, 'AccountService/AddAccountMember',
                     {'id': account['id'], 'user_id': self.users['bob']})
        self.refused('FAILED_PRECONDITION', 'USER_IS_SERVICE', self.call('ann').write, 'AccountService/AddAccountMember',
                     {'id': account['id'], 'user_id': self.users['desk']})
        self.refused('NOT_FOUND', 'NOT_FOUND', self.call('bob').write, 'AccountService/AddAccountMember',
                     {'id': account['id'], 'user_id': self.users['bob']})
        self.call('north').write('AccountService/RemoveAccountMember', {'id': account['id'], 'user_id': self.users['sue']})
        self.assertEqual({'ann', 'north', 'boss', 'desk'}, self.reach(account['id']))
        self.refused('NOT_FOUND', 'ACCOUNT_MEMBER_NOT_FOUND', self.call('ann').write, 'AccountService/RemoveAccountMember',
                     {'id': account['id'], 'user_id': self.users['sue']})

    def test_owner_of_a_new_account(self):
        self.refused('PERMISSION_DENIED', 'OWNER_OUT_OF_REACH', self.add_account, 'ann', 'Acme', owner_id=self.users['bob'])
        self.refused('PERMISSION_DENIED', 'OWNER_OUT_OF_REACH', self.add_account, 'north', 'Acme', owner_id=self.users['sue'])
        self.refused('FAILED_PRECONDITION', 'USER_IS_SERVICE', self.add_account, 'boss', 'Acme', owner_id=self.users['desk'])
        self.refused('NOT_FOUND', 'USER_NOT_FOUND', self.add_account, 'boss', 'Acme', owner_id=new_id())
        self.assertEqual('Bob', self.add_account('north', 'Acme', owner_id=self.users['bob'])['owner_name'])
        self.assertEqual('Boss', self.add_account('boss', 'Other')['owner_name'])
        with self.assertRaises(Exception) as caught:
            self.add_account('desk', 'Third')
        self.assertEqual('PERMISSION_DENIED', caught.exception.status)

    def test_bad_fields_name_their_constraint(self):
        for field, value, reason in (('status', 'unheard_of', 'account_status_known'), ('employees', -1, 'account_employees_range'),
                                     ('ownership', 'mine', 'account_ownership_known'), ('name', 'x' * 201, 'account_name_length')):
            self.refused('INVALID_ARGUMENT', reason, self.call('ann').write, 'AccountService/CreateAccount', {'account': {'name': 'Acme', field: value}})
        self.refused('INVALID_ARGUMENT', 'FIELD_REQUIRED', self.add_account, 'ann', '')

    def test_service_sees_the_desk_columns_only(self):
        account = self.add_account('ann', 'Acme', phone='123', note='secret', annual_revenue={'currency_code': 'CNY', 'minor_units': 1})
        row = self.call('desk').read('AccountService/GetAccount', {'id': account['id']})['.']
        self.assertEqual({'id', 'code', 'name', 'phone', 'registered_address', 'delivery_address', 'owner_id', 'owner_name', 'version'}, set(row))
        self.assertEqual(1, len(self.call('desk').read('AccountService/ListAccounts')['accounts']))
        for hidden in ({'status': 'prospect'}, {'include_retired': True, 'team_id': self.teams['office']}):
            self.assertEqual([], self.call('desk').read('AccountService/ListAccounts', hidden)['accounts'])
        for owner, count in (('ann', 1), ('sue', 0)):
            self.assertEqual(count, len(self.call('desk').read('AccountService/ListAccounts', {'owner_id': self.users[owner]})['accounts']))

    # ---- updating ----

    def test_update_by_mask(self):
        account = self.add_account('ann', 'Acme', phone='1', note='old')
        answer = self.call('ann').write('AccountService/UpdateAccount', {
            'account': {'id': account['id'], 'version': 1, 'phone': '2', 'note': 'new', 'annual_revenue': {'currency_code': 'EUR', 'minor_units': 5}},
            'update_mask': ['phone', 'annual_revenue']})
        self.assertEqual(('2', 'old', 'EUR', 5, 2, 'Ann'), tuple(answer[name] for name in (
            'phone', 'note', 'annual_revenue.currency_code', 'annual_revenue.minor_units', 'version', 'updated_by')))

    def test_stale_version_is_a_conflict(self):
        account = self.add_account('ann', 'Acme')
        change = {'account': {'id': account['id'], 'version': 1, 'phone': '2'}, 'update_mask': ['phone']}
        self.call('ann').write('AccountService/UpdateAccount', change)
        conflict = self.refused('ABORTED', 'VERSION_CONFLICT', self.call('north').write, 'AccountService/UpdateAccount', change)
        self.assertEqual((2, '2'), (conflict.detail['version'], conflict.detail['phone']))
        self.refused('NOT_FOUND', 'NOT_FOUND', self.call('sue').write, 'AccountService/UpdateAccount', change)
        for method, more in (('ReassignAccount', {'owner_id': self.users['bob'], 'reason': 'x'}), ('RetireAccount', {'reason': 'x'})):
            self.refused('ABORTED', 'VERSION_CONFLICT', self.call('north').write, f'AccountService/{method}', {'id': account['id'], 'version': 1, **more})

    def test_parent(self):
        parent = self.add_account('ann', 'Parent')
        child = self.add_account('ann', 'Child', parent_id=parent['id'])
        self.assertEqual('Parent', child['parent_name'])
        self.refused('NOT_FOUND', 'PARENT_NOT_FOUND', self.add_account, 'sue', 'Sly', parent_id=parent['id'])
        self.refused('FAILED_PRECONDITION', 'ACCOUNT_PARENT_LOOP', self.call('ann').write, 'AccountService/UpdateAccount',
                     {'account': {'id': parent['id'], 'version': 1, 'parent_id': child['id']}, 'update_mask': ['parent_id']})
        listed = self.call('boss').read('AccountService/ListAccounts', {'parent_id': parent['id']})['accounts']
        self.assertEqual(['Child'], [row['name'] for row in listed])

    # ---- deciding ----

    def test_reassigning_moves_reach_and_all_that_hangs_on_it(self):
        account = self.add_account('ann', 'Acme')
        contact = self.add_contact('ann', 'Li', account['id'])
        activity = self.log_activity('ann', account['id'])
        request = {'id': account['id'], 'version': 1, 'owner_id': self.users['sue'], 'reason': 'new territory'}
        self.refused('PERMISSION_DENIED', 'ROLE', self.call('ann').write, 'AccountService/ReassignAccount', request)
        self.refused('PERMISSION_DENIED', 'OWNER_OUT_OF_REACH', self.call('north').write, 'AccountService/ReassignAccount', request)
        self.refused('NOT_FOUND', 'NOT_FOUND', self.call('south').write, 'AccountService/ReassignAccount', request)
        answer = self.call('boss').write('AccountService/ReassignAccount', request)
        self.assertEqual(('Sue', 'South', 2), (answer['owner_name'], answer['team_name'], answer['version']))
        self.assertEqual({'sue', 'south', 'boss', 'desk'}, self.reach(account['id']))
        for login, method, record in (('sue', 'ContactService/GetContact', contact), ('sue', 'ActivityService/GetActivity', activity)):
            self.call(login).read(method, {'id': record['id']})
            self.refused('NOT_FOUND', 'NOT_FOUND', self.call('ann').read, method, {'id': record['id']})
        change = self.changes(account['id'])[0]
        self.assertEqual(('update', 'new territory', 'Boss', ['owner_id', 'team_id']),
                         (change['operation'], change['reason'], change['actor_name'], change['fields[].field']))

    def test_owner_cannot_be_changed_by_update(self):
        account = self.add_account('ann', 'Acme')
        for column, value in (('owner_id', self.users['bob']), ('team_id', self.teams['south']), ('code', 'K-9'), ('retire_time', '2020-01-01'), ('version', 7)):
            caller = self.call('ann')
            with caller.connection.cursor() as cursor:
                caller.begin_read(cursor)
                with self.assertRaisesRegex(Exception, 'permission denied'):
                    cursor.execute(f'update account set {column} = %s where id = %s', (value, account['id']))
            caller.connection.rollback()

    def test_retire_and_restore(self):
        account = self.add_account('ann', 'Acme')
        retired = self.call('ann').write('AccountService/RetireAccount', {'id': account['id'], 'version': 1, 'reason': 'closed'})
        self.assertIsNotNone(retired['retire_time'])
        for login in ('ann', 'boss', 'desk'):
            self.assertEqual([], self.call(login).read('AccountService/ListAccounts')['accounts'])
            self.assertEqual([], self.call(login).read('SearchService/Search', {'text': 'Acme'})['results'])
        self.assertEqual(1, len(self.call('ann').read('AccountService/ListAccounts', {'include_retired': True})['accounts']))
        self.refused('FAILED_PRECONDITION', 'ACCOUNT_RETIRED', self.call('ann').write, 'AccountService/RetireAccount',
                     {'id': account['id'], 'version': 2, 'reason': 'again'})
        self.assertIsNone(self.call('ann').write('AccountService/RestoreAccount', {'id': account['id'], 'version': 2})['retire_time'])
        self.refused('FAILED_PRECONDITION', 'ACCOUNT_NOT_RETIRED', self.call('ann').write, 'AccountService/RestoreAccount',
                     {'id': account['id'], 'version': 3})

    # ---- lists ----

    def test_lists_page_through_everything_once(self):
        names = [f'Firm {number:02} {word}' for number, word in enumerate('alpha bravo carol delta echo foxtrot golf hotel india julia'.split())]
        for number, name in enumerate(names):
            self.add_account(('ann', 'bob', 'sue')[number % 3], name, region=('east', 'west')[number % 2])
        expected = {'boss': names, 'ann': names[0::3], 'sue': names[2::3], 'south': names[2::3], 'desk': names, 'north': [n for i, n in enumerate(names) if i % 3 < 2]}
        for login, wanted in expected.items():
            seen, page = [], None
            while True:
                answer = self.call(login).read('AccountService/ListAccounts', page=page, page_size=3)
                seen += [row['name'] for row in answer['accounts']]
                page = answer['next']
                if page is None:
                    break
            self.assertEqual(wanted, seen, login)
        for login in ('boss', 'ann'):
            listed = self.call(login).read('AccountService/ListAccounts', {'region': 'east', 'owner_id': self.users['ann']})['accounts']
            self.assertEqual(names[0::6], [row['name'] for row in listed])
        for team, count in (('north', 7), ('office', 7), ('south', 3), ('hq', 10)):
            self.assertEqual(count, len(self.call('boss').read('AccountService/ListAccounts', {'team_id': self.teams[team]})['accounts']))
        self.assertEqual([], self.call('sue').read('AccountService/ListAccounts', {'team_id': self.teams['north']})['accounts'])
        self.assertEqual([], self.call('south').read('AccountService/ListAccounts', {'team_id': self.teams['north']})['accounts'])

    def test_manager_lists_what_they_own_elsewhere(self):
        account = self.add_account('ann', 'Acme')
        self.call('ann').write('AccountService/AddAccountMember', {'id': account['id'], 'user_id': self.users['south']})
        self.assertEqual(['Acme'], [row['name'] for row in self.call('south').read('AccountService/ListAccounts')['accounts']])
        self.assertEqual(['Acme'], [row['name'] for row in self.call('south').read('AccountService/ListAccounts', {'owner_id': self.users['ann']})['accounts']])

    # ---- duplicates ----

    def test_duplicates_say_what_is_retired(self):
        account = self.add_account('ann', 'Acme')
        matches = lambda: self.call('sue').read('AccountService/FindDuplicateAccounts', {'name': 'Acme'})['matches']   # noqa: E731
        self.assertEqual([False], [row['is_retired'] for row in matches()])
        self.call('ann').write('AccountService/RetireAccount', {'id': account['id'], 'version': 1, 'reason': 'gone'})
        self.assertEqual([True], [row['is_retired'] for row in matches()])
        refusal = self.refused('ALREADY_EXISTS', 'ACCOUNT_DUPLICATE', self.add_account, 'sue', 'Acme')
        self.assertEqual('same name or registration number, 100% alike, retired', refusal.detail['resources'][0]['description'])

    def test_duplicates_are_refused_with_the_matches(self):
        self.add_account('ann', 'Acme Corporation', registration_number='91-440300-X')
        self.add_account('ann', '深圳市华星科技有限公司')
        for name in ('ACME Corp.', 'acme', 'Acme, Inc.', 'ＡＣＭＥ Co., Ltd.'):
            refusal = self.refused('ALREADY_EXISTS', 'ACCOUNT_DUPLICATE', self.add_account, 'sue', name)
            self.assertEqual([{'type': 'Account', 'name': 'K-000001 Acme Corporation', 'owner': 'Ann, North Office',
                               'description': 'same name or registration number, 100% alike', 'values': {'similarity': 100}}], refusal.detail['resources'])
        self.refused('ALREADY_EXISTS', 'ACCOUNT_DUPLICATE', self.add_account, 'sue', '深圳华星科技')
        self.refused('ALREADY_EXISTS', 'ACCOUNT_DUPLICATE', self.add_account, 'sue', 'Quite Different', registration_number='91440300x')
        self.add_account('sue', '广州华星科技有限公司')
        forced = self.call('sue').write('AccountService/CreateAccount', {'account': {'name': 'Acme'}, 'duplicate_reason': 'another country'})
        self.assertEqual('another country', forced['duplicate_reason'])
        unneeded = self.call('sue').write('AccountService/CreateAccount', {'account': {'name': 'Unheard Of'}, 'duplicate_reason': 'just in case'})
        self.assertEqual('', unneeded['duplicate_reason'])
        matches = self.call('sue').read('AccountService/FindDuplicateAccounts', {'name': 'acme corp'})['matches']
        self.assertEqual([100, 100], [row['similarity'] for row in matches])

    def test_another_name_or_number_is_checked_as_a_new_account_is(self):
        self.add_account('ann', 'Acme', registration_number='REG-1234')
        account = self.add_account('sue', 'Zulu')

        def change(version, reason='', **fields):
            return self.call('sue').write('AccountService/UpdateAccount', {'account': {'id': account['id'], 'version': version, **fields},
                                                                           'update_mask': list(fields), 'duplicate_reason': reason})
        for fields in ({'name': 'ACME Ltd.'}, {'registration_number': 'reg 1234'}, {'name': 'Zulu', 'registration_number': 'REG/1234'}):
            refusal = self.refused('ALREADY_EXISTS', 'ACCOUNT_DUPLICATE', change, 1, **fields)
            self.assertEqual(1, len(refusal.detail['resources']), fields)
        # Its own name in other letters, and what is not the name, are no question.
        self.assertEqual('', change(1, 'not asked', name='ZULU Ltd')['duplicate_reason'])
        self.assertEqual('', change(2, 'not asked', note='x')['duplicate_reason'])
        self.assertEqual('another country', change(3, 'another country', name='Acme')['duplicate_reason'])
        # What was insisted on stays, and is not asked again, until the name is another one.
        self.assertEqual('another country', change(4, note='y')['duplicate_reason'])
        self.assertEqual('another country', change(5, 'else', name='Acme Inc')['duplicate_reason'])
        self.assertEqual('', change(6, name='Zulu')['duplicate_reason'])

    def test_names_can_be_seen(self):
        for name in ('', ' ', '\t\n', '\u00a0', '\u3000', '\u200b', '\u200d\ufeff', '\u2060\u202e', '\u00ad', '\u3164', '\ufe0f', '\u2800', '\u115f\u1160', '\U000e0041', '\x1f\x7f'):
            self.assertEqual([(False,)], self.query('select is_visible(%s)', name), ascii(name))
            if name:
                self.refused('INVALID_ARGUMENT', 'account_name_length', self.add_account, 'ann', name)
        for name in ('a', ' a ', '\u200b华', '-', '华星', 'é', '한국', '😀', '١', '１'):
            self.assertEqual([(True,)], self.query('select is_visible(%s)', name), name)

    def test_restoring_needs_somebody_to_look_after_it(self):
        account = self.add_account('ann', 'Acme')
        self.call('ann').write('AccountService/RetireAccount', {'id': account['id'], 'version': 1, 'reason': 'closed'})
        self.call('north').write('UserService/DisableUser', {'id': self.users['ann'], 'reason': 'left'})
        restore = lambda version: self.call('north').write('AccountService/RestoreAccount', {'id': account['id'], 'version': version})     # noqa: E731
        self.assertIn('somebody else', self.refused('FAILED_PRECONDITION', 'OWNER_DISABLED', restore, 2).message)
        self.query("update team set retire_time = now() where id = %s", self.teams['office'])
        self.query("update app_user set disable_time = null where login = 'ann'")
        self.refused('FAILED_PRECONDITION', 'TEAM_RETIRED', restore, 2)
        self.call('north').write('AccountService/ReassignAccount', {'id': account['id'], 'version': 2, 'owner_id': self.users['north'], 'reason': 'left'})
        self.assertIsNone(restore(3)['retire_time'])

    def test_nearly_the_same_name(self):
        self.add_account('ann', 'Northern Precision Instruments')
        matches = self.call('ann').read('AccountService/FindDuplicateAccounts', {'name': 'Northern Precison Instruments GmbH'})['matches']
        self.assertEqual(1, len(matches))
        self.assertTrue(80 <= matches[0]['similarity'] < 100)
        self.assertEqual([], self.call('ann').read('AccountService/FindDuplicateAccounts', {'name': 'Northern Glass'})['matches'])

    def test_keys_of_names(self):
        for name, key in (('S.A. Müller & Söhne', 'müllersöhne'), ('Müller G.m.b.H. & Co. KG', 'müller'), ('The Company', 'thecompany'), ('公司', '公司'),
                          ('北京 联想（集团）股份有限公司', '北京联想'), ('AT&T', 'att'), ('广东省广州市白云电器有限责任公司', '广东广州白云电器'), ('I.B.M.', 'ibm'), ('', '')):
            self.assertEqual([(key,)], self.query('select name_key(%s)', name))

    def test_two_at_once_do_not_both_pass(self):
        outcomes = []

        def create(login):
            try:
                self.add_account(login, 'Acme')
                outcomes.append('created')
            except Exception as error:
                outcomes.append(getattr(error, 'reason', str(error)))
        for login in ('ann', 'sue'):
            self.call(login)
        threads = [threading.Thread(target=create, args=(login,)) for login in ('ann', 'sue')]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(['ACCOUNT_DUPLICATE', 'created'], sorted(outcomes))

    @unittest.skipUnless(ACCOUNTS.exists(), 'the public CRM export is not here')
    def test_real_names_are_not_taken_for_each_other(self):
        with ACCOUNTS.open(encoding='utf-8') as file:
            names = [row['account'] for row in csv.DictReader(file)]
        for name in names:
            self.add_account('ann', name)
        self.assertEqual([(len(names),)], self.query('select count(*) from account'))


if __name__ == '__main__':
    unittest.main()
