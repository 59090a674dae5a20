#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Advancement: asked, refused, approved step by step, returned, withdrawn; criteria waived; verdicts; and back."""
import unittest

from process_stage import THRESHOLD, ProcessStage


class AskTest(ProcessStage):
    def test_a_stage_without_approvals_is_left_at_once(self):
        made = self.ask(note='go')
        self.assertEqual(('approved', 'begin', 'work', 'Ann', 'go'), self.values(made, 'state', 'from_stage', 'to_stage', 'requested_by_name', 'note'))
        self.assertEqual(('work', 'open', None), self.stands())
        self.assertEqual(self.stands(), self.replay())

    def test_refused_with_what_is_not_met_and_nothing_is_written(self):
        self.bring_to('work')
        with self.unchanged():
            refusal = self.refused('FAILED_PRECONDITION', 'UNMET_CRITERIA', self.ask)
        self.assertEqual(['call-made', 'need-stated'], [one['subject'] for one in refusal.detail['preconditions']])
        self.assertTrue(all(one['type'] and one['description'] and '{' not in one['description'] for one in refusal.detail['preconditions']), refusal.detail)
        self.log_activity('ann', self.account['id'], kind='call')
        refusal = self.refused('FAILED_PRECONDITION', 'UNMET_CRITERIA', self.ask)
        self.assertEqual(['need-stated'], [one['subject'] for one in refusal.detail['preconditions']])

    def test_it_waits_for_the_teams_manager(self):
        self.bring_to('worked')
        self.ask()
        got = self.advancement('ann')
        self.assertEqual((['Nell', 'North'], False), (got['.']['deciders'], got['.']['is_mine']), 'the office has no manager')
        self.assertTrue(self.advancement('north')['.']['is_mine'])
        self.assertEqual([('team_manager', 'open', None)], self.steps())
        self.assertEqual([('ask', 'call-made'), ('ask', 'need-stated')], [(row['moment'], row['criterion_key']) for row in got['evidence']])
        self.assertEqual(['activity', 'need'], [row['evidence_kind'] for row in got['evidence']])
        self.refused('FAILED_PRECONDITION', 'ADVANCEMENT_WAITING', self.ask)
        self.assertEqual('approved', self.approve('north', reason='well done')['state'])
        self.assertEqual(('judge', 'open', None), self.stands())
        got = self.advancement('ann')
        self.assertEqual(4, len(got['evidence']))
        self.assertEqual(('North', 'well done'), (got['steps'][0]['decided_by'], got['steps'][0]['reason']))
        self.assertEqual(self.stands(), self.replay())

    def test_what_each_approver_saw_is_kept(self):
        self.bring_to('judge')
        self.set_amount(THRESHOLD)
        self.waive('nell', 'project-approved')
        self.ask()
        self.unwaive('nell', 'project-approved')
        self.approve('north')
        self.assertEqual([('ask', 0, True, False), ('step', 1, False, True)],
                         [self.values(row, 'moment', 'step', 'is_waived', 'is_unmet') for row in self.advancement()['evidence']])
        self.refused('FAILED_PRECONDITION', 'UNMET_CRITERIA', self.approve, 'boss')
        self.waive('nell', 'project-approved', reason='seen')
        self.approve('boss')
        self.assertEqual(('approval', 2, 'Nell', 'seen'), self.values(self.advancement()['evidence'][-1], 'moment', 'step', 'waived_by', 'waiver_reason'))

    def test_won_through_the_last_stage_only(self):
        self.bring_to('close')
        self.assertEqual(('close', 'open', 'approve'), self.stands())
        self.assertIsNone(self.ask()['to_stage'])
        self.approve('north')
        self.assertEqual(('close', 'won', 'approve'), self.stands())
        self.assertEqual(self.stands(), self.replay())
        self.refused('FAILED_PRECONDITION', 'OPPORTUNITY_CLOSED', self.ask)
        self.refused('FAILED_PRECONDITION', 'OPPORTUNITY_CLOSED', self.back)

    def test_returned_and_asked_again(self):
        self.bring_to('worked')
        self.ask()
        self.refused('PERMISSION_DENIED', 'ROLE', self.send_back, 'ann')
        self.assertEqual(('returned', 'not yet', 'North'), self.values(self.send_back('north'), 'state', 'end_reason', 'ended_by'))
        self.refused('FAILED_PRECONDITION', 'ADVANCEMENT_OVER', self.approve, 'north')
        self.assertEqual('work', self.stands()[0])
        self.ask()
        self.approve('nell')
        self.assertEqual('judge', self.stands()[0])

    def test_withdrawn(self):
        self.bring_to('worked')
        self.ask()
        self.call('boss').write('AccountService/AddAccountMember', {'id': self.account['id'], 'user_id': self.users['bob']})
        self.refused('PERMISSION_DENIED', 'NOT_REQUESTER', self.withdraw, 'bob')
        self.assertEqual('withdrawn', self.withdraw('ann', reason='later')['state'])
        self.assertEqual([('team_manager', 'skipped', None)], self.steps())
        self.refused('FAILED_PRECONDITION', 'ADVANCEMENT_OVER', self.approve, 'north')
        self.refused('FAILED_PRECONDITION', 'ADVANCEMENT_OVER', self.withdraw, 'ann')

    def test_out_of_reach_there_is_nothing(self):
        self.bring_to('worked')
        self.ask()
        self.refused('NOT_FOUND', 'NOT_FOUND', self.ask, 'sue')
        self.refused('NOT_FOUND', 'NOT_FOUND', self.call('sue').read, 'ProcessService/GetProgress', {'opportunity_id': self.opportunity})
        self.refused('NOT_FOUND', 'NOT_FOUND', self.call('south').read, 'ProcessService/GetAdvancement', {'id': self.waiting()})
        self.refused('NOT_FOUND', 'NOT_FOUND', self.withdraw, 'sue')
        self.refused('NOT_FOUND', 'NOT_FOUND', self.approve, 'south')
        self.refused('NOT_FOUND', 'NOT_FOUND', self.waive, 'south')
        self.refused('NOT_FOUND', 'NOT_FOUND', self.back, 'sue')
        self.refused('NOT_FOUND', 'NOT_FOUND', self.verdict, 'south', 'approve')
        for method in self.methods.methods.values():
            if '.ProcessService/' in method.value('method'):
                self.assertFalse(any('service' in variant.roles for variant in method.variants))

    def test_a_version_that_is_not_the_present_one(self):
        self.bring_to('worked')
        self.ask()
        self.refused('ABORTED', 'VERSION_CONFLICT', self.approve, 'north', version=7)
        self.refused('ABORTED', 'VERSION_CONFLICT', self.back, version=1)
        self.refused('ABORTED', 'VERSION_CONFLICT', self.verdict, 'north', 'prepare', version=1)
        self.assertIsNotNone(self.waiting())


