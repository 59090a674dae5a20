#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Activities: logging, planning, what becomes of plans, corrections, lists."""
import unittest

import psycopg2

from stage import Stage, new_id


class ActivityTest(Stage):
    def setUp(self):
        super().setUp()
        self.acme = self.add_account('ann', 'Acme')['id']
        self.other = self.add_account('sue', 'Other')['id']

    def list(self, login, request, **more):
        return [row['subject'] for row in self.call(login).read('ActivityService/ListActivities', request, **more)['activities']]

    def test_log_with_people_and_next_step(self):
        contact = self.add_contact('ann', 'Li', self.acme)
        activity = self.log_activity('ann', self.acme, 'First visit', time='2026-01-05 09:00:00+00', contact_ids=[contact['id']], user_ids=[self.users['north']],
                                     cost={'currency_code': 'CNY', 'minor_units': 12000}, duration_minutes=0, result='likes it',
                                     next_step={'kind': 'call', 'subject': 'Call back', 'time': '2026-01-07 09:00:00+00'})
        self.assertEqual(('done', 'Acme', 'Ann', 'Ann', ['Li'], ['North'], 12000, 0),
                         tuple(activity[name] for name in ('state', 'account_name', 'owner_name', 'created_by', 'contact_names', 'user_names',
                                                           'cost.minor_units', 'duration_minutes')))
        following = self.call('ann').read('ActivityService/GetActivity', {'id': activity['next_activity_id']})['.']
        self.assertEqual(('planned', 'call', 'Call back', activity['id'], 'Ann'),
                         tuple(following[name] for name in ('state', 'kind', 'subject', 'previous_activity_id', 'owner_name')))

    def test_log_out_of_reach_is_not_found(self):
        self.refused('NOT_FOUND', 'NOT_FOUND', self.log_activity, 'ann', self.other)
        self.refused('NOT_FOUND', 'NOT_FOUND', self.log_activity, 'ann', new_id())
        self.refused('PERMISSION_DENIED', 'ROLE', self.log_activity, 'desk', self.acme)
        stranger = self.add_contact('sue', 'Zhao', self.other)
        self.refused('NOT_FOUND', 'CONTACT_NOT_AT_ACCOUNT', self.log_activity, 'ann', self.acme, contact_ids=[stranger['id']])
        self.refused('NOT_FOUND', 'USER_NOT_FOUND', self.log_activity, 'ann', self.acme, user_ids=[new_id()])
        self.assertEqual([(0,)], self.query('select count(*) from activity'))

    def test_a_next_activity_that_never_comes_fails_at_commit(self):
        caller = self.call('ann')
        with caller.connection.cursor() as cursor:
            caller.begin_read(cursor)
            cursor.execute("""insert into activity (account_id, kind, state, subject, time, owner_id, next_activity_id)
                              values (%s, 'call', 'done', 'x', now(), %s, %s)""", (self.acme, self.users['ann'], new_id()))
            with self.assertRaises(psycopg2.Error) as caught:
                caller.connection.commit()
            self.assertEqual('activity_next_exists', caught.exception.diag.constraint_name)
        self.assertEqual([(0,)], self.query('select count(*) from activity'))

    def test_what_is_done_does_not_lie_in_the_future(self):
        far = '2100-01-01 10:00:00+00'
        refusal = self.refused('INVALID_ARGUMENT', 'TIME_IN_FUTURE', self.log_activity, 'ann', self.acme, time=far)
        self.assertEqual('activity.time', refusal.detail['violations'][0]['field'])
        plan = self.plan_activity('ann', self.acme, time=far)
        complete = {'id': plan['id'], 'version': 1}
        refusal = self.refused('INVALID_ARGUMENT', 'TIME_IN_FUTURE', self.call('ann').write, 'ActivityService/CompleteActivity', {**complete, 'time': far})
        self.assertEqual('time', refusal.detail['violations'][0]['field'])
        self.call('ann').write('ActivityService/CompleteActivity', complete)
        self.refused('INVALID_ARGUMENT', 'TIME_IN_FUTURE', self.call('ann').write, 'ActivityService/CorrectActivity', {
            'id': plan['id'], 'version': 2, 'reason': 'x', 'activity': {'account_id': self.acme, 'kind': 'visit', 'subject': 'x', 'time': far}})

    def test_the_owner_reaches_the_account(self):
        self.query("update app_user set disable_time = now() where login = 'chief'")
        step = {'kind': 'call', 'subject': 'x', 'time': '2030-01-01 00:00:00+00'}
        plan = self.plan_activity('ann', self.acme, owner_id=self.users['north'])
        for login in ('bob', 'sue', 'south', 'desk', 'chief'):
            owner = {'owner_id': self.users[login]}
            self.refused('FAILED_PRECONDITION', 'OWNER_OUT_OF_REACH', self.log_activity, 'ann', self.acme, **owner)
            self.refused('FAILED_PRECONDITION', 'OWNER_OUT_OF_REACH', self.log_activity, 'boss', self.acme, next_step={**step, **owner})
            self.refused('FAILED_PRECONDITION', 'OWNER_OUT_OF_REACH', self.plan_activity, 'ann', self.acme, **owner)
            self.refused('FAILED_PRECONDITION', 'OWNER_OUT_OF_REACH', self.call('ann').write, 'ActivityService/UpdateActivity',
                         {'activity': {'id': plan['id'], 'version': 1, **owner}, 'update_mask': ['owner_id']})
            self.refused('FAILED_PRECONDITION', 'OWNER_OUT_OF_REACH', self.call('ann').write, 'ActivityService/CompleteActivity',
                         {'id': plan['id'], 'version': 1, 'next_step': {**step, **owner}})
        self.refused('NOT_FOUND', 'USER_NOT_FOUND', self.plan_activity, 'ann', self.acme, owner_id=new_id())
        self.call('ann').write('AccountService/AddAccountMember', {'id': self.acme, 'user_id': self.users['bob']})
        self.assertEqual('Bob', self.log_activity('ann', self.acme, owner_id=self.users['bob'], next_step={**step, 'owner_id': self.users['boss']})['owner_name'])

    def test_plans_go_along_with_an_account_that_is_given_away(self):
        self.call('ann').write('AccountService/AddAccountMember', {'id': self.acme, 'user_id': self.users['bob']})
        plans = [self.plan_activity('ann', self.acme, 'Mine'), self.plan_activity('ann', self.acme, "Bob's", owner_id=self.users['bob']),
                 self.log_activity('ann', self.acme, 'Done', kind='note')]
        self.call('boss').write('AccountService/ReassignAccount', {'id': self.acme, 'version': 1, 'owner_id': self.users['sue'], 'reason': 'Ann left'})
        read = [self.call('boss').read('ActivityService/GetActivity', {'id': plan['id']})['.'] for plan in plans]
        self.assertEqual(['Sue', 'Bob', 'Ann'], [activity['owner_name'] for activity in read])
        self.assertEqual('Ann left', self.changes(plans[0]['id'])[0]['reason'])
        # Who still works on the account keeps what they planned.
        self.call('boss').write('AccountService/ReassignAccount', {'id': self.other, 'version': 1, 'owner_id': self.users['boss'], 'reason': 'x'})
        kept = self.plan_activity('boss', self.other, 'Kept by the boss')
        self.call('boss').write('AccountService/ReassignAccount', {'id': self.other, 'version': 2, 'owner_id': self.users['ann'], 'reason': 'x'})
        self.assertEqual('Boss', self.call('boss').read('ActivityService/GetActivity', {'id': kept['id']})['.']['owner_name'])

    def test_a_correction_stays_with_an_owner_who_left(self):
        original = self.log_activity('ann', self.acme, owner_id=self.users['north'])
        self.query("update app_user set disable_time = now() where login = 'north'")
        correction = self.call('ann').write('ActivityService/CorrectActivity', {
            'id': original['id'], 'version': 1, 'reason': 'typo', 'activity': {'account_id': self.acme, 'kind': 'visit', 'subject': 'x'}})
        self.assertEqual('North', correction['owner_name'])

    def test_a_next_step_takes_the_people_along(self):
        li, wu = (self.add_contact('ann', name, self.acme)['id'] for name in ('Li', 'Wu'))
        step = {'kind': 'call', 'subject': 'Call back', 'time': '2030-01-01 00:00:00+00'}

        def people_of_next(activity):
            following = self.call('ann').read('ActivityService/GetActivity', {'id': activity['next_activity_id']})['.']
            return following['contact_names'], following['user_names']
        self.assertEqual((['Li'], None), people_of_next(self.log_activity('ann', self.acme, contact_ids=[li], user_ids=[self.users['bob']], next_step=step)))
        self.assertEqual((['Wu'], None), people_of_next(self.log_activity('ann', self.acme, contact_ids=[li], next_step={**step, 'contact_ids': [wu]})))
        self.assertEqual((None, None), people_of_next(self.log_activity('ann', self.acme, next_step=step)))
        for more, names in (({}, ['Li']), ({'contact_ids': [wu]}, ['Wu'])):
            plan = self.plan_activity('ann', self.acme, contact_ids=[li])
            done = self.call('ann').write('ActivityService/CompleteActivity', {'id': plan['id'], 'version': 1, 'next_step': {**step, **more}})
            self.assertEqual((names, None), people_of_next(done))
        stranger = self.add_contact('sue', 'Zhao', self.other)
        self.refused('NOT_FOUND', 'CONTACT_NOT_AT_ACCOUNT', self.log_activity, 'ann', self.acme, next_step={**step, 'contact_ids': [stranger['id']]})

    def test_plan_update_complete(self):
        self.refused('INVALID_ARGUMENT', 'FIELD_REQUIRED', self.plan_activity, 'ann', self.acme, time=None)
        contact = self.add_contact('ann', 'Li', self.acme)
        plan = self.plan_activity('ann', self.acme, 'Demo', contact_ids=[contact['id']], description='agenda')
        update = {'activity': {'id': plan['id'], 'version': 1, 'subject': 'Big demo', 'contact_ids': [], 'user_ids': [self.users['bob']],
                               'cost': {'currency_code': 'CNY', 'minor_units': 5}},
                  'update_mask': ['subject', 'contact_ids', 'user_ids', 'cost']}
        answer = self.call('ann').write('ActivityService/UpdateActivity', update)
        self.assertEqual(('Big demo', None, ['Bob'], 'agenda', 5, 2), tuple(answer[name] for name in (
            'subject', 'contact_names', 'user_names', 'description', 'cost.minor_units', 'version')))
        self.refused('ABORTED', 'VERSION_CONFLICT', self.call('ann').write, 'ActivityService/UpdateActivity', update)
        self.assertEqual([('Bob',)], self.query('select name from activity_user join app_user u on u.id = user_id'))
        done = self.call('ann').write('ActivityService/CompleteActivity', {
            'id': plan['id'], 'version': 2, 'result': 'sold', 'next_step': {'kind': 'contract_signing', 'subject': 'Sign', 'time': '2031-01-01 00:00:00+00'}})
        self.assertEqual(('done', 'sold', 'agenda', 5, 3), tuple(done[name] for name in ('state', 'result', 'description', 'cost.minor_units', 'version')))
        self.assertEqual([(True,)], self.query('select time <= now() from activity where id = %s', plan['id']))
        self.assertEqual([('planned', plan['id'])], self.query("select state, previous_activity_id from activity where subject = 'Sign'"))
        self.refused('FAILED_PRECONDITION', 'ACTIVITY_NOT_PLANNED', self.call('ann').write, 'ActivityService/UpdateActivity',
                     {'activity': {'id': plan['id'], 'version': 3, 'subject': 'x'}, 'update_mask': ['subject']})
        self.refused('FAILED_PRECONDITION', 'ACTIVITY_NOT_PLANNED', self.call('ann').write, 'ActivityService/CompleteActivity', {'id': plan['id'], 'version': 3})
        self.refused('ABORTED', 'VERSION_CONFLICT', self.call('ann').write, 'ActivityService/CompleteActivity', {'id': plan['id'], 'version': 2})

    def test_cancel(self):
        plan = self.plan_activity('ann', self.acme)
        for login in ('sue', 'bob'):
            self.refused('NOT_FOUND', 'NOT_FOUND', self.call(login).write, 'ActivityService/CancelActivity', {'id': plan['id'], 'version': 1, 'reason': 'x'})
        answer = self.call('north').write('ActivityService/CancelActivity', {'id': plan['id'], 'version': 1, 'reason': 'ill'})
        self.assertEqual(('cancelled', 'ill'), (answer['state'], answer['cancel_reason']))
        self.assertEqual([], self.list('ann', {'account_id': self.acme}))
        self.assertEqual(['Visit'], self.list('ann', {'account_id': self.acme, 'state': 'cancelled'}))

    def test_what_was_done_cannot_be_edited(self):
        activity = self.log_activity('ann', self.acme, 'Truth')
        caller = self.call('ann')
        with caller.connection.cursor() as cursor:
            caller.begin_read(cursor)
            cursor.execute("update activity set subject = 'Lie' where id = %s", (activity['id'],))
            self.assertEqual(0, cursor.rowcount)
        caller.connection.rollback()

    def test_correct_keeps_the_original(self):
        original = self.log_activity('ann', self.acme, 'Vist', time='2026-01-05 09:00:00+00')
        request = {'id': original['id'], 'version': 1, 'reason': 'typo', 'activity': {'account_id': self.other, 'kind': 'visit', 'subject': 'Visit'}}
        self.refused('NOT_FOUND', 'NOT_FOUND', self.call('sue').write, 'ActivityService/CorrectActivity', request)
        answer = self.call('ann').write('ActivityService/CorrectActivity', request)
        self.assertEqual((original['id'], 'typo', self.acme, 'done', original['time']),
                         tuple(answer[name] for name in ('corrects_id', 'correction_reason', 'account_id', 'state', 'time')))
        self.assertEqual(['Visit'], self.list('ann', {'account_id': self.acme}))
        self.assertEqual(['Vist'], self.list('ann', {'account_id': self.acme, 'state': 'corrected'}))
        seen = self.call('ann').read('ActivityService/GetActivity', {'id': original['id']})['.']
        self.assertEqual(('corrected', answer['id'], None), (seen['state'], seen['corrected_by_id'], answer['corrected_by_id']))
        self.refused('ABORTED', 'VERSION_CONFLICT', self.call('ann').write, 'ActivityService/CorrectActivity', request)
        self.refused('FAILED_PRECONDITION', 'ACTIVITY_NOT_DONE', self.call('ann').write, 'ActivityService/CorrectActivity', {**request, 'version': 2})
        # By hand nothing can be made to correct an activity that stands.
        caller = self.call('ann')
        with caller.connection.cursor() as cursor:
            caller.begin_read(cursor)
            with self.assertRaisesRegex(psycopg2.Error, 'row-level security'):
                cursor.execute("""insert into activity (account_id, kind, state, subject, time, owner_id, corrects_id)
                                  values (%s, 'call', 'done', 'x', now(), %s, %s)""", (self.acme, self.users['ann'], answer['id']))
        caller.connection.rollback()

    def test_plans_are_listed_soonest_first(self):
        contact = self.add_contact('ann', 'Li', self.acme)
        for day in (3, 1, 5, 2, 4):
            self.plan_activity('ann', self.acme, f'P{day}', time=f'2030-01-0{min(day, 4)} 09:00:00+00', contact_ids=[contact['id']])
        self.log_activity('ann', self.acme, 'Done', kind='note')
        tie = self.query("select string_agg(subject, '' order by id) from activity where subject in ('P4', 'P5')")[0][0]
        wanted = ['P1', 'P2', 'P3', tie[:2], tie[2:]]
        for request in ({}, {'account_id': self.acme}, {'contact_id': contact['id']}, {'owner_id': self.users['ann']},
                        {'contact_id': contact['id'], 'account_id': self.acme}):
            order = wanted[::-1] if 'contact_id' in request and 'account_id' not in request else wanted
            self.assertEqual(order, self.list('ann', {**request, 'state': 'planned'}), request)
            self.assertEqual(wanted[::-1], self.list('ann', request)[:5], request)
            seen, page = [], None
            while True:
                answer = self.call('ann').read('ActivityService/ListActivities', {**request, 'state': 'planned'}, page=page, page_size=2)
                seen += [row['subject'] for row in answer['activities']]
                page = answer['next']
                if page is None:
                    break
            self.assertEqual(order, seen, request)

    def test_lists(self):
        contact = self.add_contact('ann', 'Li', self.acme)
        for number in range(6):
            self.log_activity('ann' if number % 2 else 'north', self.acme, f'A{number}', time=f'2026-01-0{number + 1} 09:00:00+00',
                              contact_ids=[contact['id']] if number < 4 else [], kind='call' if number == 2 else 'visit')
        self.log_activity('sue', self.other, 'S', kind='note')
        newest = [f'A{number}' for number in range(5, -1, -1)]
        self.assertEqual(newest, self.list('ann', {'account_id': self.acme}))
        self.assertEqual([], self.list('sue', {'account_id': self.acme}))
        self.assertEqual(newest[2:], self.list('boss', {'contact_id': contact['id']}))
        self.assertEqual(newest[2:], self.list('boss', {'contact_id': contact['id'], 'account_id': self.acme}))
        self.assertEqual([], self.list('sue', {'contact_id': contact['id']}))
        self.assertEqual(['A5', 'A3', 'A1'], self.list('ann', {}))
        self.assertEqual(['A4', 'A2', 'A0'], self.list('ann', {'owner_id': self.users['north']}))
        self.assertEqual(['A4', 'A2', 'A0'], self.list('ann', {'account_id': self.acme, 'owner_id': self.users['north']}))
        self.assertEqual([], self.list('ann', {'owner_id': self.users['sue']}))
        self.assertEqual(['S'], self.list('boss', {'owner_id': self.users['sue']}))
        self.assertEqual(['A2'], self.list('ann', {'account_id': self.acme, 'kind': 'call'}))
        self.assertEqual(['A3', 'A2'], self.list('ann', {'account_id': self.acme, 'from_time': '2026-01-03 09:00:00+00', 'to_time': '2026-01-05 09:00:00+00'}))
        for request in ({'account_id': self.acme}, {'contact_id': contact['id']}, {}):
            seen, page = [], None
            while True:
                answer = self.call('ann').read('ActivityService/ListActivities', request, page=page, page_size=2)
                seen += [row['subject'] for row in answer['activities']]
                page = answer['next']
                if page is None:
                    break
            self.assertEqual(self.list('ann', request), seen)


if __name__ == '__main__':
    unittest.main()
