#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Grades of accounts: suggested by assessments and by people, confirmed or returned by a manager who did not suggest them, and what then holds."""
import datetime
import unittest

from race_test import Race
from scoring_stage import Scoring

DAY = datetime.timedelta(days=1)


class Grades(Scoring):
    def setUp(self):
        super().setUp()
        self.pumps = self.add_opportunity()

    def open(self, login='boss', **request):
        return self.call(login).read('GradeService/ListGrades', request)['grades']

    def suggested(self, kind='potential'):
        row, = [row for row in self.open() if row['kind'] == kind]
        return row

    def suggest(self, login='ann', kind='potential', **fields):
        return self.call(login).write('GradeService/SuggestGrade', {'grade': {'account_id': self.acme, 'kind': kind, **fields}})

    def decide(self, verb, grade, login='north', **fields):
        return self.call(login).write(f'GradeService/{verb}Grade', {'id': grade['id'], 'version': grade['version'], **fields})

    def confirm(self, grade, login='north', **fields):
        return self.decide('Confirm', grade, login, **fields)

    def give_back(self, grade, login='north', reason='no'):
        return self.decide('Return', grade, login, reason=reason)

    def account(self, login='ann'):
        return self.call(login).read('AccountService/GetAccount', {'id': self.acme})['.']


