#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Visits on fixed days and routes: the days against a model, what is made and withdrawn, what is left alone, and nothing twice."""
import calendar
import datetime
import random
import threading
import unittest
import zoneinfo

from race_test import Race
from stage import Stage, new_id

DAY = datetime.timedelta(days=1)
DAYS = ('monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday')


def model_days(plan, first, last):
    """The same as recurring_days(), from the words of the contract."""
    found = []
    start = plan['starts_on']
    day = first
    while day <= last:
        if start <= day and (plan['ends_on'] is None or day <= plan['ends_on']):
            if plan['repeat'] == 'weekly':
                weeks = (day - DAY * day.weekday() - (start - DAY * start.weekday())).days // 7
                is_due = DAYS[day.weekday()] in plan['weekdays'] and weeks % plan['every'] == 0
            else:
                months = (day.year - start.year) * 12 + day.month - start.month
                is_due = day.day == min(plan['month_day'], calendar.monthrange(day.year, day.month)[1]) and months % plan['every'] == 0
            if is_due:
                found.append(day)
        day += DAY
    return found


class Plans(Stage):
    def setUp(self):
        super().setUp()
        self.query("update company set time_zone = 'Asia/Shanghai'")
        self.acme = self.add_account('ann', 'Acme')['id']
        self.today = self.query('select today()')[0][0]

    def plan(self, login='ann', account=True, **fields):
        fields = {'subject': 'Weekly visit', 'weekdays': list(DAYS), 'time_of_day': '10:30', 'starts_on': self.today + DAY, **fields}
        if account:
            fields.setdefault('account_id', self.acme)
        return self.call(login).write('VisitPlanService/CreateVisitPlan', {'visit_plan': fields})

    def edit(self, plan, login='ann', **fields):
        answer = self.call(login).write('VisitPlanService/UpdateVisitPlan', {
            'visit_plan': {'id': plan['id'], 'version': plan['version'], **fields}, 'update_mask': list(fields)})
        plan.update(answer)
        return answer

    def end(self, plan, login='ann'):
        return self.call(login).write('VisitPlanService/EndVisitPlan', {'id': plan['id'], 'version': plan['version'], 'reason': 'enough'})

    def route(self, login='ann', accounts=(), **fields):
        return self.call(login).write('RouteService/CreateRoute', {'route': {'name': 'East', 'account_ids': list(accounts), **fields}})

    def get_plan(self, plan, login='ann'):
        return self.call(login).read('VisitPlanService/GetVisitPlan', {'id': plan['id']})['.']

    def house_keep(self, count=100):
        connection = self.database.connect('kam_auth')
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute('select kam.make_visits_ahead(%s)', (count,))
                return cursor.fetchone()[0]
        finally:
            connection.close()

    def pass_days(self, days):
        """Puts the plans and what they made back, as if so many days had gone by."""
        self.query('''alter table visit_plan disable trigger user;
                      update visit_plan set made_until = made_until - %s, starts_on = starts_on - %s;
                      alter table visit_plan enable trigger user''', days, days)
        self.query('''alter table activity disable trigger user;
                      update activity set plan_date = plan_date - %s, time = time - make_interval(days => %s) where plan_date is not null;
                      alter table activity enable trigger user''', days, days)

    def made(self, plan, state='planned'):
        return self.query("select plan_date, account_id, time, owner_id, id, version from activity where visit_plan_id = %s and state = %s order by time", plan['id'], state)

    def days(self, plan, state='planned'):
        return [row[0] for row in self.made(plan, state)]

    def wanted(self, **fields):
        plan = {'repeat': 'weekly', 'every': 1, 'weekdays': DAYS, 'month_day': None, 'starts_on': self.today + DAY, 'ends_on': None, **fields}
        return model_days(plan, self.today + DAY, self.today + 14 * DAY)


