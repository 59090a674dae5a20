#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The competition grid, SWOT, account plans, care after a sale, the budget window against a model, and the nine checks judged with opportunities."""
import calendar
import datetime
import unittest

from race_test import Race
from stage import Stage, new_id

AREAS = ('price', 'product', 'operations', 'people', 'service', 'brand', 'promotion', 'channel')
DAY = datetime.timedelta(days=1)


class Analysis(Stage):
    def setUp(self):
        super().setUp()
        self.acme = self.add_account('ann', 'Acme')['id']

    def write(self, method, login='ann', **request):
        return self.call(login).write(f'AnalysisService/{method}', request)

    def read(self, method, login='ann', **request):
        return self.call(login).read(f'AnalysisService/{method}', request)

    def opportunity(self, login='ann', account=None, **fields):
        return self.call(login).write('OpportunityService/CreateOpportunity', {'opportunity': {'account_id': account or self.acme, 'name': 'Pumps', **fields}})

    def set_state(self, opportunity, state):
        """As whoever decides it will."""
        self.query("update opportunity set state = %s, close_time = case when %s <> 'open' then now() end where id = %s", state, state, opportunity['id'])


class GridTest(Analysis, Race):
    def rating(self, login='ann', **fields):
        return self.write('CreateCompetitionRating', login, rating={'account_id': self.acme, **fields})

    def test_the_grid(self):
        ours = self.rating(**{area: at for at, area in enumerate(AREAS)})
        theirs = self.rating(competitor='东方泵业', price=9, note='cheap')
        self.assertEqual([list(range(8)), [9] + [None] * 7], [[row[area] for area in AREAS] for row in (ours, theirs)])
        changed = self.write('UpdateCompetitionRating', rating={'id': theirs['id'], 'version': 1, 'service': 2, 'price': 8}, update_mask=['service', 'price'])
        self.assertEqual((8, 2, 'cheap'), (changed['price'], changed['service'], changed['note']))
        cleared = self.write('UpdateCompetitionRating', rating={'id': theirs['id'], 'version': 2}, update_mask=['price'])
        self.assertEqual((None, 2), (cleared['price'], cleared['service']))
        self.assertEqual(['', '东方泵业'], [row['competitor'] for row in self.read('ListCompetitionRatings', account_id=self.acme)['ratings']])
        self.write('RetireCompetitionRating', id=theirs['id'], version=3, reason='gave up')
        self.assertEqual([''], [row['competitor'] for row in self.read('ListCompetitionRatings', account_id=self.acme)['ratings']])
        self.refused('FAILED_PRECONDITION', 'RATING_RETIRED', self.write, 'RetireCompetitionRating', id=theirs['id'], version=4)
        self.rating(competitor='东方泵业')

    def test_a_row_for_each_once(self):
        self.rating()
        self.rating(competitor='Rival')
        for name in ('', 'RIVAL', ' Ri val', 'ｒｉｖａｌ'):
            with self.assertRaises(Exception) as caught:
                self.rating(competitor=name)
            self.assertEqual('ALREADY_EXISTS', caught.exception.status)
        request = 'AnalysisService/CreateCompetitionRating', {'rating': {'account_id': self.acme, 'competitor': 'Third'}}
        self.race_writes((self.call('ann'), *request), (self.other('north'), *request))
        self.assertEqual(3, len(self.read('ListCompetitionRatings', account_id=self.acme)['ratings']))

    def test_reach(self):
        rating = self.rating()
        for login in ('bob', 'sue'):
            self.refused('NOT_FOUND', 'NOT_FOUND', self.rating, login)
            self.refused('NOT_FOUND', 'NOT_FOUND', self.write, 'RetireCompetitionRating', login, id=rating['id'], version=1)
            self.assertEqual([], self.read('ListCompetitionRatings', login, account_id=self.acme)['ratings'])


