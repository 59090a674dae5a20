#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The follow-up rhythm: what is planned by itself when something was done, what is not, and who sets the rules."""
import datetime
import unittest
import zoneinfo

from race_test import Race
from stage import Stage, new_id

HOUR = datetime.timedelta(hours=1)
DAY = datetime.timedelta(days=1)


def rule(kind, subject='Ask', **fields):
    return {'kind': kind, 'from_days': 1, 'to_days': 2, 'follow_up_kind': 'call', 'follow_up_subject': subject, **fields}


class Rhythm(Stage):
    def setUp(self):
        super().setUp()
        self.acme = self.add_account('ann', 'Acme')['id']

    def now(self):
        return self.query('select now()')[0][0]

    def zone(self):
        return zoneinfo.ZoneInfo(self.query('select time_zone from company')[0][0])

    def get(self, activity_id):
        return self.call('boss').read('ActivityService/GetActivity', {'id': activity_id})['.']

    def following(self, activity):
        """The follow-up that came out of it, None when there is none."""
        return self.get(activity['next_activity_id']) if activity['next_activity_id'] else None

    def complete(self, activity, login='ann', **fields):
        return self.call(login).write('ActivityService/CompleteActivity', {'id': activity['id'], 'version': activity['version'], **fields})

    def set_rhythm(self, *rules, login='boss', **fields):
        return self.call(login).write('RhythmService/SetRhythm', {'rhythm': {'rules': list(rules), 'reason': 'because'}, **fields})

    def open_calls(self):
        return self.query("select count(*) from activity where state = 'planned' and kind = 'call'")[0][0]


