#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Two at once at one request: the second waits for the first, and then has one right outcome."""
import unittest

from process_stage import THRESHOLD, ProcessStage


class ProcessRaceTest(ProcessStage):
    def setUp(self):
        super().setUp()
        self.bring_to('worked')

    def request(self, method, login, is_second=False, **fields):
        """For race_writes(): about the request that waits."""
        advancement, version = self.query("select id, version from advancement where opportunity_id = %s and state = 'waiting'", self.opportunity)[0]
        return self.other(login) if is_second else self.call(login), 'ProcessService/' + method, {'id': advancement, 'version': version, 'reason': 'so', **fields}

    def meet(self, first, second):
        """What the second one gets, who waited."""
        outcome = self.race_writes(first, second)
        self.assertTrue(self.has_waited)
        self.assertEqual(self.stands(), self.replay())
        return outcome if isinstance(outcome, str) else outcome.get('state')

    def forward_moves(self):
        return self.query("select count(*) from stage_change where opportunity_id = %s and direction = 'forward' and from_stage = 'work'", self.opportunity)[0][0]

    def test_two_approvers(self):
        self.ask()
        self.assertEqual('ADVANCEMENT_OVER', self.meet(self.request('ApproveStep', 'north'), self.request('ApproveStep', 'nell', True)))
        self.assertEqual([('team_manager', 'approved', 'North')], self.steps())
        self.assertEqual((('judge', 'open', None), 1), (self.stands(), self.forward_moves()))

    def test_two_approvers_of_a_chain(self):
        """Nell saw the team's step. She may not find herself having decided the group's."""
        self.ask()
        self.approve('north')
        self.set_amount(THRESHOLD)
        self.verdict('boss', 'approve')
        self.ask()
        self.assertEqual('VERSION_CONFLICT', self.meet(self.request('ApproveStep', 'north'), self.request('ApproveStep', 'nell', True)))
        self.assertEqual([('team_manager', 'approved', 'North'), ('key_account_group', 'open', None)], self.steps())

    def test_approved_and_returned(self):
        self.ask()
        self.assertEqual('ADVANCEMENT_OVER', self.meet(self.request('ReturnStep', 'north'), self.request('ApproveStep', 'nell', True)))
        self.assertEqual('work', self.stands()[0])
        self.ask()
        self.assertEqual('ADVANCEMENT_OVER', self.meet(self.request('ApproveStep', 'north'), self.request('ReturnStep', 'nell', True)))
        self.assertEqual('judge', self.stands()[0])

    def test_withdrawn_and_approved(self):
        self.ask()
        self.assertEqual('ADVANCEMENT_OVER', self.meet(self.request('WithdrawAdvancement', 'ann'), self.request('ApproveStep', 'north')))
        self.assertEqual(('work', 'withdrawn'), (self.stands()[0], self.advancement()['.']['state']))
        self.ask()
        self.assertEqual('ADVANCEMENT_OVER', self.meet(self.request('ApproveStep', 'north'), self.request('WithdrawAdvancement', 'ann')))
        self.assertEqual(('judge', 'approved'), (self.stands()[0], self.advancement()['.']['state']))

    def test_asked_twice(self):
        ask = ('ProcessService/AskAdvancement', {'opportunity_id': self.opportunity})
        self.assertEqual('ADVANCEMENT_WAITING', self.meet((self.call('ann'), *ask), (self.other('ann'), *ask)))

    def test_an_edit_that_breaks_a_criterion_while_it_waits(self):
        self.ask()
        retire = ('NeedService/RetireNeed', {'id': self.need['id'], 'version': 1, 'reason': 'it was none'})
        self.call('ann').write(*retire)
        with self.unchanged():
            refusal = self.refused('FAILED_PRECONDITION', 'UNMET_CRITERIA', self.approve, 'north')
        self.assertEqual(['need-stated'], [one['subject'] for one in refusal.detail['preconditions']])
        self.waive(criterion='need-stated')
        self.approve('north')
        self.assertEqual([False, False, False, True], [row['is_waived'] for row in self.advancement()['evidence']])

    def test_a_waiver_taken_back_meanwhile(self):
        self.call('ann').write('NeedService/RetireNeed', {'id': self.need['id'], 'version': 1, 'reason': 'it was none'})
        self.waive(criterion='need-stated')
        self.ask()
        take_back = (self.call('north'), 'ProcessService/WithdrawWaiver', {'opportunity_id': self.opportunity, 'criterion_key': 'need-stated', 'reason': 'no'})
        self.assertEqual('UNMET_CRITERIA', self.meet(take_back, self.request('ApproveStep', 'nell')))

    def test_a_reassigned_account(self):
        self.ask()
        version, = self.query('select version from account where id = %s', self.account['id'])[0]
        give = (self.call('boss'), 'AccountService/ReassignAccount', {'id': self.account['id'], 'version': version, 'owner_id': self.users['sue'], 'reason': 'region'})
        self.assertEqual('NOT_FOUND', self.meet(give, self.request('ApproveStep', 'north')))
        self.approve('south')
        self.assertEqual('judge', self.stands()[0])

    def test_approved_before_the_account_is_given_away(self):
        self.ask()
        version, = self.query('select version from account where id = %s', self.account['id'])[0]
        give = (self.call('boss'), 'AccountService/ReassignAccount', {'id': self.account['id'], 'version': version, 'owner_id': self.users['sue'], 'reason': 'region'})
        self.meet(self.request('ApproveStep', 'north'), give)
        self.assertEqual(('judge', 'Sue'), self.values(self.get(), 'stage_key', 'owner_name'))

    def test_a_disabled_approver(self):
        self.ask()
        disable = (self.call('boss'), 'UserService/DisableUser', {'id': self.users['north'], 'reason': 'left'})
        self.assertEqual('NO_SESSION', self.meet(disable, self.request('ApproveStep', 'north')))
        self.assertEqual(['Nell'], self.advancement()['.']['deciders'])
        self.approve('nell')

    def test_an_approver_moved_to_another_team(self):
        self.ask()
        version, = self.query("select version from app_user where login = 'north'")[0]
        move = (self.call('boss'), 'UserService/UpdateUser', {'user': {'id': self.users['north'], 'version': version, 'team_id': self.teams['south']}, 'update_mask': ['team_id']})
        self.assertIn(self.meet(move, self.request('ApproveStep', 'north')), ('NOT_APPROVER', 'NOT_FOUND'))
        self.assertEqual('work', self.stands()[0])
        self.approve('nell')

    def test_an_owner_moved_to_another_team(self):
        self.ask()
        version, = self.query("select version from app_user where login = 'ann'")[0]
        move = (self.call('boss'), 'UserService/UpdateUser', {'user': {'id': self.users['ann'], 'version': version, 'team_id': self.teams['south']}, 'update_mask': ['team_id']})
        self.assertEqual('NOT_FOUND', self.meet(move, self.request('ApproveStep', 'north')))
        self.assertEqual(['South'], self.advancement()['.']['deciders'])
        self.approve('south')

    def test_moved_back_meanwhile(self):
        self.ask()
        back = (self.call('ann'), 'ProcessService/MoveBack', {'id': self.opportunity, 'version': self.version(), 'reason': 'no'})
        self.assertEqual('ADVANCEMENT_OVER', self.meet(back, self.request('ApproveStep', 'north')))
        self.assertEqual(('begin', 'cancelled'), (self.stands()[0], self.advancement()['.']['state']))

    def test_lost_meanwhile(self):
        self.ask()
        lose = (self.call('ann'), 'OpportunityService/LoseOpportunity', {'id': self.opportunity, 'version': self.version(), 'lost_reason': 'price', 'note': 'too dear'})
        self.assertEqual('ADVANCEMENT_OVER', self.meet(lose, self.request('ApproveStep', 'north')))
        self.assertEqual(('work', 'lost', None), self.stands())

    def test_an_account_retired_while_it_is_asked(self):
        ask = (self.call('ann'), 'ProcessService/AskAdvancement', {'opportunity_id': self.opportunity})
        retire = ('AccountService/RetireAccount', {'id': self.account['id'], 'version': 1, 'reason': 'closed'})
        self.meet(ask, (self.call('north'), *retire))
        self.assertEqual('cancelled', self.advancement()['.']['state'])
        self.call('north').write('AccountService/RestoreAccount', {'id': self.account['id'], 'version': 2})
        retire[1]['version'] = 3
        self.assertEqual('ACCOUNT_RETIRED', self.meet((self.call('north'), *retire), ask))

    def test_a_merge_while_it_is_approved(self):
        self.ask()
        other = self.add_account('bob', 'Beta')
        versions = dict(self.query('select id, version from account'))
        merge = (self.call('north'), 'AccountMergeService/MergeAccounts', {'survivor_id': other['id'], 'survivor_version': versions[other['id']], 'merged_id': self.account['id'],
                                                                           'merged_version': versions[self.account['id']], 'reason': 'the same'})
        self.assertEqual('VERSION_CONFLICT', self.meet(merge, self.request('ApproveStep', 'nell')), 'it is of another account now')
        self.assertEqual('approved', self.approve('nell')['state'])
        self.assertEqual((other['id'],), self.query('select distinct account_id from stage_change where opportunity_id = %s', self.opportunity)[0])

    # ---- transactions that began earlier than what they find ----

    def begun(self, login):
        """A caller whose transaction has begun, and so its now()."""
        caller = self.other(login)
        with caller.connection.cursor() as cursor:
            cursor.execute('select now()')
        return caller

    def test_a_waiver_that_began_before_the_move(self):
        """It was given for the stage it found, and so it counts there."""
        self.opportunity = self.add_opportunity(account_id=self.add_account('ann', 'Beta')['id'])['id']
        waiver = self.begun('north')
        self.ask()
        waiver.write('ProcessService/WaiveCriterion', {'opportunity_id': self.opportunity, 'criterion_key': 'call-made', 'reason': 'known'})
        self.assertEqual({'call-made': 'waived', 'need-stated': 'unmet'},
                         dict(self.query("select criterion_key, state from snapshot_evidence(%s)", self.opportunity)))

    def test_a_move_that_began_before_the_verdict(self):
        """What was said of the stage before is no verdict of the one that it comes to."""
        self.opportunity = self.add_opportunity()['id']
        ann = self.begun('ann')
        self.verdict('north', 'approve')
        self.ask(caller=ann)
        self.assertEqual(('work', 'open', 'approve'), self.stands())
        self.assertEqual([(False,)], self.query('select verdict_counts(o) from opportunity o where id = %s', self.opportunity))


if __name__ == '__main__':
    unittest.main()
