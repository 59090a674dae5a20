#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Exit criteria as evidence: every kind of criterion turned from unmet to met and back by what people record, with the record that shows it."""
import datetime
import unittest

from evidence_stage import CHINA, DAY, EvidenceStage
from scoring_stage import VALUE, level
from stage import new_id


class EvidenceTest(EvidenceStage):
    # ---- activities ----

    def test_activity_done(self):
        opportunity = self.of('activity_done', kinds=['sample', 'quotation'])
        self.is_unmet(opportunity, 'ACTIVITIES_WANTED', count=1, kinds='sample, quotation')
        self.done('visit')
        self.done('sample', account=self.add_account('ann', 'Elsewhere')['id'])
        self.plan_activity('ann', self.acme, kind='sample')
        self.is_unmet(opportunity, 'ACTIVITIES_WANTED')
        sample = self.done('sample', days_ago=3, subject='Seals')
        row = self.is_met(opportunity, 'activity', sample, 'Seals')
        self.assertEqual(self.today - 3 * DAY, row['evidence_time'].astimezone(CHINA).date())
        newest = self.done('quotation', days_ago=2, subject='Offer')
        self.done('sample', days_ago=4)
        self.is_met(opportunity, 'activity', newest, 'Offer')
        self.correct(newest, 'visit')
        self.is_met(opportunity, 'activity', sample)

    def test_a_correction_takes_the_evidence_away_or_becomes_it(self):
        opportunity = self.of('activity_done', kinds=['sample'])
        corrected = self.correct(self.done('sample'), 'sample')
        self.is_met(opportunity, 'activity', corrected, 'Corrected')
        self.correct(corrected, 'call')
        self.is_unmet(opportunity, 'ACTIVITIES_WANTED')

    def test_a_cancelled_activity_is_none(self):
        opportunity = self.of('activity_done', kinds=['sample'])
        planned = self.plan_activity('ann', self.acme, kind='sample')['id']
        self.call('ann').write('ActivityService/CancelActivity', {'id': planned, 'version': 1, 'reason': 'no'})
        self.is_unmet(opportunity, 'ACTIVITIES_WANTED')

    def test_a_planned_activity_becomes_done(self):
        opportunity = self.of('activity_done', kinds=['sample'])
        planned = self.plan_activity('ann', self.acme, kind='sample', subject='Send it')['id']
        self.call('ann').write('ActivityService/CompleteActivity', {'id': planned, 'version': 1, 'time': datetime.datetime.now(CHINA).isoformat()})
        self.is_met(opportunity, 'activity', planned, 'Send it')

    def test_activities_are_counted(self):
        opportunity = self.of('activity_done', kinds=['visit', 'senior_meeting'], count=3)
        for kind, missing in (('visit', 2), ('senior_meeting', 1), ('call', 1)):
            self.done(kind)
            self.is_unmet(opportunity, 'ACTIVITIES_WANTED', count=missing)
        self.done('visit')
        self.is_met(opportunity)

    def test_activities_of_an_earlier_sale(self):
        contract = self.done('contract_signing', days_ago=3)
        opportunity = self.of('activity_done', kinds=['contract_signing'], since='opportunity')
        self.is_met(opportunity, 'activity', contract)
        self.call('ann').write('OpportunityService/LoseOpportunity', {'id': opportunity, 'version': self.version('opportunity', opportunity), 'lost_reason': 'price', 'note': 'x'})
        self.is_met(opportunity, 'activity', contract)
        later = self.of('activity_done', kinds=['contract_signing'], since='opportunity')
        self.is_unmet(later, 'ACTIVITIES_WANTED_SINCE', **{'count': 1, 'from': self.today})
        self.query("update opportunity set close_time = now() - interval '4 days' where id = %s", opportunity)
        self.is_met(later, 'activity', contract)

    def test_activities_since_the_stage_began(self):
        opportunity = self.of('activity_done', kinds=['visit'], since='stage')
        self.done(days_ago=5)
        self.is_unmet(opportunity, 'ACTIVITIES_WANTED_SINCE', **{'count': 1, 'from': self.today})
        self.query("update opportunity set stage_since = stage_since - interval '10 days'")
        self.is_met(opportunity)

    def test_activities_of_the_last_days_by_the_calendar_of_the_company(self):
        opportunity = self.of('activity_done', kinds=['visit'], days=7)
        self.done(days_ago=8, hour=23)      # still the day before in London
        self.is_unmet(opportunity, 'ACTIVITIES_WANTED_SINCE', **{'from': self.today - 7 * DAY})
        self.done(days_ago=7, hour=0)
        self.is_met(opportunity)

    def test_follow_up(self):
        opportunity = self.of('follow_up', kind='sample', from_days=2, to_days=3)
        self.is_unmet(opportunity, 'ACTIVITIES_WANTED', kinds='sample', count=1)
        first = self.done('sample', days_ago=3, hour=1, subject='Seals')
        row = self.is_unmet(opportunity, 'FOLLOW_UP_WANTED', subject='Seals', **{'from': self.today - DAY, 'to': self.today})
        self.assertEqual(('activity', first), (row['evidence_kind'], row['evidence_id']))
        self.done('call', days_ago=2, hour=23)
        self.done('note', days_ago=1)
        self.is_unmet(opportunity, 'FOLLOW_UP_WANTED')
        call = self.done('call', days_ago=1, hour=0, subject='How was it?')
        self.is_met(opportunity, 'activity', call, 'How was it?')
        self.correct(call, 'note')
        self.is_unmet(opportunity, 'FOLLOW_UP_WANTED')

    def test_follow_up_missed(self):
        opportunity = self.of('follow_up', kind='sample', from_days=2, to_days=3)
        self.done('sample', days_ago=10, subject='Seals')
        self.done('call', days_ago=6)
        self.is_unmet(opportunity, 'FOLLOW_UP_MISSED', **{'from': self.today - 8 * DAY, 'to': self.today - 7 * DAY})
        # The next one counts from then on.
        self.done('sample', days_ago=2)
        self.is_unmet(opportunity, 'FOLLOW_UP_WANTED')
        self.done('message')
        self.is_met(opportunity)

    def test_follow_up_on_the_same_day(self):
        opportunity = self.of('follow_up', kind='visit', from_days=0, to_days=0)
        self.done('call', days_ago=1, hour=8)
        self.done('visit', days_ago=1, hour=9)
        self.is_unmet(opportunity, 'FOLLOW_UP_MISSED')
        self.done('call', days_ago=1, hour=23)
        self.is_met(opportunity)

    def plan_of_days(self, count):
        """A daily plan whose first visits were due on the days before today; their ids, oldest first."""
        self.call('ann').write('VisitPlanService/CreateVisitPlan', {'visit_plan': {
            'account_id': self.acme, 'subject': 'Round', 'starts_on': str(self.today + DAY), 'time_of_day': '00:00',
            'weekdays': ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']}})
        made = [row[0] for row in self.query('select id from activity where visit_plan_id is not null order by plan_date')]
        # Days go by.
        self.query("alter table activity disable trigger user")
        self.query('update activity set plan_date = plan_date - %s, time = time - make_interval(days => %s) where visit_plan_id is not null', count + 1, count + 1)
        self.query("alter table activity enable trigger user")
        return made

    def complete(self, activity):
        self.call('ann').write('ActivityService/CompleteActivity', {'id': activity, 'version': self.version('activity', activity)})

    def test_visits_kept(self):
        opportunity = self.of('visits_kept', days=90, percent=75)
        self.is_unmet(opportunity, 'VISITS_UNPLANNED', days=90)
        made = self.plan_of_days(4)
        for number in range(3):
            self.is_unmet(opportunity, 'VISITS_MISSED', percent=75, planned=4, kept=number)
            self.complete(made[number])
        self.is_met(opportunity, 'activity', made[2], 'Round')
        # A visit that was done and corrected was done, by its correction.
        corrected = self.correct(made[2], 'visit')
        self.is_met(opportunity, 'activity', corrected, 'Corrected')
        self.query("update activity set plan_date = plan_date - 90 where id = %s", made[0])
        self.is_unmet(opportunity, 'VISITS_MISSED', planned=3, kept=2)

    def test_a_visit_that_somebody_cancelled_was_not_kept(self):
        opportunity = self.of('visits_kept', days=2, percent=100)
        made = self.plan_of_days(2)
        self.complete(made[0])
        self.call('ann').write('ActivityService/CancelActivity', {'id': made[1], 'version': 1, 'reason': 'no time'})
        self.is_unmet(opportunity, 'VISITS_MISSED', planned=2, kept=1)

    def test_a_visit_that_the_plan_withdrew_was_none(self):
        opportunity = self.of('visits_kept', days=2, percent=100)
        made = self.plan_of_days(2)
        self.complete(made[0])
        self.query("update activity set state = 'cancelled', plan_version = version + 1 where id = %s", made[1])
        self.is_met(opportunity, 'activity', made[0])

    def test_what_turned_out_to_be_no_visit_was_not_kept(self):
        """A note to ourselves is none, nor is a call; another kind of visit is one."""
        opportunity = self.of('visits_kept', days=2, percent=100)
        made = self.plan_of_days(2)
        for one in made:
            self.complete(one)
        visit = self.correct(made[1], 'site_visit')
        self.is_met(opportunity, 'activity', visit)
        note = self.correct(visit, 'note')
        self.is_unmet(opportunity, 'VISITS_MISSED', planned=2, kept=1)
        call = self.correct(note, 'call')
        self.assertEqual(made[0], self.is_unmet(opportunity, 'VISITS_MISSED', planned=2, kept=1)['evidence_id'])
        self.correct(call, 'visit')
        self.is_met(opportunity)

    def test_a_planned_visit_made_a_note_is_still_missed(self):
        opportunity = self.of('visits_kept', days=2, percent=100)
        made = self.plan_of_days(2)
        self.complete(made[0])
        self.call('ann').write('ActivityService/UpdateActivity', {'activity': {'id': made[1], 'version': self.version('activity', made[1]), 'kind': 'note'}, 'update_mask': ['kind']})
        self.complete(made[1])
        self.is_unmet(opportunity, 'VISITS_MISSED', planned=2, kept=1)

    # ---- fields ----

    def test_account_fields(self):
        opportunity = self.of('account_fields', fields=['founded_on', 'employees|annual_revenue', 'main_products'])
        self.is_unmet(opportunity, 'ACCOUNT_FIELDS_WANTED', fields='founded_on, employees|annual_revenue, main_products')
        self.update_account(founded_on='1998-04-01', main_products='pumps')
        self.is_unmet(opportunity, 'ACCOUNT_FIELDS_WANTED', fields='employees|annual_revenue')
        self.update_account(annual_revenue={'currency_code': 'CNY', 'minor_units': 0})
        self.is_met(opportunity, 'account', self.acme, 'Acme')
        self.update_account(employees=0, annual_revenue=None)
        self.is_met(opportunity)
        self.update_account(main_products='')
        self.is_unmet(opportunity, 'ACCOUNT_FIELDS_WANTED', fields='main_products')

    def known_fields(self, kind):
        return self.query("select array(select jsonb_array_elements_text(parameters -> 0 -> 'values')) from criterion_kinds() where kind = %s", kind)[0][0]

    def columns(self, table, field):
        """Those of a field, and something of the right type for each that is not nothing."""
        example = {'text': 'x', 'integer': 7, 'bigint': 7, 'date': '2026-01-01', 'boolean': True, 'uuid': self.other_account, 'text[]': ['x']}
        for name, kind, words in self.query("""select a.attname, format_type(a.atttypid, null),
                                                      (select substring(pg_get_constraintdef(k.oid) from $$'(.*?)'$$) from pg_constraint k
                                                        where k.conrelid = a.attrelid and k.conkey = array[a.attnum] and pg_get_constraintdef(k.oid) ~ 'ARRAY'
                                                          and a.atttypid = 'text'::regtype)
                                                 from pg_attribute a where a.attrelid = ('kam.' || %s)::regclass and a.attname in (%s, %s || '_minor_units')""",
                                            table, field, field):
            yield name, words or example[kind]

    def test_every_field_that_a_definition_may_name(self):
        self.other_account = self.add_account('ann', 'Holding')['id']
        for kind, table in (('account_fields', 'account'), ('opportunity_fields', 'opportunity')):
            fields = self.known_fields(kind)
            opportunity = self.opportunity(*((kind, {'fields': [field]}) for field in fields))
            record = self.acme if table == 'account' else opportunity
            for number, field in enumerate(fields):
                (column, value), = self.columns(table, field)
                for wanted in ('met', 'unmet'):
                    code = f'{field}_currency_code'
                    more = f", {code} = {'%s' if wanted == 'unmet' else 'null'}" if column.endswith('_minor_units') else ''
                    empty = self.query('select column_default from information_schema.columns where table_name = %s and column_name = %s', table, column)[0][0] or 'null'
                    if wanted == 'met':
                        self.query(f'update {table} set {column} = %s' + more.replace('null', "'CNY'") + ' where id = %s', value, record)
                    else:
                        self.query(f'update {table} set {column} = {empty}' + more.replace('%s', 'null') + ' where id = %s', record)
                    row = self.check(opportunity)[number]
                    self.assertEqual((f'c{number}', wanted), (row['key'], row['state']), field)

    def test_opportunity_fields(self):
        opportunity = self.of('opportunity_fields', fields=['worth_pursuing', 'amount', 'purchase_on|decision_on'])
        self.is_unmet(opportunity, 'OPPORTUNITY_FIELDS_WANTED', fields='worth_pursuing, amount, purchase_on|decision_on')
        self.update(opportunity, worth_pursuing=True, amount={'currency_code': 'CNY', 'minor_units': 100}, decision_on='2027-01-01')
        self.is_met(opportunity, 'opportunity', opportunity, 'Press line')
        # Judged, and judged not to be.
        self.update(opportunity, worth_pursuing=False)
        self.is_unmet(opportunity, 'OPPORTUNITY_FIELDS_WANTED', fields='worth_pursuing')

    # ---- needs, answers, verdict ----

    def add_need(self, text='Cheaper seals', **fields):
        return self.call('ann').write('NeedService/CreateNeed', {'need': {'account_id': self.acme, 'text': text, 'kind': 'implied', 'scope': 'organisation', **fields}})['id']

    def retire_need(self, need):
        self.call('ann').write('NeedService/RetireNeed', {'id': need, 'version': self.version('need', need), 'reason': 'mistaken'})

    def test_need(self):
        opportunity = self.of('need_stated')
        self.is_unmet(opportunity, 'NEED_WANTED')
        first = self.add_need()
        self.is_met(opportunity, 'need', first, 'Cheaper seals')
        second = self.add_need('长' * 300)
        self.is_met(opportunity, 'need', second, '长' * 200)
        self.retire_need(second)
        self.is_met(opportunity, 'need', first)
        self.retire_need(first)
        self.is_unmet(opportunity, 'NEED_WANTED')

    def test_the_need_of_somebody_who_left(self):
        """Goes with them where it was theirs, and stays where it is the organisation's."""
        mei, tom = (self.add_contact('ann', name, self.acme)['id'] for name in ('Mei', 'Tom'))
        opportunity = self.of('need_stated')
        person = self.add_need(scope='person', contact_id=mei)
        self.is_met(opportunity, 'need', person)
        self.leave(mei)
        self.is_unmet(opportunity, 'NEED_WANTED')
        self.add_need(scope='person', contact_id=tom)
        self.is_met(opportunity)
        self.retire(tom)
        self.is_unmet(opportunity, 'NEED_WANTED')
        eva = self.add_contact('ann', 'Eva', self.acme)['id']
        self.add_need(scope='organisation', contact_id=eva)
        self.leave(eva)
        self.is_met(opportunity)

    def test_explicit_need(self):
        opportunity = self.of('need_stated', explicit=True)
        implied = self.add_need()
        self.assertEqual(implied, self.is_unmet(opportunity, 'EXPLICIT_NEED_WANTED')['evidence_id'])
        explicit = self.add_need('We need cheaper seals', kind='explicit')
        self.add_need('later')
        self.is_met(opportunity, 'need', explicit)
        self.call('ann').write('NeedService/UpdateNeed', {'need': {'id': explicit, 'version': 1, 'kind': 'implied', 'text': 'x', 'scope': 'organisation'}, 'update_mask': ['kind']})
        self.is_unmet(opportunity, 'EXPLICIT_NEED_WANTED')

    def answer(self, opportunity, question, answer='Because', version=0):
        self.call('ann').write('OpportunityService/SetOpportunityAnswer', {
            'answer': {'opportunity_id': opportunity, 'question': question, 'answer': answer, 'version': version}, 'update_mask': ['answer']})
        return self.query('select id from opportunity_answer where opportunity_id = %s and question = %s', opportunity, question)[0][0]

    def test_answered(self):
        opportunity = self.of('answered', questions=[{'key': 'why-us', 'en': 'Why us?', 'zh': '为什么选我们？'}, {'key': 'why-help', 'en': 'Why help?', 'zh': '为什么帮我们？'}])
        self.is_unmet(opportunity, 'ANSWERS_WANTED', count=2, keys='why-us, why-help', questions='Why us? Why help?', questions_zh='为什么选我们？为什么帮我们？')
        answered = self.answer(opportunity, 'why-us', 'Service')
        self.answer(opportunity, 'something-else')
        row = self.is_unmet(opportunity, 'ANSWERS_WANTED', count=1, keys='why-help')
        self.assertEqual(answered, row['evidence_id'])
        other = self.answer(opportunity, 'why-help', 'He is our friend')
        self.is_met(opportunity, 'answer', other, 'He is our friend')
        self.answer(opportunity, 'why-us', 'Service and price', 1)
        self.is_met(opportunity, 'answer', answered, 'Service and price')
        self.call('ann').write('OpportunityService/RemoveOpportunityPart', {'id': other})
        self.is_unmet(opportunity, 'ANSWERS_WANTED', keys='why-help')

    def test_answers_of_another_opportunity(self):
        question = {'questions': [{'key': 'why-us', 'en': 'Why us?', 'zh': '为什么'}]}
        self.answer(self.of('answered', **question), 'why-us')
        self.is_unmet(self.of('answered', **question), 'ANSWERS_WANTED')

    def test_verdict(self):
        opportunity = self.of('verdict', verdict='approve')
        self.is_unmet(opportunity, 'VERDICT_WANTED', verdict='approve')
        for verdict, review_on, reason in (('approve', None, None), ('defer', str(self.today), 'VERDICT_WANTED'), ('approve', None, None)):
            self.query("update opportunity set verdict = %s, verdict_by = 'team_manager', verdict_time = now(), review_on = %s where id = %s", verdict, review_on, opportunity)
            if reason:
                self.is_unmet(opportunity, reason)
            else:
                self.is_met(opportunity, 'opportunity', opportunity, time=self.query('select verdict_time from opportunity where id = %s', opportunity)[0][0])

    # ---- people ----

    def test_relationship(self):
        opportunity = self.of('contact_relationship', role='decider', relationship=3)
        self.is_unmet(opportunity, 'PERSON_WANTED', who='decider')
        other = self.add_contact('ann', 'Wang', self.acme, buying_roles=['finance'])['id']
        self.relationship(other, 5)
        self.is_unmet(opportunity, 'PERSON_WANTED')
        li = self.add_contact('ann', 'Li', self.acme, buying_roles=['decider', 'user'])['id']
        row = self.is_unmet(opportunity, 'RELATIONSHIP_WITH_WANTED', level=3, who='decider', present=0, name='Li')
        self.assertEqual(('contact', li), (row['evidence_kind'], row['evidence_id']))
        self.relationship(li, 2, self.today - 3 * DAY)
        self.is_unmet(opportunity, 'RELATIONSHIP_WITH_WANTED', present=2)
        self.relationship(li, 4, self.today - 2 * DAY)
        row = self.is_met(opportunity, 'contact', li, 'Li')
        self.assertEqual(self.today - 2 * DAY, row['evidence_time'].astimezone(CHINA).date())
        best = self.add_contact('ann', 'Zhao', self.acme, buying_roles=['decider'])['id']
        self.relationship(best, 5)
        self.is_met(opportunity, 'contact', best, 'Zhao')
        self.leave(best)
        self.is_met(opportunity, 'contact', li)
        self.retire(li)
        self.is_unmet(opportunity, 'PERSON_WANTED')

    def test_insider(self):
        opportunity = self.of('contact_relationship', insider=True, relationship=2)
        li = self.add_contact('ann', 'Li', self.acme)['id']
        self.relationship(li, 5)
        self.is_unmet(opportunity, 'PERSON_WANTED', who='insider')
        self.update_position(li, is_insider=True)
        self.is_met(opportunity, 'contact', li)
        self.update_position(li, is_insider=False)
        self.is_unmet(opportunity, 'PERSON_WANTED')

    def test_anybody(self):
        opportunity = self.of('contact_relationship', relationship=3)
        self.is_unmet(opportunity, 'PERSON_WANTED', who='contact')
        li = self.add_contact('ann', 'Li', self.acme)['id']
        self.is_unmet(opportunity, 'RELATIONSHIP_WANTED', level=3, present=0, name='Li')
        self.relationship(li, 3)
        self.is_met(opportunity, 'contact', li)

    def test_the_role_in_this_purchase_counts(self):
        opportunity = self.of('contact_relationship', role='decider', relationship=3)
        other = self.of('contact_relationship', role='decider', relationship=3)
        li = self.add_contact('ann', 'Li', self.acme, buying_roles=['finance'])['id']
        self.relationship(li, 3)
        self.person(opportunity, li, buying_roles=['decider'])
        self.is_met(opportunity, 'contact', li)
        self.is_unmet(other, 'PERSON_WANTED')
        self.person(opportunity, li, 1, buying_roles=['user'])
        self.is_unmet(opportunity, 'PERSON_WANTED')

    def test_profiles(self):
        opportunity = self.of('profiles_present', role='decider')
        self.is_unmet(opportunity, 'PERSON_WANTED', who='decider')
        li = self.add_contact('ann', 'Li', self.acme, buying_roles=['decider'], influence=80)['id']
        self.is_unmet(opportunity, 'PROFILES_WANTED', people='Li (title, relationship, stance)')
        self.update_position(li, title='Director', stance='unknown')
        self.relationship(li, 1)
        self.is_unmet(opportunity, 'PROFILES_WANTED', people='Li (stance)')
        self.update_position(li, stance='opponent')
        self.is_met(opportunity, 'contact', li, 'Li')
        for number in range(6):
            self.add_contact('ann', f'P{number}', self.acme, buying_roles=['decider'], influence=number, title='Boss', stance='ally')
        row = self.is_unmet(opportunity, 'MANY_PROFILES_WANTED', count=6, people='; '.join(f'P{number} (relationship)' for number in (5, 4, 3, 2, 1)))
        self.assertNotIn('P0', row['wanted_text'])
        for contact, in self.query("select id from contact where name like 'P%%'"):
            self.leave(contact)
        self.is_met(opportunity, 'contact', li)
        # Stance and influence in this purchase are known, too.
        self.update_position(li, stance='unknown', influence=None)
        self.is_unmet(opportunity, 'PROFILES_WANTED', people='Li (stance, influence)')
        self.person(opportunity, li, stance='ally', influence=10)
        self.is_met(opportunity, 'contact', li)

    def test_coverage(self):
        opportunity = self.of('coverage', percent=50)
        self.is_unmet(opportunity, 'COVERAGE_WANTED', percent=50, present=0)
        li = self.add_contact('ann', 'Li', self.acme)['id']
        self.relationship(li, 5)
        self.is_unmet(opportunity, 'COVERAGE_WANTED', present=0)
        self.update_position(li, influence=49)
        self.is_met(opportunity, 'account', self.acme, '100 %')
        wang = self.add_contact('ann', 'Wang', self.acme, influence=51)['id']
        self.is_unmet(opportunity, 'COVERAGE_WANTED', present=49)
        self.update_position(wang, influence=49)
        self.is_met(opportunity, text='50 %')
        self.relationship(wang, 2)
        self.is_met(opportunity, text='50 %')
        self.leave(li)
        self.is_unmet(opportunity, 'COVERAGE_WANTED', present=0)
        self.relationship(wang, 3)
        self.is_met(opportunity, text='100 %')

    def test_buying_process(self):
        opportunity = self.of('buying_process', criteria=2)
        self.is_unmet(opportunity, 'BUYING_PROCESS_WANTED', fields='buying_stage, supply, decision_on', count=2)
        self.update(opportunity, buying_stage='market_survey', decision_on='2027-03-01')
        supply = self.call('ann').write('AccountArchiveService/CreateSupply', {'supply': {'account_id': self.acme, 'supplier': 'Rival'}})['id']
        self.is_unmet(opportunity, 'DECISION_CRITERIA_WANTED', count=2)
        for number, text in enumerate(('price', 'quality'), 1):
            self.call('ann').write('OpportunityService/SetDecisionCriterion', {
                'criterion': {'opportunity_id': opportunity, 'text': text, 'rank': number, 'version': 0}, 'update_mask': ['rank']})
        self.is_met(opportunity, 'opportunity', opportunity)
        self.call('ann').write('AccountArchiveService/EndSupply', {'id': supply, 'version': 1, 'ended_on': str(self.today), 'reason': 'over'})
        self.is_unmet(opportunity, 'BUYING_PROCESS_FIELDS_WANTED', fields='supply')

    def assess(self, opportunity, score, on=None):
        return self.call('ann').write('ScoringService/RecordAssessment', {'assessment': {
            'opportunity_id': opportunity, 'model_key': 'value', 'assessed_on': on or self.today,
            'scores': [{'factor_key': key, 'score': value, 'note': ''} for key, value in level(VALUE, score).items()]}})['id']

    def test_assessment(self):
        opportunity = self.of('assessment', model='value', days=90, grade='B')
        self.is_unmet(opportunity, 'ASSESSMENT_WANTED', key='value')
        self.assess(self.of('need_stated'), 8)
        self.is_unmet(opportunity, 'ASSESSMENT_WANTED')
        self.assess(opportunity, 8, self.today - 91 * DAY)
        self.is_unmet(opportunity, 'ASSESSMENT_TOO_OLD', on=self.today - 91 * DAY, days=90)
        made = self.assess(opportunity, 6, self.today - 90 * DAY)
        self.is_met(opportunity, 'assessment', made, 'B 60.0')
        made = self.assess(opportunity, 5)
        self.assertEqual(made, self.is_unmet(opportunity, 'GRADE_WANTED', grade='B', present='C')['evidence_id'])
        self.is_met(opportunity, 'assessment', self.assess(opportunity, 9), 'A 90.0')
        # Any grade, at any time.
        other = self.of('assessment', model='value')
        self.is_met(other, 'assessment', self.assess(other, 1, self.today - 900 * DAY))

    def test_engagement_plan(self):
        opportunity = self.of('engagement_plan', role='decider')
        li = self.add_contact('ann', 'Li', self.acme, buying_roles=['decider'])['id']
        wang = self.add_contact('ann', 'Wang', self.acme)['id']
        self.is_unmet(opportunity, 'ENGAGEMENT_WANTED', who='decider')
        service = 'EngagementService/'
        plan = self.call('ann').write(service + 'CreateEngagementPlan', {'plan': {'account_id': self.acme}})['id']

        def step(contact, of=plan):
            return self.call('ann').write(service + 'AddEngagementStep', {'step': {'plan_id': of, 'contact_id': contact}})['id']
        step(li)
        self.is_met(opportunity, 'engagement_plan', plan, 'Li')
        last = step(wang)
        self.is_unmet(opportunity, 'ENGAGEMENT_WANTED')
        self.call('ann').write(service + 'RemoveEngagementStep', {'id': last, 'version': 1})
        self.is_met(opportunity, 'engagement_plan', plan)
        self.update_position(li, buying_roles=['user'])
        self.is_unmet(opportunity, 'ENGAGEMENT_WANTED')
        self.person(opportunity, li, buying_roles=['decider'])
        self.is_met(opportunity, 'engagement_plan', plan)
        self.call('ann').write(service + 'EndEngagementPlan', {'id': plan, 'version': self.version('engagement_plan', plan), 'is_dropped': True, 'reason': 'no'})
        self.is_unmet(opportunity, 'ENGAGEMENT_WANTED')
        # As if all of it had been done.
        self.query("update engagement_plan set state = 'done', end_time = now()")
        self.is_met(opportunity, 'engagement_plan', plan)
        self.call('ann').write('OpportunityService/LoseOpportunity', {'id': opportunity, 'version': self.version('opportunity', opportunity), 'lost_reason': 'price', 'note': 'x'})
        later = self.of('engagement_plan', role='decider')
        self.person(later, li, buying_roles=['decider'])
        self.is_unmet(later, 'ENGAGEMENT_WANTED')
        self.query("update engagement_plan set state = 'dropped'")
        # One for another purchase leads elsewhere.
        plan = self.call('ann').write(service + 'CreateEngagementPlan', {'plan': {'account_id': self.acme, 'opportunity_id': self.of('need_stated')}})['id']
        step(li, plan)
        self.is_unmet(opportunity, 'ENGAGEMENT_WANTED')

    # ---- what cannot be recorded, and what is let be ----

    def test_not_recordable(self):
        for kind, parameters in (('no_open_complaint', {'severity': 2}), ('complaints_resolved', {}), ('satisfaction_surveyed', {}), ('payment_received', {}),
                                 ('order_placed', {})):
            self.is_unmet(self.of(kind, **parameters), 'NOT_RECORDABLE', state='not_recordable')

    def test_every_kind_is_known(self):
        """What criterion_kinds() calls recordable is looked for, and nothing else is."""
        for kind, is_recordable in self.query("select kind, is_recordable from criterion_kinds()"):
            body = self.query("select prosrc from pg_proc where proname = 'evidence_of'")[0][0]
            self.assertEqual(is_recordable, f"when '{kind}'" in body, kind)

    # ---- the answer ----

    def test_order_and_head(self):
        opportunity = self.call('ann').write('OpportunityService/CreateOpportunity', {'opportunity': {'account_id': self.acme, 'name': 'Press line'}})
        answer = self.call('ann').read('ProcessService/CheckOpportunity', {'id': None, 'code': opportunity['code'].lower()})
        head = answer['.']
        self.assertEqual((opportunity['id'], opportunity['code'], 'Press line', self.acme, 'Acme', 'development', 'target', 'Target', '确定开发对象', 'information', 'Information'),
                         tuple(head[name] for name in ('opportunity_id', 'code', 'name', 'account_id', 'account_name', 'pipeline_key', 'stage_key', 'stage_name_en',
                                                       'stage_name_zh', 'next_stage_key', 'next_stage_name_en')))
        self.assertEqual([('first-contact', 'unmet'), ('archive', 'unmet'), ('potential-need', 'unmet'), ('worth-pursuing', 'unmet')],
                         [(row['key'], row['state']) for row in answer['criteria']])
        self.query("update opportunity set stage_key = 'close'")
        self.assertIsNone(self.call('ann').read('ProcessService/CheckOpportunity', {'id': opportunity['id'], 'code': ''})['.']['next_stage_key'])

    def test_a_stage_that_asks_for_nothing(self):
        self.assertEqual([], self.check(self.opportunity()))

    def test_reach(self):
        opportunity = self.of('need_stated')
        need = self.add_need()
        for login in ('ann', 'bob', 'north', 'boss'):
            if login == 'bob':
                self.refused('NOT_FOUND', 'NOT_FOUND', self.check, opportunity, login)
            else:
                self.assertEqual([('met', need)], [(row['state'], row['evidence_id']) for row in self.check(opportunity, login)])
        self.refused('NOT_FOUND', 'NOT_FOUND', self.check, opportunity, 'south')
        self.refused('NOT_FOUND', 'NOT_FOUND', self.check, new_id())
        self.refused('PERMISSION_DENIED', 'ROLE', self.check, opportunity, 'desk')
        # Also by a statement of one's own.
        caller = self.call('south')
        with caller.connection.cursor() as cursor:
            caller.begin_read(cursor)
            cursor.execute('select count(*) from kam.check_criteria(%s)', (opportunity,))
            self.assertEqual((0,), cursor.fetchone())
            with self.assertRaisesRegex(Exception, 'permission denied'):
                cursor.execute('select * from kam.snapshot_evidence(%s)', (opportunity,))
        caller.connection.rollback()

    def test_braces_and_quotes_stay_what_they_are(self):
        opportunity = self.of('follow_up', kind='sample', from_days=300, to_days=400)
        self.done('sample', subject='{from} \' " \\ {subject} %s')
        row = self.one(opportunity)
        self.assertEqual(f'needs contact with the customer between {self.today + 300 * DAY} and {self.today + 400 * DAY}, after: {{from}} \' " \\ {{subject}} %s',
                         row['wanted_text'])

    def test_the_extremes_of_parameters(self):
        """What a definition may say at most does not raise: reads never do."""
        roles = ['initiator', 'gatekeeper', 'influencer', 'decider', 'purchaser', 'technical_expert', 'finance', 'user']
        kinds = self.query("select array(select jsonb_array_elements_text(parameters #> '{0,values}')) from criterion_kinds() where kind = 'activity_done'")[0][0]
        opportunity = self.opportunity(
            ('activity_done', {'kinds': kinds, 'days': 3650, 'count': 100, 'since': 'stage'}), ('account_fields', {'fields': ['|'.join(self.known_fields('account_fields'))]}),
            ('account_fields', {'fields': self.known_fields('account_fields')}), ('follow_up', {'kind': 'call', 'from_days': 0, 'to_days': 400}),
            ('visits_kept', {'days': 3650, 'percent': 100}), ('buying_process', {'criteria': 20}), ('coverage', {'percent': 100}),
            *(('contact_relationship', {'role': role, 'insider': True, 'relationship': 5}) for role in roles),
            ('answered', {'questions': [{'key': f'q{number}', 'en': '"{q}"' * 80, 'zh': '问' * 130} for number in range(7)]}))
        self.done('call')
        rows = self.check(opportunity)
        self.assertEqual({'unmet'}, {row['state'] for row in rows})
        for row in rows:
            self.assertLess(len((row['wanted_text'] or '').encode()), 2500)

    def test_an_account_that_was_merged(self):
        opportunity = self.of('activity_done', kinds=['sample'])
        survivor = self.add_account('ann', 'Survivor')['id']
        self.done('sample', account=survivor)
        self.is_unmet(opportunity, 'ACTIVITIES_WANTED')
        self.call('north').write('AccountMergeService/MergeAccounts', {'survivor_id': survivor, 'survivor_version': self.version('account', survivor), 'merged_id': self.acme,
                                                                      'merged_version': self.version('account', self.acme), 'reason': 'the same'})
        self.is_met(opportunity, 'activity')


if __name__ == '__main__':
    unittest.main()