class RhythmTest(Rhythm):
    def test_the_shipped_rhythm(self):
        rhythm = self.call('ann').read('RhythmService/GetRhythm', {})['.']
        self.assertEqual(1, rhythm['number'])
        self.assertEqual([('quotation', 'every', 3, 3, 'call', 0), ('sample', 'every', 2, 3, 'call', 0), ('visit', 'first', 2, 2, 'call', 2),
                          ('visit', 'every', 2, 2, 'call', 0)],
                         list(zip(*(rhythm[f'rules[].{name}'] for name in ('kind', 'applies_to', 'from_days', 'to_days', 'follow_up_kind', 'repeat_days')))))
        self.refused('PERMISSION_DENIED', 'ROLE', self.call('desk').read, 'RhythmService/GetRhythm', {})

    def test_a_sample_is_asked_about(self):
        contact = self.add_contact('ann', 'Li', self.acme)['id']
        sample = self.log_activity('ann', self.acme, 'Three pumps', kind='sample', contact_ids=[contact], user_ids=[self.users['bob']])
        call = self.following(sample)
        today = self.now().astimezone(self.zone()).date()
        self.assertEqual(('planned', 'call', 'Ann', sample['id'], ['Li'], ['Bob'], 'rhythm', 1, False),
                         tuple(call[name] for name in ('state', 'kind', 'owner_name', 'previous_activity_id', 'contact_names', 'user_names', 'origin',
                                                       'rhythm_version', 'is_answered')))
        self.assertEqual(datetime.datetime.combine(today + 2 * DAY, datetime.time(9), self.zone()), call['time'])
        self.assertEqual(datetime.datetime.combine(today + 4 * DAY, datetime.time(0), self.zone()), call['due_time'])
        self.assertEqual([('sample', 'every', 1)], self.query('''select r.kind, r.applies_to, h.number from rhythm_rule r join rhythm h on h.id = r.rhythm_id
                                                                  where r.id = %s''', call['rhythm_rule_id']))
        self.assertEqual((None, None), (sample['origin'], sample['rhythm_version']))
        entries = [entry for entry in self.changes(call['id']) if entry['entity'] == 'activity']
        self.assertIn('rhythm_rule_id', entries[0]['fields[].field'])
        # A call has no rule, so it ends here.
        self.assertIsNone(self.following(self.complete(call)))

    def test_a_next_step_takes_its_place(self):
        step = {'kind': 'email', 'subject': 'Write', 'time': '2030-01-01 00:00:00+00'}
        self.assertEqual('Write', self.following(self.log_activity('ann', self.acme, kind='sample', next_step=step))['subject'])
        plan = self.plan_activity('ann', self.acme, kind='quotation')
        self.assertEqual('Write', self.following(self.complete(plan, next_step=step))['subject'])
        self.assertEqual(0, self.open_calls())
        self.assertIsNotNone(self.following(self.complete(self.plan_activity('ann', self.acme, kind='quotation'))))
        self.assertEqual(1, self.open_calls())

    def test_the_first_visit_is_asked_about_until_there_is_an_answer(self):
        contact = self.add_contact('ann', 'Li', self.acme)['id']
        call = self.following(self.log_activity('ann', self.acme, kind='visit', contact_ids=[contact]))
        first = call['rhythm_rule_id']
        self.assertEqual([('first',)], self.query('select applies_to from rhythm_rule where id = %s', first))
        for _ in range(3):
            done = self.complete(call, result='nobody there')
            call = self.following(done)
            self.assertEqual((first, done['id'], ['Li']), tuple(call[name] for name in ('rhythm_rule_id', 'previous_activity_id', 'contact_names')))
            self.assertEqual(1, self.open_calls())
        done = self.complete(call, customer_reaction='likes it')
        self.assertEqual((None, True), (done['next_activity_id'], done['is_answered']))
        call = self.following(self.log_activity('ann', self.acme, kind='visit'))
        self.assertEqual([('every',)], self.query('select applies_to from rhythm_rule where id = %s', call['rhythm_rule_id']))
        self.assertIsNone(self.following(self.complete(call)))

    def test_an_answer_in_one_word(self):
        done = self.complete(self.following(self.log_activity('ann', self.acme)), is_answered=True)
        self.assertEqual((None, True), (done['next_activity_id'], done['is_answered']))

    def test_a_next_step_or_cancelling_ends_it(self):
        call = self.following(self.log_activity('ann', self.acme))
        step = {'kind': 'email', 'subject': 'Write', 'time': '2030-01-01 00:00:00+00'}
        self.complete(call, next_step=step)
        self.assertEqual(0, self.open_calls())
        other = self.add_account('ann', 'Other')['id']
        call = self.following(self.log_activity('ann', other))
        self.call('ann').write('ActivityService/CancelActivity', {'id': call['id'], 'version': 1, 'reason': 'x'})
        self.assertEqual(0, self.open_calls())

    def test_an_account_is_not_flooded(self):
        for number in range(5):
            self.log_activity('ann' if number % 2 else 'north', self.acme, f'V{number}', kind='sample' if number == 3 else 'visit')
        self.assertEqual(1, self.open_calls())
        # One that should have been done long ago is still to be done.
        self.query("update activity set time = now() - interval '20 days' where state = 'planned'")
        self.log_activity('ann', self.acme, kind='quotation')
        self.assertEqual(1, self.open_calls())

    def test_what_is_planned_by_then_is_enough_and_what_comes_later_is_not(self):
        now = self.now()
        for kind, days, count in (('call', 1, 1), ('call', 3, 1), ('call', 5, 2), ('visit', 1, 1)):
            account = self.add_account('ann', f'{kind} {days}')['id']
            self.plan_activity('ann', account, kind=kind, time=now + days * DAY)
            self.log_activity('ann', account, kind='sample')
            self.assertEqual([(count,)], self.query("select count(*) from activity where account_id = %s and kind = 'call'", account), (kind, days))

    def test_what_is_old_plans_nothing_and_what_is_late_is_due_today(self):
        self.assertIsNone(self.following(self.log_activity('ann', self.acme, kind='sample', time=self.now() - 7 * DAY - HOUR)))
        before = self.now()
        call = self.following(self.log_activity('ann', self.acme, kind='sample', time=before - 6 * DAY))
        today = self.now().astimezone(self.zone()).date()
        self.assertGreaterEqual(call['time'], before)
        self.assertEqual(today, call['time'].astimezone(self.zone()).date())
        self.assertEqual(datetime.datetime.combine(today + DAY, datetime.time(0), self.zone()), call['due_time'])

    def test_days_are_those_of_the_company(self):
        for zone in ('Asia/Shanghai', 'America/New_York', 'Pacific/Kiritimati', 'Pacific/Pago_Pago', 'Europe/London'):
            self.query('update company set time_zone = %s', zone)
            for hours in (0, 5, 11, 19, 23):
                self.query("update activity set state = 'cancelled' where state = 'planned'")
                now = self.now()
                done = now - hours * HOUR
                call = self.following(self.log_activity('ann', self.acme, kind='quotation', time=done))
                day = done.astimezone(self.zone()).date() + 3 * DAY
                self.assertEqual((datetime.datetime.combine(day, datetime.time(9), self.zone()), datetime.datetime.combine(day + DAY, datetime.time(0), self.zone())),
                                 (call['time'], call['due_time']), (zone, hours))

    def test_no_follow_up_of_corrections_and_at_retired_accounts(self):
        original = self.log_activity('ann', self.acme, kind='note')
        self.call('ann').write('ActivityService/CorrectActivity', {
            'id': original['id'], 'version': 1, 'reason': 'x', 'activity': {'account_id': self.acme, 'kind': 'sample', 'subject': 'x'}})
        self.query('update account set retire_time = now()')
        self.log_activity('ann', self.acme, kind='sample')
        self.assertEqual(0, self.open_calls())

    def test_a_corrected_first_visit_was_one(self):
        visit = self.log_activity('ann', self.acme)
        self.call('ann').write('ActivityService/CancelActivity', {'id': visit['next_activity_id'], 'version': 1, 'reason': 'x'})
        self.call('ann').write('ActivityService/CorrectActivity', {
            'id': visit['id'], 'version': 1, 'reason': 'x', 'activity': {'account_id': self.acme, 'kind': 'visit', 'subject': 'x'}})
        call = self.following(self.log_activity('ann', self.acme))
        self.assertEqual([('every',)], self.query('select applies_to from rhythm_rule where id = %s', call['rhythm_rule_id']))

    def test_the_owner_is_somebody_who_is_there(self):
        self.call('ann').write('AccountService/AddAccountMember', {'id': self.acme, 'user_id': self.users['bob']})
        plans = [self.plan_activity('bob', self.acme, kind='sample') for _ in range(2)]
        self.assertEqual('Bob', self.following(self.complete(plans[0], login='north'))['owner_name'])
        self.query("update activity set state = 'cancelled' where kind = 'call'")
        self.query("update app_user set disable_time = now() where login = 'bob'")
        self.assertEqual('Ann', self.following(self.complete(plans[1], login='north'))['owner_name'])

    def test_what_a_rule_planned_does_not_set_it_off_again(self):
        self.set_rhythm(rule('call'), rule('visit', follow_up_kind='email'))
        call = self.following(self.log_activity('ann', self.acme, kind='call'))
        self.assertIsNone(self.following(self.complete(call)))
        self.assertEqual('email', self.following(self.log_activity('ann', self.acme, kind='visit'))['kind'])

    def test_a_new_version_holds_at_once_for_what_is_under_way_too(self):
        call = self.following(self.log_activity('ann', self.acme))
        answer = self.set_rhythm(rule('visit', applies_to='first', repeat_days=5, subject='Again'), rule('delivery'))
        self.assertEqual((2, 'Boss', 'because'), (answer['number'], answer['created_by'], answer['reason']))
        again = self.following(self.complete(call))
        self.assertEqual(('Again', 2), (again['subject'], again['rhythm_version']))
        self.assertEqual(datetime.timedelta(days=5), again['time'].astimezone(self.zone()).replace(hour=0) - self.now().astimezone(self.zone()).replace(
            hour=0, minute=0, second=0, microsecond=0))
        self.set_rhythm()
        self.assertIsNone(self.following(self.complete(again)))
        self.assertIsNone(self.following(self.log_activity('ann', self.acme, kind='sample')))
        versions = self.call('ann').read('RhythmService/ListRhythms', {})['rhythms']
        self.assertEqual([3, 2, 1], [row['number'] for row in versions])
        first = self.call('ann').read('RhythmService/ListRhythms', {}, page_size=2)
        self.assertEqual([1], [row['number'] for row in self.call('ann').read('RhythmService/ListRhythms', {}, page=first['next'], page_size=2)['rhythms']])
        old = self.call('ann').read('RhythmService/GetRhythm', {'number': 1})['.']
        self.assertEqual(4, len(old['rules[].id']))
        self.refused('NOT_FOUND', 'NOT_FOUND', self.call('ann').read, 'RhythmService/GetRhythm', {'number': 9})

    def test_who_sets_it_and_what_is_refused(self):
        self.refused('PERMISSION_DENIED', 'ROLE', self.set_rhythm, login='ann')
        self.refused('PERMISSION_DENIED', 'NOT_ROOT_MANAGER', self.set_rhythm, login='north')
        refusal = self.refused('INVALID_ARGUMENT', 'RHYTHM_DAYS', self.set_rhythm, rule('call'), rule('visit', from_days=3))
        self.assertEqual('rhythm.rules[1].to_days', refusal.detail['violations'][0]['field'])
        self.refused('INVALID_ARGUMENT', 'RHYTHM_RULE_TWICE', self.set_rhythm, rule('call'), rule('call', applies_to='every'))
        self.refused('ABORTED', 'VERSION_CONFLICT', self.set_rhythm, replaces=7)
        self.assertEqual([(1,)], self.query('select count(*) from rhythm'))
        self.assertEqual(2, self.set_rhythm(rule('call'), rule('call', applies_to='first'), replaces=1)['number'])
        rhythm_id = new_id()
        with self.database.connect('kam_manager') as connection, connection.cursor() as cursor:
            with self.assertRaisesRegex(Exception, 'permission denied'):
                cursor.execute('insert into kam.rhythm (id, number) values (%s, 9)', (rhythm_id,))


