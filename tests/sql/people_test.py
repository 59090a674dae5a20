#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Counterparts, ties, gifts and needs; contacts that come back."""
import unittest

from stage import Stage, new_id


class PeopleTest(Stage):
    def setUp(self):
        super().setUp()
        self.acme = self.add_account('ann', 'Acme')['id']
        self.other = self.add_account('sue', 'Other')['id']
        self.li = self.add_contact('ann', 'Li', self.acme)
        self.wang = self.add_contact('ann', 'Wang', self.acme)
        self.zhao = self.add_contact('sue', 'Zhao', self.other)

    def update_position(self, login, version, **fields):
        return self.call(login).write('ContactService/UpdatePosition', {
            'position': {'id': self.li['positions[].id'][0], 'version': version, **fields}, 'update_mask': list(fields)})

    def add_tie(self, login, one, kind, other, **fields):
        return self.call(login).write('ContactService/AddTie', {'tie': {'from_contact_id': one['id'], 'to_contact_id': other['id'], 'kind': kind, **fields}})

    def ties(self, login, contact):
        return [(row['from_contact_name'], row['kind'], row['to_contact_name'])
                for row in self.call(login).read('ContactService/GetContact', {'id': contact['id']})['ties']]

    def record_gift(self, login, contact, **fields):
        return self.call(login).write('ContactService/RecordGift', {'gift': {'contact_id': contact['id'], 'what': 'tea', **fields}})

    def add_need(self, login, account, **fields):
        return self.call(login).write('NeedService/CreateNeed', {'need': {
            'account_id': account, 'kind': 'explicit', 'scope': 'organisation', 'text': 'parts within a day', **fields}})

    # ---- positions ----

    def test_counterpart_and_judgement(self):
        answer = self.update_position('ann', 1, counterpart_id=self.users['ann'], trust=4, commitment=2, switching_cost=5)
        self.assertEqual(('Ann', 4, 2, 5), tuple(answer[name] for name in ('counterpart_name', 'trust', 'commitment', 'switching_cost')))
        row = self.call('north').read('ContactService/GetContact', {'id': self.li['id']})['.']
        self.assertEqual((['Ann'], [4], [2], [5]), tuple(row[f'positions[].{name}'] for name in ('counterpart_name', 'trust', 'commitment', 'switching_cost')))
        self.assertEqual('Ann', dict(zip(*(self.changes(self.li['positions[].id'][0])[0][f'fields[].{name}'] for name in ('field', 'new_name'))))['counterpart_id'])
        for number in (0, 6):
            self.refused('INVALID_ARGUMENT', 'position_trust_range', self.update_position, 'ann', 2, trust=number)

    def test_counterpart_works_on_the_account(self):
        for login in ('bob', 'sue', 'desk', 'south'):
            self.refused('FAILED_PRECONDITION', 'COUNTERPART_OUT_OF_REACH', self.update_position, 'ann', 1, counterpart_id=self.users[login])
        self.refused('NOT_FOUND', 'USER_NOT_FOUND', self.update_position, 'ann', 1, counterpart_id=new_id())
        self.refused('NOT_FOUND', 'NOT_FOUND', self.update_position, 'sue', 1, counterpart_id=self.users['sue'])
        for version, login in enumerate(('north', 'boss'), 1):
            self.assertEqual(login.capitalize(), self.update_position('ann', version, counterpart_id=self.users[login])['counterpart_name'])
        self.call('boss').write('AccountService/AddAccountMember', {'id': self.acme, 'user_id': self.users['bob']})
        self.assertEqual('Bob', self.update_position('ann', 3, counterpart_id=self.users['bob'])['counterpart_name'])
        # Who leaves stays named, and does not hinder other changes.
        self.call('boss').write('UserService/DisableUser', {'id': self.users['bob'], 'reason': 'left'})
        self.assertEqual('Bob', self.update_position('ann', 4, title='Buyer')['counterpart_name'])
        self.refused('FAILED_PRECONDITION', 'COUNTERPART_OUT_OF_REACH', self.call('ann').write, 'ContactService/CreateContact', {'contact': {
            'name': 'New', 'positions': [{'account_id': self.acme, 'counterpart_id': self.users['sue']}]}})

    def test_restore(self):
        restore = lambda login, version: self.call(login).write('ContactService/RestoreContact', {'id': self.li['id'], 'version': version})     # noqa: E731
        self.refused('FAILED_PRECONDITION', 'CONTACT_NOT_RETIRED', restore, 'ann', 1)
        self.call('ann').write('ContactService/RetireContact', {'id': self.li['id'], 'version': 1, 'reason': 'gone'})
        self.refused('ABORTED', 'VERSION_CONFLICT', restore, 'ann', 1)
        self.refused('NOT_FOUND', 'NOT_FOUND', restore, 'sue', 2)
        self.assertIsNone(restore('north', 2)['retire_time'])
        self.assertEqual(['Li', 'Wang'], [row['name'] for row in self.call('desk').read('ContactService/ListContacts', {'account_id': self.acme})['contacts']])

    # ---- ties ----

    def test_ties(self):
        tie = self.add_tie('ann', self.li, 'influence', self.wang, note='was his teacher')
        self.assertEqual(('Li', 'Wang', 'was his teacher', 'Ann'), tuple(tie[name] for name in ('from_contact_name', 'to_contact_name', 'note', 'created_by')))
        self.add_tie('ann', self.wang, 'influence', self.li)
        self.add_tie('ann', self.wang, 'kinship', self.li)
        for one, kind, other in ((self.li, 'influence', self.wang), (self.li, 'kinship', self.wang), (self.wang, 'kinship', self.li)):
            with self.assertRaisesRegex(Exception, 'ALREADY_EXISTS'):
                self.add_tie('ann', one, kind, other)
        self.refused('INVALID_ARGUMENT', 'contact_tie_of_two', self.add_tie, 'ann', self.li, 'friendship', self.li)
        wanted = {('Li', 'influence', 'Wang'), ('Wang', 'influence', 'Li'), ('Wang', 'kinship', 'Li')}
        for contact in (self.li, self.wang):
            self.assertEqual(wanted, set(self.ties('north', contact)))
        self.refused('NOT_FOUND', 'NOT_FOUND', self.call('sue').write, 'ContactService/RemoveTie', {'id': tie['id']})
        self.call('north').write('ContactService/RemoveTie', {'id': tie['id']})
        self.assertEqual(wanted - {('Li', 'influence', 'Wang')}, set(self.ties('ann', self.li)))
        self.refused('NOT_FOUND', 'NOT_FOUND', self.call('north').write, 'ContactService/RemoveTie', {'id': tie['id']})
        for contact in (self.li, self.wang):
            last = self.changes(contact['id'])[0]
            self.assertEqual(('contact_tie', 'delete', 'North'), (last['entity'], last['operation'], last['actor_name']))
            self.assertIn('was his teacher', last['fields[].old_value'])

    def test_a_tie_is_for_those_who_reach_both(self):
        for login in ('ann', 'sue', 'north'):
            self.refused('NOT_FOUND', 'NOT_FOUND', self.add_tie, login, self.li, 'kinship', self.zhao)
        tie = self.add_tie('boss', self.li, 'kinship', self.zhao, note='cousins')
        for login, contact in (('ann', self.li), ('sue', self.zhao)):
            self.assertEqual([], self.ties(login, contact))
            self.assertEqual({'contact'}, {row['entity'] for row in self.changes(contact['id'], login)})
            self.refused('NOT_FOUND', 'NOT_FOUND', self.call(login).write, 'ContactService/RemoveTie', {'id': tie['id']})
        self.assertEqual([('Li', 'kinship', 'Zhao')], self.ties('boss', self.zhao))

    # ---- gifts ----

    def test_gifts(self):
        activity = self.log_activity('ann', self.acme)['id']
        gift = self.record_gift('ann', self.li, given_on='2026-02-01', value={'currency_code': 'CNY', 'minor_units': 30000}, activity_id=activity)
        self.assertEqual(('tea', 30000, 'Ann', 1), (gift['what'], gift['value.minor_units'], gift['given_by_name'], gift['version']))
        self.record_gift('north', self.li, what='book', given_by_id=self.users['bob'])
        listed = self.call('ann').read('ContactService/ListGifts', {'contact_id': self.li['id']}, page_size=1)
        self.assertEqual([('book', 'Bob')], [(row['what'], row['given_by_name']) for row in listed['gifts']])
        rest = self.call('ann').read('ContactService/ListGifts', {'contact_id': self.li['id']}, page_size=1, page=listed['next'])
        self.assertEqual(['tea'], [row['what'] for row in rest['gifts']])
        correct = lambda login, version, **fields: self.call(login).write('ContactService/CorrectGift', {     # noqa: E731
            'gift': {'id': gift['id'], 'version': version, **fields}, 'update_mask': list(fields)})
        self.assertEqual(28000, correct('north', 1, value={'currency_code': 'CNY', 'minor_units': 28000})['value.minor_units'])
        self.refused('ABORTED', 'VERSION_CONFLICT', correct, 'ann', 1, what='coffee')
        self.refused('INVALID_ARGUMENT', 'DATE_IN_FUTURE', correct, 'ann', 2, given_on='2999-01-01')
        foreign = self.log_activity('sue', self.other)['id']
        self.refused('NOT_FOUND', 'ACTIVITY_NOT_FOUND', correct, 'ann', 2, activity_id=foreign)
        self.refused('NOT_FOUND', 'ACTIVITY_NOT_FOUND', self.record_gift, 'ann', self.li, activity_id=foreign)
        self.refused('NOT_FOUND', 'ACTIVITY_NOT_FOUND', self.record_gift, 'boss', self.li, activity_id=foreign)
        nobody = '0190a000-0000-7000-8000-000000000000'
        self.refused('NOT_FOUND', 'USER_NOT_FOUND', correct, 'ann', 2, given_by_id=nobody)
        self.refused('NOT_FOUND', 'USER_NOT_FOUND', self.record_gift, 'ann', self.li, given_by_id=nobody)
        for login in ('sue', 'bob'):
            self.refused('NOT_FOUND', 'NOT_FOUND', correct, login, 2, what='coffee')
            self.refused('NOT_FOUND', 'NOT_FOUND', self.record_gift, login, self.li)
            self.assertEqual([], self.call(login).read('ContactService/ListGifts', {'contact_id': self.li['id']})['gifts'])
            self.assertEqual([], self.changes(gift['id'], login))
        self.refused('PERMISSION_DENIED', 'ROLE', self.call('desk').read, 'ContactService/ListGifts', {'contact_id': self.li['id']})
        self.assertEqual([('update', 2), ('insert', 1)], [(row['operation'], row['version']) for row in self.changes(gift['id'])])
        below = self.call('ann').read('HistoryService/ListChanges', {'record_id': self.li['id'], 'with_children': True})['changes']
        self.assertEqual(3, sum(row['entity'] == 'contact_gift' for row in below))

    # ---- nine checks ----

    def checks(self, login='ann', account=None):
        return {row['kind']: (row['state'], row['known'], row['total'], row['gaps'])
                for row in self.call(login).read('CheckService/ListAccountChecks', {'account_id': account or self.acme})['checks']}

    def test_nine_checks_of_an_empty_account(self):
        empty = self.add_account('ann', 'Empty')['id']
        rows = self.call('ann').read('CheckService/ListAccountChecks', {'account_id': empty})['checks']
        self.assertEqual(['structure', 'roles', 'process', 'progress', 'strength', 'friends_and_foes', 'likings', 'needs', 'competitors'], [row['kind'] for row in rows])
        self.assertEqual({'unknown'}, {row['state'] for row in rows})
        self.assertTrue(all(row['gaps'] for row in rows))
        self.assertEqual([], [row['kind'] for row in rows if row['is_provisional']])
        self.assertEqual({}, self.checks('sue', empty))

    def test_nine_checks_become_known(self):
        self.assertEqual(('unknown', 0, 2, ['who_reports_to_whom']), self.checks()['structure'])
        ann = self.call('ann')
        ann.write('ContactService/UpdatePosition', {'position': {'id': self.wang['positions[].id'][0], 'version': 1, 'level': 1, 'buying_roles': ['decider'],
                                                                 'stance': 'ally', 'influence': 90},
                                                    'update_mask': ['level', 'buying_roles', 'stance', 'influence']})
        half = self.checks()
        self.assertEqual(('partly', 1, 2, ['who_reports_to_whom']), half['structure'])
        self.assertEqual(('partly', 1, 2, ['buying_roles']), half['roles'])
        self.assertEqual(('partly', 1, 4, ['who_buys', 'who_uses', 'opportunity']), half['process'])
        self.assertEqual(('unknown', 0, 2, ['relationships', 'influence']), half['strength'])
        self.assertEqual(('partly', 1, 2, ['stances']), half['friends_and_foes'])
        self.assertEqual(('unknown', 0, 2, ['need_of_organisation', 'needs_of_deciders']), half['needs'])
        self.update_position('ann', 1, reports_to_id=self.wang['id'], buying_roles=['purchaser', 'user'], stance='unknown', influence=20)
        self.assertEqual(('partly', 1, 2, ['stances']), self.checks()['friends_and_foes'], 'an unknown stance is not known')
        self.update_position('ann', 2, stance='opponent')
        for contact in (self.li, self.wang):
            ann.write('ContactService/RecordRelationship', {'position_id': contact['positions[].id'][0], 'level': 2})
            ann.write('ContactService/UpdateContactProfile', {'profile': {'contact_id': contact['id'], 'version': 0, 'motives': 'power'}, 'update_mask': ['motives']})
        self.log_activity('ann', self.acme, next_step={'kind': 'call', 'subject': 'again', 'time': '2030-01-01 10:00:00+00'})
        self.add_need('ann', self.acme)
        self.add_need('ann', self.acme, scope='person', contact_id=self.wang['id'])
        supply = ann.write('AccountArchiveService/CreateSupply', {'supply': {'account_id': self.acme, 'supplier': 'Rival'}})
        self.assertEqual(('unknown', 0, 1, ['suppliers_weakness']), self.checks()['competitors'])
        ann.write('AccountArchiveService/UpdateSupply', {'supply': {'id': supply['_record_id'], 'version': 1, 'shortcomings': 'late', 'willingness': 'open'},
                                                         'update_mask': ['shortcomings', 'willingness']})
        full = self.checks()
        self.assertEqual(('partly', 3, 4, ['opportunity']), full.pop('process'))
        self.assertEqual(('partly', 2, 3, ['open_opportunity']), full.pop('progress'))
        self.assertEqual({'known'}, {row[0] for row in full.values()}, full)
        # Who left or was retired does not count.
        ann.write('ContactService/EndPosition', {'id': self.wang['positions[].id'][0], 'version': 3})
        self.assertEqual(('partly', 1, 1, ['who_decides']), self.checks()['roles'])

    # ---- needs ----

    def test_needs(self):
        activity = self.log_activity('ann', self.acme)['id']
        need = self.add_need('ann', self.acme, contact_id=self.li['id'], scope='person', level='strategy', expression='delight', activity_id=activity, text='to be seen')
        self.assertEqual(('Li', 'Acme', 'open', 'Ann'), tuple(need[name] for name in ('contact_name', 'account_name', 'state', 'created_by')))
        second = self.add_need('north', self.acme)
        for index in ('kind', 'scope', 'level', 'expression', 'state'):
            self.refused('INVALID_ARGUMENT', f'need_{index}_known', self.add_need, 'ann', self.acme, **{'contact_id': self.li['id'], index: 'high'})
        names = lambda **request: [row['text'] for row in self.call('ann').read(     # noqa: E731
            'NeedService/ListNeeds', {'account_id': self.acme, **request})['needs']]
        self.assertEqual(['parts within a day', 'to be seen'], names())
        self.assertEqual(['to be seen'], names(contact_id=self.li['id']))
        page = self.call('ann').read('NeedService/ListNeeds', {'account_id': self.acme}, page_size=1)
        self.assertEqual(['to be seen'], [row['text'] for row in self.call('ann').read('NeedService/ListNeeds', {'account_id': self.acme}, page=page['next'])['needs']])
        update = lambda login, row, version, **fields: self.call(login).write('NeedService/UpdateNeed', {     # noqa: E731
            'need': {'id': row['id'], 'version': version, **fields}, 'update_mask': list(fields)})
        self.assertEqual('met', update('ann', need, 1, state='met')['state'])
        self.refused('ABORTED', 'VERSION_CONFLICT', update, 'ann', need, 1, state='open')
        self.refused('INVALID_ARGUMENT', 'NEED_WITHOUT_PERSON', update, 'ann', need, 2, contact_id='')
        self.refused('INVALID_ARGUMENT', 'need_text_length', update, 'ann', need, 2, text='')
        self.assertEqual(['parts within a day'], names(state='open'))
        self.refused('NOT_FOUND', 'NOT_FOUND', update, 'sue', need, 2, state='open')
        retire = lambda login, version: self.call(login).write('NeedService/RetireNeed', {'id': second['id'], 'version': version, 'reason': 'passed'})     # noqa: E731
        self.refused('NOT_FOUND', 'NOT_FOUND', retire, 'sue', 1)
        self.assertIsNotNone(retire('ann', 1)['retire_time'])
        self.refused('FAILED_PRECONDITION', 'NEED_RETIRED', retire, 'ann', 2)
        self.assertEqual(['to be seen'], names())
        self.assertEqual(2, len(names(include_retired=True)))
        self.assertEqual('passed', self.changes(second['id'])[0]['reason'])

    def test_a_need_is_of_the_account(self):
        foreign = self.log_activity('sue', self.other)['id']
        self.refused('NOT_FOUND', 'NOT_FOUND', self.add_need, 'sue', self.acme)
        self.refused('INVALID_ARGUMENT', 'NEED_WITHOUT_PERSON', self.add_need, 'ann', self.acme, scope='person')
        for login in ('ann', 'boss'):
            self.refused('NOT_FOUND', 'CONTACT_NOT_AT_ACCOUNT', self.add_need, login, self.acme, contact_id=self.zhao['id'])
            self.refused('NOT_FOUND', 'CONTACT_NOT_AT_ACCOUNT', self.add_need, login, self.acme, contact_id=new_id())
            self.refused('NOT_FOUND', 'ACTIVITY_NOT_FOUND', self.add_need, login, self.acme, activity_id=foreign)
        self.assertEqual([(0,)], self.query('select count(*) from need'))


if __name__ == '__main__':
    unittest.main()
