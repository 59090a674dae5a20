#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What an account's archive lacks, and whose sales territories it gets in the way of."""
import unittest

from stage import Stage, new_id

WORDS = ('phone', 'industry', 'region', 'registration_number', 'registered_address', 'legal_representative', 'main_products', 'market', 'our_value',
         'business_scope', 'organisation', 'management_level', 'industry_standing', 'reputation', 'development_plans', 'payment_reputation',
         'special_requirements')
EVERYTHING = {**{word: 'known' for word in WORDS}, 'founded_on': '1998-01-01', 'employees': 0, 'ownership': 'private', 'relationship_kind': 'transactional',
              'selling_level': 'price', 'source': 'other', 'registered_capital': {'currency_code': 'CNY', 'minor_units': 1}}
GROUPS = {'contacts', 'decider', 'figures', 'supply'}


class CompletenessTest(Stage):
    def state(self, account, login='ann'):
        row = self.call(login).read('OverviewService/GetAccountPage', {'id': account['id']})['account'][0]
        return row['completeness'], row['missing']

    def figures(self, account, year, version=0):
        return self.call('ann').write('AccountArchiveService/SetAccountFigures', {
            'figures': {'account_id': account['id'], 'year': year, 'version': version, 'our_share': 1}, 'update_mask': ['our_share']})

    def test_the_parts_make_a_hundred_and_are_fields_or_groups(self):
        account = self.add_account('ann', 'Acme')
        parts = dict(self.query('select part, weight from kam.archive_parts(%s)', account['id']))
        self.assertEqual(100, sum(parts.values()))
        fields = set(self.call('boss').read('OverviewService/GetAccountPage', {'id': account['id']})['account'][0])
        self.assertEqual(GROUPS, set(parts) - {name.partition('.')[0] for name in fields})
        self.assertEqual(set(EVERYTHING) | GROUPS, set(parts))

    def test_from_nothing_to_everything(self):
        account = self.add_account('ann', 'Acme')
        percent, missing = self.state(account)
        self.assertEqual((0, set(EVERYTHING) | GROUPS), (percent, set(missing)))
        self.assertEqual({'contacts', 'decider', 'figures', 'supply'}, set(missing[:4]), 'what counts most comes first')
        account = self.add_account('ann', 'Second', **EVERYTHING)
        self.assertEqual((68, ['contacts', 'decider', 'figures', 'supply']), self.state(account))
        contact = self.add_contact('ann', 'Li', account['id'])
        self.assertEqual((76, ['decider', 'figures', 'supply']), self.state(account))
        year = self.query('select extract(year from kam.today())::int')[0][0]
        self.figures(account, year - 3)
        self.assertEqual(76, self.state(account)[0], 'figures of long ago do not count')
        self.figures(account, year - 2)
        supply = self.call('ann').write('AccountArchiveService/CreateSupply', {'supply': {'account_id': account['id'], 'supplier': 'Bolt'}})
        self.assertEqual((92, ['decider']), self.state(account))
        self.add_contact('ann', 'Wang', account['id'], buying_roles=['user', 'decider'])
        self.assertEqual((100, []), self.state(account))
        self.call('ann').write('AccountArchiveService/EndSupply', {'id': supply['id'], 'version': 1})
        self.call('ann').write('AccountArchiveService/RetireAccountFigures', {'account_id': account['id'], 'year': year - 2, 'version': 1, 'reason': 'x'})
        self.assertEqual((84, ['figures', 'supply']), self.state(account))
        self.assertIsNotNone(contact)

    def test_who_left_and_who_is_retired_do_not_count(self):
        account = self.add_account('ann', 'Acme', **EVERYTHING)
        gone = self.add_contact('ann', 'Gone', account['id'], buying_roles=['decider'])
        position, = self.query('select id from position where contact_id = %s', gone['id'])[0]
        self.call('ann').write('ContactService/EndPosition', {'id': position, 'version': 1})
        retired = self.add_contact('ann', 'Retired', account['id'], buying_roles=['decider'])
        self.call('ann').write('ContactService/RetireContact', {'id': retired['id'], 'version': retired['version'], 'reason': 'x'})
        self.assertEqual(68, self.state(account)[0])

    def test_the_least_complete_first(self):
        for name, fields in (('Half', {'phone': '1', 'employees': 1}), ('Empty', {}), ('Also', {'phone': '1', 'employees': 1}), ('Lost', {'status': 'lost'}),
                             ('Full', EVERYTHING)):
            self.add_account('ann', name, **fields)
        retired = self.add_account('ann', 'Retired')
        self.call('ann').write('AccountService/RetireAccount', {'id': retired['id'], 'version': 1, 'reason': 'x'})
        self.add_account('bob', 'Other')
        rows = self.call('ann').read('AccountService/ListIncompleteAccounts')['accounts']
        self.assertEqual([('Empty', 0), ('Also', 8), ('Half', 8), ('Full', 68)], [(row['name'], row['completeness']) for row in rows])
        self.assertEqual(['contacts', 'decider', 'figures', 'supply'], rows[3]['missing'])
        seen, page = [], None
        while True:
            answer = self.call('north').read('AccountService/ListIncompleteAccounts', {'owner_id': self.users['ann']}, page=page, page_size=1)
            seen += [row['name'] for row in answer['accounts']]
            page = answer['next']
            if page is None:
                break
        self.assertEqual(['Empty', 'Also', 'Half', 'Full'], seen)
        for login, owner in (('bob', 'ann'), ('south', 'ann')):
            self.assertEqual([], self.call(login).read('AccountService/ListIncompleteAccounts', {'owner_id': self.users[owner]})['accounts'])

    def test_out_of_reach_says_nothing(self):
        account = self.add_account('ann', 'Acme')
        for function in ('account_completeness', 'territory_conflicts'):
            for login in ('sue', 'ann'):
                caller = self.call(login)
                with caller.connection.cursor() as cursor:
                    caller.begin_read(cursor)
                    cursor.execute(f'select count(*) from kam.{function}(%s)', (account['id'],))
                    expected = 1 if (function, login) == ('account_completeness', 'ann') else 0
                    self.assertEqual((expected,), cursor.fetchone(), (function, login))
                caller.connection.rollback()


