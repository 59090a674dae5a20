#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Exchange rates: who sets them, which one holds on a day, and what an amount is worth in currencies of zero, two and three digits."""
import datetime
import pathlib
import re
import unittest
from decimal import ROUND_HALF_UP, Decimal

from race_test import Race
from stage import Stage

DAY = datetime.timedelta(days=1)
LARGEST = 2**63 - 1


class Rates(Stage):
    def today(self):
        return self.query('select today()')[0][0]

    def set_rate(self, currency, rate, from_on=None, login='boss', **fields):
        return self.call(login).write('RateService/SetExchangeRate', {'rate': {'currency_code': currency, 'rate': rate, 'from_on': from_on}, **fields})

    def list_rates(self, login='ann', **request):
        return [(row['currency_code'], row['rate'], str(row['from_on'])) for row in self.call(login).read('RateService/ListExchangeRates', request)['rates']]

    def worth(self, minor_units, currency, on_date=None):
        return self.query('select in_reporting_currency(%s, %s, %s)', minor_units, currency, on_date)[0][0]

    def worth_or_null(self, minor_units, currency, on_date=None):
        return self.query('select in_reporting_currency_or_null(%s, %s, %s)', minor_units, currency, on_date)[0][0]


class RateTest(Rates):
    def test_set_and_list(self):
        rate = self.set_rate('USD', '7.1034000', '2026-01-01')
        self.assertEqual(('USD', '7.1034', 'CNY', datetime.date(2026, 1, 1), 'Boss'),
                         tuple(rate[name] for name in ('currency_code', 'rate', 'reporting_currency_code', 'from_on', 'created_by')))
        self.set_rate('USD', '7', '2026-03-01')
        self.set_rate('EUR', '8.25', '2026-02-01')
        self.assertEqual(self.today(), self.set_rate('JPY', '0.048213579')['from_on'])
        self.assertEqual([('EUR', '8.25', '2026-02-01'), ('JPY', '0.048213579', str(self.today())), ('USD', '7', '2026-03-01'), ('USD', '7.1034', '2026-01-01')],
                         self.list_rates())
        self.assertEqual([('USD', '7', '2026-03-01'), ('USD', '7.1034', '2026-01-01')], self.list_rates(currency_code='USD'))
        self.assertEqual([('EUR', '8.25', '2026-02-01'), ('USD', '7.1034', '2026-01-01')], self.list_rates(on_date='2026-02-28'))
        self.refused('PERMISSION_DENIED', 'ROLE', self.call('desk').read, 'RateService/ListExchangeRates', {})

    def test_pages(self):
        for number in range(7):
            self.set_rate(('EUR', 'USD')[number % 2], '7', datetime.date(2026, 1, 1) + number * DAY)
        page, seen = None, []
        for _ in range(3):
            answer = self.call('ann').read('RateService/ListExchangeRates', {}, page=page, page_size=3)
            seen += [(row['currency_code'], str(row['from_on'])) for row in answer['rates']]
            page = answer['next']
        self.assertIsNone(page)
        self.assertEqual([('EUR', f'2026-01-0{day}') for day in (7, 5, 3, 1)] + [('USD', f'2026-01-0{day}') for day in (6, 4, 2)], seen)

    def test_only_managers_of_the_root_team_set_them(self):
        self.refused('PERMISSION_DENIED', 'ROLE', self.set_rate, 'USD', '7', login='ann')
        self.refused('PERMISSION_DENIED', 'NOT_ROOT_MANAGER', self.set_rate, 'USD', '7', login='north')
        self.set_rate('USD', '7', login='chief')

    def test_what_is_no_rate(self):
        for rate in ('', '0', '0.000', '-1', '7,1', '1e3', 'NaN', 'Infinity', '.5', '5.', '1.0000000001', '1234567890', ' 7', '７'):
            self.refused('INVALID_ARGUMENT', 'RATE_NOT_A_NUMBER', self.set_rate, 'USD', rate)
        self.refused('INVALID_ARGUMENT', 'RATE_OF_REPORTING_CURRENCY', self.set_rate, 'CNY', '1')
        self.refused('INVALID_ARGUMENT', 'RATE_DATE_RANGE', self.set_rate, 'USD', '1', '1969-12-31')
        self.set_rate('USD', '999999999.999999999')
        self.set_rate('KWD', '0.000000001')

    def test_a_day_has_one_rate(self):
        first = self.set_rate('USD', '7', '2026-01-01')
        refused = self.refused('ALREADY_EXISTS', 'RATE_EXISTS', self.set_rate, 'USD', '8', '2026-01-01')
        self.assertIn('7', str(refused.detail))
        self.assertEqual([('USD', '7', '2026-01-01')], self.list_rates())
        self.set_rate('USD', '8', '2026-01-01', replace=True)
        self.assertEqual([('USD', '8', '2026-01-01')], self.list_rates())
        self.assertEqual(800, self.worth(100, 'USD', '2026-01-01'))
        # What was there is in the log.
        self.assertEqual([('insert', '7'), ('update', None)],
                         self.query("select operation, new_values ->> 'rate' from change where record_id = %s order by sequence", first['id']))

    def test_digits_are_those_of_the_client(self):
        source = (pathlib.Path(__file__).resolve().parents[2] / 'client/cli/value.c').read_text()
        for name, digits in (('none', 0), ('three', 3)):
            codes = re.search(rf'{name}\[\] = "([A-Z ]+)"', source).group(1).split()
            self.assertGreater(len(codes), 5)
            self.assertEqual([(digits, len(codes))], self.query('select currency_digits(c), count(*)::int from unnest(%s::text[]) c group by 1', codes))
        self.assertEqual([(2,)], self.query("select distinct currency_digits(c) from unnest(array['CNY', 'USD', 'EUR', 'ZZZ']) c"))

    def test_what_an_amount_is_worth(self):
        self.set_rate('JPY', '0.0482', '2026-01-01')
        self.set_rate('KWD', '23.1', '2026-01-01')
        self.set_rate('USD', '7.1034', '2026-01-01')
        for minor_units, currency, worth in ((1000000, 'JPY', 4820000), (1, 'JPY', 5), (-1, 'JPY', -5), (1234, 'KWD', 2851), (-1234, 'KWD', -2851), (100, 'USD', 710),
                                             (12345, 'CNY', 12345), (0, 'JPY', 0), (LARGEST, 'CNY', LARGEST), (None, 'USD', None)):
            self.assertEqual(worth, self.worth(minor_units, currency, '2026-06-01'), (minor_units, currency))
            self.assertEqual(worth, self.worth_or_null(minor_units, currency, '2026-06-01'), (minor_units, currency))

    def test_any_amount_in_any_currencies(self):
        """Against decimal arithmetic of another program."""
        digits = {'JPY': 0, 'KRW': 0, 'CNY': 2, 'USD': 2, 'KWD': 3, 'BHD': 3}
        for reporting in ('JPY', 'USD', 'KWD'):
            self.query('select operator_set_currency(%s)', reporting)
            for number, (currency, places) in enumerate(digits.items()):
                if currency == reporting:
                    continue
                rate = f'{number + 1}.{number}70{number}12345'
                self.set_rate(currency, rate, '2026-01-01')
                for minor_units in (1, 5, 49, 50, 51, 12345678901, -50, -12345678901):
                    exact = Decimal(minor_units).scaleb(-places) * Decimal(rate)
                    wanted = int(exact.scaleb(digits[reporting]).quantize(Decimal(1), ROUND_HALF_UP))
                    self.assertEqual(wanted, self.worth(minor_units, currency, '2026-01-01'), (minor_units, currency, reporting))

    def test_half_a_unit_goes_up(self):
        self.set_rate('USD', '0.5', '2026-01-01')
        self.assertEqual([1, 1, 2, -1, -2], [self.worth(n, 'USD', '2026-01-01') for n in (1, 2, 3, -1, -3)])

    def test_the_rate_of_the_day(self):
        self.set_rate('USD', '7', '2026-01-01')
        self.set_rate('USD', '8', '2026-03-01')
        self.set_rate('USD', '9', self.today() + DAY)
        self.assertEqual([700, 700, 800, 800], [self.worth(100, 'USD', day) for day in ('2026-01-01', '2026-02-28', '2026-03-01', None)])
        self.assertEqual(900, self.worth(100, 'USD', self.today() + DAY))

    def refused_worth(self, reason, *arguments):
        with self.assertRaises(Exception) as caught:
            self.worth(*arguments)
        self.assertEqual(('KA009', reason), (caught.exception.pgcode, caught.exception.diag.message_hint))
        self.assertIsNone(self.worth_or_null(*arguments))
        return caught.exception.diag.message_detail

    def test_no_rate_is_a_reason(self):
        self.set_rate('USD', '7', '2026-01-01')
        self.assertIn('2025-12-31', self.refused_worth('NO_EXCHANGE_RATE', 100, 'USD', '2025-12-31'))
        self.assertIn('EUR', self.refused_worth('NO_EXCHANGE_RATE', 100, 'EUR'))
        self.refused_worth('AMOUNT_TOO_LARGE', LARGEST, 'USD')
        self.set_rate('VND', '0.00028', '2026-01-01')
        self.assertEqual(258254417031934, self.worth(LARGEST // 1000, 'VND'))

    def test_another_reporting_currency_has_rates_of_its_own(self):
        self.set_rate('USD', '7', '2026-01-01')
        self.query("select operator_set_currency('USD')")
        self.assertEqual([], self.list_rates())
        self.refused_worth('NO_EXCHANGE_RATE', 100, 'CNY')
        self.assertEqual(100, self.worth(100, 'USD'))
        self.set_rate('CNY', '0.14', '2026-01-01')
        self.assertEqual(14, self.worth(100, 'CNY'))
        self.query("select operator_set_currency('CNY')")
        self.assertEqual([('USD', '7', '2026-01-01')], self.list_rates())
        with self.assertRaises(Exception) as caught:
            self.query("select operator_set_currency('yuan')")
        self.assertEqual('WRONG_FORMAT', caught.exception.diag.message_hint)


class RateRaceTest(Rates, Race):
    def test_two_set_the_same_day(self):
        """The second waits for the first, and is then told."""
        outcome = self.race_writes(*((self.call(login), 'RateService/SetExchangeRate', {'rate': {'currency_code': 'USD', 'rate': rate, 'from_on': '2026-01-01'}})
                                     for login, rate in (('boss', '7'), ('chief', '8'))))
        self.assertEqual(('RATE_EXISTS', True), (outcome, self.has_waited))
        self.assertEqual([('USD', '7', '2026-01-01')], self.list_rates())

    def test_an_amount_while_its_rate_changes(self):
        """Whichever comes first: an opportunity is ranked by the rate that holds in the end."""
        self.set_rate('USD', '7', '2026-01-01')
        acme = self.add_account('ann', 'Acme')['id']
        create = lambda name, amount: ('OpportunityService/CreateOpportunity', {'opportunity': {'account_id': acme, 'name': name, **amount}})
        usd = {'amount': {'currency_code': 'USD', 'minor_units': 100}}
        unnamed, pumps = (self.call('ann').write(*create(name, {}))['id'] for name in ('Unnamed', 'Pumps'))
        set_amount = lambda opportunity: ('OpportunityService/UpdateOpportunity', {
            'opportunity': {'id': opportunity, 'version': 1, **usd}, 'update_mask': ['amount']})
        set_rate = lambda rate: ('RateService/SetExchangeRate', {'rate': {'currency_code': 'USD', 'rate': rate, 'from_on': '2026-01-01'}, 'replace': True})
        currency = self.database.connect()
        self.addCleanup(currency.close)

        def set_currency():
            with currency.cursor() as cursor:
                cursor.execute("select operator_set_currency('USD')")
        races = (
            lambda: self.race_writes((self.call('boss'), *set_rate('8')), (self.call('ann'), *create('New', usd))),
            lambda: self.race_writes((self.call('boss'), *set_rate('9')), (self.call('ann'), *set_amount(unnamed))),
            lambda: self.race_writes((self.call('ann'), *set_amount(pumps)), (self.call('boss'), *set_rate('10'))),
            lambda: self.race_writes((self.call('ann'), *create('Early', usd)), (self.call('boss'), *set_rate('11'))),
            lambda: self.race(set_currency, currency.commit, lambda: self.call('ann').write(*create('Other', usd))))
        for number, (race, worth) in enumerate(zip(races, (800, 900, 1000, 1100, 100))):
            outcome = race()
            self.assertTrue(self.has_waited, (number, outcome))
            self.assertEqual({worth}, {rank for rank, in self.query("select amount_rank from opportunity where amount_currency_code = 'USD'")}, number)
        self.assertEqual([(5,)], self.query("select count(*) from opportunity where amount_currency_code = 'USD'"))


if __name__ == '__main__':
    unittest.main()