class RecurrenceTest(Plans):
    def check(self, plan, first, last):
        got = [row[0] for row in self.query('select * from recurring_days(%s, %s, %s, %s, %s, %s, %s, %s)', plan['repeat'], plan['every'], plan['weekdays'],
                                            plan['month_day'], plan['starts_on'], plan['ends_on'], first, last)]
        self.assertEqual(model_days(plan, first, last), got, (plan, first, last))

    def test_against_the_model(self):
        chance = random.Random(20261121)
        for _ in range(400):
            start = datetime.date(2000, 1, 1) + DAY * chance.randrange(40000)
            weekly = chance.random() < 0.5
            plan = {'repeat': 'weekly' if weekly else 'monthly', 'every': chance.choice((1, 1, 2, 3, 4, 13, 52)),
                    'weekdays': chance.sample(DAYS, chance.randint(1, 7)) if weekly else [], 'month_day': None if weekly else chance.choice((1, 15, 28, 29, 30, 31)),
                    'starts_on': start, 'ends_on': chance.choice((None, start, start + DAY * chance.randrange(900)))}
            first = start + DAY * chance.randrange(-40, 800)
            self.check(plan, first, first + DAY * chance.choice((0, 14, 62, 400)))

    def test_the_end_of_short_months(self):
        for month_day, wanted in ((31, ['2028-01-31', '2028-02-29', '2028-03-31', '2028-04-30']), (29, ['2028-01-29', '2028-02-29', '2028-03-29', '2028-04-29'])):
            rows = self.query("select recurring_days('monthly', 1, '{}', %s, '2028-01-01', null, '2028-01-01', '2028-04-30')", month_day)
            self.assertEqual(wanted, [str(row[0]) for row in rows])
        rows = self.query("select recurring_days('monthly', 12, '{}', 29, '2027-02-01', null, '2027-01-01', '2029-12-31')")
        self.assertEqual(['2027-02-28', '2028-02-29', '2029-02-28'], [str(row[0]) for row in rows])

    def test_the_wall_clock_is_kept_over_the_change_of_hours(self):
        """An hour that is left out comes an hour later, one that comes twice is the second, as PostgreSQL has it."""
        for zone in ('Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Shanghai'):
            self.query('update company set time_zone = %s', zone)
            for start in (self.today, datetime.date(2027, 3, 7), datetime.date(2027, 3, 21), datetime.date(2027, 10, 1), datetime.date(2027, 11, 1)):
                for time_of_day in ('00:00', '09:30', '23:59'):
                    rows = self.query('''select d, (d + %s::time) at time zone c.time_zone from company c,
                                                recurring_days('weekly', 1, array['sunday', 'monday'], null, %s, null, %s, %s) d''', time_of_day, start, start, start + 14 * DAY)
                    for day, moment in rows:
                        hour, minute = map(int, time_of_day.split(':'))
                        self.assertEqual(datetime.datetime(day.year, day.month, day.day, hour, minute, tzinfo=zoneinfo.ZoneInfo(zone)), moment)

    def test_the_next_day(self):
        chance = random.Random(7)
        for number in range(60):
            start = self.today + DAY * chance.randrange(-400, 400)
            weekly = chance.random() < 0.5
            plan = {'repeat': 'weekly' if weekly else 'monthly', 'every': chance.choice((1, 2, 5, 52)), 'weekdays': chance.sample(DAYS, 2) if weekly else [],
                    'month_day': None if weekly else chance.choice((1, 29, 31)), 'starts_on': start, 'ends_on': chance.choice((None, start + 300 * DAY))}
            made = self.plan(**plan, subject=f'P{number}')
            days = model_days(plan, self.today, self.today + 2400 * DAY)
            self.assertEqual(days[0] if days else None, self.get_plan(made)['next_on'], plan)