class TerritoryTest(Stage):
    def conflicts(self, account, login='boss'):
        return self.call(login).read('AccountService/ListTerritoryConflicts', {'account_id': account['id']})['conflicts']

    def names(self, account, login='boss'):
        return [row['name'] for row in self.conflicts(account, login)]

    def chain(self):
        """Maker > Wholesale > (East, West), another below East; Stranger in no chain."""
        self.maker = self.add_account('boss', 'Maker')
        self.wholesale = self.add_account('boss', 'Wholesale', upstream_id=self.maker['id'], territories=['江苏', '浙江'])
        self.east = self.add_account('boss', 'East', upstream_id=self.wholesale['id'], territories=['Shanghai', '苏州 工业园'], channel_position='distributor')
        self.west = self.add_account('boss', 'West', upstream_id=self.wholesale['id'], territories=['Chengdu'])
        self.shop = self.add_account('boss', 'Shop', upstream_id=self.east['id'], territories=['江苏', 'SHANGHAI'])
        self.stranger = self.add_account('boss', 'Stranger', territories=['Shanghai', '江苏', 'Chengdu'])

    def test_one_channel_at_any_distance(self):
        self.chain()
        self.assertEqual([('East', 'upstream', ['Shanghai']), ('Wholesale', 'upstream', ['江苏'])],
                         [(row['name'], row['relation'], row['territories']) for row in self.conflicts(self.shop)])
        self.assertEqual([('Shop', 'downstream', ['SHANGHAI'])], [(row['name'], row['relation'], row['territories']) for row in self.conflicts(self.east)])
        self.assertEqual([], self.names(self.west))
        self.assertEqual([], self.names(self.stranger), 'not of the channel')
        self.assertEqual([], self.names(self.maker), 'no territory of its own')
        other = self.add_account('boss', 'Beside', upstream_id=self.maker['id'], territories=['chengdu', 'Shanghai'])
        self.assertEqual([('East', 'beside'), ('Shop', 'beside'), ('West', 'beside')], [(row['name'], row['relation']) for row in self.conflicts(other)])
        flags = {account['name']: self.call('boss').read('OverviewService/GetAccountPage', {'id': account['id']})['account'][0]['territory_conflict_count']
                 for account in (self.maker, self.wholesale, self.shop, self.stranger, other)}
        self.assertEqual({'Maker': None, 'Wholesale': 1, 'Shop': 3, 'Stranger': 0, 'Beside': 3}, flags)

    def test_width_case_and_blanks_do_not_matter(self):
        top = self.add_account('boss', 'Top')
        first = self.add_account('boss', 'First', upstream_id=top['id'], territories=['New York', '华东'])
        for account, name in (('Quux', 'ＮＥＷ ＹＯＲＫ'), ('Waldo', 'newyork'), ('Plugh', ' New  York\u3000'), ('Thud', '华 东')):
            second = self.add_account('boss', account, upstream_id=top['id'], territories=['elsewhere', name])
            self.assertEqual([name], next(row for row in self.conflicts(first) if row['id'] == second['id'])['territories'])
        blank = self.add_account('boss', 'Blank', upstream_id=top['id'], territories=[' '])
        self.add_account('boss', 'Void', upstream_id=top['id'], territories=['\u3000'])
        self.assertEqual([], self.names(blank))

    def test_also_those_out_of_reach_but_only_for_who_reaches_this_one(self):
        top = self.add_account('boss', 'Top')
        for login in ('ann', 'sue'):
            self.call('boss').write('AccountService/AddAccountMember', {'id': top['id'], 'user_id': self.users[login]})
        mine = self.add_account('ann', 'Mine', upstream_id=top['id'], territories=['Ningbo'])
        theirs = self.add_account('sue', 'Theirs', upstream_id=top['id'], territories=['Ningbo', 'Wenzhou'], note='secret')
        row, = self.conflicts(mine, 'ann')
        self.assertEqual({'id': theirs['id'], 'code': theirs['code'], 'name': 'Theirs', 'owner_name': 'Sue', 'team_name': 'South', 'channel_position': None,
                          'relation': 'beside', 'territories': ['Ningbo']}, row)
        self.assertEqual([], self.conflicts(mine, 'sue'))
        self.assertEqual([], self.conflicts({'id': new_id()}, 'ann'))
        self.call('sue').write('AccountService/RetireAccount', {'id': theirs['id'], 'version': 1, 'reason': 'x'})
        self.assertEqual([], self.conflicts(mine, 'ann'))


if __name__ == '__main__':
    unittest.main()
