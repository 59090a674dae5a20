#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Key accounts: the fewest that make 80 %, quotas of markets, and who sees and decides what."""
import random
import unittest

from race_test import Race
from scoring_stage import Scoring


class KeyAccounts(Scoring):
    def setUp(self):
        super().setUp()
        self.year = self.today().year

    def buyer(self, name, amount, login='ann', region='', year=None, currency='CNY', share=10000):
        account = self.call(login).write('AccountService/CreateAccount', {'account': {'name': name, 'region': region}, 'duplicate_reason': 'a test'})['id']
        self.set_figures(account, year or self.year, amount, share=share, currency=currency, login=login)
        return account

    def mark(self, login='boss', names=()):
        row = self.call(login).write('KeyAccountService/MarkKeyAccounts', {})
        return tuple(row[f'{name}_count'] for name in names)

    def curve(self, login='boss', **request):
        return self.call(login).read('KeyAccountService/ListKeyAccounts', request)['accounts']

    def keys(self):
        return {name for name, in self.query('select name from account where is_key')}

    def quota(self, most, login='boss', **market):
        return self.call(login).write('KeyAccountService/SetMarketQuota', {'quota': {'most': most, **market}})

    def quotas(self, login='ann'):
        return [(row['team_name'], row['region'], row['most'], row['used']) for row in self.call(login).read('KeyAccountService/ListMarketQuotas', {})['quotas']]


