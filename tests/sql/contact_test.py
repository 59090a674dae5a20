#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Contacts, positions, relationships and profiles."""
import unittest

import psycopg2

from stage import Stage, new_id


class ContactTest(Stage):
    def setUp(self):
        super().setUp()
        self.acme = self.add_account('ann', 'Acme')['id']
        self.other = self.add_account('sue', 'Other')['id']

    def add_position(self, login, contact_id, account_id, **fields):
        return self.call(login).write('ContactService/AddPosition', {'position': {'contact_id': contact_id, 'account_id': account_id, **fields}})

    def test_create_with_positions(self):
        second = self.add_account('ann', 'Second')['id']
        contact = self.call('ann').write('ContactService/CreateContact', {'contact': {
            'name': '张伟', 'phones': ['+86 138 0013 8000'], 'emails': ['zw@example.com'], 'messaging_ids': ['wechat:zw'], 'other_names': ['William'],
            'note': 'golf', 'positions': [
                {'account_id': self.acme, 'title': 'Buyer', 'buying_roles': ['purchaser', 'decider'], 'stance': 'ally', 'influence': 80, 'is_insider': True, 'level': 2},
                {'account_id': second, 'title': 'Adviser'}]}})
        by_account = dict(zip(contact['positions[].account_name'], zip(contact['positions[].title'], contact['positions[].buying_roles'],
                                                                      contact['positions[].influence'], contact['positions[].is_insider'])))
        self.assertEqual({'Acme': ('Buyer', 'purchaser,decider', 80, True), 'Second': ('Adviser', '', None, False)}, by_account)
        self.assertEqual((['William'], 'golf', 1), (contact['other_names'], contact['note'], contact['version']))

    def test_create_needs_an_account_within_reach(self):
        self.refused('INVALID_ARGUMENT', 'FIELD_REQUIRED', self.call('ann').write, 'ContactService/CreateContact', {'contact': {'name': 'Li'}})
        self.refused('INVALID_ARGUMENT', 'FIELD_REQUIRED', self.add_contact, 'ann', '', self.acme)
        for account in (self.other, new_id()):
            self.refused('NOT_FOUND', 'ACCOUNT_NOT_FOUND', self.add_contact, 'ann', 'Li', account)
        self.assertEqual([(0,)], self.query('select count(*) from contact'))

    def test_reach_follows_positions(self):
        contact = self.add_contact('ann', 'Li', self.acme, note='private')
        for login, sees in (('ann', True), ('north', True), ('boss', True), ('bob', False), ('sue', False), ('south', False)):
            if sees:
                self.assertEqual('private', self.call(login).read('ContactService/GetContact', {'id': contact['id']})['.']['note'])
            else:
                self.refused('NOT_FOUND', 'NOT_FOUND', self.call(login).read, 'ContactService/GetContact', {'id': contact['id']})

    def test_a_position_cannot_be_used_to_read_a_foreign_contact(self):
        contact = self.add_contact('ann', 'Li', self.acme)
        self.refused('NOT_FOUND', 'NOT_FOUND', self.add_position, 'sue', contact['id'], self.other)
        caller = self.call('sue')
        with caller.connection.cursor() as cursor:
            caller.begin_read(cursor)
            with self.assertRaisesRegex(psycopg2.Error, 'row-level security'):
                cursor.execute('insert into position (contact_id, account_id) values (%s, %s)', (contact['id'], self.other))
        caller.connection.rollback()
        # Boss reaches both, and afterwards sue sees the person, but not the position at Acme.
        self.add_position('boss', contact['id'], self.other, title='Consultant')
        row = caller.read('ContactService/GetContact', {'id': contact['id']})['.']
        self.assertEqual(['Other'], row['positions[].account_name'])

    def test_position_life(self):
        contact = self.add_contact('ann', 'Li', self.acme)
        chief = self.add_contact('ann', 'Wang', self.acme)
        position = contact['positions[].id'][0]
        answer = self.call('ann').write('ContactService/UpdatePosition', {
            'position': {'id': position, 'version': 1, 'title': 'Director', 'reports_to_id': chief['id'], 'buying_roles': ['decider']},
            'update_mask': ['title', 'reports_to_id', 'buying_roles']})
        self.assertEqual(('Director', 'Wang', ['decider'], 2), (answer['title'], answer['reports_to_name'], answer['buying_roles'], answer['version']))
        self.refused('FAILED_PRECONDITION', 'REPORTS_TO_LOOP', self.call('ann').write, 'ContactService/UpdatePosition', {
            'position': {'id': chief['positions[].id'][0], 'version': 1, 'reports_to_id': contact['id']}, 'update_mask': ['reports_to_id']})
        outsider = self.add_contact('sue', 'Zhao', self.other)
        self.refused('FAILED_PRECONDITION', 'REPORTS_TO_ELSEWHERE', self.call('ann').write, 'ContactService/UpdatePosition', {
            'position': {'id': position, 'version': 2, 'reports_to_id': outsider['id']}, 'update_mask': ['reports_to_id']})
        self.refused('INVALID_ARGUMENT', 'position_buying_roles_known', self.call('ann').write, 'ContactService/UpdatePosition', {
            'position': {'id': position, 'version': 2, 'buying_roles': ['king']}, 'update_mask': ['buying_roles']})
        self.refused('ALREADY_EXISTS', 'position_present', self.add_position, 'ann', contact['id'], self.acme)
        self.call('ann').write('ContactService/UpdatePosition', {'position': {'id': chief['positions[].id'][0], 'version': 1, 'since': '2024-05-01'}, 'update_mask': ['since']})
        refusal = self.refused('INVALID_ARGUMENT', 'ENDED_BEFORE_SINCE', self.call('ann').write, 'ContactService/EndPosition',
                               {'id': chief['positions[].id'][0], 'version': 2, 'ended_on': '2024-04-30'})
        self.assertEqual([{'field': 'ended_on', 'description': 'must not be before 2024-05-01, when the position began', 'reason': 'ENDED_BEFORE_SINCE',
                           'values': {'since': '2024-05-01'}}], refusal.detail['violations'])
        self.refused('INVALID_ARGUMENT', 'DATE_IN_FUTURE', self.call('ann').write, 'ContactService/EndPosition',
                     {'id': position, 'version': 2, 'ended_on': self.query('select kam.today() + 2')[0][0]})
        ended = self.call('ann').write('ContactService/EndPosition', {'id': position, 'version': 2, 'ended_on': '2026-01-31'})
        self.assertEqual('2026-01-31', str(ended['ended_on']))
        self.refused('FAILED_PRECONDITION', 'POSITION_ENDED', self.call('ann').write, 'ContactService/EndPosition', {'id': position, 'version': 3})
        self.assertEqual(['Wang'], [row['name'] for row in self.call('ann').read('ContactService/ListContacts', {'account_id': self.acme})['contacts']])
        self.assertEqual(['Li', 'Wang'], [row['name'] for row in self.call('ann').read(
            'ContactService/ListContacts', {'account_id': self.acme, 'include_past': True})['contacts']])
        self.assertIsNone(self.add_position('ann', contact['id'], self.acme)['ended_on'])

    def test_relationship_is_dated_and_append_only(self):
        contact = self.add_contact('ann', 'Li', self.acme)
        position = contact['positions[].id'][0]
        activity = self.log_activity('ann', self.acme)
        record = lambda level, on, **more: self.call('ann').write(   # noqa: E731
            'ContactService/RecordRelationship', {'position_id': position, 'level': level, 'changed_on': on, **more})
        self.assertEqual(2, record(2, '2026-02-01')['relationship'])
        self.assertEqual(4, record(4, '2026-03-01', activity_id=activity['id'], note='dinner')['relationship'])
        self.assertEqual(4, record(3, '2026-02-15')['relationship'], 'an older entry does not change what holds now')
        self.refused('NOT_FOUND', 'ACTIVITY_NOT_FOUND', record, 5, '2026-04-01', activity_id=self.log_activity('sue', self.other)['id'])
        self.refused('INVALID_ARGUMENT', 'DATE_IN_FUTURE', record, 5, '2999-01-01')
        self.refused('NOT_FOUND', 'NOT_FOUND', self.call('sue').write, 'ContactService/RecordRelationship', {'position_id': position, 'level': 1})
        listed = self.call('north').read('ContactService/ListRelationshipChanges', {'position_id': position}, page_size=2)
        self.assertEqual([(4, 'dinner', 'Ann'), (3, '', 'Ann')], [(row['level'], row['note'], row['recorded_by']) for row in listed['changes']])
        rest = self.call('north').read('ContactService/ListRelationshipChanges', {'position_id': position}, page=listed['next'], page_size=2)
        self.assertEqual([2], [row['level'] for row in rest['changes']])
        self.assertEqual([], self.call('sue').read('ContactService/ListRelationshipChanges', {'position_id': position})['changes'])

    def test_profile(self):
        contact = self.add_contact('ann', 'Li', self.acme)
        get = lambda login: self.call(login).read('ContactService/GetContactProfile', {'contact_id': contact['id']})['.']   # noqa: E731
        update = lambda version, **fields: self.call('ann').write(   # noqa: E731
            'ContactService/UpdateContactProfile', {'profile': {'contact_id': contact['id'], 'version': version, **fields}, 'update_mask': list(fields)})
        self.assertEqual((0, None), (get('ann')['version'], get('ann')['home_town']))
        first = update(0, home_town='Wuhan')
        self.assertEqual((1, 'Wuhan', ''), (first['version'], first['home_town'], first['hobbies']))
        second = update(1, hobbies='chess')
        self.assertEqual((2, 'Wuhan', 'chess'), (second['version'], second['home_town'], second['hobbies']))
        for stale in (0, 1):
            self.refused('ABORTED', 'VERSION_CONFLICT', update, stale, hobbies='go')
        self.refused('NOT_FOUND', 'NOT_FOUND', get, 'sue')
        self.refused('PERMISSION_DENIED', 'ROLE', get, 'desk')

    def test_service_sees_every_contact_by_desk_columns(self):
        contact = self.add_contact('ann', 'Li', self.acme, title='Buyer', phones=['123'], note='private')
        row = self.call('desk').read('ContactService/GetContact', {'id': contact['id']})['.']
        self.assertEqual({'id', 'name', 'phones', 'emails', 'positions[].account_id', 'positions[].account_name', 'positions[].title'}, set(row))
        self.assertEqual((['Acme'], ['Buyer']), (row['positions[].account_name'], row['positions[].title']))
        for request in ({}, {'account_id': self.acme}):
            self.assertEqual(['Li'], [row['name'] for row in self.call('desk').read('ContactService/ListContacts', request)['contacts']])

    def test_update_and_retire(self):
        contact = self.add_contact('ann', 'Li', self.acme)
        update = {'contact': {'id': contact['id'], 'version': 1, 'phones': ['1', '2'], 'note': 'x'}, 'update_mask': ['phones']}
        answer = self.call('north').write('ContactService/UpdateContact', update)
        self.assertEqual((['1', '2'], '', 'North'), (answer['phones'], answer['note'], answer['updated_by']))
        self.refused('ABORTED', 'VERSION_CONFLICT', self.call('ann').write, 'ContactService/UpdateContact', update)
        self.refused('INVALID_ARGUMENT', 'contact_phones_form', self.call('ann').write, 'ContactService/UpdateContact',
                     {'contact': {'id': contact['id'], 'version': 2, 'phones': ['x' * 61]}, 'update_mask': ['phones']})
        self.refused('NOT_FOUND', 'NOT_FOUND', self.call('sue').write, 'ContactService/RetireContact', {'id': contact['id'], 'version': 2, 'reason': 'x'})
        self.call('ann').write('ContactService/RetireContact', {'id': contact['id'], 'version': 2, 'reason': 'died'})
        for login in ('ann', 'north', 'desk'):
            self.assertEqual([], self.call(login).read('ContactService/ListContacts')['contacts'])
        self.assertEqual(1, len(self.call('ann').read('ContactService/ListContacts', {'include_past': True})['contacts']))

    def test_lists_page_by_name_for_every_role(self):
        names = [f'P{number:02}' for number in range(11)]
        for number, name in enumerate(names):
            self.add_contact('ann' if number % 2 else 'sue', name, self.acme if number % 2 else self.other)
        for login, wanted in (('boss', names), ('ann', names[1::2]), ('south', names[0::2]), ('desk', names)):
            seen, page = [], None
            while True:
                answer = self.call(login).read('ContactService/ListContacts', page=page, page_size=4)
                seen += [row['name'] for row in answer['contacts']]
                page = answer['next']
                if page is None:
                    break
            self.assertEqual(wanted, seen, login)


if __name__ == '__main__':
    unittest.main()
