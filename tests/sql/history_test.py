#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The change log: what it holds, who reads it, and that nobody can change it."""
import unittest

import psycopg2

from stage import Stage


def fields(change):
    return dict(zip(change['fields[].field'] or [], zip(change['fields[].old_value'] or [], change['fields[].new_value'] or [])))


def names(change):
    return dict(zip(change['fields[].field'] or [], zip(change['fields[].old_name'] or [], change['fields[].new_name'] or [])))


class HistoryTest(Stage):
    def test_insert_and_update(self):
        account = self.add_account('ann', 'Acme', phone='1', bank='ICBC')
        self.call('north').write('AccountService/UpdateAccount', {
            'account': {'id': account['id'], 'version': 1, 'phone': '2', 'name': 'Acme', 'annual_revenue': {'currency_code': 'CNY', 'minor_units': 7}},
            'update_mask': ['phone', 'name', 'annual_revenue']})
        update, insert = self.changes(account['id'], 'ann')
        self.assertEqual(('insert', 1, 'Ann', 'account', account['id'], account['id']),
                         tuple(insert[name] for name in ('operation', 'version', 'actor_name', 'entity', 'record_id', 'account_id')))
        self.assertEqual({'bank': ('', 'ICBC'), 'code': ('', 'K-000001'), 'is_key': ('', 'false'), 'name': ('', 'Acme'), 'owner_id': ('', self.users['ann']), 'phone': ('', '1'),
                          'status': ('', 'prospect'), 'team_id': ('', self.teams['office'])}, fields(insert))
        self.assertEqual(('update', 2, 'North'), tuple(update[name] for name in ('operation', 'version', 'actor_name')))
        self.assertEqual({'phone': ('1', '2'), 'annual_revenue_currency_code': ('', 'CNY'), 'annual_revenue_minor_units': ('', '7')}, fields(update))

    def test_guarded_values_stand_apart(self):
        account = self.add_account('ann', 'Acme', bank='ICBC', registered_capital={'currency_code': 'CNY', 'minor_units': 1})
        contact = self.add_contact('ann', 'Li', account['id'], note='private')
        self.call('ann').write('ContactService/UpdateContactProfile', {'profile': {'contact_id': contact['id'], 'hobbies': 'chess', 'birthday': '1970-02-03'},
                                                                      'update_mask': ['hobbies', 'birthday']})
        rows = self.query("""select entity, string_agg(distinct g, ',' order by g) from change,
                                    jsonb_object_keys(guarded_old_values || guarded_new_values) g where xid is not null group by 1 order by 1""")
        self.assertEqual([('account', 'bank,registered_capital_currency_code,registered_capital_minor_units'), ('contact', 'note'),
                          ('contact_profile', 'birthday,hobbies')], rows)
        self.assertEqual([], self.query("""select entity, k from change, jsonb_object_keys(old_values || new_values) k
                                            where entity <> 'pipeline_version' and k ~ '_minor_units$|_currency_code$' or k in ('bank', 'note', 'hobbies', 'birthday')"""))
        self.assertEqual({'note': ('', 'private'), 'name': ('', 'Li')}, fields(self.changes(contact['id'], 'ann')[1]))

    def test_generated_columns_stay_out(self):
        account = self.add_account('ann', 'Acme')
        contact = self.add_contact('ann', 'Li', account['id'])
        activity = self.plan_activity('ann', account['id'])
        self.call('boss').write('AccountService/UpdateAccount', {'account': {'id': account['id'], 'version': 1, 'name': 'New'}, 'update_mask': ['name']})
        self.call('boss').write('ContactService/UpdateContact', {'contact': {'id': contact['id'], 'version': 1, 'name': 'New'}, 'update_mask': ['name']})
        self.call('boss').write('ActivityService/UpdateActivity', {'activity': {'id': activity['id'], 'version': 1, 'subject': 'New'}, 'update_mask': ['subject']})
        generated = {row[0] for row in self.query("select attname from pg_attribute where attgenerated <> ''")}
        logged = {row[0] for row in self.query('select distinct jsonb_object_keys(old_values || new_values) from change')}
        self.assertEqual(set(), generated & logged)
        self.assertEqual([{'name': ('Acme', 'New')}], [fields(change) for change in self.changes(account['id']) if change['operation'] == 'update'])

    def test_children(self):
        account = self.add_account('ann', 'Acme')
        contact = self.add_contact('ann', 'Li', account['id'])
        self.log_activity('ann', account['id'], kind='note', contact_ids=[contact['id']], user_ids=[self.users['bob']])
        self.call('ann').write('AccountService/AddAccountMember', {'id': account['id'], 'user_id': self.users['bob']})
        self.call('ann').write('AccountService/RemoveAccountMember', {'id': account['id'], 'user_id': self.users['bob']})
        seen, page = [], None
        while True:
            answer = self.call('ann').read('HistoryService/ListChanges', {'record_id': account['id'], 'with_children': True}, page=page, page_size=3)
            seen += [(row['entity'], row['operation']) for row in answer['changes']]
            page = answer['next']
            if page is None:
                break
        self.assertEqual([('account', 'insert'), ('account_member', 'delete'), ('account_member', 'insert'), ('activity', 'insert'), ('activity_contact', 'insert'),
                          ('activity_user', 'insert'), ('contact', 'insert'), ('position', 'insert')], sorted(seen))
        self.assertEqual([('account_member', 'delete'), ('account_member', 'insert'), ('account', 'insert')],
                         [(row['entity'], row['operation']) for row in self.changes(account['id'])])
        with_children = self.call('ann').read('HistoryService/ListChanges', {'record_id': contact['id'], 'with_children': True})['changes']
        self.assertEqual(['contact', 'position'], sorted(row['entity'] for row in with_children))

    def test_children_of_a_contact(self):
        mine, other = self.add_account('ann', 'Acme')['id'], self.add_account('sue', 'Other')['id']
        contact = self.add_contact('ann', 'Li', mine)
        self.call('boss').write('ContactService/AddPosition', {'position': {'contact_id': contact['id'], 'account_id': other}})
        self.call('ann').write('ContactService/RecordRelationship', {'position_id': contact['positions[].id'][0], 'level': 3, 'changed_on': '2026-01-05'})
        request = {'record_id': contact['id'], 'with_children': True}
        mine_only = ['contact insert', 'position insert', 'position update', 'relationship_change insert']
        for login, wanted in (('ann', mine_only), ('boss', sorted(mine_only + ['position insert'])), ('sue', ['contact insert', 'position insert']), ('bob', [])):
            rows = self.call(login).read('HistoryService/ListChanges', request)['changes']
            self.assertEqual(wanted, sorted(f"{row['entity']} {row['operation']}" for row in rows), login)
            self.assertEqual(sorted((row['page.1'], row['page.2']) for row in rows), [(row['page.1'], row['page.2']) for row in reversed(rows)])

    def test_ids_come_with_names(self):
        account = self.add_account('ann', 'Acme')
        self.call('boss').write('AccountService/ReassignAccount', {'id': account['id'], 'version': 1, 'owner_id': self.users['sue'], 'reason': 'moved'})
        reassign, insert = self.changes(account['id'])
        self.assertEqual({'owner_id': ('Ann', 'Sue'), 'team_id': ('North Office', 'South')}, names(reassign))
        self.assertEqual((('', 'Ann'), ('', '')), (names(insert)['owner_id'], names(insert)['name']))
        self.call('boss').write('TeamService/UpdateTeam', {'team': {'id': self.teams['office'], 'version': 1, 'parent_id': self.teams['south']},
                                                           'update_mask': ['parent_id']})
        self.assertEqual({'parent_id': ('North', 'South')}, names(self.changes(self.teams['office'])[0]))

    def test_names_out_of_reach_stay_empty(self):
        account, parent = self.add_account('ann', 'Acme')['id'], self.add_account('sue', 'Mother')['id']
        self.call('boss').write('AccountService/UpdateAccount', {'account': {'id': account, 'version': 1, 'parent_id': parent}, 'update_mask': ['parent_id']})
        for login, name in (('boss', 'Mother'), ('ann', '')):
            change = self.changes(account, login)[0]
            self.assertEqual({'parent_id': ('', parent)}, fields(change))
            self.assertEqual({'parent_id': ('', name)}, names(change), login)

    def test_reach(self):
        account = self.add_account('ann', 'Acme')
        contact = self.add_contact('ann', 'Li', account['id'])
        for record in (account['id'], contact['id'], contact['positions[].id'][0]):
            for login, sees in (('ann', True), ('north', True), ('boss', True), ('bob', False), ('sue', False), ('south', False)):
                self.assertEqual(sees, bool(self.changes(record, login)), login)
        self.refused('PERMISSION_DENIED', 'ROLE', self.changes, account['id'], 'desk')
        self.call('north').write('UserService/UpdateUser', {'user': {'id': self.users['ann'], 'version': 1, 'phone': '1'}, 'update_mask': ['phone']})
        self.call('boss').write('TeamService/UpdateTeam', {'team': {'id': self.teams['north'], 'version': 1, 'name': 'Nord'}, 'update_mask': ['name']})
        for record, seers in ((self.users['ann'], {'north', 'boss', 'chief'}), (self.teams['north'], {'north', 'boss', 'chief'})):
            self.assertEqual(seers, {login for login in self.users if login != 'desk' and self.changes(record, login)})

    def test_one_transaction_has_one_xid_and_request(self):
        account = self.add_account('ann', 'Acme')
        self.log_activity('ann', account['id'], next_step={'kind': 'call', 'subject': 'x', 'time': '2030-01-01 00:00:00+00'})
        rows = self.query("select count(distinct xid::text), count(distinct request_id), count(distinct time), count(*) from change where entity = 'activity'")
        self.assertEqual([(1, 1, 1, 2)], rows)

    def test_nobody_changes_the_log(self):
        account = self.add_account('ann', 'Acme')
        for login in ('ann', 'boss'):
            caller = self.call(login)
            for sql in ("update change set reason = 'x'", 'delete from change', "insert into change (entity, record_id, operation) values ('a', uuid7(), 'insert')",
                        'truncate change', 'select * from change_default'):
                with caller.connection.cursor() as cursor:
                    caller.begin_read(cursor)
                    with self.assertRaisesRegex(psycopg2.Error, 'permission denied', msg=sql):
                        cursor.execute(sql)
                caller.connection.rollback()
        self.assertEqual(1, len(self.changes(account['id'])))

    def test_rows_go_to_their_month(self):
        self.add_account('ann', 'Acme')
        self.assertEqual([(0,)], self.query('select count(*) from change_default'))
        self.assertEqual([(True,)], self.query("select bool_and(tableoid::regclass::text = 'change_' || to_char(time at time zone 'UTC', 'YYYYMM')) from change"))

    def test_rolled_back_changes_leave_no_trace(self):
        self.add_account('ann', 'Acme')
        before = self.query('select count(*) from change')
        self.refused('ALREADY_EXISTS', 'ACCOUNT_DUPLICATE', self.add_account, 'ann', 'Acme')
        self.assertEqual(before, self.query('select count(*) from change'))


if __name__ == '__main__':
    unittest.main()
