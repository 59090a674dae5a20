#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Ways around who decides: amounts that change, owners that change, losing and reopening, currencies nobody can value."""
import unittest

from process_stage import THRESHOLD, ProcessStage


class AroundTest(ProcessStage):
    def reopen(self, login):
        return self.call(login).write('OpportunityService/ReopenOpportunity', {'id': self.opportunity, 'version': self.version(), 'reason': 'again'})

    def lose(self, login):
        return self.call(login).write('OpportunityService/LoseOpportunity', {'id': self.opportunity, 'version': self.version(), 'lost_reason': 'price', 'note': 'too dear'})

    def assign(self, login, owner):
        return self.call(login).write('OpportunityService/AssignOpportunity', {'id': self.opportunity, 'version': self.version(), 'owner_id': self.users[owner], 'reason': 'x'})

    # ---- amounts ----

    def test_what_the_group_said_stays_the_groups(self):
        self.bring_to('judge')
        self.set_amount(THRESHOLD)
        for verdict, fields in (('prepare', {}), ('defer', {'review_on': self.day(300)})):
            self.verdict('nell', verdict, **fields)
            self.set_amount(1)
            self.refused('PERMISSION_DENIED', 'NOT_APPROVER', self.verdict, 'north', 'approve')
            self.set_amount(THRESHOLD)
        self.verdict('boss', 'terminate')
        self.refused('FAILED_PRECONDITION', 'OPPORTUNITY_CLOSED', self.set_amount, 1)
        self.query('update opportunity set amount_minor_units = 1 where id = %s', self.opportunity)
        self.refused('PERMISSION_DENIED', 'NOT_APPROVER', self.reopen, 'north')
        self.assertEqual('open', self.reopen('nell')['state'])
        self.assertEqual('prepare', self.verdict('north', 'prepare')['verdict'], 'begun anew, it is as small as any')

    def test_begun_again_it_stays_the_groups(self):
        self.bring_to('judge')
        self.set_amount(THRESHOLD)
        self.verdict('nell', 'prepare')
        self.set_amount(1)
        self.lose('ann')
        self.reopen('ann')
        self.refused('PERMISSION_DENIED', 'NOT_APPROVER', self.verdict, 'north', 'approve')
        self.back('ann')
        self.refused('PERMISSION_DENIED', 'NOT_APPROVER', self.verdict, 'north', 'approve')

    def test_grown_after_the_group_was_passed_over(self):
        self.bring_to('judged')
        self.ask()
        self.approve('north')
        self.assertEqual(('close', 'open', 'approve'), self.stands())
        self.assertEqual([('team_manager', 'approved', 'North'), ('key_account_group', 'skipped', None)], self.steps())
        self.set_amount(THRESHOLD)
        self.ask()
        self.assertEqual(['team_manager', 'key_account_group'], [step[0] for step in self.steps()])
        self.approve('north')
        self.assertEqual('open', self.stands()[1])
        self.approve('nell')
        self.assertEqual('won', self.stands()[1])

    def test_grown_while_the_last_step_waits(self):
        self.bring_to('judged')
        self.ask()
        self.approve('north')
        self.ask()
        self.set_amount(THRESHOLD)
        self.approve('north')
        self.assertEqual([('team_manager', 'approved', 'North'), ('key_account_group', 'open', None)], self.steps())
        self.approve('nell')
        self.assertEqual('won', self.stands()[1])

    def test_grown_after_its_turn_of_the_same_request(self):
        self.query("update pipeline_stage set approvals = '{key_account_group,team_manager}' where key = 'work'")
        self.bring_to('worked')
        self.ask()
        self.assertEqual(['skipped', 'open'], [step[1] for step in self.steps()])
        self.set_amount(THRESHOLD)
        self.approve('north')
        self.assertEqual(['open', 'approved'], [step[1] for step in self.steps()])
        self.assertEqual('work', self.stands()[0])
        self.approve('nell')
        self.assertEqual('judge', self.stands()[0])

    def test_a_currency_that_nobody_can_value_is_the_groups(self):
        self.bring_to('judge')
        self.set_amount(5, 'XTS')
        self.refused('PERMISSION_DENIED', 'NOT_APPROVER', self.verdict, 'north', 'approve')
        self.verdict('nell', 'terminate')
        self.assertEqual('lost', self.stands()[1])

    def test_the_amount_of_a_closed_one_is_corrected_by_managers(self):
        self.lose('ann')
        self.refused('FAILED_PRECONDITION', 'OPPORTUNITY_CLOSED', self.set_amount, 1)
        self.call('north').write('OpportunityService/UpdateOpportunity', {
            'opportunity': {'id': self.opportunity, 'version': self.version(), 'amount': {'currency_code': 'CNY', 'minor_units': 7}}, 'update_mask': ['amount']})

    # ---- whose it is ----

    def test_who_only_works_on_the_account_does_not_close_it(self):
        self.call('ann').write('AccountService/AddAccountMember', {'id': self.account['id'], 'user_id': self.users['bob']})
        self.bring_to('judge')
        self.refused('PERMISSION_DENIED', 'NOT_OWNER', self.lose, 'bob')
        self.lose('ann')
        self.refused('PERMISSION_DENIED', 'NOT_OWNER', self.reopen, 'bob')
        self.reopen('ann')

    def test_reopened_the_clock_goes_on(self):
        self.bring_to('work')
        self.query("update opportunity set stage_since = now() - interval '70 days' where id = %s", self.opportunity)
        self.lose('ann')
        self.query("update opportunity set close_time = now() - interval '50 days' where id = %s", self.opportunity)
        self.assertEqual((20, False), self.values(self.reopen('ann'), 'days_in_stage', 'is_stalled'))
        board = self.call('ann').read('BoardService/GetBoard', {'pipeline_key': 'short'})
        self.assertEqual([(20, False)], [self.values(card, 'days_in_stage', 'is_stalled') for card in board['cards']])

    def test_deferred_before_it_was_lost_the_days_do_not_count(self):
        self.bring_to('judge')
        self.verdict('north', 'defer', review_on=self.day(9))
        self.query("""update opportunity set stage_since = now() - interval '60 days', verdict_time = now() - interval '50 days', review_on = kam.today() - 20
                       where id = %s""", self.opportunity)
        self.lose('ann')
        self.query("update opportunity set close_time = now() - interval '5 days' where id = %s", self.opportunity)
        before = self.get()['days_in_stage']
        self.assertIn(before, (24, 25, 26))
        self.assertEqual(before, self.reopen('ann')['days_in_stage'])

    def test_terminated_by_who_does_not_reach_the_account(self):
        self.call('boss').write('AccountService/AddAccountMember', {'id': self.account['id'], 'user_id': self.users['sue']})
        self.assign('boss', 'sue')
        self.verdict('south', 'terminate')
        self.refused('PERMISSION_DENIED', 'OWN_REQUEST', self.reopen, 'sue')
        self.assertEqual('open', self.reopen('south')['state'])
        self.lose('sue')
        self.refused('NOT_FOUND', 'NOT_FOUND', self.reopen, 'south')

    def test_nobody_chooses_who_decides(self):
        self.call('ann').write('AccountService/AddAccountMember', {'id': self.account['id'], 'user_id': self.users['sue']})
        self.refused('PERMISSION_DENIED', 'OWNER_OF_ANOTHER_TEAM', self.assign, 'ann', 'sue')
        self.refused('PERMISSION_DENIED', 'OWNER_OF_ANOTHER_TEAM', self.add_opportunity, 'ann', owner_id=self.users['sue'])
        self.call('ann').write('AccountService/AddAccountMember', {'id': self.account['id'], 'user_id': self.users['bob']})
        self.assign('ann', 'bob')
        self.assign('north', 'sue')
        self.assertEqual(self.users['sue'], self.get()['owner_id'])

    def test_what_is_over_is_read_by_who_reaches_it(self):
        self.call('boss').write('AccountService/AddAccountMember', {'id': self.account['id'], 'user_id': self.users['sue']})
        self.assign('boss', 'sue')
        self.assertEqual('Pumps', self.get('south')['name'])
        self.lose('sue')
        self.refused('NOT_FOUND', 'NOT_FOUND', self.get, 'south')

    def test_not_approved_where_nobody_could_go_on(self):
        self.query("update app_user set is_key_account_group = false where login = 'boss'")
        self.bring_to('judge')
        self.set_amount(THRESHOLD)
        self.verdict('nell', 'approve')
        self.ask()
        with self.unchanged():
            self.assertIn('key account group', self.refused('FAILED_PRECONDITION', 'NO_APPROVER', self.approve, 'nell').message)
        self.approve('north')
        self.approve('nell')
        self.assertEqual('close', self.stands()[0])


if __name__ == '__main__':
    unittest.main()
