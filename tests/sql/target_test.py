#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Target lists: who makes and sees them, segments, handing over, progress."""
import unittest

from race_test import Race

LAST_YEAR = ('2025-01-01', '2025-12-31')


class TargetTest(Race):
    def setUp(self):
        super().setUp()
        self.query("update company set time_zone = 'Asia/Shanghai'")
        self.acme = self.add_account('ann', 'Acme', industry='steel', region='North', employees=100)
        self.boat = self.add_account('bob', 'Boat', industry='steel', region='North', employees=5000)
        self.coal = self.add_account('sue', 'Coal', industry='steel', region='South', employees=100)

    def days(self, first=-5, last=5):
        return [str(day) for day in self.query('select kam.today() + %s, kam.today() + %s', first, last)[0]]

    def make(self, login='north', name='Steel', first=-5, last=5):
        starts_on, ends_on = self.days(first, last)
        return self.call(login).write('TargetService/CreateTargetList', {'list': {'name': name, 'starts_on': starts_on, 'ends_on': ends_on}})

    def add(self, list_id, login='north', **fields):
        answer = self.call(login).write('TargetService/AddTargetAccounts', {'list_id': list_id, **fields})
        return answer['added_count']

    def get(self, list_id, login='north'):
        return self.call(login).read('TargetService/GetTargetList', {'id': list_id})

    def entries(self, login='north', **request):
        rows = self.call(login).read('TargetService/ListTargetEntries', request)['entries']
        return [(row['account_name'], row['user_name'], row['progress']) for row in rows]

    def visible(self, login):
        return [row['name'] for row in self.call(login).read('TargetService/ListTargetLists', {})['lists']]

    def counts(self, row):
        return tuple(row['counts.' + name] for name in ('entries', 'untouched', 'contacted', 'developing', 'won'))

    def set_status(self, login, account, status):
        row = self.call(login).read('AccountService/GetAccount', {'id': account['id']})['.']
        self.call(login).write('AccountService/UpdateAccount', {'account': {'id': account['id'], 'version': row['version'], 'status': status},
                                                                'update_mask': ['status']})

    def test_a_list_by_segment(self):
        made = self.make()
        self.assertEqual(('North', 1, 0), (made['owner_name'], made['version'], made['counts.entries']))
        self.refused('INVALID_ARGUMENT', 'FIELD_REQUIRED', self.add, made['id'])
        self.refused('INVALID_ARGUMENT', 'FIELD_REQUIRED', self.add, made['id'], segment={})
        self.assertEqual(1, self.add(made['id'], segment={'industry': 'steel', 'most_employees': 1000}), 'Coal is out of reach')
        self.assertEqual(1, self.add(made['id'], segment={'industry': 'steel'}))
        self.assertEqual(0, self.add(made['id'], segment={'industry': 'steel'}, account_ids=[self.acme['id']]))
        self.assertEqual([('Acme', 'Ann', 'untouched'), ('Boat', 'Bob', 'untouched')], self.entries(list_id=made['id']))
        self.refused('NOT_FOUND', 'NOT_FOUND', self.add, made['id'], account_ids=[self.coal['id']])
        self.call('boss').write('AccountService/RetireAccount', {'id': self.boat['id'], 'version': 1, 'reason': 'closed'})
        self.assertEqual(1, self.get(made['id'])['.']['counts.entries'])
        self.refused('FAILED_PRECONDITION', 'ACCOUNT_RETIRED', self.add, made['id'], account_ids=[self.boat['id']])
        for segment, count in (({'region': 'South'}, 1), ({'status': 'active'}, 0), ({'team_id': self.teams['north']}, 1), ({'least_employees': 101}, 0)):
            self.assertEqual(count, self.add(self.make('boss')['id'], 'boss', segment=segment), segment)

    def test_a_repeated_call_says_the_same(self):
        made = self.make()
        request = {'list_id': made['id'], 'segment': {'industry': 'steel'}}
        request_id = self.acme['id']
        first = self.call('north').write('TargetService/AddTargetAccounts', request, request_id=request_id)
        again = self.call('north').write('TargetService/AddTargetAccounts', request, request_id=request_id)
        self.assertEqual((2, 2), (first['added_count'], again['added_count']))

    def test_a_list_has_room_for_2000(self):
        self.query("alter table account disable trigger user")
        self.query("""insert into account (code, name, owner_id, team_id, industry) select 'X-' || n, 'Firm ' || n, owner_id, team_id, 'tin'
                        from account, generate_series(1, 2001) n where id = %s""", self.acme['id'])
        self.query("alter table account enable trigger user")
        made = self.make()
        self.refused('FAILED_PRECONDITION', 'TARGET_LIST_FULL', self.add, made['id'], segment={'industry': 'tin'})
        self.query("update account set industry = 'zinc' where code = 'X-1'")
        self.assertEqual(2000, self.add(made['id'], segment={'industry': 'tin'}))
        self.refused('FAILED_PRECONDITION', 'TARGET_LIST_FULL', self.add, made['id'], account_ids=[self.acme['id']])

    def test_progress_is_read_off(self):
        made = self.make()
        self.add(made['id'], account_ids=[self.acme['id'], self.boat['id']])
        self.log_activity('ann', self.acme['id'], kind='note')
        self.assertEqual((2, 2, 0, 0, 0), self.counts(self.get(made['id'])['.']))
        self.log_activity('ann', self.acme['id'], time=self.days(-6)[0] + ' 12:00:00+08')
        self.plan_activity('ann', self.acme['id'])
        self.assertEqual((2, 2, 0, 0, 0), self.counts(self.get(made['id'])['.']), 'before the period, or not done')
        self.log_activity('ann', self.acme['id'], time=self.days(-5)[0] + ' 00:30:00+08')
        self.assertEqual((2, 1, 1, 0, 0), self.counts(self.get(made['id'])['.']))
        self.set_status('ann', self.acme, 'developing')
        self.set_status('bob', self.boat, 'developing')
        self.assertEqual([('Acme', 'Ann', 'developing'), ('Boat', 'Bob', 'untouched')], self.entries(list_id=made['id']))
        self.set_status('bob', self.boat, 'trial')
        self.set_status('bob', self.boat, 'lost')
        answer = self.get(made['id'])
        self.assertEqual((2, 0, 0, 1, 1), self.counts(answer['.']))
        self.assertEqual([('Ann', (1, 0, 0, 1, 0)), ('Bob', (1, 0, 0, 0, 1))], [(row['user_name'], self.counts(row)) for row in answer['shares']])
        self.assertEqual([('Boat', 'Bob', 'won')], self.entries(list_id=made['id'], progress='won'))
        # Of another period nothing of this counts.
        self.call('north').write('TargetService/UpdateTargetList', {
            'list': {'id': made['id'], 'version': answer['.']['version'], 'starts_on': LAST_YEAR[0], 'ends_on': LAST_YEAR[1]},
            'update_mask': ['starts_on', 'ends_on']})
        self.assertEqual((2, 2, 0, 0, 0), self.counts(self.get(made['id'])['.']))
        self.assertEqual([], self.visible('north'), 'it has ended')

    def test_everybody_sees_what_concerns_them(self):
        made = self.make('boss')
        self.assertEqual(['Steel'], self.visible('chief'))
        self.assertEqual([], self.visible('north'))
        self.assertEqual(3, self.add(made['id'], 'boss', segment={'industry': 'steel'}))
        self.assertEqual([['Steel']] * 5, [self.visible(login) for login in ('ann', 'bob', 'sue', 'north', 'south')])
        self.assertEqual([('Acme', 'Ann', 'untouched')], self.entries('ann', list_id=made['id']))
        self.assertEqual((1, 1, 0, 0, 0), self.counts(self.get(made['id'], 'ann')['.']))
        self.assertEqual(['Acme', 'Boat'], [entry[0] for entry in self.entries('north', list_id=made['id'])])
        self.refused('PERMISSION_DENIED', 'NOT_LIST_MANAGER', self.add, made['id'], 'north', account_ids=[self.acme['id']])
        self.refused('NOT_FOUND', 'NOT_FOUND', self.add, self.acme['id'], 'north', account_ids=[self.acme['id']])
        own = self.make('south', 'Own')
        self.refused('NOT_FOUND', 'NOT_FOUND', self.add, own['id'], 'north', account_ids=[self.acme['id']])
        self.assertEqual('target_list', self.changes(made['id'], 'ann')[0]['entity'])
        self.assertEqual([], self.changes(own['id'], 'ann'))

    def test_due_for_me(self):
        made = self.make(last=3)
        later = self.make(name='Later', first=1)
        sooner = self.make(name='Sooner', last=0)
        for target in (made, later, sooner):
            self.add(target['id'], segment={'industry': 'steel'})
        rows = self.call('ann').read('TargetService/ListTargetEntries', {'progress': 'untouched'})['entries']
        self.assertEqual([('Sooner', 'Acme'), ('Steel', 'Acme')], [(row['list_name'], row['account_name']) for row in rows])
        self.log_activity('ann', self.acme['id'])
        self.assertEqual([], self.entries('ann', progress='untouched'))

    def test_handing_over(self):
        made = self.make()
        self.add(made['id'], account_ids=[self.acme['id'], self.boat['id']])
        hand = {'list_id': made['id'], 'account_ids': [self.acme['id']], 'user_id': self.users['bob']}
        north = self.call('north')
        self.refused('FAILED_PRECONDITION', 'OWNER_OUT_OF_REACH', north.write, 'TargetService/HandTargetAccounts', hand)
        north.write('AccountService/AddAccountMember', {'id': self.acme['id'], 'user_id': self.users['bob']})
        north.write('TargetService/HandTargetAccounts', hand)
        north.write('TargetService/HandTargetAccounts', hand)
        self.assertEqual(['Acme', 'Boat'], [entry[0] for entry in self.entries('bob')])
        self.assertEqual([], self.entries('ann'))
        north.write('AccountService/RemoveAccountMember', {'id': self.acme['id'], 'user_id': self.users['bob']})
        self.assertEqual([('Acme', 'Ann', 'untouched')], self.entries('ann'), 'back to the owner')
        north.write('AccountService/ReassignAccount', {'id': self.acme['id'], 'version': 1, 'owner_id': self.users['bob'], 'reason': 'balance'})
        self.assertEqual([], self.entries('ann'))
        self.assertEqual([('Acme', 'Bob', 'untouched')], self.entries('bob')[:1], 'along with the account')
        self.refused('NOT_FOUND', 'TARGET_NOT_FOUND', north.write, 'TargetService/HandTargetAccounts', {**hand, 'account_ids': [self.coal['id']]})
        self.refused('NOT_FOUND', 'USER_NOT_FOUND', north.write, 'TargetService/HandTargetAccounts', {**hand, 'user_id': self.coal['id']})

    def test_removing_and_retiring(self):
        made = self.make()
        self.add(made['id'], account_ids=[self.acme['id'], self.boat['id']])
        north = self.call('north')
        remove = {'list_id': made['id'], 'account_ids': [self.acme['id']]}
        self.assertEqual(1, north.write('TargetService/RemoveTargetAccounts', remove)['counts.entries'])
        self.refused('NOT_FOUND', 'TARGET_NOT_FOUND', north.write, 'TargetService/RemoveTargetAccounts', remove)
        self.assertEqual([], self.visible('ann'))
        self.assertEqual(1, self.add(made['id'], account_ids=[self.acme['id']]))
        retire = {'id': made['id'], 'version': 1, 'reason': 'over'}
        self.refused('ABORTED', 'VERSION_CONFLICT', north.write, 'TargetService/RetireTargetList', retire)
        north.write('TargetService/RetireTargetList', {**retire, 'version': self.get(made['id'])['.']['version']})
        self.assertEqual([[], [], []], [self.visible(login) for login in ('north', 'ann', 'boss')])
        self.assertEqual([], self.entries('ann'))
        self.refused('FAILED_PRECONDITION', 'TARGET_LIST_RETIRED', self.add, made['id'], account_ids=[self.acme['id']])

    def test_lists_in_pages(self):
        for number in range(3):
            self.make(name=f'List {number}', last=number)
        caller, names, answer = self.call('north'), [], {'next': None}
        for _ in range(2):
            answer = caller.read('TargetService/ListTargetLists', page=answer['next'], page_size=2)
            names += [row['name'] for row in answer['lists']]
        self.assertEqual((['List 2', 'List 1', 'List 0'], None), (names, answer['next']))
        made = self.make()
        self.add(made['id'], segment={'industry': 'steel'})
        request, names, answer = {'list_id': made['id']}, [], {'next': None}
        for _ in range(2):
            answer = caller.read('TargetService/ListTargetEntries', request, page=answer['next'], page_size=1)
            names += [row['account_name'] for row in answer['entries']]
        self.assertEqual((['Acme', 'Boat'], None), (names, answer['next']))

    def test_added_while_the_account_is_given_away(self):
        """The entry waits for the account's new owner, and the new owner for the entry."""
        made = self.make()
        north, other = self.call('north'), self.other('north')
        reassign = ('AccountService/ReassignAccount', {'id': self.acme['id'], 'version': 1, 'owner_id': self.users['bob'], 'reason': 'balance'})
        add = ('TargetService/AddTargetAccounts', {'list_id': made['id'], 'account_ids': [self.acme['id']]})
        self.race_writes((north, *reassign), (other, *add))
        self.assertTrue(self.has_waited)
        self.assertEqual([('Acme', 'Bob', 'untouched')], self.entries('bob'))
        second = self.make(name='Second')
        add[1]['list_id'] = second['id']
        reassign[1].update(version=2, owner_id=self.users['ann'])
        self.race_writes((north, *add), (other, *reassign))
        self.assertTrue(self.has_waited)
        self.assertEqual({'Ann'}, {entry[1] for entry in self.entries('north', list_id=second['id'])})

    def test_two_fill_one_list(self):
        made = self.make()
        add = ('TargetService/AddTargetAccounts', {'list_id': made['id'], 'segment': {'industry': 'steel'}})
        answer = self.race_writes((self.call('north'), *add), (self.other('north'), *add))
        self.assertEqual((True, 0), (self.has_waited, answer['added_count']))


if __name__ == '__main__':
    unittest.main()