class VisitPlanTest(Plans):
    def test_two_weeks_are_made_at_once(self):
        plan = self.plan(weekdays=['tuesday', 'friday'], duration_minutes=45)
        self.assertEqual(('Acme', 'Ann', None, 'visit', 'weekly', 1, ['tuesday', 'friday'], '10:30', None),
                         tuple(plan[name] for name in ('account_name', 'owner_name', 'owner_id', 'kind', 'repeat', 'every', 'weekdays', 'time_of_day', 'problem')))
        self.assertEqual(self.wanted(weekdays=['tuesday', 'friday']), self.days(plan))
        activity = self.call('ann').read('ActivityService/GetActivity', {'id': self.made(plan)[0][4]})['.']
        self.assertEqual(('planned', 'visit', 'Weekly visit', 'plan', plan['id'], 45, 'Ann'),
                         tuple(activity[name] for name in ('state', 'kind', 'subject', 'origin', 'visit_plan_id', 'duration_minutes', 'owner_name')))
        self.assertEqual((10, 30), tuple(getattr(activity['time'].astimezone(zoneinfo.ZoneInfo('Asia/Shanghai')), name) for name in ('hour', 'minute')))

    def test_today_is_made_when_its_hour_is_still_to_come(self):
        hour = self.query("select (now() at time zone 'Asia/Shanghai')::time")[0][0].hour
        if hour in (0, 23):
            self.query("update company set time_zone = 'UTC'")
            hour = self.query("select now()::time")[0][0].hour
        today = self.query('select today()')[0][0]
        past = self.plan(starts_on=today, time_of_day=f'{max(hour - 1, 0):02}:00', subject='Past')
        coming = self.plan(starts_on=today, time_of_day='23:59', subject='Coming')
        self.assertEqual((False, True), (today in self.days(past), today in self.days(coming)))

    def test_day_by_day(self):
        plan = self.plan()
        self.assertEqual(self.wanted(), self.days(plan))
        self.assertFalse(self.house_keep())
        self.assertEqual(14, len(self.made(plan)))
        self.pass_days(3)
        self.house_keep()
        self.house_keep()
        self.assertEqual([self.today + DAY * n for n in range(-2, 15)], self.days(plan))
        self.assertEqual(17, self.query('select count(*) from activity')[0][0])
        self.assertEqual(1, self.get_plan(plan)['version'])

    def test_housekeeping_takes_some_at_a_time(self):
        plans = [self.plan(subject=f'P{number}', weekdays=['monday']) for number in range(5)]
        self.query('update visit_plan set made_until = null')
        self.assertEqual([True, True, False], [self.house_keep(2) for _ in range(3)])
        self.assertEqual([2] * 5, [len(self.made(plan)) for plan in plans])
        self.assertEqual([(None,)] * 0, self.query('select made_until from visit_plan where made_until is null'))

    def test_a_change_moves_what_nobody_touched(self):
        plan = self.plan()
        before = {row[0]: row[4] for row in self.made(plan)}
        rows = self.made(plan)
        edited, done, cancelled = rows[2], rows[5], rows[7]
        caller = self.call('ann')
        caller.write('ActivityService/UpdateActivity', {'activity': {'id': edited[4], 'version': 1, 'place': 'canteen'}, 'update_mask': ['place']})
        caller.write('ActivityService/CompleteActivity', {'id': done[4], 'version': 1, 'next_step': {'kind': 'note', 'subject': 'x', 'time': '2031-01-01 00:00:00+00'}})
        caller.write('ActivityService/CancelActivity', {'id': cancelled[4], 'version': 1, 'reason': 'x'})
        self.edit(plan, time_of_day='8:15', subject='Early visit')
        after = {row[0]: row for row in self.made(plan)}
        self.assertEqual(set(before) - {done[0], cancelled[0]}, set(after))
        zone = zoneinfo.ZoneInfo('Asia/Shanghai')
        for day, row in after.items():
            self.assertEqual(before[day], row[4], 'moved, not made anew')
            wanted = (10, 30) if day == edited[0] else (8, 15)
            self.assertEqual(wanted, (row[2].astimezone(zone).hour, row[2].astimezone(zone).minute), day)
        # Days that are no longer wanted are withdrawn, those a person was at stay; wanted again, they come back as they were.
        kept = [row for row in self.wanted() if DAYS[row.weekday()] == 'monday']
        self.edit(plan, weekdays=['monday'])
        self.assertEqual(sorted({*kept, edited[0]} - {done[0], cancelled[0]}), self.days(plan))
        self.assertEqual([('Withdrawn: its plan was changed or has ended.',)],
                         self.query("select distinct cancel_reason from activity where visit_plan_id = %s and state = 'cancelled' and plan_version = version", plan['id']))
        self.edit(plan, weekdays=list(DAYS))
        self.assertEqual({day: identity for day, identity in before.items() if day not in (done[0], cancelled[0])}, {row[0]: row[4] for row in self.made(plan)})
        self.assertEqual([('x',)], self.query('select cancel_reason from activity where id = %s', cancelled[4]))
        self.assertEqual([(14,)], self.query('select count(*) from activity where visit_plan_id = %s', plan['id']))

    def test_people_of_a_made_activity_are_a_touch(self):
        contact = self.add_contact('ann', 'Li', self.acme)['id']
        plan = self.plan()
        row = self.made(plan)[3]
        self.call('ann').write('ActivityService/UpdateActivity', {'activity': {'id': row[4], 'version': 1, 'contact_ids': [contact]}, 'update_mask': ['contact_ids']})
        self.end(plan)
        self.assertEqual([row[0]], self.days(plan))

    def test_preparing_and_commenting_are_a_touch(self):
        plan = self.plan()
        rows = self.made(plan)
        self.call('ann').write('VisitService/UpdateVisit', {'visit': {'activity_id': rows[1][4], 'material': 'catalogue'}, 'update_mask': ['material']})
        self.call('north').write('CommentService/AddComment', {'comment': {'activity_id': rows[6][4], 'text': 'Take Bob along.'}})
        self.end(plan)
        self.assertEqual([rows[1][0], rows[6][0]], self.days(plan))

    def test_ending(self):
        plan = self.plan()
        ended = self.end(plan)
        self.assertIsNotNone(ended['end_time'])
        self.assertEqual(([], None, None), (self.days(plan), ended['next_on'], ended['problem']))
        self.refused('FAILED_PRECONDITION', 'PLAN_ENDED', self.end, ended)
        self.refused('FAILED_PRECONDITION', 'PLAN_ENDED', self.edit, dict(ended), subject='x')
        self.query('update visit_plan set made_until = null')
        self.house_keep()
        self.assertEqual([], self.days(plan))
        self.assertEqual([], self.call('ann').read('VisitPlanService/ListVisitPlans', {})['visit_plans'])
        self.assertEqual(1, len(self.call('ann').read('VisitPlanService/ListVisitPlans', {'include_ended': True})['visit_plans']))

    def test_a_last_day(self):
        plan = self.plan(ends_on=self.today + 5 * DAY)
        self.assertEqual(self.wanted(ends_on=self.today + 5 * DAY), self.days(plan))
        self.edit(plan, ends_on=self.today + 3 * DAY)
        self.assertEqual(3, len(self.days(plan)))
        self.edit(plan, ends_on=None)
        self.assertEqual(14, len(self.days(plan)))

    def test_a_reassigned_account_takes_its_visits_along(self):
        plan, bobs = self.plan(), None
        self.call('ann').write('AccountService/AddAccountMember', {'id': self.acme, 'user_id': self.users['bob']})
        bobs = self.plan(subject='Bob goes', owner_id=self.users['bob'])
        touched = self.made(plan)[0][4]
        self.call('ann').write('ActivityService/UpdateActivity', {'activity': {'id': touched, 'version': 1, 'place': 'x'}, 'update_mask': ['place']})
        self.call('boss').write('AccountService/ReassignAccount', {'id': self.acme, 'version': 1, 'owner_id': self.users['sue'], 'reason': 'x'})
        self.assertEqual([self.users['sue']] * 14, [row[3] for row in self.made(plan)])
        self.assertEqual({self.users['bob']}, {row[3] for row in self.made(bobs)})
        self.assertEqual('Sue', self.get_plan(plan, 'sue')['owner_name'])
        self.refused('NOT_FOUND', 'NOT_FOUND', self.get_plan, plan, 'ann')

    def test_a_retired_account_is_passed_by_and_a_restored_one_is_not(self):
        plan = self.plan()
        version = 1
        for method, count, problem in (('RetireAccount', 0, 'account_retired'), ('RestoreAccount', 14, None)):
            self.call('ann').write(f'AccountService/{method}', {'id': self.acme, 'version': version, 'reason': 'x'})
            version += 1
            self.assertEqual((count, problem), (len(self.made(plan)), self.get_plan(plan)['problem']))
        self.refused('FAILED_PRECONDITION', 'ACCOUNT_RETIRED', self.retired_plan)

    def retired_plan(self):
        gone = self.add_account('ann', 'Gone')['id']
        self.call('ann').write('AccountService/RetireAccount', {'id': gone, 'version': 1, 'reason': 'x'})
        self.plan(account_id=gone)

    def test_owners_who_left_are_passed_by(self):
        self.call('ann').write('AccountService/AddAccountMember', {'id': self.acme, 'user_id': self.users['bob']})
        plan = self.plan(owner_id=self.users['bob'])
        self.query("update app_user set disable_time = now() where login = 'bob'")
        self.pass_days(1)
        self.house_keep()
        self.assertEqual('owner_disabled', self.get_plan(plan)['problem'])
        self.assertEqual([], [day for day in self.days(plan) if day > self.today])
        self.query("update app_user set disable_time = null where login = 'bob'")
        self.call('ann').write('AccountService/RemoveAccountMember', {'id': self.acme, 'user_id': self.users['bob']})
        self.assertEqual('owner_out_of_reach', self.get_plan(plan)['problem'])
        self.assertIsNone(self.edit(plan, owner_id=None)['problem'])
        self.assertEqual({self.users['ann']}, {row[3] for row in self.made(plan) if row[0] > self.today})

    def test_what_is_refused(self):
        other = self.add_account('sue', 'Other')['id']
        self.refused('NOT_FOUND', 'NOT_FOUND', self.plan, account_id=other)
        self.refused('NOT_FOUND', 'NOT_FOUND', self.plan, account_id=new_id())
        self.refused('NOT_FOUND', 'NOT_FOUND', self.plan, account=False, route_id=new_id())
        self.refused('PERMISSION_DENIED', 'ROLE', self.plan, 'desk')
        self.refused('INVALID_ARGUMENT', 'PLAN_OF_ONE', self.plan, account=False)
        route = self.route()
        self.refused('INVALID_ARGUMENT', 'PLAN_OF_ONE', self.plan, route_id=route['id'])
        self.refused('INVALID_ARGUMENT', 'PLAN_OWNER_OF_ROUTE', self.plan, account=False, route_id=route['id'], owner_id=self.users['ann'])
        for owner in ('bob', 'desk', 'south'):
            self.refused('FAILED_PRECONDITION', 'OWNER_OUT_OF_REACH', self.plan, owner_id=self.users[owner])
        self.refused('INVALID_ARGUMENT', 'FIELD_REQUIRED', self.plan, weekdays=[])
        self.refused('INVALID_ARGUMENT', 'FIELD_REQUIRED', self.plan, repeat='monthly')
        for time_of_day in ('24:00', '9', '9:3', '09:60', 'noon', '9:30 '):
            self.refused('INVALID_ARGUMENT', 'TIME_OF_DAY_FORM', self.plan, time_of_day=time_of_day)
        self.refused('INVALID_ARGUMENT', 'PLAN_ENDS_BEFORE_START', self.plan, ends_on=self.today)
        self.refused('INVALID_ARGUMENT', 'visit_plan_dates_range', self.plan, starts_on=datetime.date(9999, 1, 1))
        self.assertEqual([(0,)], self.query('select count(*) from visit_plan'))
        plan = self.plan()
        self.refused('NOT_FOUND', 'NOT_FOUND', self.edit, dict(plan), 'sue', subject='x')
        self.refused('NOT_FOUND', 'NOT_FOUND', self.end, plan, 'bob')
        self.refused('ABORTED', 'VERSION_CONFLICT', self.edit, {**plan, 'version': 9}, subject='x')
        monthly = self.edit(plan, repeat='monthly', month_day=31)
        self.assertEqual((None, 31), (monthly['weekdays'] or None, monthly['month_day']))
        self.refused('INVALID_ARGUMENT', 'FIELD_REQUIRED', self.edit, dict(plan), repeat='weekly')
        self.assertEqual([31, None], [self.plan(weekdays=[], month_day=31, subject='M')['month_day'], self.plan(month_day=31, repeat='weekly', subject='W')['month_day']])

    def test_history(self):
        plan = self.plan()
        self.edit(plan, subject='Other')
        self.end(plan)
        self.assertEqual([('update', 'enough'), ('update', None), ('insert', None)], [(row['operation'], row['reason']) for row in self.changes(plan['id'], 'ann')])
        self.assertEqual([], self.changes(plan['id'], 'sue'))
        route = self.route()
        self.assertEqual(1, len(self.changes(route['id'], 'ann')))
        self.assertEqual(1, len(self.changes(route['id'], 'north')))
        for login in ('bob', 'sue', 'south'):
            self.assertEqual([], self.changes(route['id'], login))


