#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What is one's own stays for others to decide, whatever is done first."""
import unittest

from process_stage import THRESHOLD, ProcessStage


class OwnHandsTest(ProcessStage):
    """Nobody says yes to what is theirs, in whatever order they do it."""

    def test_handed_over_after_it_was_asked(self):
        self.bring_to('worked')
        self.call('boss').write('AccountService/AddAccountMember', {'id': self.account['id'], 'user_id': self.users['bob']})
        self.reassign('north')
        self.ask('bob')
        self.reassign('ann')
        self.assertEqual(['Nell'], self.advancement()['.']['deciders'])
        self.refused('PERMISSION_DENIED', 'OWN_REQUEST', self.approve, 'north')
        self.approve('nell')

    def test_waived_first_and_asked_then(self):
        self.bring_to('work')
        self.waive('north')
        self.waive('nell', 'need-stated')
        with self.unchanged():
            self.assertIn('North', self.refused('FAILED_PRECONDITION', 'OWN_DECISION', self.ask, 'north').message)
        self.ask()
        self.reassign('nell')
        self.refused('FAILED_PRECONDITION', 'OWN_DECISION', self.approve, 'north')
        self.unwaive('nell', 'need-stated')
        self.waive('boss', 'need-stated')
        self.approve('north')

    def test_judged_first_and_asked_then(self):
        self.bring_to('judged')
        self.refused('FAILED_PRECONDITION', 'OWN_DECISION', self.ask, 'north')
        self.ask('nell')

    def test_a_verdict_is_of_one_stage(self):
        self.bring_to('work')
        self.verdict('north', 'approve')
        self.do_the_work()
        self.ask()
        self.approve('nell')
        self.assertEqual(('judge', 'open', 'approve'), self.stands())
        self.refused('FAILED_PRECONDITION', 'UNMET_CRITERIA', self.ask)
        self.verdict('north', 'approve')
        self.ask()

    def test_terminated_is_reopened_by_who_judges(self):
        self.bring_to('judge')
        reopen = lambda login: self.call(login).write('OpportunityService/ReopenOpportunity', {'id': self.opportunity, 'version': self.version(), 'reason': 'again'})     # noqa: E731
        self.refused('INVALID_ARGUMENT', 'LOST_REASON_VERDICT', self.call('ann').write, 'OpportunityService/LoseOpportunity',
                     {'id': self.opportunity, 'version': self.version(), 'lost_reason': 'terminated', 'note': 'x'})
        self.verdict('north', 'terminate')
        self.refused('PERMISSION_DENIED', 'OWN_REQUEST', reopen, 'ann')
        reopen('north')
        self.assertEqual(('judge', 'open', None), self.stands())
        self.set_amount(THRESHOLD)
        self.verdict('nell', 'terminate')
        self.refused('PERMISSION_DENIED', 'NOT_APPROVER', reopen, 'north')
        reopen('boss')

    def test_deferred_it_stays(self):
        self.bring_to('judge')
        self.verdict('north', 'defer', review_on=self.day(15))
        self.refused('FAILED_PRECONDITION', 'OPPORTUNITY_DEFERRED', self.back)
        self.call('ann').write('OpportunityService/LoseOpportunity', {'id': self.opportunity, 'version': self.version(), 'lost_reason': 'price', 'note': 'too dear'})
        self.call('ann').write('OpportunityService/ReopenOpportunity', {'id': self.opportunity, 'version': self.version(), 'reason': 'again'})
        self.assertEqual(('judge', 'open', 'defer'), self.stands())
        self.refused('FAILED_PRECONDITION', 'OPPORTUNITY_DEFERRED', self.ask)
        self.verdict('north', 'approve')
        self.ask()


if __name__ == '__main__':
    unittest.main()
