#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What hangs on an account's archive: figures by year, suppliers, brands, events."""
import unittest

from race_test import Race
from stage import new_id

A = 'AccountArchiveService/'
NOUNS = {'supply': ('Supply', 'Supplies', 'supplies', {'supplier': 'Bolt Brothers'}), 'brand': ('Brand', 'Brands', 'brands', {'name': 'Nordwind'}),
         'event': ('AccountEvent', 'AccountEvents', 'events', {'description': 'Opened a plant'})}


def money(units, currency='CNY'):
    return {'currency_code': currency, 'minor_units': units}


class RecordsTest(Race):
    def setUp(self):
        super().setUp()
        self.account = self.add_account('ann', 'Acme')
        self.id = self.account['id']

    def figures(self, login, year, version=0, account_id=None, **fields):
        return self.call(login).write(A + 'SetAccountFigures', self.figures_request(year, version, account_id, **fields))

    def figures_request(self, year, version=0, account_id=None, **fields):
        return {'figures': {'account_id': account_id or self.id, 'year': year, 'version': version, **fields}, 'update_mask': list(fields)}

    def years(self, login='ann'):
        return [row['year'] for row in self.call(login).read(A + 'ListAccountFigures', {'account_id': self.id})['figures']]

    def annual_revenue(self):
        row = self.call('boss').read('AccountService/GetAccount', {'id': self.id})['.']
        return row['annual_revenue.currency_code'], row['annual_revenue.minor_units']

    def add(self, noun, login='ann', account_id=None, **fields):
        return self.call(login).write(f'{A}Create{NOUNS[noun][0]}', {noun: {'account_id': account_id or self.id, **NOUNS[noun][3], **fields}})

    def list(self, noun, login='ann', **more):
        return self.call(login).read(f'{A}List{NOUNS[noun][1]}', {'account_id': self.id, **more})[NOUNS[noun][2]]

    # ---- figures ----

    def test_a_year_is_made_and_changed(self):
        empty = self.call('ann').read(A + 'GetAccountFigures', {'account_id': self.id, 'year': 2025})['.']
        self.assertEqual((self.id, 0, None), (empty['account_id'], empty['version'], empty['year']))
        made = self.figures('ann', 2025, revenue=money(500), profit=money(-20), net_margin=-400, liquid_asset_ratio=15000, return_on_assets=1250,
                            collection_days=45, inventory_days=0, purchases=money(90, 'EUR'), our_share=3333, note='annual report')
        self.assertEqual((2025, 500, -20, -400, 15000, 1250, 45, 0, 'EUR', 3333, 'annual report', 1), tuple(made[name] for name in (
            'year', 'revenue.minor_units', 'profit.minor_units', 'net_margin', 'liquid_asset_ratio', 'return_on_assets', 'collection_days', 'inventory_days',
            'purchases.currency_code', 'our_share', 'note', 'version')))
        changed = self.figures('north', 2025, 1, our_share=4000, profit=None)
        self.assertEqual((4000, None, 500, 2, 'North'), tuple(changed[name] for name in ('our_share', 'profit.minor_units', 'revenue.minor_units', 'version', 'updated_by')))
        self.figures('ann', 2023, note='x')
        self.figures('ann', 2024, note='x')
        self.assertEqual([2025, 2024, 2023], self.years())

    def test_what_others_saw_is_not_overwritten(self):
        self.figures('ann', 2025, our_share=1)
        for version in (0, 2):
            conflict = self.refused('ABORTED', 'VERSION_CONFLICT', self.figures, 'north', 2025, version, our_share=2)
            self.assertEqual((1, 1), (conflict.detail['version'], conflict.detail['our_share']))
        self.refused('ABORTED', 'VERSION_CONFLICT', self.figures, 'north', 2024, 1, our_share=2)
        self.refused('NOT_FOUND', 'NOT_FOUND', self.figures, 'sue', 2024, our_share=2)
        self.refused('NOT_FOUND', 'NOT_FOUND', self.figures, 'ann', 2024, account_id=new_id(), our_share=2)
        for field, value in (('our_share', 10001), ('our_share', -1), ('collection_days', -1), ('net_margin', 10000001), ('note', 'x' * 1001)):
            self.assertEqual('INVALID_ARGUMENT', self.refusal(self.figures, 'ann', 2023, **{field: value}), field)
        self.assertEqual('INVALID_ARGUMENT', self.refusal(self.figures, 'ann', 1899, our_share=1))

    def refusal(self, function, *arguments, **named):
        with self.assertRaises(Exception) as caught:
            function(*arguments, **named)
        return caught.exception.status

    def test_two_make_the_same_year_at_once(self):
        outcome = self.race_writes((self.call('ann'), A + 'SetAccountFigures', self.figures_request(2025, our_share=1)),
                                   (self.call('north'), A + 'SetAccountFigures', self.figures_request(2025, our_share=2)))
        self.assertEqual('account_figures_year', outcome)
        self.assertEqual([2025], self.years())

    def test_the_account_has_the_revenue_of_the_latest_year(self):
        self.figures('ann', 2024, revenue=money(400))
        self.assertEqual(('CNY', 400), self.annual_revenue())
        self.figures('ann', 2025, our_share=1)
        self.assertEqual(('CNY', 400), self.annual_revenue())
        self.figures('ann', 2025, 1, revenue=money(500, 'EUR'))
        self.assertEqual(('EUR', 500), self.annual_revenue())
        version, = self.query('select version from account where id = %s', self.id)[0]
        self.figures('ann', 2023, revenue=money(300))
        self.figures('ann', 2025, 2, note='nothing about revenue')
        self.assertEqual([(version,)], self.query('select version from account where id = %s', self.id), 'the account is not touched for nothing')
        # What an older client types stays until the figures say something new.
        self.call('ann').write('AccountService/UpdateAccount', {'account': {'id': self.id, 'version': version, 'annual_revenue': money(7)}, 'update_mask': ['annual_revenue']})
        self.assertEqual(('CNY', 7), self.annual_revenue())
        self.call('ann').write(A + 'RetireAccountFigures', {'account_id': self.id, 'year': 2025, 'version': 3, 'reason': 'wrong'})
        self.assertEqual(('CNY', 400), self.annual_revenue())

    def test_two_years_at_once_leave_the_later_one(self):
        for years in ((2024, 2025), (2027, 2026)):
            first, second = [(self.call(login), A + 'SetAccountFigures', self.figures_request(year, revenue=money(year)))
                             for login, year in zip(('ann', 'north'), years)]
            self.race_writes(first, second)
            self.assertTrue(self.has_waited)
            self.assertEqual(('CNY', max(years)), self.annual_revenue())

    def test_a_wrong_year_is_taken_back_and_made_again(self):
        self.figures('ann', 2052, revenue=money(1))
        request = {'account_id': self.id, 'year': 2052, 'version': 1, 'reason': 'meant 2025'}
        self.refused('NOT_FOUND', 'NOT_FOUND', self.call('sue').write, A + 'RetireAccountFigures', request)
        self.refused('ABORTED', 'VERSION_CONFLICT', self.call('ann').write, A + 'RetireAccountFigures', {**request, 'version': 5})
        retired = self.call('ann').write(A + 'RetireAccountFigures', request)
        self.assertEqual((2052, True), (retired['year'], retired['retire_time'] is not None))
        self.assertEqual([], self.years())
        self.refused('NOT_FOUND', 'FIGURES_NOT_FOUND', self.call('ann').write, A + 'RetireAccountFigures', request)
        self.assertEqual(1, self.figures('ann', 2052, revenue=money(2))['version'])
        self.assertEqual([2052], self.years())
        change = next(row for row in self.changes(retired['id']) if row['operation'] == 'update')
        self.assertEqual('meant 2025', change['reason'])

    def test_the_only_revenue_is_taken_back(self):
        self.figures('ann', 2052, revenue=money(9))
        self.call('ann').write(A + 'RetireAccountFigures', {'account_id': self.id, 'year': 2052, 'version': 1, 'reason': 'meant another account'})
        self.assertEqual((None, None), self.annual_revenue())
        self.figures('ann', 2024, revenue=money(4))
        self.figures('ann', 2024, 1, revenue=None)
        self.assertEqual((None, None), self.annual_revenue())
        # What was typed into the account is not of the year.
        self.figures('ann', 2025, revenue=money(5))
        version, = self.query('select version from account where id = %s', self.id)[0]
        self.call('ann').write('AccountService/UpdateAccount', {'account': {'id': self.id, 'version': version, 'annual_revenue': money(7)}, 'update_mask': ['annual_revenue']})
        self.call('ann').write(A + 'RetireAccountFigures', {'account_id': self.id, 'year': 2025, 'version': 1, 'reason': 'wrong'})
        self.assertEqual(('CNY', 7), self.annual_revenue())

    # ---- suppliers, brands, events ----

    def test_each_is_made_changed_listed_and_ended(self):
        changes = {'supply': {'share': 6000, 'willingness': 'open', 'won_by': 'lowest price', 'shortcomings': 'late', 'product': 'bolts', 'since': '2019-01-01'},
                   'brand': {'relation': 'complements', 'note': 'since May'}, 'event': {'happened_on': '2020-02-29', 'description': 'Fire'}}
        for noun, (title, _, _, _) in NOUNS.items():
            with self.subTest(noun):
                made = self.add(noun)
                self.assertEqual((self.id, 'Acme', 1), (made['account_id'], made['account_name'], made['version']))
                request = {noun: {'id': made['id'], 'version': 1, **changes[noun]}, 'update_mask': list(changes[noun])}
                changed = self.call('north').write(f'{A}Update{title}', request)
                for name, value in changes[noun].items():
                    self.assertEqual(value, changed[name] if isinstance(changed[name], (int, str)) else str(changed[name]), name)
                self.refused('ABORTED', 'VERSION_CONFLICT', self.call('ann').write, f'{A}Update{title}', request)
                self.assertEqual([made['id']], [row['id'] for row in self.list(noun)])
                self.assertEqual('North', self.call('ann').read(f'{A}Get{title}', {'id': made['id']})['.']['updated_by'])
                end, more = ('End', {}) if noun == 'supply' else ('Retire', {'reason': 'gone'})
                method, request = f'{A}{end}{title}', {'id': made['id'], 'version': 2, **more}
                self.refused('ABORTED', 'VERSION_CONFLICT', self.call('ann').write, method, {**request, 'version': 1})
                ended = self.call('ann').write(method, request)
                self.assertIsNotNone(ended['ended_on' if noun == 'supply' else 'retire_time'])
                self.assertEqual('FAILED_PRECONDITION', self.refusal(self.call('ann').write, method, {**request, 'version': 3}))
                self.assertEqual([], self.list(noun))
                self.assertEqual(1, len(self.list(noun, **{'include_past' if noun == 'supply' else 'include_retired': True})))
                history = self.call('ann').read('HistoryService/ListChanges', {'record_id': self.id, 'with_children': True})['changes']
                self.assertEqual(3, len([row for row in history if row['record_id'] == made['id']]))

    def test_out_of_reach_is_not_there(self):
        for noun, (title, _, _, _) in NOUNS.items():
            made = self.add(noun)
            end, more = ('End', {}) if noun == 'supply' else ('Retire', {'reason': 'gone'})
            sue = self.call('sue')
            for call in (lambda: self.add(noun, 'sue'), lambda: self.add(noun, 'ann', account_id=new_id()),
                         lambda: sue.read(f'{A}Get{title}', {'id': made['id']}),
                         lambda: sue.write(f'{A}Update{title}', {noun: {'id': made['id'], 'version': 1, **NOUNS[noun][3]}, 'update_mask': list(NOUNS[noun][3])}),
                         lambda: sue.write(f'{A}{end}{title}', {'id': made['id'], 'version': 1, **more})):
                self.assertEqual('NOT_FOUND', self.refusal(call), noun)
            self.assertEqual([], self.list(noun, 'sue'))
            self.assertEqual('PERMISSION_DENIED', self.refusal(lambda: self.list(noun, 'desk')))

    def test_bad_values(self):
        for noun, field, value in (('supply', 'supplier', ''), ('supply', 'supplier', '\u3000'), ('supply', 'share', 10001), ('supply', 'willingness', 'maybe'),
                                   ('supply', 'won_by', 'x' * 1001), ('brand', 'name', ''), ('brand', 'relation', 'loves'), ('event', 'description', '')):
            self.assertEqual('INVALID_ARGUMENT', self.refusal(self.add, noun, **{field: value}), (noun, field))
        made = self.add('supply', since='2026-05-01')
        later = str(self.query('select kam.today() + 2')[0][0])
        self.refused('INVALID_ARGUMENT', 'DATE_IN_FUTURE', self.call('ann').write, A + 'EndSupply', {'id': made['id'], 'version': 1, 'ended_on': later})
        self.refused('INVALID_ARGUMENT', 'ENDED_BEFORE_SINCE', self.call('ann').write, A + 'EndSupply', {'id': made['id'], 'version': 1, 'ended_on': '2026-04-30'})
        self.assertEqual('2026-05-01', str(self.call('ann').write(A + 'EndSupply', {'id': made['id'], 'version': 1, 'ended_on': '2026-05-01'})['ended_on']))

    def test_events_newest_first_in_pages(self):
        for day in (3, 1, 4, 2):
            self.add('event', description=f'day {day}', happened_on=f'2026-01-0{day}')
        self.add('event', description='same day', happened_on='2026-01-02')
        self.assertEqual(self.query('select kam.today()')[0][0], self.add('event')['happened_on'])
        seen, page = [], None
        while True:
            answer = self.call('ann').read(A + 'ListAccountEvents', {'account_id': self.id}, page=page, page_size=2)
            seen += [row['happened_on'] for row in answer['events']]
            page = answer['next']
            if page is None:
                break
        self.assertEqual((sorted(seen, reverse=True), 6), (seen, len(seen)))


if __name__ == '__main__':
    unittest.main()