class CurveTest(KeyAccounts):
    def test_the_curve(self):
        for name, amount in (('Big', 6000), ('Second', 2000), ('Third', 1000), ('Fourth', 600), ('Small', 400)):
            self.buyer(name, amount)
        self.assertEqual([(1, 'Big', 6000, 6000, 6000, 'a'), (2, 'Second', 2000, 2000, 8000, 'a'), (3, 'Third', 1000, 1000, 9000, 'b'), (4, 'Fourth', 600, 600, 9600, 'b'),
                          (5, 'Small', 400, 400, 10000, 'c')],
                         [tuple(row[name] for name in ('position', 'account_name', 'amount.minor_units', 'share', 'cumulative', 'abc_class')) for row in self.curve()])
        self.assertEqual((5, 2, 2, 0, 0), self.mark(names=('buyer', 'key', 'added', 'removed', 'left_out')))
        self.assertEqual({'Big', 'Second'}, self.keys())
        self.assertEqual(['Big', 'Second'], [row['account_name'] for row in self.curve('ann', only_key=True)])
        self.assertEqual((0, 0), self.mark(names=('added', 'removed')))
        self.assertEqual([('Boss', 2)] * 2, [(row['created_by'], row['key_count']) for row in self.call('ann').read('KeyAccountService/ListKeyMarkings', {})['markings']])

    def test_exactly_80_percent_is_enough_and_less_is_not(self):
        self.buyer('Big', 7999)
        self.buyer('Second', 1001)
        self.buyer('Third', 1000)
        self.mark()
        self.assertEqual({'Big', 'Second'}, self.keys())
        self.query("update account_figures set purchases_minor_units = purchases_minor_units + 1 where purchases_minor_units = 7999")
        self.query("update account_figures set purchases_minor_units = purchases_minor_units - 1 where purchases_minor_units = 1001")
        self.assertEqual((1, 0, 1), self.mark(names=('key', 'added', 'removed')))
        self.assertEqual({'Big'}, self.keys())

    def test_the_set_is_the_smallest_of_another_program(self):
        dice = random.Random(8)
        amounts = {f'Firm {n}': int(dice.paretovariate(0.8) * 1000) for n in range(40)}
        for name, amount in amounts.items():
            self.buyer(name, amount)
        self.mark()
        chosen = [amounts[name] for name in self.keys()]
        total = sum(amounts.values())
        self.assertGreaterEqual(sum(chosen) * 10, total * 8)
        # Any set of one less falls short.
        self.assertLess(sum(sorted(amounts.values(), reverse=True)[:len(chosen) - 1]) * 10, total * 8)
        self.assertEqual(sorted(chosen), sorted(sorted(amounts.values())[-len(chosen):]))

    def test_which_figures_count(self):
        self.buyer('Now', 1000, share=5000)
        old = self.buyer('Recent', 7000, year=self.year - 2)
        self.set_figures(old, self.year - 5, 999999)
        self.buyer('Long ago', 5000, year=self.year - 3)
        self.buyer('Hopes', 5000, year=self.year + 1)
        gone = self.buyer('Gone', 5000)
        self.query('update account set retire_time = now() where id = %s', gone)
        self.buyer('Nothing', 0)
        self.assertEqual([('Recent', self.year - 2, 7000), ('Now', self.year, 500)], [(row['account_name'], row['year'], row['amount.minor_units']) for row in self.curve()])

    def test_several_currencies(self):
        self.buyer('Yen', 20000, currency='JPY')
        self.buyer('Yuan', 100000)
        self.assertEqual([('Yuan', 1, 10000), ('Yen', None, None)], [(row['account_name'], row['position'], row['share']) for row in self.curve()])
        self.refused('FAILED_PRECONDITION', 'NO_EXCHANGE_RATE', self.mark)
        self.assertEqual(set(), self.keys())
        self.set_rate('JPY', '0.05')
        self.assertEqual([('Yen', 100000, 5000), ('Yuan', 100000, 5000)], sorted((row['account_name'], row['amount.minor_units'], row['share']) for row in self.curve()))
        self.set_rate('JPY', '0.5', self.today())
        self.mark()
        self.assertEqual({'Yen'}, self.keys())

    def test_nothing_bought(self):
        self.assertEqual((0, 0), self.mark(names=('buyer', 'key')))
        self.assertEqual([], self.curve())

    def test_everybody_has_the_curve_of_their_reach(self):
        self.buyer('Northern', 9000)
        self.buyer('Southern', 1000, login='sue')
        self.assertEqual([('Southern', 10000, 'a')], [(row['account_name'], row['cumulative'], row['abc_class']) for row in self.curve('south')])
        self.assertEqual(['Northern'], [row['account_name'] for row in self.curve('ann')])
        self.assertEqual([], self.curve('bob'))
        self.mark()
        self.assertEqual({'Northern'}, self.keys())
        self.assertEqual([False], [row['is_key'] for row in self.curve('sue')])
        for method in ('ListKeyAccounts', 'ListKeyMarkings', 'ListMarketQuotas'):
            self.refused('PERMISSION_DENIED', 'ROLE', self.call('desk').read, f'KeyAccountService/{method}', {})

    def test_pages(self):
        for n in range(5):
            self.buyer(f'Firm {n}', 5000 - n)
        page, seen = None, []
        for _ in range(3):
            answer = self.call('boss').read('KeyAccountService/ListKeyAccounts', {}, page=page, page_size=2)
            seen += [row['position'] for row in answer['accounts']]
            page = answer['next']
        self.assertEqual(([1, 2, 3, 4, 5], None), (seen, page))

    def test_only_managers_of_the_root_team_decide(self):
        self.refused('PERMISSION_DENIED', 'ROLE', self.mark, 'ann')
        self.refused('PERMISSION_DENIED', 'NOT_ROOT_MANAGER', self.mark, 'north')
        self.refused('PERMISSION_DENIED', 'NOT_ROOT_MANAGER', self.quota, 1, 'north', region='East')
        with self.call('north').connection.cursor() as cursor:
            self.assertRaisesRegex(Exception, 'permission denied', cursor.execute, 'update account set is_key = true')
        self.call('north').connection.rollback()


