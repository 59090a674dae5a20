# SPDX-License-Identifier: Apache-2.0
# builds: dev asan
"""kam plan and kam route, and the visits that kamd makes ahead from them."""
import csv
import datetime
import io
import unittest

from client import Client
from support.cluster import Cluster
from support.kam import PASSWORD, Kamd, make_company, wait_for


class PlanCommands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(Cluster())

    def setUp(self):
        self.database = make_company(self.cluster)
        self.kamd = self.enterContext(Kamd(self.database))
        self.boss = self.enterContext(Client(f'localhost:{self.kamd.port}')).login('boss', PASSWORD)
        self.codes = [self.kam('account', 'add', '--name', name, '--duplicate-reason', 'another one', '--json').json['code'] for name in ('Kiosk 12', 'Kiosk 1', 'Acme Pumps')]

    def kam(self, *words, code=0, **options):
        ran = self.boss.run(*words, **options)
        self.assertEqual(ran.code, code, f'{words}: {ran.err}{ran.out}')
        return ran

    def sql(self, text):
        connection = self.database.connect()
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(text)
                return cursor.fetchall() if cursor.description else None
        finally:
            connection.close()

    def planned(self, *more):
        return self.kam('activity', 'list', *more, '--state', 'planned', '--json').json['activities']

    def test_a_plan_from_beginning_to_end(self):
        ran = self.kam('plan', 'add', self.codes[2], '--subject', 'Weekly visit', '--weekday', 'tuesday', '--time-of-day', '9:30', '--starts-on', 'tomorrow')
        self.assertIn('Planned Weekly visit', ran.out)
        short = ran.out.split('[')[1].split(']')[0]
        visits = self.planned(self.codes[2])
        self.assertEqual(2, len(visits))
        self.assertEqual({('ACTIVITY_ORIGIN_PLAN', 'Weekly visit')}, {(visit['origin'], visit['subject']) for visit in visits})
        self.assertIn('Made by', self.kam('activity', 'list', self.codes[2]).out)
        listed = self.kam('plan', 'list', self.codes[2]).out
        for wanted in ('Weekly visit', 'Tuesday', '09:30', short):
            self.assertIn(wanted, listed)
        self.assertIn('Next on', self.kam('plan', 'show', 'weekly VISIT').out)
        self.kam('plan', 'edit', short, '--weekday', 'monday', '--weekday', 'tuesday')
        self.assertEqual(4, len(self.planned(self.codes[2])))
        self.assertIn('Weekdays', self.kam('history', short).out)
        self.kam('plan', 'end', short, '--reason', 'enough')
        self.assertEqual([], self.planned(self.codes[2]))
        self.assertIn('Nothing found', self.kam('plan', 'list').err)
        self.assertIn('Weekly visit', self.kam('plan', 'list', '--include-ended').out)
        self.kam('plan', 'end', short, code=5)

    def test_a_route(self):
        self.kam('route', 'add', '城东', '--account', self.codes[0], '--account', self.codes[1])
        self.assertIn('Kiosk 12, Kiosk 1\n', self.kam('route', 'show', '城东').out)
        self.kam('plan', 'add', '--route', '城东', '--subject', '巡店', '--month-day', '31', '--duration-minutes', '20')
        plan, = csv.DictReader(io.StringIO(self.kam('plan', 'list', '--csv').out))
        self.assertEqual(('城东', '31'), tuple(plan[name] for name in ('route_name', 'month_day')))
        shown = self.kam('plan', 'show', '巡店', KAM_LANG='zh_CN').out
        self.assertIn('每月', shown)
        self.kam('route', 'edit', '城东', '--account', self.codes[1], '--account', self.codes[2])
        self.assertEqual(['Kiosk 1', 'Acme Pumps'], self.kam('route', 'show', '城东', '--json').json['accountNames'])
        self.kam('account', 'retire', self.codes[1], '--reason', 'closed')
        self.assertIn('Kiosk 1', self.kam('plan', 'show', '巡店').out.split('Passes by')[1])
        self.kam('route', 'retire', '城东', '--reason', 'sold')
        self.assertIn('Route retired', self.kam('plan', 'list').out)
        self.kam('route', 'show', '城西', code=3)

    def test_what_is_wrong_is_said(self):
        for words, code, wanted in ((('--weekday', 'someday'), 2, 'must be one of: monday'), (('--weekday', 'monday', '--time-of-day', '25:00'), 1, '09:30'),
                                    ((), 1, 'day'), (('--month-day', '32'), 2, 'from 0 to 31')):
            self.assertIn(wanted, self.kam('plan', 'add', self.codes[0], '--subject', 'x', *words, code=code).err)
        self.kam('plan', 'add', '--subject', 'x', '--weekday', 'monday', code=1)
        self.assertEqual([(0,)], self.sql('select count(*) from kam.visit_plan'))

    def test_several_kamd_make_them_ahead(self):
        """They look soon after they start; together they make each day once."""
        for number in range(250):
            self.sql(f"""insert into kam.visit_plan (account_id, subject, repeat, weekdays, starts_on)
                         select id, 'P{number}', 'weekly', '{{monday}}', '2026-01-01' from kam.account where code = '{self.codes[0]}'""")
        for _ in range(2):
            self.enterContext(Kamd(self.database))
        wait_for(lambda: self.sql('select count(*) from kam.visit_plan where made_until is null') == [(0,)], 'the plans are made')
        today, = self.sql('select kam.today()')[0]
        mondays = sum((today + datetime.timedelta(days=n)).weekday() == 0 for n in range(1, 15))
        first = self.sql("select count(*), count(distinct (visit_plan_id, plan_date)) from kam.activity where plan_date > kam.today()")
        self.assertEqual([(250 * mondays, 250 * mondays)], first)


if __name__ == '__main__':
    unittest.main()
