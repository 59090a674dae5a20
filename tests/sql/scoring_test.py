#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Scoring models and assessments: the shipped ones, totals and grades to the tenth, comparison over time, new versions, who may what."""
import datetime
import random
import unittest

from race_test import Race
from scoring_stage import CONTRIBUTION, CREDIT, INVERSE, VALUE, Scoring, level

DAY = datetime.timedelta(days=1)


def parts(row, field, *names):
    return list(zip(*(row[f'{field}[].{name}'] for name in names)))


class ModelTest(Scoring):
    def model(self, key, login='ann', **request):
        return self.call(login).read('ScoringService/GetScoringModel', {'key': key, **request})['.']

    def set_model(self, login='boss', **fields):
        request = {key: fields.pop(key) for key in list(fields) if key == 'replaces'}
        model = {'key': 'mine', 'kind': 'value', 'name_en': 'Mine', 'name_zh': '我们的', 'factors': [self.factor('size', 60), self.factor('risk', 40, is_inverse=True)],
                 'grades': [{'grade': 'A', 'least': 50}, {'grade': 'B', 'least': 0}]}
        return self.call(login).write('ScoringService/SetScoringModel', {'model': {**model, **fields}, **request})

    def factor(self, key, weight, is_inverse=False):
        return {'key': key, 'weight': weight, 'is_inverse': is_inverse, 'name_en': key, 'name_zh': key}

    def test_the_shipped_models(self):
        models = self.call('ann').read('ScoringService/ListScoringModels', {})['models']
        self.assertEqual([('5p', 'credit'), ('6a', 'credit'), ('6c', 'credit'), ('contribution', 'contribution'), ('dealer', 'dealer'), ('value', 'value')],
                         [(row['key'], row['kind']) for row in models])
        for key, weights in (('value', VALUE), ('contribution', CONTRIBUTION), ('6c', CREDIT)):
            factors = parts(self.model(key), 'factors', 'key', 'weight', 'is_inverse')
            self.assertEqual([(name, weight, name in INVERSE) for name, weight in weights.items()], factors)
        for row in models:
            model = self.model(row['key'])
            self.assertEqual(100, sum(model['factors[].weight']), row['key'])
            self.assertTrue(all(name.isascii() for name in model['factors[].name_en']) and not any(name.isascii() for name in model['factors[].name_zh']))
        self.assertEqual([('A', 80, 'All in', '全力投入'), ('B', 60, 'Limited time', '限时投入'), ('C', 40, 'Watch', '观察'), ('D', 0, 'On hold', '暂缓')],
                         parts(self.model('value'), 'grades', 'grade', 'least', 'name_en', 'name_zh'))
        self.assertEqual(['A1', 'A2', 'A3', 'B1', 'B2', 'C1', 'C2'], self.model('contribution')['grades[].grade'])
        self.assertEqual((6, 6, 5, 6), tuple(len(self.model(key)['factors[].key']) for key in ('dealer', '6c', '5p', '6a')))
        self.refused('NOT_FOUND', 'NOT_FOUND', self.model, 'other')
        for method in ('ListScoringModels', 'GetScoringModel', 'GetScoringSheet', 'ListAssessments', 'GetAssessment'):
            self.refused('PERMISSION_DENIED', 'ROLE', self.call('desk').read, f'ScoringService/{method}', {})

    def test_a_new_version_is_used_and_the_old_one_kept(self):
        opportunity = self.add_opportunity()
        before = self.value(opportunity, 6)
        made = self.set_model(key='value', kind=None, reason='simpler', replaces=1)
        self.assertEqual(('value', 'value', 2, 'simpler', 'Boss'), tuple(made[name] for name in ('key', 'kind', 'number', 'reason', 'created_by')))
        self.assertEqual([('size', 60, False), ('risk', 40, True)], parts(made, 'factors', 'key', 'weight', 'is_inverse'))
        self.assertEqual((2, 1), (self.model('value')['number'], self.model('value', number=1)['number']))
        after = self.assess({'size': 5, 'risk': 5}, model_key='value', opportunity_id=opportunity)
        self.assertEqual((2, 50.0, 'A', before['id'], 60.0, -10.0), tuple(after[name] for name in ('model_number', 'total', 'grade', 'previous_id', 'previous_total', 'difference')))
        shown = self.call('ann').read('ScoringService/GetAssessment', {'id': before['id']})['.']
        self.assertEqual((1, 60.0, 'B', 8), (shown['model_number'], shown['total'], shown['grade'], len(shown['scores[].factor_key'])))
        self.refused('ABORTED', 'VERSION_CONFLICT', self.set_model, key='value', kind=None, replaces=1)

    def test_a_model_of_ones_own(self):
        self.set_model()
        self.assertEqual('D', self.value(self.add_opportunity(), 0)['grade'])
        self.assertEqual((60.0, 'A'), tuple(self.assess({'size': 10, 'risk': 10}, model_key='mine', opportunity_id=self.add_opportunity())[name] for name in ('total', 'grade')))
        self.refused('FAILED_PRECONDITION', 'MODEL_KIND_FIXED', self.set_model, kind='credit')
        self.refused('INVALID_ARGUMENT', 'FIELD_REQUIRED', self.set_model, key='other', kind=None)

    def test_what_is_no_model(self):
        grades = [{'grade': 'A', 'least': 50}, {'grade': 'B', 'least': 0}]
        for reason, fields in (('WEIGHTS_NOT_100', {'factors': [self.factor('size', 60), self.factor('risk', 39)]}),
                               ('WEIGHTS_NOT_100', {'factors': []}),
                               ('FACTOR_KEY_FORM', {'factors': [self.factor('size', 60), self.factor('size', 40)]}),
                               ('FACTOR_KEY_FORM', {'factors': [self.factor('Size!', 100)]}),
                               ('MODEL_KEY_FORM', {'key': 'not a key'}),
                               ('GRADE_FORM', {'grades': [*grades[:1], *grades]}),
                               ('GRADE_FORM', {'grades': [{'grade': 'good', 'least': 50}, *grades[1:]]}),
                               ('GRADES_NOT_FALLING', {'grades': grades[:1]}),
                               ('GRADES_NOT_FALLING', {'grades': grades[::-1]}),
                               ('GRADES_NOT_FALLING', {'grades': [grades[0], {'grade': 'B', 'least': 50}]}),
                               ('GRADES_NOT_FALLING', {'grades': [grades[0], {'grade': 'B', 'least': 1}]})):
            with self.subTest(reason=reason, **fields):
                self.refused('INVALID_ARGUMENT', reason, self.set_model, **fields)
        self.assertEqual([(6,)], self.query('select count(*) from scoring_model_version'))

    def test_only_managers_of_the_root_team_make_versions(self):
        self.refused('PERMISSION_DENIED', 'ROLE', self.set_model, login='ann')
        self.refused('PERMISSION_DENIED', 'NOT_ROOT_MANAGER', self.set_model, login='north')


