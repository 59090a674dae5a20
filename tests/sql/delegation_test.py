#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Standing in: who may hand over to whom, and what the stand-in reaches from the first day to the last."""
import unittest

from race_test import Race


class DelegationTest(Race):
    def setUp(self):
        super().setUp()
        self.query("update company set time_zone = 'Asia/Shanghai'")
        self.acme = self.add_account('ann', 'Acme', industry='steel')
        self.coal = self.add_account('sue', 'Coal', industry='steel')
        self.add_contact('sue', 'Mei Mayer', self.coal['id'])

    def day(self, days):
        return str(self.query('select kam.today() + %s', days)[0][0])

    def hand_over(self, login='south', to='north', first=0, last=5, **fields):
        return self.call(login).write('DelegationService/CreateDelegation', {
            'delegation': {'to_user_id': self.users[to], 'starts_on': self.day(first), 'ends_on': self.day(last), **fields}})

    def end(self, delegation, login='south', **fields):
        return self.call(login).write('DelegationService/EndDelegation', {'id': delegation['id'], 'version': delegation['version'], **fields})

    def days_pass(self, days):
        self.query('update delegation set starts_on = starts_on - %s, ends_on = ends_on - %s', days, days)

    def accounts(self, login, **request):
        return [row['name'] for row in self.call(login).read('AccountService/ListAccounts', request)['accounts']]

    def found(self, login, text):
        return [row['title'] for row in self.call(login).read('SearchService/Search', {'text': text})['results']]

    def test_a_stand_in_reaches_what_the_other_reaches(self):
        self.assertEqual(['Acme'], self.accounts('north'))
        delegation = self.hand_over(reason='holiday')
        self.assertEqual(('South', 'North', 'holiday'), (delegation['from_user_name'], delegation['to_user_name'], delegation['reason']))
        self.assertEqual(['Acme', 'Coal'], self.accounts('north'))
        self.assertEqual(['Coal'], self.accounts('north', team_id=self.teams['south']))
        self.assertEqual(['Mei Mayer'], [row['name'] for row in self.call('north').read('ContactService/ListContacts', {})['contacts']])
        self.assertEqual(['Coal'], self.found('north', 'Coal'))
        self.assertEqual('Coal', self.call('north').read('AccountService/GetAccount', {'id': self.coal['id']})['.']['name'])
        self.assertEqual('Sue', self.call('north').read('OverviewService/GetToday', {'user_id': self.users['sue']})['.']['user_name'])
        self.assertEqual({'Ann', 'Bob', 'Sue', 'South'}, {row['user_name'] for row in self.call('north').read('OverviewService/GetToday', {})['team']})
        self.log_activity('north', self.coal['id'])
        self.call('north').write('AccountService/ReassignAccount', {'id': self.coal['id'], 'version': 1, 'owner_id': self.users['ann'], 'reason': 'region'})
        self.assertEqual(['Acme', 'Coal'], self.accounts('ann'))
        self.assertEqual([], self.accounts('south'), 'nobody stands in the other way round')

    def test_memberships_go_along(self):
        self.call('boss').write('AccountService/AddAccountMember', {'id': self.acme['id'], 'user_id': self.users['south']})
        self.call('boss').write('AccountService/AddAccountMember', {'id': self.acme['id'], 'user_id': self.users['chief']})
        self.hand_over(to='chief')
        self.query("update app_user set team_id = %s where login = 'chief'", self.teams['south'])
        self.assertEqual(['Acme', 'Coal'], self.accounts('chief'), 'each once')
        self.query("update app_user set team_id = %s where login = 'chief'", self.teams['north'])
        self.call('boss').write('AccountService/RemoveAccountMember', {'id': self.acme['id'], 'user_id': self.users['chief']})
        self.assertEqual(['Acme', 'Coal'], self.accounts('chief'))

    def test_only_on_its_days(self):
        self.hand_over(first=1, last=2)
        for reaches in (False, True, True, False):
            self.assertEqual(['Acme', 'Coal'] if reaches else ['Acme'], self.accounts('north'))
            self.assertEqual(['Coal'] if reaches else [], self.found('north', 'Coal'))
            self.days_pass(1)

    def test_it_ends_early(self):
        delegation = self.hand_over()
        self.refused('ABORTED', 'VERSION_CONFLICT', self.end, {**delegation, 'version': 7})
        self.assertIsNotNone(self.end(delegation, reason='back')['end_time'])
        self.assertEqual(['Acme'], self.accounts('north'))
        self.refused('FAILED_PRECONDITION', 'DELEGATION_OVER', self.end, {**delegation, 'version': 2})
        self.assertEqual(['back', None], [row['reason'] for row in self.changes(delegation['id'], 'ann')])

    def test_who_may_end_it(self):
        self.refused('PERMISSION_DENIED', 'NOT_ONES_DELEGATION', self.end, self.hand_over('boss', 'north'), 'south')
        self.end(self.hand_over('south', 'north'), 'north')
        self.end(self.hand_over('south', 'north'), 'chief')

    def test_no_longer_than_both_are_managers(self):
        self.hand_over()
        for change, back in (("disable_time = now()", "disable_time = null"), ("role = 'rep'", "role = 'manager'")):
            self.query(f"update app_user set {change} where login = 'south'")
            self.assertEqual(['Acme'], self.accounts('north'))
            self.query(f"update app_user set {back} where login = 'south'")
            self.assertEqual(['Acme', 'Coal'], self.accounts('north'))

    def test_one_step_and_no_further(self):
        self.hand_over('boss', 'south')
        self.hand_over('south', 'north')
        self.assertEqual(['Acme', 'Coal'], self.accounts('south'))
        self.query("update account set owner_id = %s, team_id = %s where id = %s", self.users['chief'], self.teams['hq'], self.acme['id'])
        self.assertEqual(['Coal'], self.accounts('north'))

    def test_users_and_teams_are_not_handed_over(self):
        self.hand_over()
        north = self.call('north')
        self.refused('PERMISSION_DENIED', 'USER_OUT_OF_REACH', north.write, 'UserService/SetUserPassword', {'id': self.users['sue'], 'password': 'a long password'})
        self.refused('PERMISSION_DENIED', 'USER_OUT_OF_REACH', north.write, 'UserService/DisableUser', {'id': self.users['south'], 'reason': 'mine'})
        self.refused('NOT_FOUND', 'TEAM_NOT_FOUND', north.write, 'UserService/CreateUser', {
            'user': {'login': 'new', 'name': 'New', 'role': 'rep', 'team_id': self.teams['south']}, 'password': 'a long password'})
        self.refused('NOT_FOUND', 'NOT_FOUND', north.write, 'TeamService/RetireTeam', {'id': self.teams['south'], 'version': 1})
        self.hand_over('boss', 'north')
        self.refused('PERMISSION_DENIED', 'NOT_ROOT_MANAGER', north.write, 'RhythmService/SetRhythm', {'rhythm': {'rules': []}})

    def test_what_is_refused(self):
        self.refused('INVALID_ARGUMENT', 'STAND_IN_IS_CALLER', self.hand_over, to='south')
        self.refused('FAILED_PRECONDITION', 'STAND_IN_NOT_MANAGER', self.hand_over, to='ann')
        self.refused('INVALID_ARGUMENT', 'DATE_IN_PAST', self.hand_over, first=-1)
        self.refused('INVALID_ARGUMENT', 'DELEGATION_DAYS', self.hand_over, first=3, last=2)
        self.refused('INVALID_ARGUMENT', 'DELEGATION_DAYS', self.hand_over, last=367)
        self.refused('NOT_FOUND', 'USER_NOT_FOUND', self.call('south').write, 'DelegationService/CreateDelegation',
                     {'delegation': {'to_user_id': self.acme['id'], 'ends_on': self.day(0)}})
        self.query("update app_user set disable_time = now() where login = 'chief'")
        self.refused('FAILED_PRECONDITION', 'USER_DISABLED', self.hand_over, to='chief')
        self.hand_over(first=3, last=5)
        self.refused('FAILED_PRECONDITION', 'DELEGATION_OVERLAPS', self.hand_over, to='boss', first=5, last=9)
        self.hand_over(to='boss', first=6, last=9)

    def test_two_at_once_are_one(self):
        request = {'delegation': {'to_user_id': self.users['north'], 'ends_on': self.day(3)}}
        outcome = self.race_writes((self.call('south'), 'DelegationService/CreateDelegation', request),
                                   (self.other('south'), 'DelegationService/CreateDelegation', request))
        self.assertEqual((True, 'DELEGATION_OVERLAPS'), (self.has_waited, outcome))

    def test_lists(self):
        self.hand_over(first=3, last=5)
        self.hand_over('boss', 'chief', last=1)
        rows = self.call('ann').read('DelegationService/ListDelegations', {})['delegations']
        self.assertEqual(['South', 'Boss'], [row['from_user_name'] for row in rows])
        rows = self.call('ann').read('DelegationService/ListDelegations', {'user_id': self.users['chief']})['delegations']
        self.assertEqual(['Boss'], [row['from_user_name'] for row in rows])
        self.days_pass(2)
        for ended, names in ((False, ['South']), (True, ['South', 'Boss'])):
            answer, found = {'next': None}, []
            for _ in names:
                answer = self.call('ann').read('DelegationService/ListDelegations', {'include_ended': ended}, page=answer['next'], page_size=1)
                found += [row['from_user_name'] for row in answer['delegations']]
            self.assertEqual((names, None), (found, answer['next']))


if __name__ == '__main__':
    unittest.main()