class GradeTest(Grades):
    def test_an_assessment_suggests_and_a_manager_confirms(self):
        assessment = self.value(self.pumps, 8)
        grade = self.suggested()
        self.assertEqual(('Acme', 'potential', 'A', None, 80.0, assessment['id'], 'suggested', 'Ann'),
                         tuple(grade[name] for name in ('account_name', 'kind', 'grade', 'present_grade', 'total', 'assessment_id', 'state', 'suggested_by')))
        self.assertIsNone(self.account()['potential_grade'])
        confirmed = self.confirm(grade)
        self.assertEqual(('confirmed', 'North', 'A'), tuple(confirmed[name] for name in ('state', 'decided_by', 'present_grade')))
        account = self.account()
        self.assertEqual(('A', None, None), tuple(account[name] for name in ('potential_grade', 'contribution_grade', 'credit_grade')))
        self.assertEqual(self.query("select (today() + interval '6 months')::date")[0][0], account['grade_review_on'])
        self.assertEqual([], self.open())
        # The account's history says who and when.
        self.assertIn('potential_grade', [field for row in self.changes(self.acme) for field in row['fields[].field']])

    def test_what_holds_already_is_not_suggested_again(self):
        self.value(self.pumps, 8)
        self.confirm(self.suggested())
        self.value(self.pumps, 9)
        self.assertEqual([], self.open())
        self.value(self.pumps, 5)
        self.assertEqual(('C', 'A'), tuple(self.suggested()[name] for name in ('grade', 'present_grade')))
        # Back to A before anybody decided: nothing is open.
        self.value(self.pumps, 8)
        self.assertEqual([], self.open())
        # But when the review is due it is.
        self.query('alter table account_grade disable trigger user')
        self.query("update account_grade set review_on = today() where state = 'confirmed'")
        self.query('alter table account_grade enable trigger user')
        self.value(self.pumps, 8)
        self.assertEqual('A', self.suggested()['grade'])

    def test_an_older_assessment_suggests_nothing(self):
        self.value(self.pumps, 8)
        self.value(self.pumps, 2, assessed_on=self.today() - DAY)
        self.assertEqual('A', self.suggested()['grade'])
        other = self.add_opportunity(name='Valves')
        self.value(other, 5)
        self.assertEqual('C', self.suggested()['grade'])

    def test_dealer_models_suggest_no_grade(self):
        factors = self.call('ann').read('ScoringService/GetScoringModel', {'key': 'dealer'})['.']['factors[].key']
        self.assess(dict.fromkeys(factors, 7), model_key='dealer', opportunity_id=self.pumps)
        self.assertEqual([], self.open())

    def test_contribution(self):
        self.contribution(9)
        self.assertEqual('A1', self.confirm(self.suggested('contribution'))['present_grade'])
        self.assertEqual(('A1', self.query("select (today() + interval '1 year')::date")[0][0]), tuple(self.account()[name] for name in ('contribution_grade', 'grade_review_on')))

    def test_credit_has_a_limit_and_terms(self):
        self.set_rate('USD', '7')
        self.set_figures(self.acme, self.today().year, 100000000, share=5000, currency='USD')
        self.credit(8, model_key='6c')
        grade = self.suggested('credit')
        # A quarter of half a million dollars at 7.
        self.assertEqual(('A', 'CNY', 87500000, 60), tuple(grade[name] for name in ('grade', 'credit_limit.currency_code', 'credit_limit.minor_units', 'terms_days')))
        self.confirm(grade)
        self.assertEqual(('A', 'CNY', 87500000, 60), tuple(self.account()[name] for name in ('credit_grade', 'credit_limit.currency_code', 'credit_limit.minor_units', 'credit_terms_days')))
        # Guarded in the log.
        for entity in ('account', 'account_grade'):
            self.assertEqual([(0,)], self.query("select count(*) from change where entity = %s and (new_values::text ~ 'limit_minor')", entity))
        self.refused('INVALID_ARGUMENT', 'REASON_REQUIRED', self.suggest, kind='credit', terms_days=90)
        other = self.suggest(kind='credit', terms_days=90, credit_limit={'currency_code': 'JPY', 'minor_units': 5000000}, reason='guaranteed by their bank')
        self.assertEqual(('A', 'JPY', 5000000, 90), tuple(other[name] for name in ('grade', 'credit_limit.currency_code', 'credit_limit.minor_units', 'terms_days')))
        self.credit(2, model_key='6c')
        self.assertEqual(('D', 0, 0), tuple(self.suggested('credit')[name] for name in ('grade', 'credit_limit.minor_units', 'terms_days')))
        self.refused('INVALID_ARGUMENT', 'CREDIT_ONLY', lambda: self.suggest(grade='A', terms_days=3, reason='x'))
        self.refused('INVALID_ARGUMENT', 'LIMIT_RANGE', lambda: self.suggest(kind='credit', grade='A', credit_limit={'currency_code': 'CNY', 'minor_units': -1}, reason='x'))

    def test_the_same_credit_grade_with_another_limit_is_suggested(self):
        self.set_figures(self.acme, self.today().year, 1000000)
        self.credit(8)
        self.confirm(self.suggested('credit'))
        self.credit(9)
        self.assertEqual([], self.open(), 'it holds with this limit and these terms')
        self.query('update account_figures set purchases_minor_units = 2000000')
        self.credit(8)
        self.assertEqual(('A', 'A', 500000), tuple(self.suggested('credit')[name] for name in ('grade', 'present_grade', 'credit_limit.minor_units')))
        self.confirm(self.suggested('credit'))
        self.assertEqual(500000, self.account()['credit_limit.minor_units'])

    def test_without_figures_there_is_no_limit(self):
        self.credit(8)
        self.assertEqual(('A', None, 60), tuple(self.suggested('credit')[name] for name in ('grade', 'credit_limit.minor_units', 'terms_days')))
        self.confirm(self.suggested('credit'))
        self.assertIsNone(self.account()['credit_limit.minor_units'])

    def test_a_person_suggests_with_a_reason(self):
        self.refused('FAILED_PRECONDITION', 'NO_ASSESSMENT', self.suggest)
        self.refused('INVALID_ARGUMENT', 'REASON_REQUIRED', self.suggest, grade='A')
        self.refused('INVALID_ARGUMENT', 'REASON_REQUIRED', lambda: self.suggest(grade='A', reason=' \u200b'))
        self.refused('INVALID_ARGUMENT', 'GRADE_UNKNOWN', lambda: self.suggest(grade='A1', reason='x'))
        made = self.suggest(grade='B', reason='new plant')
        self.assertEqual(('B', None, 'new plant'), (made['grade'], made['assessment_id'], made['reason']))
        assessment = self.value(self.pumps, 8)
        self.assertEqual('A', self.suggested()['grade'])
        self.assertEqual(['suggested', 'replaced'], [row['state'] for row in self.open('ann', account_id=self.acme)])
        self.assertEqual(assessment['id'], self.suggest()['assessment_id'])

    def test_nor_through_somebody_elses_hand(self):
        """The manager's own assessment, put forward by a rep."""
        self.value(self.pumps, 8, login='north')
        self.suggest('ann')
        self.refused('FAILED_PRECONDITION', 'OWN_SUGGESTION', self.confirm, self.suggested(), 'north')
        self.confirm(self.suggested(), 'boss')

    def test_a_retired_account_is_not_graded(self):
        self.value(self.pumps, 8)
        grade = self.suggested()
        version, = self.query('select version from account where id = %s', self.acme)[0]
        self.call('ann').write('AccountService/RetireAccount', {'id': self.acme, 'version': version, 'reason': 'gone'})
        self.refused('FAILED_PRECONDITION', 'ACCOUNT_RETIRED', self.confirm, grade)

    def test_two_accounts_with_suggestions_become_one(self):
        self.value(self.pumps, 8)
        twin = self.add_account('ann', 'Twin')['id']
        self.value(self.add_opportunity(twin), 5)
        self.merge(self.acme, twin)
        self.assertEqual(('A', self.acme), tuple(self.suggested()[name] for name in ('grade', 'account_id')))
        self.confirm(self.suggested())

    def merge(self, survivor, merged):
        versions = dict(self.query('select id, version from account'))
        return self.call('north').write('AccountMergeService/MergeAccounts', {'survivor_id': survivor, 'survivor_version': versions[survivor], 'merged_id': merged,
                                                                              'merged_version': versions[merged], 'reason': 'the same'})

    def undo(self, merged):
        return self.call('north').write('AccountMergeService/UndoMerge', {'merged_id': merged, 'reason': 'they are two'})

    def held(self, account_id):
        """The grades of the account, and all that was suggested and decided."""
        return self.query('''select potential_grade, contribution_grade, credit_grade, credit_limit_currency_code, credit_limit_minor_units, credit_terms_days, grade_review_on
                               from account where id = %s''', account_id)[0], self.query(
            'select id, kind, grade, state, decided_by, review_on from account_grade where account_id = %s order by id', account_id)

    def graded_twins(self):
        """Acme holds potential C, its twin potential A from later, a credit grade with a limit, and a suggestion of each kind waits at the twin."""
        twin = self.add_account('ann', 'Twin')['id']
        self.suggest(grade='C', reason='x')
        self.confirm(self.suggested(), review_on=self.today() + 300 * DAY)
        self.suggest(account_id=twin, grade='A', reason='x')
        self.confirm(self.suggested(), review_on=self.today() + 10 * DAY)
        self.suggest(account_id=twin, kind='credit', grade='B', credit_limit={'currency_code': 'CNY', 'minor_units': 700}, terms_days=20, reason='x')
        self.confirm(self.suggested('credit'), review_on=self.today() + 90 * DAY)
        self.suggest(grade='B', reason='waits')
        for kind, grade in (('potential', 'D'), ('credit', 'C')):
            self.suggest(account_id=twin, kind=kind, grade=grade, reason='waits')
        return twin

    def test_what_holds_after_a_merge(self):
        """The survivor's own grade; of a kind that it has none of, that of the other one."""
        twin = self.graded_twins()
        before = self.held(self.acme), self.held(twin)
        preview = self.call('north').read('AccountMergeService/PreviewMerge', {'survivor_id': self.acme, 'merged_id': twin})['.']
        self.assertEqual(preview['filled_fields'], self.merge(self.acme, twin)['filled_fields'])
        self.assertEqual({'credit_grade', 'credit_limit_currency_code', 'credit_limit_minor_units', 'credit_terms_days', 'other_names'}, set(preview['filled_fields']))
        self.assertEqual(('C', None, 'B', 'CNY', 700, 20, self.today() + 90 * DAY), self.held(self.acme)[0])
        # What was decided of the other one is history, and hinders no suggestion.
        self.assertEqual([('A', 'replaced', 'North'), ('C', 'confirmed', 'North')], sorted(
            (row['grade'], row['state'], row['decided_by']) for row in self.open('ann', account_id=self.acme, kind='potential') if row['decided_by']))
        self.value(self.pumps, 8)
        self.assertEqual(('A', 'C'), tuple(self.suggested()[name] for name in ('grade', 'present_grade')))
        self.value(self.pumps, 5)
        self.assertEqual(['credit'], [row['kind'] for row in self.open()], 'C holds')
        self.undo(twin)
        self.assertEqual(before[1], self.held(twin))
        self.assertEqual(before[0][0], self.held(self.acme)[0])
        self.assertEqual([('A', 'replaced'), ('B', 'replaced'), ('C', 'confirmed')], sorted(row[2:4] for row in self.held(self.acme)[1]))

    def test_a_merge_and_its_undo_leave_grades_as_they_were(self):
        twin = self.graded_twins()
        before = self.held(self.acme), self.held(twin)
        self.merge(self.acme, twin)
        self.undo(twin)
        self.assertEqual(before, (self.held(self.acme), self.held(twin)))
        self.merge(twin, self.acme)
        self.assertEqual(before[1][0], self.held(twin)[0])
        third = self.add_account('ann', 'Third')['id']
        self.merge(third, twin)
        self.assertEqual(before[1][0], self.held(third)[0])
        self.undo(twin)
        self.undo(self.acme)
        self.assertEqual((before, ((None,) * 7, [])), ((self.held(self.acme), self.held(twin)), self.held(third)))

    def test_what_is_decided_between_a_merge_and_its_undo(self):
        """A grade goes where its suggestion goes."""
        twin = self.graded_twins()
        own = self.held(self.acme)[0]
        self.merge(self.acme, twin)
        self.confirm(self.suggested('credit'), review_on=self.today() + 50 * DAY)
        self.confirm(self.suggested(), review_on=self.today() + 40 * DAY)
        self.assertEqual(('B', 'C', self.today() + 40 * DAY), tuple(self.account()[name] for name in ('potential_grade', 'credit_grade', 'grade_review_on')))
        self.undo(twin)
        self.assertEqual(('B', None, None, None, None, None, self.today() + 40 * DAY), self.held(self.acme)[0])
        self.assertEqual(('A', None, 'C', self.today() + 10 * DAY), tuple(self.held(twin)[0][at] for at in (0, 1, 2, 6)))
        self.assertEqual('C', own[0])

    def test_nobody_decides_their_own(self):
        self.value(self.pumps, 8, login='north')
        grade = self.suggested()
        self.refused('FAILED_PRECONDITION', 'OWN_SUGGESTION', self.confirm, grade, 'north')
        self.refused('FAILED_PRECONDITION', 'OWN_SUGGESTION', self.give_back, grade, 'north')
        self.assertEqual('confirmed', self.confirm(grade, 'boss')['state'])

    def test_who_decides(self):
        self.value(self.pumps, 8)
        grade = self.suggested()
        self.refused('PERMISSION_DENIED', 'ROLE', self.confirm, grade, 'ann')
        self.refused('NOT_FOUND', 'NOT_FOUND', self.confirm, grade, 'south')
        self.refused('NOT_FOUND', 'NOT_FOUND', self.give_back, grade, 'south')
        self.refused('NOT_FOUND', 'NOT_FOUND', lambda: self.suggest('sue', grade='A', reason='x'))
        self.assertEqual([], self.open('south'))
        self.assertEqual([], self.open('sue', account_id=self.acme))
        self.refused('PERMISSION_DENIED', 'ROLE', self.open, 'desk')
        self.refused('ABORTED', 'VERSION_CONFLICT', self.confirm, {**grade, 'version': 7})
        self.refused('INVALID_ARGUMENT', 'REASON_REQUIRED', lambda: self.give_back(grade, reason=' \u200b'))
        returned = self.give_back(grade, reason='the share is a hope')
        self.assertEqual(('returned', 'the share is a hope', None), tuple(returned[name] for name in ('state', 'decision_reason', 'present_grade')))
        self.refused('FAILED_PRECONDITION', 'GRADE_DECIDED', self.confirm, returned)
        self.assertIsNone(self.account()['potential_grade'])
        # Nobody sets it by hand.
        with self.call('north').connection.cursor() as cursor:
            self.assertRaisesRegex(Exception, 'permission denied', cursor.execute, "update account set potential_grade = 'A'")
        self.call('north').connection.rollback()

    def test_reviews(self):
        self.value(self.pumps, 8)
        self.refused('INVALID_ARGUMENT', 'REVIEW_DATE_RANGE', self.confirm, self.suggested(), review_on=self.today())
        self.confirm(self.suggested(), review_on=self.today() + 10 * DAY)
        self.contribution(6)
        self.confirm(self.suggested('contribution'), review_on=self.today() + 5 * DAY)
        self.assertEqual([], self.call('ann').read('GradeService/ListGradeReviews', {})['reviews'])
        review, = self.call('ann').read('GradeService/ListGradeReviews', {'until': self.today() + 5 * DAY})['reviews']
        self.assertEqual(('Acme', 'A', 'B1', self.today() + 5 * DAY), tuple(review[name] for name in ('account_name', 'potential_grade', 'contribution_grade', 'review_on')))
        self.assertEqual(1, len(self.call('north').read('GradeService/ListGradeReviews', {'owner_id': self.users['ann'], 'until': '2100-01-01'})['reviews']))
        self.assertEqual([], self.call('south').read('GradeService/ListGradeReviews', {'owner_id': self.users['ann'], 'until': '2100-01-01'})['reviews'])
        # The sooner of the two that hold.
        self.suggest(kind='contribution', grade='C1', reason='x')
        self.confirm(self.suggested('contribution'), review_on=self.today() + 50 * DAY)
        self.assertEqual(self.today() + 10 * DAY, self.account()['grade_review_on'])

    def test_pages(self):
        made = [self.suggest(grade='ABCD'[n % 4], reason='x')['id'] for n in range(5)]
        page, seen = None, []
        for _ in range(3):
            answer = self.call('ann').read('GradeService/ListGrades', {'account_id': self.acme}, page=page, page_size=2)
            seen += [row['id'] for row in answer['grades']]
            page = answer['next']
        self.assertEqual((made[::-1], None), (seen, page))
        self.assertEqual(made[-1:], [row['id'] for row in self.open('ann')])


