#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Opportunities from files: those that begin, by anybody; those that come with a stage, won or lost, by managers of the root team alone."""
import datetime
import unittest

from race_test import Race
from stage import Stage, new_id

DAY = datetime.timedelta(days=1)


class Imports(Stage):
    def setUp(self):
        super().setUp()
        self.acme = self.add_account('ann', 'Acme')['id']

    def send(self, login, *rows, **more):
        rows = [{'id': new_id(), 'account': 'Acme', 'name': f'Pumps {number}', **row} for number, row in enumerate(rows)]
        answer = self.call(login).write('ImportService/ImportOpportunities', {'rows': rows, **more})
        return [{name: value for name, value in row.items() if value not in (None, [])} for row in answer['results']]

    def outcomes(self, results):
        return [row.get('reason', row['outcome']) for row in results]

    def rows(self, columns='name'):
        return self.query(f'select {columns} from opportunity order by name')


class BeginningTest(Imports):
    def test_one_that_begins(self):
        result, = self.send('ann', {'product': 'P7', 'amount': {'currency_code': 'CNY', 'minor_units': 5}, 'note': 'x', 'closed_on': '2030-05-01'})
        self.assertEqual('added', result['outcome'])
        self.assertRegex(result['code'], r'^O-\d{6}$')
        self.assertEqual([('target', 'open', False, datetime.date(2030, 5, 1), 5, 'x', self.users['ann'])],
                         self.rows('stage_key, state, is_imported, purchase_on, amount_minor_units, note, owner_id'))
        self.assertEqual([('P7',)], self.query('select product from opportunity_product'))
        other, = self.send('ann', {'pipeline': 'Channel', 'name': 'Z'})
        self.assertEqual('added', other['outcome'])
        self.assertEqual([('target',), ('find',)], self.rows('stage_key'))

    def test_what_nobody_but_a_root_manager_imports(self):
        for login in ('ann', 'north'):
            results = self.send(login, {'stage': 'information'}, {'stage': 'won'}, {'begun_on': '2020-01-01'}, {'name': 'Ours'})
            self.assertEqual(['NOT_ROOT_MANAGER_IMPORT'] * 3 + ['added'], self.outcomes(results))
        self.assertEqual([('Ours',), ('Ours',)], self.rows())
        self.refused('PERMISSION_DENIED', 'ROLE', self.send, 'desk', {})

    def test_what_is_out_of_reach_is_not_there(self):
        self.assertEqual(['ACCOUNT_NAME_NOT_FOUND'], self.outcomes(self.send('sue', {})))
        self.assertEqual(['OWNER_OUT_OF_REACH'], self.outcomes(self.send('ann', {'owner': 'sue'})))
        self.assertEqual([], self.rows())


