#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Today and the page of an account: what is on them, for whom, and on which day."""
import datetime
import unittest

from stage import Stage

DAY = datetime.timedelta(days=1)
ZONE = datetime.timezone(datetime.timedelta(hours=8))  # Asia/Shanghai has no summer time


class OverviewTest(Stage):
    def setUp(self):
        super().setUp()
        self.query("update company set time_zone = 'Asia/Shanghai'")
        # Noon of the company's day, whatever the hour it is here.
        self.noon = self.query("select (kam.today() + time '12:00') at time zone 'Asia/Shanghai'")[0][0]

    def account(self, login, name, **fields):
        return self.call(login).write('AccountService/CreateAccount', {'account': {'name': name, **fields}})

    def contact(self, login, account, name, **position):
        return self.call(login).write('ContactService/CreateContact',
                                      {'contact': {'name': name, 'positions': [{'account_id': account['id'], **position}]}})

    def activity(self, login, account, state, when, subject, kind='call', **fields):
        method = {'planned': 'PlanActivity', 'done': 'LogActivity'}[state]
        return self.call(login).write('ActivityService/' + method,
                                      {'activity': {'account_id': account['id'], 'kind': kind, 'subject': subject, 'time': when, **fields}})

    def today(self, login, **request):
        return self.call(login).read('OverviewService/GetToday', request)

    def page(self, login, account):
        return self.call(login).read('OverviewService/GetAccountPage', {'id': account['id']})

    def subjects(self, rows):
        return [row['subject'] for row in rows]

    # ---- today

    def test_a_day_of_the_company(self):
        account = self.account('ann', 'Acme')
        start = self.noon - datetime.timedelta(hours=12)
        second = datetime.timedelta(seconds=1)
        for when, subject in ((start - second, 'late by a second'), (start, 'first of the day'), (start + DAY - second, 'last of the day'),
                              (start + DAY, 'tomorrow'), (start + 8 * DAY - second, 'in a week'), (start + 8 * DAY, 'after a week'),
                              (start - 30 * DAY, 'late by a month')):
            self.activity('ann', account, 'planned', when, subject)
        today = self.today('ann')
        self.assertEqual(self.subjects(today['overdue']), ['late by a month', 'late by a second'])
        self.assertEqual(self.subjects(today['due']), ['first of the day', 'last of the day'])
        self.assertEqual(self.subjects(today['coming']), ['tomorrow', 'in a week'])
        self.assertEqual((today['.']['overdue_count'], today['.']['due_count']), (2, 2))
        self.assertEqual(today['.']['date'], self.noon.astimezone(ZONE).date())

    def test_only_what_is_open_and_mine(self):
        account = self.account('ann', 'Acme')
        self.call('ann').write('AccountService/AddAccountMember', {'id': account['id'], 'user_id': self.users['bob']})
        mine = self.activity('ann', account, 'planned', self.noon - 2 * DAY, 'mine')
        self.activity('bob', account, 'planned', self.noon - 2 * DAY, 'of Bob')
        cancelled = self.activity('ann', account, 'planned', self.noon - 3 * DAY, 'cancelled')
        self.call('ann').write('ActivityService/CancelActivity', {'id': cancelled['id'], 'version': 1, 'reason': 'no'})
        self.assertEqual(self.subjects(self.today('ann')['overdue']), ['mine'])
        self.call('ann').write('ActivityService/CompleteActivity', {'id': mine['id'], 'version': 1, 'result': 'well'})
        self.assertEqual(self.today('ann')['overdue'], [])

    def test_what_is_planned_at_a_retired_account_waits(self):
        self.query("update app_user set team_id = (select id from team where name = 'North') where login = 'ann'")
        account, other = self.account('ann', 'Acme'), self.account('ann', 'Bosporus')
        for where in (account, other):
            for day, subject in ((-2, 'late'), (0, 'today'), (2, 'soon')):
                self.activity('ann', where, 'planned', self.noon + day * DAY, subject)
        def day():
            today, (ann,) = self.today('ann'), [row for row in self.today('north')['team'] if row['user_name'] == 'Ann']
            return [len(today[name]) for name in ('overdue', 'due', 'coming')], [today['.'][name] for name in ('overdue_count', 'due_count')], \
                [ann[name] for name in ('overdue_count', 'due_count')]
        self.assertEqual(([2, 2, 2], [2, 2], [2, 2]), day())
        self.query('update account set retire_time = now() where id = %s', account['id'])
        self.assertEqual(([1, 1, 1], [1, 1], [1, 1]), day())
        self.query('update account set retire_time = null where id = %s', account['id'])
        self.assertEqual(([2, 2, 2], [2, 2], [2, 2]), day())

    def test_a_follow_up_is_late_when_its_last_day_has_passed(self):
        account = self.account('ann', 'Acme')
        self.activity('ann', account, 'done', self.query('select now()')[0][0], 'the pump', 'sample')  # a call in 2 to 3 days
        def day(offset):
            # As if it had been planned so many days earlier.
            self.query('update activity set time = %s::timestamptz + make_interval(days => %s), due_time = %s::timestamptz + make_interval(days => %s)'
                       " where state = 'planned'", self.noon, offset, self.noon - datetime.timedelta(hours=12), offset + 2)
            today = self.today('ann')
            names = [name for name in ('overdue', 'due', 'coming') if today[name]]
            return names, today['.']['overdue_count'], today['.']['due_count'], 'overdue' in (self.page('ann', account)['.']['warnings'] or [])
        self.assertEqual(day(2), (['coming'], 0, 0, False))
        self.assertEqual(day(0), (['due'], 0, 1, False))
        self.assertEqual(day(-1), (['due'], 0, 1, False))
        self.assertEqual(day(-2), (['overdue'], 1, 0, True))

    def test_what_was_said_and_not_seen(self):
        account = self.account('ann', 'Acme')
        visit = self.activity('ann', account, 'done', self.query('select now()')[0][0], 'visit', 'visit', result='fine')
        self.call('north').write('CommentService/AddComment', {'comment': {'activity_id': visit['id'], 'text': 'Who decides?'}})
        rows = self.today('ann')['comments']
        self.assertEqual([(row['text'], row['author_name'], row['subject']) for row in rows], [('Who decides?', 'North', 'visit')])
        self.assertEqual(self.today('north')['comments'], [])
        self.call('ann').write('CommentService/MarkCommentsSeen', {'activity_id': visit['id']})
        self.assertEqual(self.today('ann')['comments'], [])

    def test_targets_nobody_has_touched(self):
        acme, boat = self.account('ann', 'Acme'), self.account('ann', 'Boat')
        first, last = self.query('select kam.today() - 3, kam.today() + 3')[0]
        made = self.call('north').write('TargetService/CreateTargetList', {'list': {'name': 'Steel', 'starts_on': first, 'ends_on': last}})
        self.call('north').write('TargetService/AddTargetAccounts', {'list_id': made['id'], 'account_ids': [acme['id'], boat['id']]})
        self.assertEqual({row['account_name'] for row in self.today('ann')['targets']}, {'Acme', 'Boat'})
        self.assertEqual(self.today('bob')['targets'], [])
        self.activity('ann', boat, 'done', self.query('select now()')[0][0], 'asked')
        self.assertEqual([(row['account_name'], row['list_name'], row['ends_on']) for row in self.today('ann')['targets']], [('Acme', 'Steel', last)])

    def test_many_are_counted_and_few_are_shown(self):
        account = self.account('ann', 'Acme')
        for number in range(17):
            self.activity('ann', account, 'planned', self.noon - DAY * (20 - number), 'call %02d' % number)
        today = self.today('ann')
        self.assertEqual(today['.']['overdue_count'], 17)
        self.assertEqual(self.subjects(today['overdue']), ['call %02d' % number for number in range(15)])

    def test_whose_day(self):
        account = self.account('ann', 'Acme')
        self.activity('ann', account, 'planned', self.noon - DAY, 'of Ann')
        for login in ('north', 'boss'):
            self.assertEqual(self.subjects(self.today(login, user_id=self.users['ann'])['overdue']), ['of Ann'])
        for login in ('bob', 'south', 'sue'):
            self.refused('NOT_FOUND', 'NOT_FOUND', self.today, login, user_id=self.users['ann'])
        self.refused('PERMISSION_DENIED', 'ROLE', self.today, 'desk')

    def test_what_was_done_without_a_word_about_it(self):
        account = self.account('ann', 'Acme')
        now = self.query('select now()')[0][0]
        self.activity('ann', account, 'done', now - 2 * DAY, 'visit without a word', 'visit')
        self.activity('ann', account, 'done', now - 2 * DAY, 'visit with a result', 'visit', result='fine')
        self.activity('ann', account, 'done', now - 2 * DAY, 'call without a word')
        self.activity('ann', account, 'done', now - 20 * DAY, 'visit long ago', 'visit')
        self.assertEqual(self.subjects(self.today('ann')['unreported']), ['visit without a word'])

    def test_birthdays(self):
        mine, foreign = self.account('ann', 'Acme'), self.account('sue', 'Far Away')
        shared = self.account('bob', 'Shared')
        self.call('bob').write('AccountService/AddAccountMember', {'id': shared['id'], 'user_id': self.users['ann']})
        date = self.noon.astimezone(ZONE).date()

        def person(login, account, name, day, year=1980):
            try:
                birthday = day.replace(year=year)
            except ValueError:  # 29 February
                birthday = day.replace(year=year, day=28)
            contact = self.contact(login, account, name, title='Head')
            self.call(login).write('ContactService/UpdateContactProfile',
                                   {'profile': {'contact_id': contact['id'], 'birthday': birthday}, 'update_mask': ['birthday']})
            return contact
        person('ann', mine, 'Today', date)
        person('ann', mine, 'In a week', date + 7 * DAY)
        person('ann', mine, 'In eight days', date + 8 * DAY)
        person('ann', mine, 'Yesterday', date - DAY)
        person('bob', shared, 'Of a shared account', date + DAY, 1900)
        person('sue', foreign, 'Foreign', date)
        left = person('ann', mine, 'Left', date)
        self.call('ann').write('ContactService/EndPosition', {'id': left['positions[].id'][0], 'version': 1})
        rows = self.today('ann')['birthdays']
        self.assertEqual([(row['contact_name'], row['age']) for row in rows],
                         [('Today', date.year - 1980), ('Of a shared account', None), ('In a week', (date + 7 * DAY).year - 1980)])
        self.assertEqual(rows[0]['title'], 'Head')

    def test_the_29th_of_february(self):
        for year, day in ((2023, '2023-02-28'), (2024, '2024-02-29'), (2100, '2100-02-28')):
            self.assertEqual(str(self.query("select kam.anniversary('1980-02-29', %s)", year)[0][0]), day)

    def test_accounts_gone_quiet(self):
        ids = {}
        for name in ('never', 'long ago', 'lately', 'planned', 'prospect', 'retired'):
            account = ids[name] = self.account('ann', name, status='prospect' if name == 'prospect' else 'active')
            self.query("update account set create_time = now() - interval '90 days' where id = %s", account['id'])
        self.activity('ann', ids['long ago'], 'done', self.noon - 40 * DAY, 'once')
        self.activity('ann', ids['lately'], 'done', self.noon - 10 * DAY, 'once')
        self.activity('ann', ids['long ago'], 'done', self.noon - DAY, 'what I think of them', kind='note')
        self.activity('ann', ids['planned'], 'planned', self.noon + 40 * DAY, 'some day')
        self.query("update account set retire_time = now() where id = %s", ids['retired']['id'])
        self.account('ann', 'new', status='active')
        rows = self.today('ann')['quiet_accounts']
        self.assertEqual([row['account_name'] for row in rows], ['never', 'long ago'])
        self.assertEqual(rows[1]['last_activity_on'], (self.noon - 40 * DAY).astimezone(ZONE).date())

    def test_the_people_of_a_manager(self):
        account = self.account('ann', 'Acme')
        self.activity('ann', account, 'planned', self.noon - DAY, 'late')
        self.activity('ann', account, 'done', self.noon - 2 * DAY, 'done')
        rows = {row['user_name']: row for row in self.today('north')['team']}
        self.assertEqual(set(rows), {'Ann', 'Bob'})
        self.assertEqual((rows['Ann']['overdue_count'], rows['Ann']['due_count'], rows['Ann']['done_count']), (1, 0, 1))
        self.assertEqual(self.today('ann')['team'], [])
        self.assertEqual(self.today('north', user_id=self.users['ann'])['team'], [])
        self.assertIn('Ann', {row['user_name'] for row in self.today('boss')['team']})
        self.assertNotIn('Ann', {row['user_name'] for row in self.today('south')['team']})

    # ---- the page of an account

    def test_a_page_holds_the_account_and_what_hangs_on_it(self):
        account = self.account('ann', 'Acme', industry='pumps')
        other = self.account('ann', 'Other')
        chief = self.contact('ann', account, 'Chief', title='Director', influence=90)
        self.contact('ann', account, 'Clerk', influence=10)
        self.contact('ann', other, 'Somebody')
        self.call('ann').write('ContactService/AddPosition', {'position': {'contact_id': chief['id'], 'account_id': other['id'], 'title': 'Adviser'}})
        for number in range(10):
            self.activity('ann', account, 'done', self.noon - DAY * (number + 1), 'done %d' % number)
            self.activity('ann', account, 'planned', self.noon + DAY * (number + 1), 'planned %d' % number)
        page = self.page('ann', account)
        self.assertEqual((page['account'][0]['name'], page['account'][0]['industry']), ('Acme', 'pumps'))
        self.assertEqual([(row['name'], row['positions[].title']) for row in page['contacts']], [('Chief', ['Director']), ('Clerk', [''])])
        self.assertEqual(page['.']['contact_count'], 2)
        self.assertEqual(self.subjects(page['planned']), ['planned %d' % number for number in range(8)])
        self.assertEqual(self.subjects(page['latest']), ['done %d' % number for number in range(8)])

    def test_open_needs_suppliers_and_the_last_years(self):
        account = self.account('ann', 'Acme')
        for text, state in (('a quieter pump', 'open'), ('delivery in a week', 'met')):
            self.call('ann').write('NeedService/CreateNeed', {'need': {'account_id': account['id'], 'kind': 'explicit', 'scope': 'organisation', 'level': 'value',
                                                                       'text': text, 'state': state}})
        self.call('ann').write('AccountArchiveService/CreateSupply', {'supply': {'account_id': account['id'], 'supplier': 'Old Pumps'}})
        for year in (2020, 2021, 2022, 2023):
            self.call('ann').write('AccountArchiveService/SetAccountFigures',
                                   {'figures': {'account_id': account['id'], 'year': year, 'collection_days': 60}, 'update_mask': ['collection_days']})
        page = self.page('ann', account)
        self.assertEqual([row['text'] for row in page['needs']], ['a quieter pump'])
        self.assertEqual([row['supplier'] for row in page['supplies']], ['Old Pumps'])
        self.assertEqual([row['year'] for row in page['figures']], [2023, 2022, 2021])

    def test_out_of_reach(self):
        account = self.account('ann', 'Acme')
        for login in ('bob', 'south', 'sue'):
            self.refused('NOT_FOUND', 'NOT_FOUND', self.page, login, account)

    def warnings(self, login, account):
        return set(self.page(login, account)['.']['warnings'] or [])

    def test_warnings(self):
        account = self.account('ann', 'Acme')
        self.assertEqual(self.warnings('ann', account), {'no_contact', 'no_next_step'})
        chief = self.contact('ann', account, 'Chief', buying_roles=['decider'], influence=80, stance='opponent')
        self.assertEqual(self.warnings('ann', account), {'decider_untouched', 'no_next_step'})
        position = chief['positions[].id'][0]
        self.call('ann').write('ContactService/UpdatePosition', {'position': {'id': position, 'version': 1, 'buying_roles': ['user']}, 'update_mask': ['buying_roles']})
        self.assertEqual(self.warnings('ann', account), {'no_decider', 'no_next_step'})
        self.call('ann').write('ContactService/UpdatePosition', {'position': {'id': position, 'version': 2, 'buying_roles': ['decider']}, 'update_mask': ['buying_roles']})
        self.contact('ann', account, 'Insider', is_insider=True, influence=30)
        for number in range(3):
            self.activity('ann', account, 'done', self.noon - DAY * (number + 1), 'done', contact_ids=[chief['id']])
        self.activity('ann', account, 'planned', self.noon - DAY, 'late')
        self.assertEqual(self.warnings('ann', account), {'overdue', 'single_thread', 'opponent_above_insider'})
        self.query("update account set create_time = now() - interval '90 days' where id = %s", account['id'])
        self.query("update activity set time = time - interval '70 days' where state = 'done'")
        self.assertEqual(self.warnings('ann', account), {'overdue', 'single_thread', 'opponent_above_insider', 'quiet', 'decider_untouched'})
        self.activity('ann', account, 'done', self.noon - DAY, 'what I think of them', kind='note', contact_ids=[chief['id']])
        self.assertIn('decider_untouched', self.warnings('ann', account), 'a note is nothing done')
        self.assertIn('quiet', self.warnings('ann', account), 'a note is nothing done')
        self.query("update account set status = 'lost' where id = %s", account['id'])
        self.assertEqual(self.warnings('ann', account), set())


if __name__ == '__main__':
    unittest.main()