class DeciderTest(Grades):
    """By whom: a manager of the account's team or above; whoever brings a manager in as a member has not chosen who confirms."""

    def waiting(self, login):
        return [row['id'] for row in self.call(login).read('OverviewService/GetToday', {})['grades']]

    def own(self, owner):
        """The account is this one's, and ann works on it."""
        version, = self.query('select version from account where id = %s', self.acme)[0]
        self.call('boss').write('AccountService/ReassignAccount', {'id': self.acme, 'version': version, 'owner_id': self.users[owner], 'reason': 'x'})
        if ('ann',) not in self.query('select u.login from account_reach r join app_user u on u.id = r.user_id where r.account_id = %s', self.acme):
            self.call('boss').write('AccountService/AddAccountMember', {'id': self.acme, 'user_id': self.users['ann']})

    def hand_over(self, login, to):
        self.call(login).write('DelegationService/CreateDelegation', {'delegation': {
            'to_user_id': self.users[to], 'starts_on': str(self.today()), 'ends_on': str(self.today() + 5 * DAY)}})

    def kept_out(self, reason, grade, login):
        self.refused('PERMISSION_DENIED', reason, self.confirm, grade, login)
        self.refused('PERMISSION_DENIED', reason, self.give_back, grade, login)
        self.assertEqual([], self.waiting(login))

    def test_a_member_does_not_decide(self):
        grade = self.suggest(kind='credit', grade='A', credit_limit={'currency_code': 'CNY', 'minor_units': 10**12}, reason='friends')
        self.call('ann').write('AccountService/AddAccountMember', {'id': self.acme, 'user_id': self.users['south']})
        self.assertEqual([grade['id']], [row['id'] for row in self.open('south')], 'it is read')
        self.kept_out('NOT_TEAM_MANAGER', grade, 'south')
        for login in ('north', 'boss'):
            self.assertEqual([grade['id']], self.waiting(login))
        self.assertEqual('confirmed', self.confirm(grade, 'north')['state'])
        self.assertEqual([], self.waiting('boss'))

    def test_nor_does_the_owner(self):
        self.own('north')
        grade = self.suggest(grade='A', reason='as I was told')
        self.kept_out('OWN_ACCOUNT', grade, 'north')
        self.assertEqual('confirmed', self.confirm(grade, 'boss')['state'])

    def test_a_stand_in_decides_as_the_other_would(self):
        self.hand_over('north', 'south')
        grade = self.suggest(grade='A', reason='x')
        self.assertEqual([grade['id']], self.waiting('south'))
        self.assertEqual('confirmed', self.confirm(grade, 'south')['state'])
        # Not for the owner, nor for who suggested it.
        grade = self.suggest('north', grade='B', reason='x')
        self.kept_out('STANDS_IN_FOR_OWN', grade, 'south')
        self.own('north')
        grade = self.suggest(grade='C', reason='x')
        self.kept_out('STANDS_IN_FOR_OWN', grade, 'south')
        # An owner does not become another one by standing in.
        self.own('south')
        self.hand_over('boss', 'south')
        self.kept_out('OWN_ACCOUNT', grade, 'south')

    def test_limits_and_terms_have_an_end(self):
        self.refused('INVALID_ARGUMENT', 'LIMIT_RANGE', lambda: self.suggest(kind='credit', grade='A', credit_limit={'currency_code': 'CNY', 'minor_units': 10**14 + 1}, reason='x'))
        self.refused('INVALID_ARGUMENT', 'account_grade_terms_range', lambda: self.suggest(kind='credit', grade='A', terms_days=721, reason='x'))
        made = self.suggest(kind='credit', grade='A', credit_limit={'currency_code': 'CNY', 'minor_units': 10**14}, terms_days=720, reason='x')
        self.assertEqual((10**14, 720), (made['credit_limit.minor_units'], made['terms_days']))
        # What a model gives for what they buy stays below as well.
        self.set_figures(self.acme, self.today().year, 10**15)
        self.credit(8)
        self.assertEqual(10**14, self.suggested('credit')['credit_limit.minor_units'])


