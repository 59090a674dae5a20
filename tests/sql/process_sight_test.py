#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Who sees what they are to decide: what waits for them, owners of another team, verdicts that are waited for."""
import unittest

from process_stage import THRESHOLD, ProcessStage


class SightTest(ProcessStage):
    def wanted(self, login, **fields):
        return [row['id'] for row in self.call(login).read('ProcessService/ListWantedVerdicts', fields)['opportunities']]

    def of_sue(self):
        """Her opportunity at an account of North: South decides."""
        self.call('boss').write('AccountService/AddAccountMember', {'id': self.account['id'], 'user_id': self.users['sue']})
        self.opportunity = self.add_opportunity('sue', owner_id=self.users['sue'])['id']

    def test_managers_read_what_their_people_own(self):
        read = lambda login: self.call(login).read('OpportunityService/GetOpportunity', {'id': self.opportunity})     # noqa: E731
        self.refused('NOT_FOUND', 'NOT_FOUND', read, 'south')
        self.of_sue()
        self.assertEqual('Acme', read('south')['.']['account_name'])
        self.assertIn(self.opportunity, [row['id'] for row in self.call('south').read('OpportunityService/ListOpportunities', {'owner_id': self.users['sue']})['opportunities']])
        self.assertEqual([], [row['id'] for row in self.call('south').read('SearchService/Search', {'text': 'Acme'}).get('results', [])])
        self.refused('PERMISSION_DENIED', 'PERMISSION_DENIED', self.call('south').write, 'OpportunityService/UpdateOpportunity',
                     {'opportunity': {'id': self.opportunity, 'version': self.version(), 'name': 'Mine'}, 'update_mask': ['name']})
        self.call('sue').write('OpportunityService/AssignOpportunity', {'id': self.opportunity, 'version': self.version(), 'owner_id': self.users['ann'], 'reason': 'back'})
        self.refused('NOT_FOUND', 'NOT_FOUND', read, 'south')

    def test_the_owners_manager_waives_judges_and_approves(self):
        self.of_sue()
        self.ask('sue')
        self.refused('PERMISSION_DENIED', 'NOT_APPROVER', self.waive, 'north')
        self.waive('south')
        self.waive('south', 'need-stated')
        self.ask('sue')
        self.approve('south')
        self.assertEqual([self.opportunity], self.wanted('south'))
        self.assertEqual('judge', self.verdict('south', 'approve')['stage_key'])
        self.assertEqual([], self.wanted('south'))
        self.ask('sue')
        self.approve('south')
        self.assertEqual('close', self.stands()[0])

    def test_verdicts_wanted(self):
        self.bring_to('judge')
        self.assertEqual([self.opportunity], self.wanted('north'))
        self.assertEqual([self.opportunity], [row['id'] for row in self.call('north').read('OverviewService/GetToday', {})['verdicts']])
        for login in ('boss', 'south'):     # another is nearer; not theirs at all
            self.assertEqual([], self.wanted(login), login)
        self.refused('PERMISSION_DENIED', 'ROLE', self.wanted, 'desk')
        self.assertEqual([], self.wanted('ann'))
        self.verdict('north', 'defer', review_on=self.day(3))
        self.assertEqual([], self.wanted('north'))
        self.query("update opportunity set review_on = kam.today() where id = %s", self.opportunity)
        self.assertEqual([self.opportunity], self.wanted('north'))

    def test_the_groups_verdicts(self):
        self.bring_to('judge')
        self.set_amount(THRESHOLD)
        self.assertEqual([[self.opportunity], [self.opportunity], []], [self.wanted(login) for login in ('boss', 'nell', 'south')])
        self.query("update app_user set is_key_account_group = true where login = 'south'")
        self.assertEqual([self.opportunity], self.wanted('south'))
        answer = self.verdict('south', 'prepare')
        self.assertEqual([self.opportunity], self.wanted('south'), 'prepared is not approved')
        self.assertEqual((self.opportunity, 'prepare'), (answer['id'], answer['verdict']))
        self.set_amount(THRESHOLD - 1)
        self.assertEqual(([self.opportunity], []), (self.wanted('south'), self.wanted('north')), 'it stays the group\'s')

    def test_a_stage_that_asks_for_two_verdicts_is_listed_once(self):
        self.query("""insert into stage_criterion (version_id, stage_key, key, position, kind, parameters, name_en, name_zh)
                      select version_id, stage_key, 'prepared', 2, kind, '{"verdict": "prepare"}', 'x', 'x' from stage_criterion where key = 'project-approved'""")
        self.bring_to('judge')
        self.assertEqual([self.opportunity], self.wanted('north'))

    def test_pages(self):
        self.bring_to('judge')
        ids = [self.opportunity]
        for _ in range(4):
            self.opportunity = self.add_opportunity()['id']
            self.ask()
            self.ask()
            self.approve('north')
            ids.append(self.opportunity)
        first = self.call('north').read('ProcessService/ListWantedVerdicts', {}, page_size=3)
        second = self.call('north').read('ProcessService/ListWantedVerdicts', {}, page=first['next'], page_size=3)
        self.assertIsNone(second['next'])
        self.assertEqual(ids, [row['id'] for page in (first, second) for row in page['opportunities']])


