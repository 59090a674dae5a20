#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""ImportService: every row for itself, as the caller; dry runs; again and again; two at once."""
import threading
import unittest

from stage import Stage, new_id


class BulkImport(Stage):
    def send(self, login, method, rows, **more):
        answer = self.call(login).write(f'ImportService/Import{method}', {'rows': rows, **more})
        return [{name: value for name, value in row.items() if value not in (None, [])} for row in answer['results']]

    def accounts(self, login, *rows, **more):
        rows = [{'account': {'id': row.pop('id', None) or new_id(), **{name: row.pop(name) for name in list(row) if name not in ('owner', 'parent', 'duplicate_reason')}},
                 **row} for row in map(dict, rows)]
        return self.send(login, 'Accounts', rows, **more)

    def outcomes(self, results):
        return [row['outcome'] for row in results]

    def names(self, login='boss'):
        return {row['name'] for row in self.call(login).read('AccountService/ListAccounts', page_size=500)['accounts']}

    # ---- accounts ----

    def test_a_bad_row_loses_nothing(self):
        self.add_account('sue', '华东机械制造有限公司')
        results = self.accounts('north', {'name': 'Acme', 'other_names': ['A, Inc', 'B']}, {'name': ''}, {'name': '华东机械制造'},
                                {'name': 'Beta', 'employees': -1}, {'name': 'Gamma', 'owner': 'bob'}, {'name': 'Delta', 'owner': 'sue'},
                                {'name': 'Epsilon', 'owner': 'nobody'}, {'name': 'Acme Inc.'}, {'name': 'Zeta', 'parent': 'gamma'},
                                {'name': 'Eta', 'registered_capital': {'currency_code': 'CNY', 'minor_units': 5}})
        self.assertEqual(['added', 'refused', 'duplicate', 'refused', 'added', 'refused', 'refused', 'duplicate', 'refused', 'added'],
                         self.outcomes(results))
        self.assertEqual(('NAME_REQUIRED', 'name'), (results[1]['reason'], results[1]['field']))
        self.assertEqual((['华东机械制造有限公司'], ['Sue'], [100]),
                         tuple(results[2]['matches[].' + name] for name in ('name', 'owner_name', 'similarity')))
        self.assertEqual(['ACCOUNT_EMPLOYEES_RANGE', 'OWNER_OUT_OF_REACH', 'OWNER_NOT_FOUND'], [results[at]['reason'] for at in (3, 5, 6)])
        self.assertEqual(['Acme'], results[7]['matches[].name'])
        self.assertEqual(('ACCOUNT_NAME_NOT_FOUND', 'parent', ['gamma']), (results[8]['reason'], results[8]['field'], results[8]['values[].value']))
        self.assertRegex(results[0]['code'], r'^K-\d{6}$')
        self.assertEqual({'Acme', 'Gamma', 'Eta'}, self.names('north'))
        acme = self.call('north').read('AccountService/GetAccount', {'code': results[0]['code']})['.']
        self.assertEqual((['A, Inc', 'B'], 'North', 'prospect', 1), (acme['other_names'], acme['owner_name'], acme['status'], acme['version']))
        self.assertEqual(['insert'], [row['operation'] for row in self.changes(acme['id'])])

    def test_a_dry_run_says_the_same_and_leaves_nothing(self):
        rows = ({'name': 'Acme', 'id': new_id()}, {'name': 'ACME Inc', 'id': new_id()}, {'name': 'Child', 'id': new_id(), 'parent': 'Acme'})
        before = self.query('select count(*) from change')
        dry = self.accounts('ann', *rows, dry_run=True)
        self.assertEqual(['added', 'duplicate', 'refused'], self.outcomes(dry))
        self.assertNotIn('code', dry[0])
        self.assertEqual((set(), before), (self.names('ann'), self.query('select count(*) from change')))
        done = self.accounts('ann', *rows)
        self.assertEqual([(row['outcome'], row.get('reason')) for row in dry], [(row['outcome'], row.get('reason')) for row in done])

    def test_again_adds_nothing_twice(self):
        rows = [{'name': f'Company {letter * 3}', 'id': new_id()} for letter in 'ABC']
        self.assertEqual(['added'] * 3, self.outcomes(self.accounts('ann', *rows)))
        self.assertEqual(['present'] * 3, self.outcomes(self.accounts('ann', *rows)))
        self.assertEqual(['present'] * 3, self.outcomes(self.accounts('boss', *rows, dry_run=True)))
        # Out of reach there is nothing to be told about, and nothing to be changed.
        other = self.accounts('sue', *rows)
        self.assertEqual(['duplicate'] * 3 if other[0]['outcome'] == 'duplicate' else ['refused'] * 3, self.outcomes(other))
        self.assertEqual(3, len(self.names()))

    def test_the_same_request_again(self):
        request = {'rows': [{'account': {'id': new_id(), 'name': 'Acme'}}, {'account': {'id': new_id(), 'name': ''}}]}
        request_id = new_id()
        self.call('ann').write('ImportService/ImportAccounts', request, request_id=request_id)
        again = self.call('ann').write('ImportService/ImportAccounts', request, request_id=request_id)
        self.assertTrue(again['_replayed'])
        self.assertEqual(1, len(self.names()))

    def test_parents_within_one_call(self):
        parent = new_id()
        results = self.accounts('ann', {'name': 'Parent', 'id': parent}, {'name': 'Child', 'parent_id': parent})
        self.assertEqual(['added', 'added'], self.outcomes(results))
        listed = self.call('ann').read('AccountService/ListAccounts', {'parent_id': parent})['accounts']
        self.assertEqual(['Child'], [row['name'] for row in listed])

    def test_a_rep_adds_for_nobody_else(self):
        results = self.accounts('ann', {'name': 'Acme', 'owner': 'bob'}, {'name': 'Beta', 'owner': 'Ann'})
        self.assertEqual(['refused', 'added'], self.outcomes(results))
        self.refused('PERMISSION_DENIED', 'ROLE', self.accounts, 'desk', {'name': 'Acme'})

    def test_two_files_at_once(self):
        """Names with the same pairs, in opposite order: who holds what the other wants must not wait for it."""
        names = [f'{place}{trade}科技有限公司' for place in ('北京', '上海', '广州', '深圳', '天津', '重庆') for trade in ('机械', '电子', '化工', '食品', '纺织', '建材')]
        results = {}

        def run(login, order):
            results[login] = self.outcomes(self.accounts(login, *({'name': name} for name in order)))

        self.call('ann'), self.call('sue')
        threads = [threading.Thread(target=run, args=one) for one in (('ann', names), ('sue', list(reversed(names))))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual({'ann', 'sue'}, set(results))
        added = sorted(outcomes.count('added') for outcomes in results.values())
        self.assertEqual(len(self.names()), sum(added))
        keys = self.query('select name_key, count(*) from account group by 1 having count(*) > 1')
        self.assertEqual([], keys)

    def test_no_field_is_dropped(self):
        """A field that an account gets one day is imported too."""
        contract = self.methods.contract
        taken = {parameter.name.removeprefix('rows[].account.').split('.')[0] for statement in self.methods.variant('ImportService/ImportAccounts', 'rep').statements
                 for parameter in statement.parameters if parameter.name.startswith('rows[].account.')}
        fields = {field.name for field in contract.messages['.kam.v1.Account'].field if not contract.rules(field).output_only}
        self.assertEqual(fields - {'version'}, taken)
        upstream = self.add_account('ann', 'Manufacturer')
        results = self.accounts('ann', {'name': 'Dealer', 'territories': ['华东', '华南'], 'organisation': 'two\nlines', 'upstream_id': upstream['id'],
                                        'own_capital': {'currency_code': 'CNY', 'minor_units': 7}, 'founded_on': '2009-05-01', 'employees': 3})
        self.assertEqual(['added'], self.outcomes(results))
        dealer = self.call('ann').read('AccountService/GetAccount', {'id': results[0]['id']})['.']
        self.assertEqual((['华东', '华南'], 'two\nlines', upstream['id'], 7, '2009-05-01', 3),
                         (dealer['territories'], dealer['organisation'], dealer['upstream_id'], dealer['own_capital.minor_units'], str(dealer['founded_on']),
                          dealer['employees']))

    # ---- contacts ----

    def test_contacts(self):
        acme = self.add_account('ann', 'Acme')
        self.add_account('sue', 'Betasoft')
        self.add_contact('ann', '老张', acme['id'])
        rows = [{'contact': {'id': new_id(), 'name': name, 'phones': phones}, 'account': account, **more}
                for name, phones, account, more in (('张三', ['13800000000', '010-1'], acme['code'], {'title': '总经理', 'buying_roles': ['decider', 'user']}),
                                                    ('李四', [], 'ACME Inc.', {'influence': 101}), ('王五', [], 'Betasoft', {}),
                                                    ('老张', [], 'Acme', {}), ('赵六', ['x' * 61], 'Acme', {}))]
        expected = ['added', 'refused', 'refused', 'present', 'refused']
        dry = self.send('ann', 'Contacts', rows, dry_run=True)
        self.assertEqual(expected, self.outcomes(dry))
        results = self.send('ann', 'Contacts', rows)
        self.assertEqual(expected, self.outcomes(results))
        self.assertEqual([None, 'POSITION_INFLUENCE_RANGE', 'ACCOUNT_NAME_NOT_FOUND', None, 'CONTACT_PHONES_FORM'], [row.get('reason') for row in results])
        contact = self.call('ann').read('ContactService/GetContact', {'id': rows[0]['contact']['id']})['.']
        self.assertEqual(('张三', ['13800000000', '010-1'], ['总经理'], ['decider,user']),
                         (contact['name'], contact['phones'], contact['positions[].title'], contact['positions[].buying_roles']))
        self.assertEqual(['present'], self.outcomes(self.send('ann', 'Contacts', rows[:1])))

    # ---- activities ----

    def test_activities(self):
        acme = self.add_account('ann', 'Acme')
        contact = self.add_contact('ann', '张三', acme['id'])
        base = {'account': 'Acme', 'kind': 'visit', 'subject': 'Visit', 'time': '2024-05-01 10:00:00+08'}
        rows = [{'id': new_id(), **base, **more} for more in (
            {'contacts': ['张三'], 'result': 'good'}, {'contacts': ['李四']}, {'owner': 'north'}, {'owner': 'sue'},
            {'time': '2099-01-01 00:00:00+00'}, {'time': '2099-01-01 00:00:00+00', 'is_planned': True}, {'account': 'Other'})]
        expected = [None, 'CONTACT_NOT_FOUND', None, 'OWNER_OUT_OF_REACH', 'TIME_IN_FUTURE', None, 'ACCOUNT_NAME_NOT_FOUND']
        for dry_run in (True, False):
            results = self.send('ann', 'Activities', rows, dry_run=dry_run)
            self.assertEqual(expected, [row.get('reason') for row in results])
            self.assertEqual(['refused' if reason else 'added' for reason in expected], self.outcomes(results))
        self.assertEqual('time', results[4]['field'])
        activity = self.call('ann').read('ActivityService/GetActivity', {'id': rows[0]['id']})['.']
        self.assertEqual(([contact['id']], 'done', 'Ann', 'good'), tuple(activity[name] for name in ('contact_ids', 'state', 'owner_name', 'result')))
        self.assertEqual(['present', 'refused'], self.outcomes(self.send('ann', 'Activities', rows[:2])))
        self.assertEqual(3, len(self.call('ann').read('ActivityService/ListActivities', {'account_id': acme['id']})['activities']))

    def test_visits_of_today_at_once(self):
        """What was done just now gets its follow-up under a lock of the account: two files that name the accounts in opposite order."""
        names = [f'Company {letter * 3}' for letter in 'ABCDEFGH']
        accounts = [self.add_account('ann', name) for name in names]
        now = self.query('select now()::text')[0][0]
        outcomes = {}

        def run(login, order):
            outcomes[login] = self.outcomes(self.send(login, 'Activities', [
                {'id': new_id(), 'account': name, 'kind': kind, 'subject': 'Sample', 'time': now} for name in order for kind in ('sample', 'visit', 'quotation')]))

        self.call('ann'), self.call('boss')
        threads = [threading.Thread(target=run, args=one) for one in (('ann', names), ('boss', names[::-1]))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual({'ann': ['added'] * 24, 'boss': ['added'] * 24}, outcomes)
        planned = self.query("select account_id, kind, count(*) from activity where state = 'planned' group by 1, 2 having count(*) > 1")
        self.assertEqual([], planned)
        self.assertEqual(8, len(accounts))


if __name__ == '__main__':
    unittest.main()
