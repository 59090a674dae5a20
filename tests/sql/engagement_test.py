#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Engagement plans: their steps in order against a model, steps that activities did, hand-over, erasure, merge, and two at once."""
import datetime
import random
import unittest

from race_test import Race
from stage import Stage, new_id


class Engagement(Stage):
    def setUp(self):
        super().setUp()
        self.acme = self.add_account('ann', 'Acme')['id']
        self.zhang = self.add_contact('ann', '张伟', self.acme)['id']
        self.li = self.add_contact('ann', 'Li Na', self.acme, buying_roles=['decider'])['id']

    def plan(self, login='ann', **fields):
        return self.call(login).write('EngagementService/CreateEngagementPlan', {'plan': {'account_id': self.acme, **fields}})

    def add(self, plan, contact=None, login='ann', **fields):
        return self.call(login).write('EngagementService/AddEngagementStep', {'step': {'plan_id': plan['id'], 'contact_id': contact or self.zhang, **fields}})

    def edit(self, step, login='ann', version=None, **fields):
        now, = self.query('select version from engagement_step where id = %s', step['id'])[0]
        return self.call(login).write('EngagementService/UpdateEngagementStep', {
            'step': {'id': step['id'], 'version': version or now, **fields}, 'update_mask': list(fields)})

    def remove(self, step, login='ann'):
        now, = self.query('select version from engagement_step where id = %s', step['id'])[0]
        return self.call(login).write('EngagementService/RemoveEngagementStep', {'id': step['id'], 'version': now})

    def complete(self, step, activity, login='ann'):
        now, = self.query('select version from engagement_step where id = %s', step['id'])[0]
        return self.call(login).write('EngagementService/CompleteEngagementStep', {'id': step['id'], 'version': now, 'activity_id': activity})

    def end(self, plan, login='ann', **fields):
        now, = self.query('select version from engagement_plan where id = %s', plan['id'])[0]
        return self.call(login).write('EngagementService/EndEngagementPlan', {'id': plan['id'], 'version': now, **fields})

    def get(self, plan, login='ann'):
        return self.call(login).read('EngagementService/GetEngagementPlan', {'id': plan['id']})


