#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The power map: people, ties, coverage against a second calculation, warnings, and that the page of the account says the same."""
import random
import unittest

from stage import Stage, new_id


class MapTest(Stage):
    def setUp(self):
        super().setUp()
        self.acme = self.add_account('ann', 'Acme')['id']

    def person(self, name, account=None, login='ann', **position):
        account = account or self.acme
        relationship, more = position.pop('relationship', None), {key: position.pop(key) for key in ('is_insider', 'counterpart_id') if key in position}
        contact = self.call(login).write('ContactService/CreateContact', {'contact': {'name': name, 'positions': [{'account_id': account, **position, **more}]}})
        if relationship:
            self.call(login).write('ContactService/RecordRelationship', {'position_id': contact['positions[].id'][0], 'level': relationship})
        return contact['id']

    def position(self, contact, account=None):
        return self.query('select id, version from position where contact_id = %s and account_id = %s', contact, account or self.acme)[0]

    def leave(self, contact):
        position, version = self.position(contact)
        self.call('ann').write('ContactService/EndPosition', {'id': position, 'version': version})

    def map(self, login='ann', account=0, **request):
        account = self.acme if account == 0 else account
        return self.call(login).read('MapService/GetPowerMap', {'account_id': account, **request})

    def warnings(self, **request):
        return [(row['kind'], row['contact_name'], row['days']) for row in self.map(**request)['warnings']]

    def opponents_above(self, **request):
        return [(row['contact_name'], row['insider_name']) for row in self.map(**request)['warnings'] if row['kind'] == 'opponent_above_insider']

    def page_warnings(self):
        return self.call('ann').read('OverviewService/GetAccountPage', {'id': self.acme})['.']['warnings'] or []

    def test_people_and_ties(self):
        self.call('ann').write('AccountService/AddAccountMember', {'id': self.acme, 'user_id': self.users['bob']})
        chief = self.person('Chief', title='Director', level=1, buying_roles=['decider'], stance='neutral', influence=90, relationship=2,
                            counterpart_id=self.users['bob'])
        lead = self.person('Lead', level=2, reports_to_id=chief, stance='ally', is_insider=True, influence=40, relationship=4)
        user = self.person('User', reports_to_id=lead, buying_roles=['user', 'technical_expert'], influence=None)
        self.call('ann').write('ContactService/AddTie', {'tie': {'from_contact_id': lead, 'to_contact_id': chief, 'kind': 'influence'}})
        elsewhere = self.person('Elsewhere', account=self.add_account('ann', 'Other')['id'])
        self.call('ann').write('ContactService/AddTie', {'tie': {'from_contact_id': lead, 'to_contact_id': elsewhere, 'kind': 'friendship'}})
        self.log_activity('ann', self.acme, contact_ids=[lead], time='2026-01-02 10:00:00+00')
        self.log_activity('ann', self.acme, contact_ids=[lead], time='2026-01-01 10:00:00+00')
        self.plan_activity('ann', self.acme, contact_ids=[chief])
        shown = self.map()
        self.assertEqual(('Acme', None, 30, 3), tuple(shown['.'][name] for name in ('account_name', 'opportunity_id', 'coverage_percent', 'person_count')))
        self.assertEqual([('Chief', None, ['decider'], 'neutral', False, 90, 2, 'Bob'), ('Lead', 'Chief', [], 'ally', True, 40, 4, None),
                          ('User', 'Lead', ['user', 'technical_expert'], None, False, None, None, None)],
                         [tuple(row[name] for name in ('name', 'reports_to_name', 'buying_roles', 'stance', 'is_insider', 'influence', 'relationship', 'counterpart_name'))
                          for row in shown['people']])
        self.assertEqual([None, '2026-01-02', None], [row['last_touch_time'] and str(row['last_touch_time'].date()) for row in shown['people']])
        self.assertEqual([('influence', lead, 'Chief')], [(row['kind'], row['from_contact_id'], row['to_name']) for row in shown['ties']])
        # Who reported to somebody that left has nobody above them on the map.
        self.leave(lead)
        shown = self.map()
        self.assertEqual([('Chief', None), ('User', None)], [(row['name'], row['reports_to_name']) for row in shown['people']])
        self.assertEqual([], shown['ties'])
        self.call('ann').write('ContactService/RetireContact', {'id': user, 'version': 1, 'reason': 'left the company'})
        self.assertEqual(['Chief'], [row['name'] for row in self.map()['people']])

    def test_coverage_against_a_second_calculation(self):
        chance = random.Random(20261122)
        for number in range(12):
            account = self.add_account('ann', f'Company {"abcdefghijkl"[number] * 9}')['id']
            people = [(chance.choice((None, 0, 1, 30, 33, 100)), chance.choice((None, 1, 2, 3, 4, 5))) for _ in range(chance.randrange(7))]
            for at, (influence, relationship) in enumerate(people):
                self.person(f'P{at}', account, influence=influence, relationship=relationship)
            total = sum(influence or 0 for influence, _ in people)
            reached = sum(influence or 0 for influence, relationship in people if (relationship or 0) >= 3)
            self.assertEqual(100 * reached // total if total else 0, self.map(account=account)['.']['coverage_percent'], people)

    def test_a_share_just_below_half_is_not_half(self):
        self.person('A', influence=50, relationship=3)
        self.person('B', influence=51)
        self.assertEqual(49, self.map()['.']['coverage_percent'])

    def test_warnings(self):
        def check(*wanted):
            self.assertEqual(list(wanted), self.warnings())
            self.assertEqual([kind for kind, _, _ in wanted], [kind for kind in self.page_warnings() if kind not in ('no_next_step', 'overdue', 'quiet')])
        check(('no_contact', None, None))
        self.person('Clerk')
        check(('no_decider', None, None))
        chief = self.person('Chief', buying_roles=['decider'], influence=80, stance='opponent')
        check(('decider_untouched', 'Chief', None))
        for _ in range(3):
            self.log_activity('ann', self.acme, contact_ids=[chief])
        check(('single_thread', 'Chief', None))
        insider = self.person('Insider', influence=30, is_insider=True)
        check(('single_thread', 'Chief', None), ('opponent_above_insider', 'Chief', None))
        second = self.person('Second', buying_roles=['decider'], influence=20)
        check(('decider_untouched', 'Second', None), ('single_thread', 'Chief', None), ('opponent_above_insider', 'Chief', None))
        self.log_activity('ann', self.acme, contact_ids=[second])
        self.leave(insider)
        check(('insider_left', 'Insider', 0))
        self.query("update activity set time = time - interval '61 days'")
        self.assertEqual([('decider_untouched', 'Chief', 61), ('decider_untouched', 'Second', 61), ('insider_left', 'Insider', 0)], self.warnings())
        self.query("update position set ended_on = ended_on - 180, since = null where ended_on is not null")
        self.assertNotIn('insider_left', [kind for kind, _, _ in self.warnings()])
        self.query("update account set status = 'lost' where id = %s", self.acme)
        self.assertEqual([], self.warnings())

    def test_an_opponent_to_whom_an_insider_reports(self):
        top = self.person('Top', stance='opponent')
        chief = self.person('Chief', reports_to_id=top, stance='opponent', influence=10)
        lead = self.person('Lead', reports_to_id=chief, stance='neutral', influence=90)
        self.person('Beside', reports_to_id=chief, stance='opponent', influence=20)
        self.assertEqual([], self.opponents_above(), 'no insider')
        self.person('Insider', reports_to_id=lead, is_insider=True, influence=50)
        self.assertEqual([('Chief', 'Insider'), ('Top', 'Insider')], self.opponents_above())
        self.assertIn('opponent_above_insider', self.page_warnings())
        # Of several insiders the one with most influence; and of influence alone nobody is named.
        self.person('Second', reports_to_id=chief, is_insider=True, influence=60)
        self.person('Rival', stance='opponent', influence=61)
        self.assertEqual([('Rival', None), ('Chief', 'Second'), ('Top', 'Second')], self.opponents_above())
        # In a purchase their stance there counts.
        sale = self.call('ann').write('OpportunityService/CreateOpportunity', {'opportunity': {'account_id': self.acme, 'name': 'Pumps'}})['id']
        self.query("insert into opportunity_person (opportunity_id, account_id, contact_id, stance) values (%s, %s, %s, 'neutral')", sale, self.acme, chief)
        self.assertEqual([('Rival', None), ('Top', 'Second')], self.opponents_above(opportunity_id=sale))
        # Nobody is above those who left, nor below.
        self.leave(chief)
        self.assertEqual([('Rival', None)], self.opponents_above())

    def test_whom_nobody_talks_to(self):
        people = {name: self.person(name) for name in ('Never', 'Long ago', 'Just in time', 'Today')}
        days = self.query('select kam.untouched_days()')[0][0]
        self.assertEqual(days, self.map()['.']['untouched_days'])
        for name, ago in (('Long ago', days + 1), ('Just in time', days), ('Today', 0)):
            activity = self.log_activity('ann', self.acme, contact_ids=[people[name]])['id']
            self.query("update activity set time = time - make_interval(days => %s) where id = %s", ago, activity)
        self.assertEqual({'Never': True, 'Long ago': True, 'Just in time': False, 'Today': False},
                         {row['name']: row['is_untouched'] for row in self.map()['people']})
        self.query("update position set buying_roles = '{decider}'")
        self.assertEqual({('Never', None), ('Long ago', days + 1)}, {(name, ago) for kind, name, ago in self.warnings() if kind == 'decider_untouched'})

    def test_an_insider_who_was_retired_has_left(self):
        insider = self.person('Insider', is_insider=True)
        self.person('Chief', buying_roles=['decider'])
        self.call('ann').write('ContactService/RetireContact', {'id': insider, 'version': 1, 'reason': 'emigrated'})
        self.assertIn(('insider_left', 'Insider', 0), self.warnings())

    def test_the_buying_committee_of_an_opportunity(self):
        chief = self.person('Chief', buying_roles=['decider'], stance='opponent', influence=80, relationship=3)
        clerk = self.person('Clerk', buying_roles=['user'], stance='ally', influence=20)
        sale = self.call('ann').write('OpportunityService/CreateOpportunity', {'opportunity': {'account_id': self.acme, 'name': 'Pumps'}})['id']
        for contact, roles, stance, influence in ((chief, [], 'neutral', None), (clerk, ['decider'], None, 100)):
            self.query('insert into opportunity_person (opportunity_id, account_id, contact_id, buying_roles, stance, influence) values (%s, %s, %s, %s, %s, %s)',
                       sale, self.acme, contact, roles, stance, influence)
        self.person('Other', influence=20)

        def shown(**request):
            answer = self.map(**request)
            return answer['.']['opportunity_name'], answer['.']['coverage_percent'], [
                (row['name'], row['buying_roles'], row['stance'], row['influence'], row['is_in_committee']) for row in answer['people']]
        self.assertEqual((None, 66, [('Chief', ['decider'], 'opponent', 80, False), ('Clerk', ['user'], 'ally', 20, False), ('Other', [], None, 20, False)]), shown())
        self.assertEqual(('Pumps', 40, [('Clerk', ['decider'], 'ally', 100, True), ('Chief', ['decider'], 'neutral', 80, True), ('Other', [], None, 20, False)]),
                         shown(opportunity_id=sale))
        self.assertEqual(shown(opportunity_id=sale), shown(account=None, opportunity_id=sale))
        self.assertEqual([('decider_untouched', 'Chief', None)], self.warnings())
        self.assertEqual([('decider_untouched', 'Clerk', None), ('decider_untouched', 'Chief', None)], self.warnings(opportunity_id=sale))
        self.refused('NOT_FOUND', 'NOT_FOUND', self.map, account=self.add_account('ann', 'Second')['id'], opportunity_id=sale)
        self.refused('NOT_FOUND', 'NOT_FOUND', self.map, 'sue', account=None, opportunity_id=sale)

    def test_reach(self):
        for login in ('bob', 'south', 'sue'):
            self.refused('NOT_FOUND', 'NOT_FOUND', self.map, login)
        self.refused('PERMISSION_DENIED', 'ROLE', self.map, 'desk')
        self.refused('NOT_FOUND', 'NOT_FOUND', self.map, account=new_id())
        self.assertEqual('Acme', self.map('north')['.']['account_name'])

    def test_touches_elsewhere_do_not_count(self):
        other = self.add_account('ann', 'Other')['id']
        chief = self.person('Chief')
        self.call('ann').write('ContactService/AddPosition', {'position': {'contact_id': chief, 'account_id': other}})
        self.log_activity('ann', other, contact_ids=[chief])
        self.assertIsNone(self.map()['people'][0]['last_touch_time'])
        self.assertIsNotNone(self.map(account=other)['people'][0]['last_touch_time'])


if __name__ == '__main__':
    unittest.main()