class ApproverTest(ProcessStage):
    def setUp(self):
        super().setUp()
        self.bring_to('worked')

    def deciders(self):
        return self.advancement()['.']['deciders']

    def test_nobody_approves_their_own(self):
        self.ask('north')
        self.assertEqual(['Nell'], self.deciders())
        self.refused('PERMISSION_DENIED', 'OWN_REQUEST', self.approve, 'north')
        self.refused('PERMISSION_DENIED', 'NOT_APPROVER', self.approve, 'boss')
        self.approve('nell')

    def test_nor_the_owner(self):
        self.reassign('north')
        self.ask('nell')
        self.assertEqual(['Boss', 'Chief'], self.deciders())
        for login in ('north', 'nell'):
            self.refused('PERMISSION_DENIED', 'OWN_REQUEST', self.approve, login)
        self.approve('chief')

    def test_the_nearest_one_up_the_tree(self):
        self.query("update app_user set disable_time = now() where login in ('north', 'nell')")
        self.ask()
        self.assertEqual(['Boss', 'Chief'], self.deciders())
        self.query("update app_user set team_id = %s where login = 'chief'", self.teams['office'])
        self.assertEqual(['Chief'], self.deciders())
        self.refused('PERMISSION_DENIED', 'NOT_APPROVER', self.approve, 'boss')
        self.approve('chief')

    def test_nobody_is_left(self):
        self.query("update app_user set disable_time = now() where login in ('north', 'nell', 'boss')")
        refusal = self.refused('FAILED_PRECONDITION', 'NO_APPROVER', self.ask, 'chief')
        self.assertIn('Nell, North', refusal.message)
        self.ask()
        self.query("update app_user set disable_time = now() where login = 'chief'")
        self.query("update app_user set disable_time = null where login = 'boss'")
        self.query("update opportunity set owner_id = %s where id = %s", self.users['boss'], self.opportunity)
        self.refused('FAILED_PRECONDITION', 'NO_APPROVER', self.approve, 'boss')
        self.query("update app_user set disable_time = null where login = 'chief'")
        self.approve('chief')

    def test_a_reassigned_account_has_the_new_teams_manager(self):
        self.ask()
        self.reassign('sue')
        self.assertEqual('waiting', self.advancement()['.']['state'])
        self.refused('NOT_FOUND', 'NOT_FOUND', self.approve, 'north')
        self.approve('south')
        self.assertEqual('judge', self.stands()[0])

    def test_who_asked_may_become_unable(self):
        self.ask('north')
        self.reassign('north')
        self.refused('PERMISSION_DENIED', 'OWN_REQUEST', self.approve, 'north')
        self.approve('nell')

    def test_an_owner_of_another_team_has_their_own_manager(self):
        """Who reads what their people own, whichever team has the account."""
        self.call('boss').write('AccountService/AddAccountMember', {'id': self.account['id'], 'user_id': self.users['sue']})
        self.call('boss').write('OpportunityService/AssignOpportunity', {'id': self.opportunity, 'version': self.version(), 'owner_id': self.users['sue'], 'reason': 'knows them'})
        self.ask('sue')
        self.assertEqual(['South'], self.deciders())
        self.assertEqual(('Pumps', 'Acme'), (self.get('south')['name'], self.get('south')['account_name']))
        self.assertEqual(['Pumps'], [row['opportunity_name'] for row in self.call('south').read('ProcessService/ListApprovals', {})['advancements']])
        self.assertEqual('approved', self.approve('south')['state'])
        self.assertEqual('Pumps', self.get('south')['name'])

    def test_a_member_of_the_service_desk_never(self):
        self.ask()
        self.refused('PERMISSION_DENIED', 'ROLE', self.approve, 'desk')

    def test_a_stand_in_decides_on_behalf(self):
        self.call('north').write('DelegationService/CreateDelegation', {'delegation': {'to_user_id': self.users['south'], 'ends_on': self.day(2)}})
        self.ask()
        self.assertEqual(['Pumps'], [row['opportunity_name'] for row in self.call('south').read('ProcessService/ListApprovals', {})['advancements']])
        self.approve('south')
        step = self.advancement()['steps'][0]
        self.assertEqual(('South', 'North'), (step['decided_by'], step['on_behalf_of']))
        self.assertEqual([('South', 'North')], self.query("""select u.name, b.name from stage_change c join app_user u on u.id = c.changed_by join app_user b on b.id = c.on_behalf_of
                                                              where c.opportunity_id = %s""", self.opportunity))

    def test_a_stand_in_who_asked_or_for_one_who_asked(self):
        self.query("update app_user set disable_time = now() where login = 'nell'")
        self.call('north').write('DelegationService/CreateDelegation', {'delegation': {'to_user_id': self.users['south'], 'ends_on': self.day(2)}})
        self.ask('south')
        self.refused('PERMISSION_DENIED', 'OWN_REQUEST', self.approve, 'south')
        self.withdraw('south')
        self.ask('north')
        self.refused('PERMISSION_DENIED', 'NOT_APPROVER', self.approve, 'south')
        self.approve('chief')

    def test_a_delegation_that_is_over(self):
        made = self.call('north').write('DelegationService/CreateDelegation', {'delegation': {'to_user_id': self.users['south'], 'ends_on': self.day(2)}})
        self.ask()
        self.call('south').write('DelegationService/EndDelegation', {'id': made['id'], 'version': 1})
        self.refused('NOT_FOUND', 'NOT_FOUND', self.approve, 'south')