class AssessmentTest(Scoring):
    def setUp(self):
        super().setUp()
        self.pumps = self.add_opportunity()

    def get(self, assessment_id, login='ann'):
        return self.call(login).read('ScoringService/GetAssessment', {'id': assessment_id})['.']

    def test_an_assessment(self):
        made = self.assess({'share_after_closing': 9, 'our_benefit': 8, 'closing_probability': 7, 'time_and_expense': 3, 'closing_risk': 2, 'payment_risk': 1, 'our_ability': 9,
                            'technical_difficulty': 5}, model_key='value', opportunity_id=self.pumps, note='close race', notes={'closing_risk': 'Bolt is cheap'},
                           expected_expenses={'currency_code': 'CNY', 'minor_units': 500000}, obstacles='their buyer', steps=[
                               {'action': 'Show the plant', 'people': 'Ann', 'support': 'a bus', 'by_on': '2026-12-01'}, {'action': 'Quote'}])
        # 18 + 16 + 10.5 + 7 + 8 + 9 + 9 + 2.5
        self.assertEqual(('value', 1, 'value', 80.0, 'A', 'Acme', 'Pumps', 'Ann', self.today(), None, None),
                         tuple(made[name] for name in ('model_key', 'model_number', 'kind', 'total', 'grade', 'account_name', 'opportunity_name', 'assessed_by', 'assessed_on',
                                                       'previous_id', 'difference')))
        shown = self.get(made['id'])
        self.assertEqual([('Show the plant', 'Ann', 'a bus', datetime.date(2026, 12, 1)), ('Quote', '', '', None)], parts(shown, 'steps', 'action', 'people', 'support', 'by_on'))
        self.assertEqual([18, 16, 10.5, 7, 8, 9, 9, 2.5], shown['scores[].points'])
        self.assertEqual(('closing_risk', 2, 'Bolt is cheap', 'Closing risk', '成交风险', 10, True, None),
                         parts(shown, 'scores', 'factor_key', 'score', 'note', 'name_en', 'name_zh', 'weight', 'is_inverse', 'previous_score')[4])
        self.assertEqual(('close race', 'their buyer', 'CNY', 500000),
                         tuple(shown[name] for name in ('note', 'obstacles', 'expected_expenses.currency_code', 'expected_expenses.minor_units')))
        # Money is guarded in the log, everything else is in it.
        entry, = [row for row in self.changes(made['id']) if row['entity'] == 'assessment']
        self.assertIn('total', entry['fields[].field'])
        self.assertEqual([('500000',)], self.query("select guarded_new_values ->> 'expected_expenses_minor_units' from change where record_id = %s and entity = 'assessment'", made['id']))

    def test_grades_at_the_thresholds(self):
        """To the tenth, in models whose weights can make it."""
        weights = list(VALUE)
        for wanted, grade in ((80, 'A'), (79.5, 'B'), (60, 'B'), (59.5, 'C'), (40, 'C'), (39.5, 'D'), (100, 'A'), (0, 'D')):
            good = dict.fromkeys(weights, 0)
            left = round(wanted * 10)
            for key in weights:     # the heaviest first, and half points from the last one
                good[key] = min(10, left // VALUE[key])
                left -= good[key] * VALUE[key]
            self.assertEqual(0, left)
            made = self.assess({key: 10 - score if key in INVERSE else score for key, score in good.items()}, model_key='value', opportunity_id=self.pumps)
            self.assertEqual((wanted, grade), (made['total'], made['grade']))
        for score, grade in ((9, 'A1'), (8, 'A2'), (7, 'A3'), (6, 'B1'), (5, 'B2'), (4, 'C1'), (3, 'C2')):
            self.assertEqual((score * 10, grade), tuple(self.contribution(score)[name] for name in ('total', 'grade')))
        below = level(CONTRIBUTION, 9)
        below['referrals'] = 8
        self.assertEqual((89.5, 'A2'), tuple(self.assess(below, model_key='contribution', account_id=self.acme)[name] for name in ('total', 'grade')))

    def test_totals_are_those_of_another_program(self):
        dice = random.Random(4)
        for _ in range(25):
            scores = {key: dice.randint(0, 10) for key in dice.sample(list(VALUE), len(VALUE))}
            wanted = sum(VALUE[key] * (10 - score if key in INVERSE else score) for key, score in scores.items()) / 10
            made = self.assess(scores, model_key='value', opportunity_id=self.pumps)
            self.assertEqual((wanted, 'A' if wanted >= 80 else 'B' if wanted >= 60 else 'C' if wanted >= 40 else 'D'), (made['total'], made['grade']))

    def test_over_time(self):
        other = self.add_opportunity(name='Valves')
        first = self.value(self.pumps, 4, assessed_on=self.today() - 60 * DAY)
        self.value(other, 9)
        third = self.value(self.pumps, 7)
        late = self.value(self.pumps, 5, assessed_on=self.today() - 30 * DAY)      # written down later
        listed = self.call('ann').read('ScoringService/ListAssessments', {'opportunity_id': self.pumps})['assessments']
        self.assertEqual([(third['id'], 70.0, 50.0, 20.0), (late['id'], 50.0, 40.0, 10.0), (first['id'], 40.0, None, None)],
                         [tuple(row[name] for name in ('id', 'total', 'previous_total', 'difference')) for row in listed])
        self.assertEqual([5] * 4, [score for key, score in parts(self.get(third['id']), 'scores', 'factor_key', 'previous_score') if key not in INVERSE])
        self.assertEqual(4, len(self.call('ann').read('ScoringService/ListAssessments', {'account_id': self.acme})['assessments']))
        self.contribution()
        of_account = self.call('ann').read('ScoringService/ListAssessments', {'account_id': self.acme, 'model_key': 'contribution'})['assessments']
        self.assertEqual(['contribution'], [row['model_key'] for row in of_account])

    def test_pages(self):
        made = [self.value(self.pumps, score)['id'] for score in range(7)]
        for request in ({'opportunity_id': self.pumps}, {'account_id': self.acme}):
            page, seen = None, []
            for _ in range(3):
                answer = self.call('ann').read('ScoringService/ListAssessments', request, page=page, page_size=3)
                seen += [row['id'] for row in answer['assessments']]
                page = answer['next']
            self.assertIsNone(page)
            self.assertEqual(made[::-1], seen)

    def test_what_is_no_assessment(self):
        scores = level(VALUE, 5)
        for reason, request in (('SCORE_MISSING', {'scores': dict(list(scores.items())[1:])}), ('SCORE_MISSING', {'scores': {}}),
                                ('SCORE_MISSING', {'scores': {**scores, 'our_benefit': None}}),
                                ('SCORE_UNKNOWN', {'scores': {**scores, 'character': 1}}),
                                ('DATE_IN_FUTURE', {'assessed_on': self.today() + DAY}),
                                ('OPPORTUNITY_REQUIRED', {'opportunity_id': None, 'account_id': self.acme}),
                                ('ACCOUNT_REQUIRED', {'model_key': 'contribution', 'scores': level(CONTRIBUTION, 5)})):
            with self.subTest(reason=reason, **request):
                self.refused('INVALID_ARGUMENT', reason, lambda: self.assess(**{'scores': scores, 'model_key': 'value', 'opportunity_id': self.pumps, **request}))
        self.refused('NOT_FOUND', 'MODEL_NOT_FOUND', self.assess, scores, model_key='gut feeling', opportunity_id=self.pumps)
        for score in (-1, 11):
            self.refused('INVALID_ARGUMENT', 'assessment_score_range', self.assess, {**scores, 'our_benefit': score}, model_key='value', opportunity_id=self.pumps)
        twice = [{'factor_key': key, 'score': 1} for key in (*scores, 'our_benefit')]
        self.refused('INVALID_ARGUMENT', 'SCORE_UNKNOWN', self.call('ann').write, 'ScoringService/RecordAssessment',
                     {'assessment': {'model_key': 'value', 'opportunity_id': self.pumps, 'scores': twice}})
        self.query("update opportunity set state = 'lost', lost_reason = 'price', close_time = now()")
        self.refused('FAILED_PRECONDITION', 'OPPORTUNITY_CLOSED', self.value, self.pumps)
        self.assertEqual([(0,)], self.query('select count(*) from assessment'))

    def test_reach(self):
        made = self.value(self.pumps)
        for login in ('sue', 'bob', 'south'):
            self.refused('NOT_FOUND', 'NOT_FOUND', self.value, self.pumps, login=login)
            self.refused('NOT_FOUND', 'NOT_FOUND', self.contribution, login=login)
            self.refused('NOT_FOUND', 'NOT_FOUND', self.get, made['id'], login=login)
            self.assertEqual([], self.call(login).read('ScoringService/ListAssessments', {'account_id': self.acme})['assessments'])
            self.refused('NOT_FOUND', 'NOT_FOUND', self.call(login).read, 'ScoringService/GetScoringSheet', {'model_key': 'contribution', 'account_id': self.acme})
        self.assertEqual(made['total'], self.get(made['id'], login='north')['total'])
        # Nobody changes one, whatever they reach.
        for statement in ("update assessment set total = 100", "insert into assessment_score values (default, default, 'x', 1)", 'delete from assessment'):
            with self.call('ann').connection.cursor() as cursor:
                self.assertRaisesRegex(Exception, 'permission denied', cursor.execute, statement)
            self.call('ann').connection.rollback()

    def test_at_least_a_grade(self):
        version, = self.query('select newest_scoring_version(%s)', 'contribution')[0]
        grades = ['A1', 'A2', 'A3', 'B1', 'B2', 'C1', 'C2']
        for number, grade in enumerate(grades):
            for other, wanted in enumerate(grades):
                self.assertEqual(number <= other, self.query('select is_grade_at_least(%s, %s, %s)', version, grade, wanted)[0][0])
        self.assertEqual(False, self.query('select is_grade_at_least(%s, %s, %s)', version, 'A1', 'X')[0][0])

    def test_a_merge_takes_them_along(self):
        made = self.value(self.pumps)
        credit = self.credit()
        other = self.add_account('ann', 'Other')['id']
        version, = self.query('select version from account where id = %s', self.acme)[0]
        survivor, = self.query('select version from account where id = %s', other)[0]
        self.query('select 1')
        self.call('boss').write('AccountMergeService/MergeAccounts', {'survivor_id': other, 'merged_id': self.acme, 'survivor_version': survivor, 'merged_version': version,
                                                                     'reason': 'one'})
        for assessment in (made, credit):
            self.assertEqual(other, self.get(assessment['id'])['account_id'])
        self.assertEqual([(0,)], self.query('select count(*) from assessment_score where account_id <> %s', other))


class SheetTest(Scoring):
    def sheet(self, login='ann', **request):
        answer = self.call(login).read('ScoringService/GetScoringSheet', request)
        return answer['.'], {row['key']: row for row in answer['factors']}

    def test_what_was_scored_last_is_there(self):
        pumps = self.add_opportunity()
        head, factors = self.sheet(model_key='value', opportunity_id=pumps)
        self.assertEqual(('value', 1, 'Acme', None), tuple(head[name] for name in ('model_key', 'model_number', 'account_name', 'last_on')))
        self.assertEqual((list(VALUE), {None}, {None}), (list(factors), {row['last_score'] for row in factors.values()}, {row['proposed_score'] for row in factors.values()}))
        self.value(pumps, 7)
        head, factors = self.sheet(model_key='value', opportunity_id=pumps)
        self.assertEqual((self.today(), 'B', 7, 3), (head['last_on'], head['last_grade'], factors['our_benefit']['last_score'], factors['closing_risk']['last_score']))
        self.refused('NOT_FOUND', 'NOT_FOUND', self.sheet, model_key='value', account_id=self.acme)
        self.refused('NOT_FOUND', 'NOT_FOUND', self.sheet, model_key='6c', opportunity_id=pumps)

    def test_what_the_records_say(self):
        """Against ranks and ratios computed here."""
        year = self.today().year
        self.set_rate('USD', '7')
        accounts = [self.acme, *(self.add_account('sue', f'Firm {n}')['id'] for n in range(4))]
        for n, account in enumerate(accounts):
            self.set_figures(account, year - 1, (n + 1) * 100000, share=5000, login='ann' if n == 0 else 'boss')
        self.set_figures(self.acme, year - 4, 100000000)
        self.set_figures(accounts[1], year - 2, 90000000, currency='USD', login='boss')
        self.query("update account_figures set our_share = 2000 where account_id = %s and year = %s", self.acme, year - 1)
        self.log_activity('ann', self.acme, cost={'currency_code': 'CNY', 'minor_units': 600}, time=self.query("select now() - interval '3 months'")[0][0])
        self.log_activity('ann', self.acme, cost={'currency_code': 'CNY', 'minor_units': 90000}, time=self.query("select now() - interval '3 years 2 days'")[0][0])
        _, factors = self.sheet(model_key='contribution', account_id=self.acme)
        self.assertEqual({'yearly_purchases': (0, 'purchases_rank'), 'historical_contribution': (8, 'history_rank'), 'contact_cost': (3, 'contact_cost'),
                          'years_together': (3, 'years_together'), 'potential': (8, 'share_left')},
                         {key: (row['proposed_score'], row['basis']) for key, row in factors.items() if row['basis']})
        _, factors = self.sheet(login='sue', model_key='contribution', account_id=accounts[4])
        self.assertEqual((10, 5, 0, None), tuple(factors[key]['proposed_score'] for key in ('yearly_purchases', 'potential', 'contact_cost', 'years_together')))

    def test_years_and_months_are_those_of_the_company(self):
        """Late in the evening of a day two years ago: the next day already where the server counts."""
        self.query("update company set time_zone = 'America/Los_Angeles'")
        self.set_figures(self.acme, self.today().year, 10000)
        evening = "select ((today() - interval %s)::date + time '20:00') at time zone 'America/Los_Angeles'"
        self.log_activity('ann', self.acme, time=self.query(evening, '2 years')[0][0])
        self.log_activity('ann', self.acme, cost={'currency_code': 'CNY', 'minor_units': 1000}, time=self.query(evening, '1 year 1 day')[0][0])
        _, factors = self.sheet(model_key='contribution', account_id=self.acme)
        self.assertEqual((2, 0), tuple(factors[key]['proposed_score'] for key in ('years_together', 'contact_cost')))
        self.log_activity('ann', self.acme, cost={'currency_code': 'CNY', 'minor_units': 1000},
                          time=self.query("select (today() - interval '1 year')::date::timestamp at time zone 'America/Los_Angeles'")[0][0])
        _, factors = self.sheet(model_key='contribution', account_id=self.acme)
        self.assertEqual(10, factors['contact_cost']['proposed_score'], 'of the whole day a year ago')


class AssessmentRaceTest(Scoring, Race):
    def request(self, opportunity_id):
        return 'ScoringService/RecordAssessment', {'assessment': {'model_key': 'value', 'opportunity_id': opportunity_id, 'scores': [
            {'factor_key': key, 'score': score} for key, score in level(VALUE, 5).items()]}}

    def test_an_account_given_away_while_it_is_assessed(self):
        pumps = self.add_opportunity()
        version, = self.query('select version from account where id = %s', self.acme)[0]
        boss = self.call('boss')
        self.race(lambda: boss.write('AccountService/ReassignAccount', {'id': self.acme, 'version': version, 'owner_id': self.users['sue'], 'reason': 'x'}, keep_open=True),
                  boss.connection.commit, lambda: self.call('ann').write(*self.request(pumps)))
        # It was asked for while the account was hers, and waited.
        self.assertTrue(self.has_waited)
        self.assertEqual([('Sue',)], self.query('select u.name from account a join app_user u on u.id = a.owner_id where a.id = %s', self.acme))


if __name__ == '__main__':
    unittest.main()