class QuotaTest(KeyAccounts):
    def test_a_market_has_no_more_than_its_quota(self):
        for name, amount, region, login in (('E1', 5000, 'East', 'ann'), ('E2', 4000, 'East', 'ann'), ('E3', 3000, 'East', 'ann'), ('W1', 2000, 'West', 'sue'), ('W2', 1000, 'West', 'sue')):
            self.buyer(name, amount, region=region, login=login)
        self.mark()
        self.assertEqual({'E1', 'E2', 'E3'}, self.keys())
        self.quota(2, region='East')
        self.assertEqual([(None, 'East', 2, 3)], self.quotas())
        self.assertEqual((2, 1, 1), self.mark(names=('key', 'removed', 'left_out')))
        self.assertEqual({'E1', 'E2'}, self.keys())
        # A team's quota counts those below it, and both hold.
        self.quota(1, team_id=self.teams['north'])
        self.mark()
        self.assertEqual({'E1'}, self.keys())
        self.assertEqual([('North', None, 1, 1), (None, 'East', 2, 1)], self.quotas())
        self.quota(0, team_id=self.teams['hq'])
        self.mark()
        self.assertEqual(set(), self.keys())
        self.quota(None, team_id=self.teams['hq'])
        self.quota(None, team_id=self.teams['north'])
        self.quota(3, region='East')
        self.assertEqual([(None, 'East', 3, 0)], self.quotas())
        self.mark()
        self.assertEqual({'E1', 'E2', 'E3'}, self.keys())

    def test_a_region_is_one_however_it_is_written(self):
        """In another case or width, with blanks: neither a way around a quota nor a second one."""
        for name, amount, region in (('E1', 5000, 'East 1'), ('E2', 4000, 'east 1 '), ('E3', 3000, 'ＥＡＳＴ1'), ('W1', 2000, 'East 2')):
            self.buyer(name, amount, region=region)
        self.quota(1, region='East 1')
        self.mark()
        self.assertEqual({'E1'}, self.keys())
        made = self.quota(2, region='EAST1')
        self.assertEqual(('EAST1', 2, 1), (made['region'], made['most'], made['used']))
        self.assertEqual([(None, 'EAST1', 2, 1)], self.quotas())
        self.mark()
        self.assertEqual({'E1', 'E2'}, self.keys())
        self.assertEqual([(None, 'EAST1', 2, 2)], self.quotas())
        gone = self.quota(None, region=' east1')
        self.assertEqual((None, 2), (gone['most'], gone['used']))
        self.assertEqual([], self.quotas())
        self.refused('INVALID_ARGUMENT', 'MARKET_AMBIGUOUS', self.quota, 1, region=' ')

    def test_what_is_no_market(self):
        self.refused('INVALID_ARGUMENT', 'MARKET_AMBIGUOUS', self.quota, 1)
        self.refused('INVALID_ARGUMENT', 'MARKET_AMBIGUOUS', self.quota, 1, region='East', team_id=self.teams['north'])
        self.refused('NOT_FOUND', 'TEAM_NOT_FOUND', self.quota, 1, team_id=self.acme)
        self.refused('NOT_FOUND', 'QUOTA_NOT_FOUND', self.quota, None, region='East')
        self.refused('INVALID_ARGUMENT', 'market_quota_most_range', self.quota, -1, region='East')


class KeyRaceTest(KeyAccounts, Race):
    def test_two_mark_at_once(self):
        self.buyer('Big', 6000)
        outcome = self.race_writes((self.call('boss'), 'KeyAccountService/MarkKeyAccounts', {}), (self.call('chief'), 'KeyAccountService/MarkKeyAccounts', {}))
        self.assertEqual((True, 0), (self.has_waited, outcome['added_count']))
        self.assertEqual({'Big'}, self.keys())

    def test_a_quota_set_while_they_are_marked(self):
        self.buyer('Big', 6000, region='East')
        self.race_writes((self.call('boss'), 'KeyAccountService/SetMarketQuota', {'quota': {'region': 'East', 'most': 0}}), (self.call('chief'), 'KeyAccountService/MarkKeyAccounts', {}))
        self.assertTrue(self.has_waited)
        self.assertEqual(set(), self.keys())


if __name__ == '__main__':
    unittest.main()