class GroupTest(ProcessStage):
    def setUp(self):
        super().setUp()
        self.bring_to('judge')

    def big(self):
        self.set_amount(THRESHOLD)

    def test_below_the_threshold_it_is_passed_over(self):
        self.set_amount(THRESHOLD - 1)
        self.verdict('north', 'approve')
        self.ask()
        self.approve('north')
        self.assertEqual([('team_manager', 'approved', 'North'), ('key_account_group', 'skipped', None)], self.steps())
        self.assertEqual('close', self.stands()[0])

    def test_from_the_threshold_on_another_one_decides(self):
        self.big()
        self.refused('PERMISSION_DENIED', 'NOT_APPROVER', self.verdict, 'north', 'approve')
        self.verdict('boss', 'approve')
        self.ask()
        self.assertEqual('waiting', self.approve('nell')['state'])
        self.assertEqual([('team_manager', 'approved', 'Nell'), ('key_account_group', 'open', None)], self.steps())
        self.refused('PERMISSION_DENIED', 'OWN_REQUEST', self.approve, 'nell')
        self.refused('PERMISSION_DENIED', 'NOT_APPROVER', self.approve, 'north')
        self.assertEqual('approved', self.approve('boss')['state'])
        self.assertEqual(('close', 'open', 'approve'), self.stands())

    def test_the_amount_that_counts_is_that_of_the_moment(self):
        self.verdict('north', 'approve')
        self.ask()
        self.big()
        self.assertEqual('waiting', self.approve('north')['state'])
        # The verdict was the team's manager's, and is the group's now.
        self.refused('FAILED_PRECONDITION', 'UNMET_CRITERIA', self.approve, 'nell')
        self.verdict('nell', 'approve')
        self.ask()
        self.approve('north')
        self.approve('nell')
        self.assertEqual('close', self.stands()[0])

    def test_a_lower_amount_takes_nothing_from_the_group(self):
        self.big()
        self.verdict('nell', 'approve')
        self.ask()
        seen, = self.query("select version from advancement where state = 'waiting'")[0]
        self.set_amount(1)
        self.refused('ABORTED', 'VERSION_CONFLICT', self.approve, 'north', version=seen)
        self.assertEqual('waiting', self.approve('north')['state'])
        self.assertEqual([('team_manager', 'approved', 'North'), ('key_account_group', 'open', None)], self.steps())
        self.approve('boss')
        self.assertEqual('close', self.stands()[0])

    def test_the_teams_verdict_does_not_grow_with_the_amount(self):
        self.verdict('north', 'approve')
        self.big()
        self.refused('FAILED_PRECONDITION', 'UNMET_CRITERIA', self.ask)
        self.assertEqual(['Pumps'], [row['name'] for row in [self.get('nell')]])
        self.verdict('nell', 'approve')
        self.ask()

    def test_to_waive_the_verdict_is_a_verdict(self):
        self.big()
        self.refused('PERMISSION_DENIED', 'NOT_APPROVER', self.waive, 'north', 'project-approved')
        self.waive('nell', 'project-approved')
        self.ask()

    def test_a_waived_verdict_does_not_grow_with_the_amount(self):
        self.waive('north', 'project-approved')
        self.big()
        self.refused('FAILED_PRECONDITION', 'UNMET_CRITERIA', self.ask)
        self.refused('PERMISSION_DENIED', 'NOT_APPROVER', self.waive, 'north', 'project-approved')
        self.waive('nell', 'project-approved')
        self.refused('FAILED_PRECONDITION', 'CRITERION_WAIVED', self.waive, 'nell', 'project-approved')
        waivers = self.call('ann').read('ProcessService/GetProgress', {'opportunity_id': self.opportunity})['waivers']
        self.assertEqual([('North', 'Nell'), ('Nell', None)], [(row['waived_by'], row['withdrawn_by']) for row in waivers])
        self.ask()

    def test_a_verdict_from_out_of_reach(self):
        """Who gave it reads what became of it, and may give another one, until it goes on."""
        self.query("update app_user set is_key_account_group = true where login = 'south'")
        self.big()
        answer = self.verdict('south', 'defer', review_on=self.day(9))
        self.assertEqual((self.opportunity, 'Pumps', 'Acme', 'defer'), self.values(answer, 'id', 'name', 'account_name', 'verdict'))
        self.assertEqual('defer', self.get('south')['verdict'])
        self.assertEqual('approve', self.verdict('south', 'approve')['verdict'])
        self.refused('PERMISSION_DENIED', 'OPPORTUNITY_READ_ONLY', self.ask, 'south')
        self.assertEqual(('change', 'work'), self.values(self.verdict('south', 'change', stage_key='work'), 'verdict', 'stage_key'))
        self.assertEqual('work', self.get('south')['stage_key'])
        self.do_the_work()
        self.ask()
        self.approve('north')
        self.assertEqual('Pumps', self.get('south')['name'], 'it waits for the group again')
        self.verdict('nell', 'approve')
        self.refused('NOT_FOUND', 'NOT_FOUND', self.get, 'south')
        self.verdict('nell', 'prepare')
        self.assertEqual('terminate', self.verdict('south', 'terminate')['verdict'])
        self.assertEqual('lost', self.get('south')['state'])
        self.query("update app_user set is_key_account_group = false where login = 'south'")
        self.refused('NOT_FOUND', 'NOT_FOUND', self.get, 'south')

    def test_a_teams_verdict_opens_nothing(self):
        self.verdict('north', 'approve')
        self.reassign('sue')
        self.refused('NOT_FOUND', 'NOT_FOUND', self.get, 'north')

    def test_without_an_amount_the_group_decides(self):
        self.set_amount(None)
        self.refused('PERMISSION_DENIED', 'NOT_APPROVER', self.verdict, 'north', 'approve')
        self.verdict('nell', 'approve')

    def test_another_currency(self):
        self.set_amount(THRESHOLD // 5, 'USD')
        self.refused('PERMISSION_DENIED', 'NOT_APPROVER', self.verdict, 'north', 'approve')
        self.call('boss').write('RateService/SetExchangeRate', {'rate': {'currency_code': 'USD', 'rate': '7.1'}})
        self.refused('PERMISSION_DENIED', 'NOT_APPROVER', self.verdict, 'north', 'approve')
        self.verdict('nell', 'approve')

    def test_a_member_reads_what_waits_for_the_group(self):
        self.query("update app_user set is_key_account_group = true where login = 'south'")
        self.refused('NOT_FOUND', 'NOT_FOUND', self.get, 'south')
        self.big()
        self.assertEqual('Pumps', self.get('south')['name'], 'it waits for the verdict')
        self.verdict('nell', 'approve')
        self.refused('NOT_FOUND', 'NOT_FOUND', self.get, 'south')
        self.ask()
        self.approve('north')
        self.assertEqual(('Pumps', 'Acme'), (self.get('south')['name'], self.get('south')['account_name']))
        self.assertEqual(['project-approved'], [row['key'] for row in self.call('south').read('ProcessService/CheckOpportunity', {'id': self.opportunity})['criteria']])
        self.refused('NOT_FOUND', 'NOT_FOUND', self.call('south').write, 'AccountService/RetireAccount', {'id': self.account['id'], 'version': 1, 'reason': 'x'})
        self.refused('PERMISSION_DENIED', 'OPPORTUNITY_READ_ONLY', self.call('south').write, 'OpportunityService/LoseOpportunity',
                     {'id': self.opportunity, 'version': self.version(), 'lost_reason': 'price', 'note': 'too dear'})
        answer = self.approve('south')
        self.assertEqual(('approved', 'key_account_group'), (answer['state'], self.advancement('south')['steps'][1]['approver']))
        self.refused('NOT_FOUND', 'NOT_FOUND', self.get, 'south')

    def test_a_group_that_became_empty(self):
        self.big()
        self.verdict('nell', 'approve')
        self.ask()
        self.approve('north')
        self.query('update app_user set is_key_account_group = false')
        refusal = self.refused('FAILED_PRECONDITION', 'NO_APPROVER', self.approve, 'chief')
        self.assertIn('South', refusal.message)

    def test_a_stand_in_of_a_member(self):
        self.big()
        self.verdict('nell', 'approve')
        self.call('boss').write('DelegationService/CreateDelegation', {'delegation': {'to_user_id': self.users['south'], 'ends_on': self.day(2)}})
        self.query("update app_user set is_key_account_group = false where login = 'nell'")
        self.ask()
        self.approve('north')
        self.approve('south')
        self.assertEqual(('South', 'Boss'), self.values(self.advancement()['steps'][1], 'decided_by', 'on_behalf_of'))

    def test_no_stand_in_for_both_steps(self):
        """South stands in for north and for boss: one person says yes once."""
        self.big()
        self.verdict('nell', 'approve')
        self.query("update app_user set is_key_account_group = false where login = 'nell'")
        for login in ('north', 'boss'):
            self.call(login).write('DelegationService/CreateDelegation', {'delegation': {'to_user_id': self.users['south'], 'ends_on': self.day(2)}})
        self.ask()
        self.approve('south')
        self.refused('PERMISSION_DENIED', 'OWN_REQUEST', self.approve, 'south')
        self.approve('boss')


class WaiverTest(ProcessStage):
    def setUp(self):
        super().setUp()
        self.bring_to('work')

    def test_waived_with_a_reason_that_stays(self):
        made = self.waive()
        self.assertEqual(('North', 'Ann', 'known for years'), (made['waived_by'], made['requested_by'], made['reason']))
        self.refused('FAILED_PRECONDITION', 'CRITERION_WAIVED', self.waive)
        self.waive('nell', 'need-stated')
        self.ask()
        self.assertEqual([(True, 'North', 'known for years'), (True, 'Nell', 'known for years')],
                         [self.values(row, 'is_waived', 'waived_by', 'waiver_reason') for row in self.advancement()['evidence']])
        self.approve('north')
        self.assertEqual('judge', self.stands()[0])
        waivers = self.call('ann').read('ProcessService/GetProgress', {'opportunity_id': self.opportunity})['waivers']
        self.assertEqual([('call-made', None), ('need-stated', None)], [(row['criterion_key'], row['withdrawn_time']) for row in waivers])

    def test_taken_back_it_counts_no_more(self):
        self.waive()
        self.waive(criterion='need-stated')
        self.ask()
        self.assertEqual('North', self.unwaive()['withdrawn_by'])
        self.refused('FAILED_PRECONDITION', 'CRITERION_NOT_WAIVED', self.unwaive)
        refusal = self.refused('FAILED_PRECONDITION', 'UNMET_CRITERIA', self.approve, 'north')
        self.assertEqual(['call-made'], [one['subject'] for one in refusal.detail['preconditions']])
        self.assertEqual(('waiting', 'work'), (self.advancement()['.']['state'], self.stands()[0]))
        self.assertEqual([('team_manager', 'open', None)], self.steps())
        self.waive()
        self.approve('north')

    def test_who_waives(self):
        self.refused('PERMISSION_DENIED', 'ROLE', self.waive, 'ann')
        self.refused('PERMISSION_DENIED', 'NOT_APPROVER', self.waive, 'chief')
        self.waive('boss')
        self.refused('PERMISSION_DENIED', 'NOT_APPROVER', self.unwaive, 'chief')
        self.unwaive('north')
        self.refused('NOT_FOUND', 'CRITERION_NOT_FOUND', self.waive, criterion='project-approved')
        self.refused('NOT_FOUND', 'USER_NOT_FOUND', self.waive, requested_by_id=self.users['sue'])

    def test_who_asked_for_it_does_not_approve(self):
        self.do_the_work()
        self.query("update app_user set role = 'rep' where login = 'north'")
        self.call('boss').write('AccountService/AddAccountMember', {'id': self.account['id'], 'user_id': self.users['north']})
        self.waive('nell', requested_by_id=self.users['north'])
        self.query("update app_user set role = 'manager' where login = 'north'")
        self.ask()
        self.assertEqual(['Nell'], self.advancement()['.']['deciders'])
        self.refused('PERMISSION_DENIED', 'OWN_REQUEST', self.approve, 'north')
        self.approve('nell')

    def test_no_manager_is_shut_out_by_being_named(self):
        """Whom somebody names as who asked cannot decide: so no manager is named, but who owns it or asked for what waits."""
        self.refused('INVALID_ARGUMENT', 'REQUESTER_DECIDES', self.waive, 'nell', requested_by_id=self.users['north'])
        self.refused('INVALID_ARGUMENT', 'REQUESTER_DECIDES', self.waive, 'boss', requested_by_id=self.users['nell'])
        self.call('boss').write('AccountService/AddAccountMember', {'id': self.account['id'], 'user_id': self.users['bob']})
        self.assertEqual('Bob', self.waive('nell', requested_by_id=self.users['bob'])['requested_by'])
        self.do_the_work()
        self.ask('boss')
        self.assertEqual('Boss', self.waive('nell', 'need-stated', requested_by_id=self.users['boss'])['requested_by'])
        self.approve('north')

    def test_nobody_waives_for_themselves(self):
        self.refused('PERMISSION_DENIED', 'OWN_REQUEST', self.waive, 'north', requested_by_id=self.users['north'])
        self.reassign('north')
        self.refused('PERMISSION_DENIED', 'OWN_REQUEST', self.waive, 'north')

    def test_a_waiver_is_for_one_time(self):
        self.waive()
        self.waive(criterion='need-stated')
        self.ask()
        self.approve('north')
        self.back()
        refusal = self.refused('FAILED_PRECONDITION', 'UNMET_CRITERIA', self.ask)
        self.assertEqual(2, len(refusal.detail['preconditions']))
        self.waive()
        self.call('ann').write('OpportunityService/LoseOpportunity', {'id': self.opportunity, 'version': self.version(), 'lost_reason': 'price', 'note': 'too dear'})
        self.call('ann').write('OpportunityService/ReopenOpportunity', {'id': self.opportunity, 'version': self.version(), 'reason': 'they called'})
        self.waive()
        waivers = self.call('ann').read('ProcessService/GetProgress', {'opportunity_id': self.opportunity})['waivers']
        self.assertEqual([False, False, False, True], [row['withdrawn_time'] is None for row in waivers])


class MoveTest(ProcessStage):
    def test_back_by_the_owner_or_a_manager(self):
        self.bring_to('judged')
        self.call('boss').write('AccountService/AddAccountMember', {'id': self.account['id'], 'user_id': self.users['bob']})
        self.refused('PERMISSION_DENIED', 'NOT_OWNER', self.back, 'bob')
        self.refused('FAILED_PRECONDITION', 'STAGE_NOT_EARLIER', self.back, stage_key='close')
        self.refused('FAILED_PRECONDITION', 'STAGE_NOT_EARLIER', self.back, stage_key='judge')
        self.refused('NOT_FOUND', 'STAGE_NOT_FOUND', self.back, stage_key='nowhere')
        self.assertEqual('work', self.back('north')['stage_key'])
        self.assertEqual(('work', 'open', None), self.stands(), 'the verdict is asked for again')
        self.ask()
        self.approve('north')
        self.back(stage_key='begin')
        self.refused('FAILED_PRECONDITION', 'FIRST_STAGE', self.back)
        self.assertEqual(self.stands(), self.replay())

    def test_what_was_asked_is_cancelled(self):
        self.bring_to('judged')
        for act, cause in ((self.back, 'moved'), (lambda: self.verdict('north', 'prepare'), 'verdict'),
                           (lambda: self.call('ann').write('OpportunityService/LoseOpportunity', {'id': self.opportunity, 'version': self.version(), 'lost_reason': 'price', 'note': 'too dear'}), 'closed')):
            self.ask()
            act()
            self.assertEqual(('cancelled', cause), self.ended()[:2])
            self.assertNotIn('open', [state for _, state, _ in self.steps()])
            self.refused('FAILED_PRECONDITION', 'ADVANCEMENT_OVER', self.approve, 'north')
            if self.stands()[0] == 'work':
                self.ask()
                self.approve('north')
            if self.stands()[1] == 'open':
                self.verdict('north', 'approve')
        self.assertEqual(self.stands(), self.replay())

    def test_a_retired_account(self):
        self.bring_to('worked')
        self.ask()
        self.call('north').write('AccountService/RetireAccount', {'id': self.account['id'], 'version': 1, 'reason': 'closed down'})
        self.assertEqual(('cancelled', 'account_retired', 'closed down'), self.ended())
        for act in (self.ask, self.back, lambda: self.waive(), lambda: self.verdict('north', 'approve')):
            self.refused('FAILED_PRECONDITION', 'ACCOUNT_RETIRED', act)

    def test_a_merged_account_takes_it_along(self):
        self.bring_to('worked')
        self.ask()
        other = self.add_account('bob', 'Beta')
        versions = dict(self.query('select id, version from account'))
        self.call('north').write('AccountMergeService/MergeAccounts', {'survivor_id': other['id'], 'survivor_version': versions[other['id']], 'merged_id': self.account['id'],
                                                                       'merged_version': versions[self.account['id']], 'reason': 'the same'})
        self.assertEqual('waiting', self.advancement()['.']['state'])
        self.assertEqual(other['id'], self.advancement()['.']['account_id'])
        self.assertEqual('approved', self.approve('north')['state'])
        self.assertEqual(self.stands(), self.replay())

    def test_verdicts(self):
        self.bring_to('judge')
        self.refused('PERMISSION_DENIED', 'ROLE', self.verdict, 'ann', 'approve')
        self.refused('PERMISSION_DENIED', 'NOT_APPROVER', self.verdict, 'chief', 'approve')
        self.verdict('north', 'prepare')
        self.assertEqual('prepare', self.stands()[2])
        self.refused('FAILED_PRECONDITION', 'UNMET_CRITERIA', self.ask)
        self.verdict('north', 'approve')
        self.ask()
        self.verdict('north', 'terminate')
        self.assertEqual(('judge', 'lost', 'terminate'), self.stands())
        self.assertEqual(('terminated', 'as discussed'), self.values(self.get(), 'lost_reason', 'close_note'))
        self.assertEqual(self.stands(), self.replay())

    def test_nobody_judges_their_own(self):
        self.bring_to('judge')
        self.reassign('north')
        self.refused('PERMISSION_DENIED', 'OWN_REQUEST', self.verdict, 'north', 'approve')
        self.verdict('nell', 'approve')

    def test_change_goes_back_and_everything_is_approved_again(self):
        self.bring_to('judged')
        for fields, reason in (({}, 'FIELD_REQUIRED'), ({'stage_key': 'work', 'review_on': self.day(3)}, 'REVIEW_ON')):
            self.refused('INVALID_ARGUMENT', reason, self.verdict, 'north', 'change', **fields)
        self.refused('INVALID_ARGUMENT', 'STAGE_WITHOUT_CHANGE', self.verdict, 'north', 'approve', stage_key='work')
        self.verdict('north', 'change', stage_key='work', reason='smaller, and in two lots')
        self.assertEqual(('work', 'open', 'change'), self.stands())
        self.ask()
        self.approve('north')
        self.refused('FAILED_PRECONDITION', 'UNMET_CRITERIA', self.ask)
        self.verdict('north', 'approve')
        self.ask()
        self.verdict('north', 'change', stage_key='judge')
        self.assertEqual(('judge', 'open', 'change'), self.stands())
        self.assertEqual(self.stands(), self.replay())

    def test_defer_stops_the_clock_and_wakes_up(self):
        self.bring_to('judge')
        for days in (None, 0, 800):
            self.refused('INVALID_ARGUMENT', 'REVIEW_ON', self.verdict, 'north', 'defer', review_on=self.day(days) if days is not None else None)
        self.query("update opportunity set stage_since = now() - interval '20 days' where id = %s", self.opportunity)
        self.verdict('north', 'defer', review_on=self.day(15))
        self.refused('FAILED_PRECONDITION', 'OPPORTUNITY_DEFERRED', self.ask)
        reviews = lambda: [row['name'] for row in self.call('ann').read('OverviewService/GetToday', {})['reviews']]     # noqa: E731
        self.assertEqual([], reviews())
        # Sixteen days later.
        self.query("""update opportunity set stage_since = stage_since - interval '16 days', verdict_time = verdict_time - interval '16 days', review_on = review_on - 16
                       where id = %s""", self.opportunity)
        self.assertEqual(['Pumps'], reviews())
        self.assertIn(self.get()['days_in_stage'], (20, 21))
        self.assertFalse(self.get()['is_stalled'])
        self.verdict('north', 'approve')
        self.assertEqual([], reviews())
        self.assertIn(self.get()['days_in_stage'], (20, 21), 'the days of waiting do not count afterwards either')
        self.assertEqual(self.stands(), self.replay())


if __name__ == '__main__':
    unittest.main()