class TextsTest(Analysis):
    def test_swot(self):
        sale = self.opportunity()
        general = self.write('CreateSwot', swot={'account_id': self.acme, 'strengths': 'near', 'threats': 'price war'})
        special = self.write('CreateSwot', swot={'account_id': self.acme, 'opportunity_id': sale['id'], 'weaknesses': 'dear'})
        self.assertEqual((None, 'Pumps'), (general['opportunity_name'], special['opportunity_name']))
        self.assertEqual([special['id'], general['id']], [row['id'] for row in self.read('ListSwots', account_id=self.acme)['swots']])
        self.assertEqual([special['id']], [row['id'] for row in self.read('ListSwots', account_id=self.acme, opportunity_id=sale['id'])['swots']])
        changed = self.write('UpdateSwot', swot={'id': general['id'], 'version': 1, 'conclusion': 'stay'}, update_mask=['conclusion'])
        self.assertEqual(('near', 'price war', 'stay'), (changed['strengths'], changed['threats'], changed['conclusion']))
        other = self.opportunity(account=self.add_account('ann', 'Other')['id'])
        for opportunity in (other['id'], new_id()):
            self.refused('NOT_FOUND', 'OPPORTUNITY_NOT_FOUND', self.write, 'CreateSwot', swot={'account_id': self.acme, 'opportunity_id': opportunity})
        self.refused('NOT_FOUND', 'NOT_FOUND', self.write, 'CreateSwot', 'sue', swot={'account_id': self.acme, 'opportunity_id': sale['id']})

    def test_account_plan(self):
        empty = self.read('GetAccountPlan', account_id=self.acme, year=2027)['.']
        self.assertEqual(('Acme', 2027, 0, None), (empty['account_name'], empty['year'], empty['version'], empty['goals']))
        plan = self.write('SetAccountPlan', plan={'account_id': self.acme, 'year': 2027, 'goals': 'grow', 'actions': 'visit', 'review': 'not yet'}, update_mask=['goals', 'actions'])
        self.assertEqual(('grow', 'visit', '', 1), tuple(plan[name] for name in ('goals', 'actions', 'review', 'version')))
        plan = self.write('SetAccountPlan', plan={'account_id': self.acme, 'year': 2027, 'version': 1, 'review': 'grown'}, update_mask=['review'])
        self.assertEqual(('grow', 'grown', 2), tuple(plan[name] for name in ('goals', 'review', 'version')))
        for version in (0, 1):
            self.refused('ABORTED', 'VERSION_CONFLICT', self.write, 'SetAccountPlan', plan={'account_id': self.acme, 'year': 2027, 'version': version, 'goals': 'x'},
                         update_mask=['goals'])
        self.write('SetAccountPlan', plan={'account_id': self.acme, 'year': 2026, 'goals': 'begin'}, update_mask=['goals'])
        self.assertEqual([2027, 2026], [row['year'] for row in self.read('ListAccountPlans', account_id=self.acme)['plans']])
        self.refused('NOT_FOUND', 'NOT_FOUND', self.write, 'SetAccountPlan', 'bob', plan={'account_id': self.acme, 'year': 2026, 'goals': 'x'}, update_mask=['goals'])