class RhythmRaceTest(Rhythm, Race):
    def log(self, caller, **fields):
        return caller, 'ActivityService/LogActivity', {'activity': {'account_id': self.acme, 'kind': 'visit', 'subject': 'x', **fields}}

    def test_two_who_log_at_once_plan_one_follow_up(self):
        for kinds in (('visit', 'visit'), ('sample', 'quotation')):
            with self.subTest(kinds=kinds):
                self.query("update activity set state = 'cancelled' where state = 'planned'")
                self.race_writes(self.log(self.call('ann'), kind=kinds[0]), self.log(self.call('north'), kind=kinds[1]))
                self.assertTrue(self.has_waited)
                self.assertEqual(1, self.open_calls())

    def test_two_first_visits_at_once_are_one(self):
        self.set_rhythm(rule('visit', applies_to='first', follow_up_kind='email'))
        self.race_writes(self.log(self.call('ann')), self.log(self.call('north')))
        self.query("update activity set state = 'cancelled' where state = 'planned'")
        self.assertEqual([(1,)], self.query("select count(*) from activity where kind = 'email'"))

    def test_two_who_complete_at_once(self):
        plans = [self.plan_activity('ann', self.acme, kind='sample') for _ in range(2)]
        requests = [{'id': plan['id'], 'version': 1} for plan in plans]
        self.race_writes((self.call('ann'), 'ActivityService/CompleteActivity', requests[0]), (self.call('north'), 'ActivityService/CompleteActivity', requests[1]))
        self.assertTrue(self.has_waited)
        self.assertEqual(1, self.open_calls())

    def test_other_accounts_and_kinds_without_a_rule_do_not_wait(self):
        other = self.add_account('ann', 'Other')['id']
        for fields in ({'account_id': other}, {'kind': 'note'}):
            self.race_writes(self.log(self.call('ann')), self.log(self.other('ann'), **fields))
            self.assertFalse(self.has_waited, fields)

    def test_two_rhythms_at_once(self):
        request = {'rhythm': {'rules': [rule('call')]}, 'replaces': 1}
        outcome = self.race_writes((self.call('boss'), 'RhythmService/SetRhythm', request), (self.call('chief'), 'RhythmService/SetRhythm', request))
        self.assertEqual('VERSION_CONFLICT', outcome)
        self.assertEqual([(2,)], self.query('select max(number) from rhythm'))


if __name__ == '__main__':
    unittest.main()