class StagedTest(Imports):
    def test_stages_won_and_lost(self):
        results = self.send('boss', {'stage': 'Information', 'begun_on': '2020-01-01'}, {'stage': '关系建立'}, {'stage': 'Won', 'begun_on': '2020-01-01', 'closed_on': '2020-02-01'},
                            {'stage': '丢单', 'closed_on': '2020-02-01', 'lost_reason': 'price', 'lost_to': 'Rival'}, {'stage': 'lost'})
        self.assertEqual(['added'] * 5, self.outcomes(results))
        self.assertEqual([('information', 'open', None, '', True), ('relationship', 'open', None, '', True), ('close', 'won', None, '', True), ('target', 'lost', 'price', 'Rival', True),
                          ('target', 'lost', 'other', '', True)], self.rows('stage_key, state, lost_reason, lost_to, is_imported'))
        days = self.rows('(stage_since at time zone (select time_zone from company))::date, (close_time at time zone (select time_zone from company))::date')
        today = self.query('select today()')[0][0]
        date = datetime.date
        self.assertEqual([(date(2020, 1, 1), None), (today, None), (date(2020, 1, 1), date(2020, 2, 1)), (date(2020, 2, 1), date(2020, 2, 1)), (today, today)], days)
        for row in self.rows('id'):
            self.assertEqual('insert', self.changes(row[0])[-1]['operation'])

    def test_whoever_has_it_works_on_the_account_from_then_on(self):
        self.assertEqual(['added'] * 3, self.outcomes(self.send('boss', {'owner': 'sue', 'stage': 'won'}, {'owner': 'Sue', 'stage': 'lost'}, {'owner': 'ann', 'stage': 'won'})))
        self.assertEqual([(self.users['sue'],)], self.query('select user_id from account_member'))
        self.assertEqual({'Pumps 0', 'Pumps 2'},
                         {row['name'] for row in self.call('sue').read('OpportunityService/ListOpportunities', {'state': 'won'})['opportunities']})
        self.call('boss').write('UserService/DisableUser', {'id': self.users['bob'], 'reason': 'left'})
        self.assertEqual(['USER_DISABLED', 'USER_IS_SERVICE'], self.outcomes(self.send('boss', {'owner': 'bob', 'stage': 'won'}, {'owner': 'desk', 'stage': 'won'})))

    def test_a_bad_row_loses_nothing(self):
        today = self.query('select today()')[0][0]
        results = self.send('boss', {'stage': 'won'}, {'stage': 'nowhere'}, {'pipeline': 'nowhere', 'stage': 'won'}, {'account': 'Nobody', 'stage': 'won'},
                            {'owner': 'nobody', 'stage': 'won'}, {'stage': 'won', 'begun_on': '2020-02-01', 'closed_on': '2020-01-01'},
                            {'stage': 'won', 'closed_on': str(today + 2 * DAY)}, {'stage': 'information', 'begun_on': str(today + 2 * DAY)},
                            {'stage': 'won', 'amount': {'currency_code': 'CNY', 'minor_units': -1}}, {'stage': 'won', 'begun_on': str(today), 'closed_on': str(today)})
        self.assertEqual(['added', 'STAGE_NAME_NOT_FOUND', 'PIPELINE_NAME_NOT_FOUND', 'ACCOUNT_NAME_NOT_FOUND', 'OWNER_NOT_FOUND', 'ENDED_BEFORE_BEGUN', 'DATE_IN_FUTURE_IMPORT',
                          'DATE_IN_FUTURE_IMPORT', 'OPPORTUNITY_AMOUNT_RANGE', 'added'], self.outcomes(results))
        self.assertEqual(('stage', ['nowhere']), (results[1]['field'], results[1]['values[].value']))
        self.assertEqual([('Pumps 0',), ('Pumps 9',)], self.rows())

    def test_a_stage_goes_before_the_words_won_and_lost(self):
        stages = [{'key': 'lost', 'name_en': 'Lost and found', 'name_zh': '失物', 'probability': 1}, {'key': 'b', 'name_en': 'Won', 'name_zh': '乙', 'probability': 1}]
        self.call('boss').write('PipelineService/ImportPipeline', {'pipeline': {'key': 'odd', 'name_en': 'Odd', 'name_zh': '怪', 'stages': stages}})
        self.assertEqual(['added'] * 2, self.outcomes(self.send('boss', {'pipeline': 'odd', 'stage': 'won'}, {'pipeline': 'Odd', 'stage': 'LOST'})))
        self.assertEqual([('b', 'open'), ('lost', 'open')], self.rows('stage_key, state'))

    def test_dry_and_again(self):
        rows = [{'id': new_id(), 'stage': 'won', 'owner': 'sue', 'product': 'P'}, {'id': new_id(), 'stage': 'nowhere'}]
        before = self.query('select count(*) from change')
        self.assertEqual(['added', 'STAGE_NAME_NOT_FOUND'], self.outcomes(self.send('boss', *rows, dry_run=True)))
        self.assertEqual(before, self.query('select count(*) from change'))
        self.assertEqual(['added', 'STAGE_NAME_NOT_FOUND'], self.outcomes(self.send('boss', *rows)))
        again = self.send('boss', *rows)
        self.assertEqual(['present', 'STAGE_NAME_NOT_FOUND'], self.outcomes(again))
        self.assertRegex(again[0]['code'], r'^O-')
        self.assertEqual([('Pumps 0',)], self.rows())

    def test_a_retired_pipeline_or_account(self):
        self.call('boss').write('PipelineService/RetirePipeline', {'key': 'channel'})
        self.assertEqual(['PIPELINE_NAME_NOT_FOUND'], self.outcomes(self.send('boss', {'pipeline': 'channel', 'stage': 'won'})))
        code = self.query('select code from account where id = %s', self.acme)[0][0]
        self.query('update account set retire_time = now()')
        self.assertEqual(['ACCOUNT_RETIRED'] * 2, self.outcomes(self.send('boss', {'account': code, 'stage': 'won'}, {'account': code})))


class RaceTest(Imports, Race):
    def test_two_imports_make_one_member(self):
        """The second one waits for the account, and then finds the member there."""
        def request():
            return {'rows': [{'id': new_id(), 'account': 'Acme', 'name': new_id(), 'stage': 'won', 'owner': 'sue'}]}
        second = self.race_writes((self.call('boss'), 'ImportService/ImportOpportunities', request()), (self.call('chief'), 'ImportService/ImportOpportunities', request()))
        self.assertTrue(self.has_waited)
        self.assertEqual('added', second['results'][0]['outcome'])
        self.assertEqual([(1,)], self.query('select count(*) from account_member'))
        self.assertEqual([(2,)], self.query('select count(*) from opportunity'))


if __name__ == '__main__':
    unittest.main()