class RouteTest(Plans):
    def setUp(self):
        super().setUp()
        self.stops = [self.add_account('ann', name)['id'] for name in ('Retailer', 'Kiosk', 'Corner')]

    def test_a_route_is_visited_in_its_order(self):
        route = self.route(accounts=self.stops)
        self.assertEqual((['Retailer', 'Kiosk', 'Corner'], 'Ann'), (route['account_names'], route['owner_name']))
        plan = self.plan(account=False, route_id=route['id'], weekdays=['monday'], duration_minutes=20)
        zone = zoneinfo.ZoneInfo('Asia/Shanghai')
        self.assertEqual([(stop, 10, minute) for stop, minute in zip(self.stops, (30, 50, 70 - 60))][:2],
                         [(row[1], row[2].astimezone(zone).hour, row[2].astimezone(zone).minute) for row in self.made(plan)[:2]])
        self.assertEqual(self.stops * 2, [row[1] for row in self.made(plan)])
        new = self.add_account('ann', 'Fresh')['id']
        order = [new, self.stops[2], self.stops[0]]
        route = self.call('ann').write('RouteService/UpdateRoute', {'route': {'id': route['id'], 'version': 1, 'account_ids': order}, 'update_mask': ['account_ids']})
        self.assertEqual(['Fresh', 'Corner', 'Retailer'], route['account_names'])
        self.assertEqual(order * 2, [row[1] for row in self.made(plan)])
        self.assertEqual({self.stops[1]}, {row[1] for row in self.made(plan, 'cancelled')})

    def test_the_day_ends_at_midnight(self):
        route = self.route(accounts=self.stops)
        plan = self.plan(account=False, route_id=route['id'], time_of_day='23:00', duration_minutes=600)
        self.assertEqual({(23, 0), (23, 59)}, {(row[2].astimezone(zoneinfo.ZoneInfo('Asia/Shanghai')).hour, row[2].minute) for row in self.made(plan)})
        self.assertEqual(self.wanted(), sorted({row[2].astimezone(zoneinfo.ZoneInfo('Asia/Shanghai')).date() for row in self.made(plan)}))

    def test_stops_that_left_are_passed_by_and_said(self):
        route = self.route(accounts=self.stops)
        plan = self.plan(account=False, route_id=route['id'])
        self.call('boss').write('AccountService/ReassignAccount', {'id': self.stops[0], 'version': 1, 'owner_id': self.users['sue'], 'reason': 'x'})
        self.call('ann').write('AccountService/RetireAccount', {'id': self.stops[1], 'version': 1, 'reason': 'x'})
        self.assertEqual({self.stops[2]}, {row[1] for row in self.made(plan)})
        seen = self.get_plan(plan)
        self.assertEqual((['Kiosk'], None), (seen['skipped_account_names'], seen['problem']))
        self.assertEqual(['Retailer', 'Kiosk'], self.get_plan(plan, 'boss')['skipped_account_names'])
        self.assertEqual(['Kiosk', 'Corner'], self.call('ann').read('RouteService/GetRoute', {'id': route['id']})['.']['account_names'])

    def test_a_route_given_away_or_retired(self):
        self.call('ann').write('AccountService/AddAccountMember', {'id': self.stops[0], 'user_id': self.users['bob']})
        route = self.route(accounts=self.stops)
        plan = self.plan(account=False, route_id=route['id'])
        self.refused('PERMISSION_DENIED', 'OWNER_OUT_OF_REACH', self.call('ann').write, 'RouteService/UpdateRoute',
                     {'route': {'id': route['id'], 'version': 1, 'owner_id': self.users['bob']}, 'update_mask': ['owner_id']})
        self.call('north').write('RouteService/UpdateRoute', {'route': {'id': route['id'], 'version': 1, 'owner_id': self.users['bob']}, 'update_mask': ['owner_id']})
        self.assertEqual({(self.stops[0], self.users['bob'])}, {(row[1], row[3]) for row in self.made(plan)})
        self.refused('NOT_FOUND', 'NOT_FOUND', self.get_plan, plan, 'ann')
        self.call('bob').write('RouteService/RetireRoute', {'id': route['id'], 'version': 2, 'reason': 'x'})
        self.assertEqual([], self.made(plan))
        self.assertEqual('route_retired', self.get_plan(plan, 'bob')['problem'])
        self.refused('FAILED_PRECONDITION', 'ROUTE_RETIRED', self.plan, 'bob', account=False, route_id=route['id'])
        self.refused('FAILED_PRECONDITION', 'ROUTE_RETIRED', self.call('bob').write, 'RouteService/RetireRoute', {'id': route['id'], 'version': 3})
        self.assertEqual([], self.call('bob').read('RouteService/ListRoutes', {})['routes'])
        self.assertEqual(1, len(self.call('bob').read('RouteService/ListRoutes', {'include_retired': True})['routes']))

    def test_what_is_refused(self):
        foreign = self.add_account('sue', 'Other')['id']
        self.refused('NOT_FOUND', 'ACCOUNT_NOT_FOUND', self.route, accounts=[foreign])
        self.refused('NOT_FOUND', 'ACCOUNT_NOT_FOUND', self.route, accounts=[new_id()])
        self.refused('INVALID_ARGUMENT', 'ROUTE_STOP_TWICE', self.route, accounts=[self.stops[0], self.stops[0]])
        self.refused('PERMISSION_DENIED', 'OWNER_OUT_OF_REACH', self.route, owner_id=self.users['bob'])
        self.refused('PERMISSION_DENIED', 'OWNER_OUT_OF_REACH', self.route, 'south', owner_id=self.users['ann'])
        self.refused('PERMISSION_DENIED', 'ROLE', self.route, 'desk')
        route = self.route(accounts=self.stops)
        for login in ('bob', 'sue', 'south'):
            self.refused('NOT_FOUND', 'NOT_FOUND', self.call(login).read, 'RouteService/GetRoute', {'id': route['id']})
            self.refused('NOT_FOUND', 'NOT_FOUND', self.call(login).write, 'RouteService/RetireRoute', {'id': route['id'], 'version': 1})
            self.refused('NOT_FOUND', 'NOT_FOUND', self.plan, login, account=False, route_id=route['id'])
        self.assertEqual('Ann', self.call('north').read('RouteService/GetRoute', {'id': route['id']})['.']['owner_name'])

    def test_lists(self):
        for number in range(5):
            route = self.route(name=f'R{number}')
            self.plan(account=False, route_id=route['id'], subject=f'P{number}', weekdays=['monday'])
        self.plan(subject='Alone')
        for name, field, key, count in (('RouteService/ListRoutes', 'routes', 'name', 5), ('VisitPlanService/ListVisitPlans', 'visit_plans', 'subject', 6)):
            seen, page = [], None
            while True:
                answer = self.call('ann').read(name, {'owner_id': self.users['ann']}, page=page, page_size=2)
                seen += [row[key] for row in answer[field]]
                page = answer['next']
                if page is None:
                    break
            self.assertEqual(count, len(set(seen)))
            self.assertEqual([], self.call('bob').read(name, {})[field])
            self.assertEqual([], self.call('ann').read(name, {'owner_id': self.users['bob']})[field])
        self.assertEqual(['Alone'], [row['subject'] for row in self.call('ann').read('VisitPlanService/ListVisitPlans', {'account_id': self.acme})['visit_plans']])