class ListTest(ProcessStage):
    def names(self, login, **request):
        return [row['opportunity_name'] for row in self.call(login).read('ProcessService/ListApprovals', request)['advancements']]

    def test_lists(self):
        self.bring_to('worked')
        first = self.opportunity
        self.ask()
        second = self.add_opportunity(name='Valves')
        self.opportunity = second['id']
        self.ask()
        self.ask()
        self.assertEqual(['Pumps', 'Valves'], self.names('north'))
        self.assertEqual([], self.names('boss') + self.names('ann') + self.names('south'))
        self.assertEqual(['Pumps', 'Valves'], self.names('ann', scope='asked'))
        self.assertEqual(['Pumps', 'Pumps', 'Valves', 'Valves'], sorted(self.names('ann', scope='asked', include_ended=True)))
        self.assertEqual(['Valves', 'Valves'], self.names('boss', opportunity_id=second['id']))
        self.assertEqual([], self.names('sue', opportunity_id=second['id']))
        answer, found = {'next': None}, []
        for _ in range(2):
            answer = self.call('north').read('ProcessService/ListApprovals', {}, page=answer['next'], page_size=1)
            found += [row['opportunity_name'] for row in answer['advancements']]
        self.assertEqual((['Pumps', 'Valves'], None), (found, answer['next']))
        self.assertEqual(['Pumps', 'Valves'], [row['opportunity_name'] for row in self.call('north').read('OverviewService/GetToday', {})['approvals']])
        self.reassign('bob')
        self.assertEqual(['Pumps', 'Valves'], self.names('bob', scope='asked'), 'of what they own now')
        self.opportunity = first
        self.assertEqual(['forward'], [row['direction'] for row in self.call('bob').read('ProcessService/GetProgress', {'opportunity_id': first})['changes']])

    def test_stalled_ones_of_mine(self):
        stalled = lambda: [row['name'] for row in self.call('ann').read('OverviewService/GetToday', {})['stalled']]     # noqa: E731
        self.assertEqual([], stalled())
        self.query("update opportunity set stage_since = now() - interval '31 days' where id = %s", self.opportunity)
        self.assertEqual(['Pumps'], stalled())

    def test_the_day_leaves_out_retired_accounts(self):
        day = lambda name: [row['id'] for row in self.call('ann').read('OverviewService/GetToday', {})[name]]     # noqa: E731
        self.bring_to('worked')
        asked = self.ask()['id']
        self.send_back('north')
        self.query("update opportunity set stage_since = now() - interval '31 days' where id = %s", self.opportunity)
        self.assertEqual(([self.opportunity], [asked]), (day('stalled'), day('returned')))
        other = self.add_opportunity('ann')['id']
        self.query("update opportunity set verdict = 'defer', verdict_time = now(), review_on = kam.today() where id = %s", other)
        self.assertEqual([other], day('reviews'))
        self.query('update account set retire_time = now() where id = %s', self.account['id'])
        self.assertEqual(([], [], []), (day('stalled'), day('returned'), day('reviews')))


if __name__ == '__main__':
    unittest.main()