class EngagementTest(Engagement, Race):
    def test_a_plan_from_beginning_to_end(self):
        plan = self.plan(note='Through the laboratory')
        self.assertEqual(('Acme', 'top_down', 'open', 0, None), tuple(plan[name] for name in ('account_name', 'approach', 'state', 'step_count', 'goal_name')))
        first = self.add(plan, by_on='2026-12-01', relationship=3, note='ask for a test')
        self.assertEqual(('张伟', 1, 'Ann', 3, None), tuple(first[name] for name in ('contact_name', 'position', 'user_name', 'relationship', 'present_relationship')))
        last = self.add(plan, self.li, relationship=4)
        done = self.log_activity('ann', self.acme, contact_ids=[self.zhang])
        step = self.complete(first, done['id'])
        self.assertEqual((done['id'], done['time']), (step['activity_id'], step['done_time']))
        shown = self.get(plan)
        self.assertEqual((2, 1, 'Li Na', None), tuple(shown['.'][name] for name in ('step_count', 'done_count', 'goal_name', 'next_on')))
        self.assertEqual([('张伟', 1, done['id']), ('Li Na', 2, None)], [(row['contact_name'], row['position'], row['activity_id']) for row in shown['steps']])
        self.refused('FAILED_PRECONDITION', 'ENGAGEMENT_STEPS_OPEN', self.end, plan)
        self.complete(last, self.log_activity('ann', self.acme, contact_ids=[self.li])['id'])
        changed = self.call('ann').write('EngagementService/UpdateEngagementPlan', {
            'plan': {'id': plan['id'], 'version': 1, 'approach': 'bottom_up', 'note': 'other'}, 'update_mask': ['approach']})
        self.assertEqual(('bottom_up', 'Through the laboratory'), (changed['approach'], changed['note']))
        ended = self.end(plan)
        self.assertEqual('done', ended['state'])
        self.assertIsNotNone(ended['end_time'])
        for change in (lambda: self.add(plan), lambda: self.edit(first, note='x'), lambda: self.remove(first), lambda: self.complete(first, None), lambda: self.end(plan)):
            self.refused('FAILED_PRECONDITION', 'ENGAGEMENT_ENDED', change)
        self.assertEqual(['insert', 'update', 'update'], sorted(row['operation'] for row in self.changes(plan['id'])))

    def test_drop(self):
        plan = self.plan()
        self.add(plan)
        self.assertEqual('dropped', self.end(plan, is_dropped=True, reason='called off')['state'])
        self.assertEqual('called off', self.changes(plan['id'])[0]['reason'])
        listed = self.call('ann').read('EngagementService/ListEngagementPlans', {'account_id': self.acme})['plans']
        self.assertEqual([], listed)
        listed = self.call('ann').read('EngagementService/ListEngagementPlans', {'include_ended': True})['plans']
        self.assertEqual([plan['id']], [row['id'] for row in listed])

    def test_order_against_a_model(self):
        chance = random.Random(5)
        plan, model, steps = self.plan(), [], {}
        for number in range(60):
            what = chance.random()
            if what < 0.5 or not model:
                place = chance.choice((0, 1, 2, 5, 50))
                step = self.add(plan, position=place, note=str(number))
                steps[step['id']] = step
                model.insert(place - 1 if 1 <= place <= len(model) else len(model), step['id'])
            elif what < 0.8:
                step_id, place = chance.choice(model), chance.choice((0, 1, 3, 7, 50))
                model.remove(step_id)
                model.insert(place - 1 if 1 <= place <= len(model) + 1 else len(model), step_id)
                self.edit({'id': step_id}, position=place)
            else:
                step_id = chance.choice(model)
                model.remove(step_id)
                self.remove({'id': step_id})
            shown = self.get(plan)['steps']
            self.assertEqual(model, [row['id'] for row in shown])
            self.assertEqual(list(range(1, len(model) + 1)), [row['position'] for row in shown])

    def test_at_most_fifty(self):
        plan = self.plan()
        self.query("""insert into engagement_step (plan_id, account_id, position, contact_id, user_id)
                      select %s, %s, n, %s, %s from generate_series(1, 50) n""", plan['id'], self.acme, self.zhang, self.users['ann'])
        self.refused('FAILED_PRECONDITION', 'TOO_MANY_STEPS', self.add, plan)

    def test_who_meets_them(self):
        plan = self.plan()
        for user in (self.users['bob'], self.users['desk'], self.users['sue']):
            self.refused('FAILED_PRECONDITION', 'STEP_USER_OUT_OF_REACH', self.add, plan, user_id=user)
        self.refused('NOT_FOUND', 'USER_NOT_FOUND', self.add, plan, user_id=new_id())
        self.call('ann').write('AccountService/AddAccountMember', {'id': self.acme, 'user_id': self.users['bob']})
        self.query('update position set counterpart_id = %s where contact_id = %s', self.users['bob'], self.zhang)
        self.assertEqual(['Bob', 'Ann', 'North'], [self.add(plan, contact, login, **fields)['user_name'] for contact, login, fields in (
            (self.zhang, 'north', {}), (self.li, 'north', {}), (self.li, 'ann', {'user_id': self.users['north']}))])

    def test_whom(self):
        plan, other = self.plan(), self.add_account('ann', 'Other')['id']
        stranger = self.add_contact('ann', 'Stranger', other)['id']
        foreign = self.add_contact('sue', 'Foreign', self.add_account('sue', 'South')['id'])['id']
        for contact in (stranger, foreign, new_id()):
            self.refused('NOT_FOUND', 'CONTACT_NOT_AT_ACCOUNT', self.add, plan, contact)
        step = self.add(plan)
        self.refused('NOT_FOUND', 'CONTACT_NOT_AT_ACCOUNT', self.edit, step, contact_id=stranger)
        self.assertEqual('Li Na', self.edit(step, contact_id=self.li)['contact_name'])
        self.complete(step, self.log_activity('ann', self.acme, contact_ids=[self.li])['id'])
        self.refused('FAILED_PRECONDITION', 'STEP_DONE', self.edit, step, contact_id=self.zhang)
        position, = self.query('select id from position where contact_id = %s', self.zhang)[0]
        self.call('ann').write('ContactService/EndPosition', {'id': position, 'version': 1})
        self.refused('NOT_FOUND', 'CONTACT_NOT_AT_ACCOUNT', self.add, plan)

    def test_what_does_a_step(self):
        plan = self.plan()
        step = self.add(plan)
        other = self.add_account('ann', 'Other')['id']
        self.call('ann').write('ContactService/AddPosition', {'position': {'contact_id': self.zhang, 'account_id': other}})
        self.refused('NOT_FOUND', 'ACTIVITY_NOT_FOUND', self.complete, step, self.log_activity('ann', other, contact_ids=[self.zhang])['id'])
        self.refused('NOT_FOUND', 'ACTIVITY_NOT_FOUND', self.complete, step, new_id())
        self.refused('FAILED_PRECONDITION', 'ACTIVITY_NOT_DONE', self.complete, step, self.plan_activity('ann', self.acme, contact_ids=[self.zhang])['id'])
        self.refused('FAILED_PRECONDITION', 'ACTIVITY_WITHOUT_CONTACT', self.complete, step, self.log_activity('ann', self.acme, contact_ids=[self.li])['id'])
        done = self.log_activity('ann', self.acme, contact_ids=[self.zhang])
        self.complete(step, done['id'])
        self.assertEqual(None, self.complete(step, None)['activity_id'])
        self.complete(step, done['id'])
        # A correction takes the place of what it corrects.
        correction = self.call('ann').write('ActivityService/CorrectActivity', {
            'id': done['id'], 'version': done['version'], 'reason': 'wrong day',
            'activity': {'account_id': self.acme, 'kind': 'visit', 'subject': 'Visit', 'contact_ids': [self.zhang]}})
        self.assertEqual(correction['id'], self.get(plan)['steps'][0]['activity_id'])
        self.refused('FAILED_PRECONDITION', 'ACTIVITY_NOT_DONE', self.complete, step, done['id'])

    def test_reach(self):
        plan = self.plan()
        step = self.add(plan)
        for login in ('bob', 'sue', 'south'):
            for change in (lambda: self.get(plan, login), lambda: self.plan(login), lambda: self.add(plan, login=login), lambda: self.edit(step, login, note='x'),     # noqa: B023
                           lambda: self.remove(step, login), lambda: self.complete(step, None, login), lambda: self.end(plan, login),     # noqa: B023
                           lambda: self.call(login).read('EngagementService/GetEngagementStep', {'id': step['id']})):     # noqa: B023
                self.refused('NOT_FOUND', 'NOT_FOUND', change)
            self.assertEqual([], self.call(login).read('EngagementService/ListEngagementPlans', {})['plans'])
        self.refused('NOT_FOUND', 'NOT_FOUND', self.add, {'id': new_id()})

    def test_a_stale_version(self):
        plan = self.plan()
        step = self.add(plan)
        self.edit(step, note='one')
        self.refused('ABORTED', 'VERSION_CONFLICT', self.edit, step, version=1, note='two')
        self.remove(step)
        self.refused('NOT_FOUND', 'NOT_FOUND', self.edit, step, note='three')

    def test_the_new_owner_gets_what_is_open(self):
        plan = self.plan()
        open_step, done = self.add(plan), self.add(plan)
        self.complete(done, self.log_activity('ann', self.acme, contact_ids=[self.zhang])['id'])
        self.call('north').write('AccountService/ReassignAccount', {'id': self.acme, 'version': self.query('select version from account where id = %s', self.acme)[0][0],
                                                                    'owner_id': self.users['bob'], 'reason': 'ill'})
        self.assertEqual({open_step['id']: 'Bob', done['id']: 'Ann'}, {row['id']: row['user_name'] for row in self.get(plan, 'bob')['steps']})

    def test_who_leaves_the_account_leaves_the_steps(self):
        """As a member, disabled, moved to another team; and by the next hand-over at the latest."""
        boss, plan = self.call('boss'), self.plan()
        boss.write('AccountService/AddAccountMember', {'id': self.acme, 'user_id': self.users['bob']})
        of = {login: self.add(plan, user_id=self.users[login])['id'] for login in ('ann', 'bob', 'north')}
        done = self.add(plan, user_id=self.users['bob'])
        self.complete(done, self.log_activity('ann', self.acme, contact_ids=[self.zhang])['id'])
        whose = lambda: {row['id']: row['user_name'] for row in self.get(plan, 'boss')['steps']}
        boss.write('AccountService/RemoveAccountMember', {'id': self.acme, 'user_id': self.users['bob']})
        self.assertEqual({of['ann']: 'Ann', of['bob']: 'Ann', of['north']: 'North', done['id']: 'Bob'}, whose())
        version, = self.query("select version from app_user where login = 'north'")[0]
        boss.write('UserService/UpdateUser', {'user': {'id': self.users['north'], 'version': version, 'team_id': self.teams['south']}, 'update_mask': ['team_id']})
        self.assertEqual('Ann', whose()[of['north']])
        boss.write('AccountService/AddAccountMember', {'id': self.acme, 'user_id': self.users['bob']})
        for step in (of['bob'], of['north']):
            self.edit({'id': step}, user_id=self.users['bob'])
        boss.write('UserService/DisableUser', {'id': self.users['bob'], 'reason': 'left'})
        self.assertEqual({'Ann'}, {whose()[step] for step in of.values()})
        # An owner who left has nobody to leave them to until the account has another owner.
        boss.write('UserService/DisableUser', {'id': self.users['ann'], 'reason': 'left'})
        self.assertEqual({'Ann'}, {whose()[step] for step in of.values()})
        boss.write('AccountService/ReassignAccount', {'id': self.acme, 'version': self.query('select version from account where id = %s', self.acme)[0][0],
                                                      'owner_id': self.users['chief'], 'reason': 'left'})
        self.assertEqual({'Chief'}, {whose()[step] for step in of.values()})

    def test_the_steps_of_the_day(self):
        plan, today = self.plan(), self.query('select today()')[0][0]
        wanted = {days: self.add(plan, by_on=today + datetime.timedelta(days=days))['id'] for days in (8, 7, 0, -30)}
        self.add(plan)
        done = self.add(plan, by_on=today)
        self.complete(done, self.log_activity('ann', self.acme, contact_ids=[self.zhang])['id'])
        self.remove(self.add(plan, by_on=today))

        def due(login='ann', **request):
            return [row['id'] for row in self.call(login).read('OverviewService/GetToday', request)['engagement_steps']]
        self.assertEqual([wanted[-30], wanted[0], wanted[7]], due())
        self.assertEqual([], due('north'))
        self.assertEqual(3, len(due('north', user_id=self.users['ann'])))
        self.query('update account set retire_time = now() where id = %s', self.acme)
        self.assertEqual([], due(), 'of a retired account')
        self.query('update account set retire_time = null where id = %s', self.acme)
        self.assertEqual(3, len(due()))
        self.end(plan, is_dropped=True)
        self.assertEqual([], due())

    def test_erasure(self):
        plan = self.plan(note='ask 张伟 first')
        step = self.add(plan, relationship=3, note='张伟 likes golf')
        self.edit(step, relationship=4)
        self.add(plan, self.li, note='after 张伟')
        version, = self.query('select version from contact where id = %s', self.zhang)[0]
        self.call('north').write('ContactService/EraseContact', {'id': self.zhang, 'version': version, 'reason': 'asked for'})
        self.assertEqual([('', None), ('after ***', None)], self.query('select note, relationship from engagement_step order by position'))
        self.assertEqual([('ask *** first',)], self.query('select note from engagement_plan'))
        kept = self.query("select string_agg(old_values::text || new_values::text, ' ') from change where record_id = %s", step['id'])[0][0]
        for word in ('golf', '张伟', '"relationship": 3', '"relationship": 4'):
            self.assertNotIn(word, kept)
        self.edit(step, position=2)     # the plan goes on without them
        self.refused('FAILED_PRECONDITION', 'CONTACT_ERASED', self.edit, step, note='张伟')
        self.assertEqual(['Li Na', '[erased]'], [row['contact_name'] for row in self.get(plan)['steps']])

    def test_erasure_of_whom_a_step_was_for(self):
        """What was noted while a step led to them goes from the log, and from the step where nobody wrote another note since."""
        plan = self.plan()
        rewritten, kept, other = (self.add(plan, relationship=2, note='likes golf') for _ in range(3))
        self.edit(rewritten, contact_id=self.li)
        self.edit(rewritten, note='about the samples')
        self.edit(kept, contact_id=self.li)
        self.edit(other, contact_id=self.li, note='about the samples', relationship=5)
        version, = self.query('select version from contact where id = %s', self.zhang)[0]
        self.call('north').write('ContactService/EraseContact', {'id': self.zhang, 'version': version, 'reason': 'asked for'})
        self.assertEqual([('about the samples', 2), ('', 2), ('about the samples', 5)], self.query('select note, relationship from engagement_step order by position'))
        for step in (rewritten, kept, other):
            log = self.query("select string_agg(old_values::text || new_values::text, ' ') from change where record_id = %s", step['id'])[0][0]
            self.assertNotIn('golf', log)
            self.assertNotIn('"relationship": 2', log)
        self.edit(kept, note='and now the price')
        # The other person's note is theirs.
        version, = self.query('select version from contact where id = %s', self.li)[0]
        self.call('north').write('ContactService/EraseContact', {'id': self.li, 'version': version, 'reason': 'asked for'})
        self.assertEqual([('', None)] * 3, self.query('select note, relationship from engagement_step order by position'))

    def test_merge(self):
        twin = self.add_account('ann', 'Twin')['id']
        plan = self.plan()
        step = self.add(plan)
        self.complete(step, self.log_activity('ann', self.acme, contact_ids=[self.zhang])['id'])
        versions = dict(self.query('select id, version from account'))
        self.call('north').write('AccountMergeService/MergeAccounts', {'survivor_id': twin, 'survivor_version': versions[twin], 'merged_id': self.acme,
                                                                       'merged_version': versions[self.acme], 'reason': 'one'})
        self.assertEqual([(twin, twin)], self.query('select p.account_id, s.account_id from engagement_plan p join engagement_step s on s.plan_id = p.id'))
        self.assertEqual('Twin', self.get(plan)['.']['account_name'])

    def test_two_add_a_step_at_once(self):
        plan = self.plan()
        request = 'EngagementService/AddEngagementStep', {'step': {'plan_id': plan['id'], 'contact_id': self.zhang, 'position': 1}}
        self.race_writes((self.call('ann'), *request), (self.other('north'), *request))
        self.assertTrue(self.has_waited)
        self.assertEqual([1, 2], [row['position'] for row in self.get(plan)['steps']])


if __name__ == '__main__':
    unittest.main()