class CareTest(Analysis):
    def care(self):
        return self.read('ListCarePhases', account_id=self.acme)['phases']

    def planned(self):
        return self.query("select kind, owner_id, state, subject from activity where account_id = %s order by time", self.acme)

    def test_a_sale_begins_it_and_reopening_ends_it(self):
        sale, today = self.opportunity(), self.query('select today()')[0][0]
        self.set_state(sale, 'won')
        self.assertEqual([('novelty', today, today + 29 * DAY), ('learning', today + 30 * DAY, today + 89 * DAY), ('effect', today + 90 * DAY, today + 179 * DAY)],
                         [(row['kind'], row['starts_on'], row['ends_on']) for row in self.care()])
        self.assertEqual([('call', self.users['ann'], 'planned'), ('service_visit', self.users['ann'], 'planned'), ('visit', self.users['ann'], 'planned')],
                         [row[:3] for row in self.planned()])
        self.assertTrue(all(row['activity_id'] for row in self.care()))
        # Somebody moved the second one.
        second = self.care()[1]
        self.call('ann').write('ActivityService/UpdateActivity', {'activity': {'id': second['activity_id'], 'version': 1, 'place': 'their plant'}, 'update_mask': ['place']})
        self.query("update opportunity set state = 'open', close_time = null where id = %s", sale['id'])
        self.assertEqual(['cancelled', 'planned', 'cancelled'], [row[2] for row in self.planned()])
        self.assertTrue(all(row['end_time'] for row in self.care()))
        self.set_state(sale, 'won')
        self.assertEqual(6, len(self.care()))
        self.assertEqual(3, len([row for row in self.care() if row['end_time'] is None]))

    def test_days_and_note_can_be_changed(self):
        self.set_state(self.opportunity(), 'won')
        phase = self.care()[0]
        changed = self.write('UpdateCarePhase', phase={'id': phase['id'], 'version': 1, 'ends_on': '2199-01-01', 'note': 'train twice'}, update_mask=['ends_on', 'note'])
        self.assertEqual(('train twice', phase['starts_on'], datetime.date(2199, 1, 1)), (changed['note'], changed['starts_on'], changed['ends_on']))
        for fields in ({'starts_on': '2199-01-02'}, {'starts_on': None}):
            self.refused('INVALID_ARGUMENT', 'ENDS_BEFORE_START', self.write, 'UpdateCarePhase', phase={'id': phase['id'], 'version': 2, **fields}, update_mask=['starts_on'])
        self.refused('NOT_FOUND', 'NOT_FOUND', self.write, 'UpdateCarePhase', 'sue', phase={'id': phase['id'], 'version': 2, 'note': 'x'}, update_mask=['note'])

    def test_a_retired_account_gets_no_visits(self):
        sale = self.opportunity()
        self.call('ann').write('AccountService/RetireAccount', {'id': self.acme, 'version': self.query('select version from account where id = %s', self.acme)[0][0],
                                                                'reason': 'gone'})
        self.set_state(sale, 'won')
        self.assertEqual(([], [None] * 3), (self.planned(), [row['activity_id'] for row in self.care()]))

    def test_merge(self):
        self.set_state(self.opportunity(), 'won')
        twin = self.add_account('ann', 'Twin')['id']
        self.write('SetAccountPlan', plan={'account_id': twin, 'year': 2026, 'goals': 'theirs'}, update_mask=['goals'])
        self.write('SetAccountPlan', plan={'account_id': self.acme, 'year': 2026, 'goals': 'ours'}, update_mask=['goals'])
        self.write('CreateSwot', swot={'account_id': self.acme})
        versions = dict(self.query('select id, version from account'))
        self.call('north').write('AccountMergeService/MergeAccounts', {'survivor_id': twin, 'survivor_version': versions[twin], 'merged_id': self.acme,
                                                                       'merged_version': versions[self.acme], 'reason': 'one'})
        self.assertEqual([(twin,)] * 4, self.query('select account_id from care_phase union all select account_id from swot'))
        self.assertEqual([('theirs',)], self.query('select goals from account_plan where account_id = %s', twin))
        # A merge is nobody's hand: what was planned is still taken back.
        self.set_state({'id': self.query('select id from opportunity')[0][0]}, 'open')
        self.assertEqual([('cancelled',)] * 3, self.query('select state from activity'))