class GradeRaceTest(Grades, Race):
    def request(self, verb, grade, **fields):
        return f'GradeService/{verb}Grade', {'id': grade['id'], 'version': grade['version'], **fields}

    def test_two_confirm_at_once(self):
        self.value(self.pumps, 8)
        grade = self.suggested()
        outcome = self.race_writes((self.call('boss'), *self.request('Confirm', grade)), (self.call('north'), *self.request('Confirm', grade)))
        self.assertEqual(('GRADE_DECIDED', True), (outcome, self.has_waited))
        self.assertEqual([('confirmed', 'Boss')], self.query('select g.state, u.name from account_grade g join app_user u on u.id = g.decided_by'))

    def test_one_confirms_and_one_returns_at_once(self):
        self.value(self.pumps, 8)
        grade = self.suggested()
        outcome = self.race_writes((self.call('boss'), *self.request('Return', grade, reason='x')), (self.call('north'), *self.request('Confirm', grade)))
        self.assertEqual(('GRADE_DECIDED', True), (outcome, self.has_waited))
        self.assertIsNone(self.account()['potential_grade'])

    def test_an_assessment_while_it_is_confirmed(self):
        """Whoever assesses waits, and suggests against what was confirmed."""
        self.value(self.pumps, 8)
        grade = self.suggested()
        caller = self.call('boss')
        self.race(lambda: caller.write(*self.request('Confirm', grade), keep_open=True), caller.connection.commit, lambda: self.value(self.pumps, 2))
        self.assertTrue(self.has_waited)
        self.assertEqual(('D', 'A'), tuple(self.suggested()[name] for name in ('grade', 'present_grade')))

    def test_the_account_is_given_away_while_it_is_confirmed(self):
        self.value(self.pumps, 8)
        grade = self.suggested()
        boss = self.call('boss')
        version, = self.query('select version from account where id = %s', self.acme)[0]
        outcome = self.race(lambda: boss.write('AccountService/ReassignAccount', {'id': self.acme, 'version': version, 'owner_id': self.users['sue'], 'reason': 'x'}, keep_open=True),
                            boss.connection.commit, lambda: self.confirm(grade, 'north'))
        self.assertEqual(('NOT_FOUND', True), (outcome, self.has_waited))


if __name__ == '__main__':
    unittest.main()