class NotTwiceTest(Plans, Race):
    def test_many_housekeepers_and_editors_at_once(self):
        """Whatever they do at the same time: each day and account once, and in the end what the plans want."""
        stops = [self.add_account('ann', f'{name} Ltd')['id'] for name in ('Alpha', 'Bravo', 'Gamma')]
        route = self.route(accounts=stops)
        plans = [self.plan(subject=f'P{number}') for number in range(6)] + [self.plan(account=False, route_id=route['id'], subject='R')]
        callers = [self.other('ann') for _ in range(3)]
        failures = []

        def guard(work):
            try:
                for turn in range(8):
                    work(turn)
            except Exception as error:  # pylint: disable=broad-except
                failures.append(repr(error))

        def forget(_):
            connection = self.database.connect()
            with connection, connection.cursor() as cursor:
                cursor.execute('update visit_plan set made_until = null where id in (select id from visit_plan order by random() limit 3)')
            connection.close()

        def editor(caller, plan):
            def work(turn):
                version = caller.read('VisitPlanService/GetVisitPlan', {'id': plan['id']})['.']['version']
                caller.write('VisitPlanService/UpdateVisitPlan', {
                    'visit_plan': {'id': plan['id'], 'version': version, 'weekdays': list(DAYS) if turn % 2 else ['monday', 'friday']}, 'update_mask': ['weekdays']})
            return work

        def reorder(turn):
            version = callers[2].read('RouteService/GetRoute', {'id': route['id']})['.']['version']
            callers[2].write('RouteService/UpdateRoute', {'route': {'id': route['id'], 'version': version, 'account_ids': (stops[turn % 3:] + stops[:turn % 3])[:1 + turn % 3]},
                                                         'update_mask': ['account_ids']})
        works = [lambda _: self.house_keep(3)] * 4 + [forget, editor(callers[0], plans[0]), editor(callers[1], plans[1]), reorder]
        threads = [threading.Thread(target=guard, args=(work,)) for work in works]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([], failures)
        self.query('update visit_plan set made_until = null')
        while self.house_keep(3):
            pass
        self.assertEqual([], self.query('select visit_plan_id from activity group by visit_plan_id, plan_date, account_id having count(*) > 1'))
        for plan in plans[:6]:
            self.assertEqual(self.wanted(), self.days(plan))
        order = self.call('ann').read('RouteService/GetRoute', {'id': route['id']})['.']['account_ids']
        self.assertEqual(order * 14, [row[1] for row in self.made(plans[6])])

    def test_an_account_given_away_while_its_plan_is_made(self):
        for is_first in (True, False):
            account = self.add_account('ann', f'Firm {is_first}')['id']
            create = (self.call('ann'), 'VisitPlanService/CreateVisitPlan',
                      {'visit_plan': {'account_id': account, 'subject': f'P{is_first}', 'weekdays': list(DAYS), 'starts_on': self.today + DAY}})
            give = (self.call('boss'), 'AccountService/ReassignAccount', {'id': account, 'version': 1, 'owner_id': self.users['sue'], 'reason': 'x'})
            outcome = self.race_writes(*((create, give) if is_first else (give, create)))
            self.assertTrue(self.has_waited)
            owners = {row[0] for row in self.query("select distinct owner_id from activity where account_id = %s and state = 'planned'", account)}
            self.assertEqual({self.users['sue']} if is_first else set(), owners, outcome)

    def test_a_person_and_the_plan_at_once(self):
        """Whoever comes first: what the person did stays."""
        plan = self.plan()
        row = self.made(plan)[4]
        touch = (self.call('ann'), 'ActivityService/CompleteActivity',
                 {'id': row[4], 'version': 1, 'next_step': {'kind': 'note', 'subject': 'x', 'time': '2031-01-01 00:00:00+00'}})
        end = (self.call('north'), 'VisitPlanService/EndVisitPlan', {'id': plan['id'], 'version': 1})
        self.race_writes(touch, end)
        self.assertTrue(self.has_waited)
        self.assertEqual([('done',)], self.query('select state from activity where id = %s', row[4]))
        self.assertEqual([], self.days(plan))


if __name__ == '__main__':
    unittest.main()