class BudgetTest(Analysis):
    def test_the_next_close_against_a_model(self):
        for month in (1, 2, 6, 12):
            for day in (None, 1, 15, 28, 29, 31):
                for start in (datetime.date(2027, 12, 31), datetime.date(2028, 2, 28), datetime.date(2028, 2, 29), datetime.date(2028, 3, 1), datetime.date(2026, 6, 15)):
                    wanted = None
                    for year in (start.year, start.year + 1):
                        close = datetime.date(year, month, min(day or 31, calendar.monthrange(year, month)[1]))
                        if wanted is None and close >= start:
                            wanted = close
                    self.assertEqual(wanted, self.query('select budget_closes_on(%s, %s, %s)', month, day, start)[0][0], (month, day, start))

    def test_on_the_account(self):
        changed = self.call('ann').write('AccountService/UpdateAccount', {'account': {'id': self.acme, 'version': 1, 'budget_month': 11, 'budget_lead_days': 90},
                                                                          'update_mask': ['budget_month', 'budget_lead_days']})
        self.assertEqual((11, None, 90), tuple(changed[name] for name in ('budget_month', 'budget_day', 'budget_lead_days')))
        with self.assertRaises(Exception) as caught:
            self.call('ann').write('AccountService/UpdateAccount', {'account': {'id': self.acme, 'version': 2, 'budget_month': 13}, 'update_mask': ['budget_month']})
        self.assertEqual('INVALID_ARGUMENT', caught.exception.status)


    def test_the_reminder(self):
        today = self.query('select today()')[0][0]
        close = today + 40 * DAY

        def reminded(login='ann'):
            return [(row['account_name'], row['closes_on']) for row in self.call(login).read('OverviewService/GetToday', {})['budget_windows']]
        for lead, wanted in ((None, True), (40, True), (39, False)):
            self.query('update account set budget_month = %s, budget_day = %s, budget_lead_days = %s where id = %s', close.month, close.day, lead, self.acme)
            self.assertEqual([('Acme', close)] if wanted else [], reminded())
        self.query('update account set budget_lead_days = null where id = %s', self.acme)
        self.assertEqual([], reminded('north'))
        sale = self.opportunity()
        self.assertEqual([], reminded())
        self.query("update opportunity set state = 'lost', lost_reason = 'price', close_time = now() where id = %s", sale['id'])
        self.assertEqual([('Acme', close)], reminded())


class ChecksTest(Analysis):
    def checks(self):
        rows = self.call('ann').read('CheckService/ListAccountChecks', {'account_id': self.acme})['checks']
        self.assertEqual({False}, {row['is_provisional'] for row in rows})
        return {row['kind']: (row['state'], row['known'], row['total'], row['gaps']) for row in rows}

    def test_with_opportunities(self):
        for role in ('decider', 'finance', 'user'):
            self.add_contact('ann', role, self.acme, buying_roles=[role])
        self.assertEqual(('partly', 3, 4, ['opportunity']), self.checks()['process'])
        self.assertEqual(('unknown', 0, 3, ['something_done', 'next_step', 'open_opportunity']), self.checks()['progress'])
        self.assertEqual(('unknown', 0, 0, ['suppliers']), self.checks()['competitors'])
        sale = self.opportunity()
        self.assertEqual(('partly', 3, 4, ['opportunity']), self.checks()['process'])
        self.assertEqual(('partly', 1, 3, ['something_done', 'next_step']), self.checks()['progress'])
        self.assertEqual(('unknown', 0, 0, ['suppliers', 'competitors']), self.checks()['competitors'])
        self.query("update opportunity set buying_stage = 'contract', decision_on = '2030-01-01', stage_since = now() - interval '10 years' where id = %s", sale['id'])
        self.assertEqual(('known', 4, 4, []), self.checks()['process'])
        for name, strengths in (('A', 'cheap'), ('B', '')):
            self.query('insert into opportunity_competitor (opportunity_id, account_id, name, strengths) values (%s, %s, %s, %s)', sale['id'], self.acme, name, strengths)
        self.assertEqual(('partly', 1, 2, ['suppliers', 'competitors_weakness']), self.checks()['competitors'])
        self.query("insert into account_supply (account_id, supplier, shortcomings, willingness) values (%s, 'Old', 'slow', 'open')", self.acme)
        self.query("update opportunity_competitor set weaknesses = 'far'")
        self.assertEqual(('known', 3, 3, []), self.checks()['competitors'])
        stalled = self.query('select s.allowed_days is not null from opportunity o join pipeline_stage s on s.version_id = o.pipeline_version_id and s.key = o.stage_key')[0][0]
        self.assertEqual(['something_done', 'next_step'] + ['stalled'] * stalled, self.checks()['progress'][3])
        self.query("update opportunity set state = 'lost', lost_reason = 'price', close_time = now() where id = %s", sale['id'])
        self.assertIn('open_opportunity', self.checks()['progress'][3])


if __name__ == '__main__':
    unittest.main()
