#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The archive of an account: its words, its place in a channel."""
import unittest

from race_test import Race
from stage import new_id

TEXTS = {'organisation': 4000, 'business_scope': 2000, 'cash_flow': 1000, 'payables': 1000, 'market_trend': 2000, 'company_trend': 2000,
         'special_requirements': 2000, 'bad_record': 2000, 'development_plans': 2000, 'payment_reputation': 1000, 'quality_reputation': 1000,
         'stability_reputation': 1000}


class ArchiveTest(Race):
    def setUp(self):
        super().setUp()
        self.account = self.add_account('ann', 'Acme')

    def update(self, login, account, **fields):
        return self.call(login).write('AccountService/UpdateAccount',
                                      {'account': {'id': account['id'], 'version': account['version'], **fields}, 'update_mask': list(fields)})

    def get(self, login, account):
        return self.call(login).read('AccountService/GetAccount', {'id': account['id']})['.']

    # ---- words ----

    def test_every_new_field_is_kept_when_created_and_when_changed(self):
        money = {'currency_code': 'CNY', 'minor_units': 12345}
        fields = {**{name: f'about {name}' for name in TEXTS}, 'relationship_kind': 'partnership', 'selling_level': 'value',
                  'channel_position': 'first_tier_wholesaler', 'distributor_count': 12, 'retailer_count': 0, 'own_capital': money, 'own_staff': 40,
                  'territories': ['华东', 'Zhejiang']}
        for answer in (self.add_account('ann', 'New', **fields), self.update('ann', self.account, **fields)):
            seen = self.get('north', answer)
            for name, value in fields.items():
                if name == 'own_capital':
                    self.assertEqual(('CNY', 12345), (seen['own_capital.currency_code'], seen['own_capital.minor_units']))
                else:
                    self.assertEqual(value, seen[name], name)
        cleared = self.update('ann', self.get('ann', self.account), relationship_kind=None, distributor_count=None, territories=[], bad_record='')
        self.assertEqual((None, None, [], '', 'value'), tuple(cleared[name] for name in (
            'relationship_kind', 'distributor_count', 'territories', 'bad_record', 'selling_level')))

    def test_bad_values_name_their_constraint(self):
        for field, value, reason in (
                ('relationship_kind', 'love', 'account_relationship_kind_known'), ('selling_level', 'love', 'account_selling_level_known'),
                ('channel_position', 'top', 'account_channel_position_known'), ('own_staff', -1, 'account_own_staff_range'),
                ('territories', ['x'] * 51, 'account_territories_form'), ('territories', ['x' * 101], 'account_territories_form'),
                *((name, 'x' * (most + 1), f'account_{name}_length') for name, most in TEXTS.items())):
            self.refused('INVALID_ARGUMENT', reason, self.update, 'ann', self.account, **{field: value})

    def test_search_finds_the_new_words(self):
        self.update('ann', self.account, special_requirements='必须防潮包装', territories=['苏州', '无锡'], organisation='Two divisions')
        for words in ('防潮', '无锡', 'divisions'):
            found = self.call('ann').read('SearchService/Search', {'text': words})['results']
            self.assertEqual([self.account['id']], [row['id'] for row in found], words)
            self.assertEqual([], self.call('sue').read('SearchService/Search', {'text': words})['results'])
            self.assertEqual([], self.call('desk').read('SearchService/Search', {'text': words})['results'])

    def test_the_history_keeps_money_and_bad_record_apart(self):
        self.update('ann', self.account, bad_record='sued twice', cash_flow='thin', own_capital={'currency_code': 'CNY', 'minor_units': 5}, own_staff=7)
        plain, guarded = self.query("select new_values, guarded_new_values from change where record_id = %s and operation = 'update'", self.account['id'])[0]
        self.assertEqual({'own_staff': 7}, plain)
        self.assertEqual({'bad_record': 'sued twice', 'cash_flow': 'thin', 'own_capital_currency_code': 'CNY', 'own_capital_minor_units': 5}, guarded)

    # ---- channel ----

    def test_upstream(self):
        top = self.add_account('ann', 'Wholesale Top')
        below = self.add_account('ann', 'Retail Below', upstream_id=top['id'])
        self.assertEqual((top['id'], 'Wholesale Top'), (below['upstream_id'], below['upstream_name']))
        self.refused('NOT_FOUND', 'UPSTREAM_NOT_FOUND', self.add_account, 'sue', 'Sly', upstream_id=top['id'])
        self.refused('NOT_FOUND', 'UPSTREAM_NOT_FOUND', self.add_account, 'sue', 'Sly', upstream_id=new_id())
        self.refused('FAILED_PRECONDITION', 'ACCOUNT_UPSTREAM_LOOP', self.update, 'ann', self.account, upstream_id=self.account['id'])
        middle = self.update('ann', self.account, upstream_id=below['id'])
        self.refused('FAILED_PRECONDITION', 'ACCOUNT_UPSTREAM_LOOP', self.update, 'ann', top, upstream_id=middle['id'])
        self.assertIsNone(self.update('ann', middle, upstream_id=None)['upstream_id'])

    def test_the_upstream_stays_while_others_change(self):
        """Who loses sight of the upstream account can still change the rest."""
        top = self.add_account('boss', 'Wholesale Top')
        self.call('boss').write('AccountService/AddAccountMember', {'id': top['id'], 'user_id': self.users['ann']})
        linked = self.update('ann', self.account, upstream_id=top['id'])
        self.call('boss').write('AccountService/RemoveAccountMember', {'id': top['id'], 'user_id': self.users['ann']})
        changed = self.update('ann', linked, upstream_id=top['id'], phone='1')
        self.assertEqual((top['id'], None, '1'), (changed['upstream_id'], changed['upstream_name'], changed['phone']))

    def test_the_history_names_the_upstream(self):
        top = self.add_account('ann', 'Wholesale Top')
        self.update('ann', self.account, upstream_id=top['id'])
        change = self.changes(self.account['id'])[0]
        self.assertEqual((['upstream_id'], ['Wholesale Top']), (change['fields[].field'], change['fields[].new_name']))

    def test_two_that_become_each_others_upstream_at_once(self):
        other = self.add_account('ann', 'Other')
        first, second = [(self.call(login), 'AccountService/UpdateAccount',
                          {'account': {'id': account['id'], 'version': 1, 'upstream_id': to['id']}, 'update_mask': ['upstream_id']})
                         for login, account, to in (('ann', self.account, other), ('north', other, self.account))]
        self.assertEqual('ACCOUNT_UPSTREAM_LOOP', self.race_writes(first, second))
        self.assertTrue(self.has_waited)


if __name__ == '__main__':
    unittest.main()
