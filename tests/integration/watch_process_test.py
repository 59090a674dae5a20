#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# builds: dev asan
"""Who hears of a request for advancement, at another kamd than the one where it is asked: the team's manager, the key account group when its turn comes, a stand-in."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'sql'))

from process_stage import make_pipeline     # noqa: E402
from watch_test import WatchCase     # noqa: E402


class WatchProcess(WatchCase):
    """nora and nadia, her manager, are of North; sofia, the manager of South, and sam are not."""

    def setUp(self):
        super().setUp()
        self.other = self.start()
        connection = self.database.connect()
        with connection, connection.cursor() as cursor:
            make_pipeline(cursor, {'judge': ([], ['team_manager', 'key_account_group']), 'close': ([], ['team_manager'])})
            cursor.execute("update app_user set is_key_account_group = true where login in ('boss', 'sofia')")
        connection.close()
        self.account = self.add_account('nora')
        self.opportunity = self.login('nora').call('OpportunityService/CreateOpportunity', {'opportunity': {
            'account_id': self.account.id, 'name': 'Pumps', 'pipeline_key': 'short', 'amount': {'currency_code': 'CNY', 'minor_units': 500_000_000}}})

    def ask(self):
        return self.login('nora', self.other).call('ProcessService/AskAdvancement', {'opportunity_id': self.opportunity.id})

    def decide(self, name, request, method='ApproveStep', kamd=None, **fields):
        return self.login(name, kamd or self.other).call(f'ProcessService/{method}', {'id': request.id, 'version': request.version, **fields})

    def mark(self, watchers):
        """Whatever was before is told by now, or never will be."""
        for name, watcher in watchers.items():
            owner = {'nadia': 'nora', 'sofia': 'sam'}.get(name, name)
            watcher.wait_told(self.add_account(owner).id)

    def told(self, watcher, request):
        return [(change.entity, change.operation) for change in watcher.told(request.id)]

    def test_manager_then_group_and_nobody_else(self):
        watchers = {name: self.watch(name) for name in ('nadia', 'sofia', 'sam', 'nils')}
        request = self.ask()
        watchers['nadia'].wait_told(request.id)
        self.assertIn(('advancement', 1), self.told(watchers['nadia'], request))
        # It is not the group's turn yet.
        self.mark(watchers)
        for name in ('sofia', 'sam', 'nils'):
            self.assertEqual(watchers[name].told(request.id), [], name)
        request = self.decide('nadia', request)
        watchers['sofia'].wait_told(request.id, request.version)
        self.assertEqual({entity for entity, _ in self.told(watchers['sofia'], request)}, {'advancement', 'approval_step'})
        self.assertTrue(self.login('sofia').call('ProcessService/GetAdvancement', {'id': request.id}).is_mine)
        decided = self.decide('sofia', request)
        watchers['nadia'].wait_told(request.id, decided.version)
        # Who decided reads the request for good.
        watchers['sofia'].wait_told(request.id, decided.version)
        self.mark(watchers)
        for name in ('sam', 'nils'):
            self.assertEqual([change for change in watchers[name].changes if change.account_id == self.account.id], [], name)
        # What does not wait for the group any more is nothing to it.
        seen = len(watchers['sofia'].changes)
        again = self.ask()
        watchers['nadia'].wait_told(again.id)
        self.mark(watchers)
        self.assertEqual([change for change in watchers['sofia'].changes[seen:] if change.account_id == self.account.id], [])

    def test_a_cursor_of_one_server_goes_on_at_the_other(self):
        """What came to wait for the group while its member was away."""
        before = self.watch('sofia').cursor
        request = self.decide('nadia', self.ask())
        self.watch('sofia', cursor=before, kamd=self.other).wait_told(request.id, request.version)
        returned = self.decide('boss', request, 'ReturnStep', self.kamd, reason='when?')
        # She did not decide it, and it waits for nobody: it is told as if it had never been.
        late = self.watch('sofia', cursor=before, kamd=self.other)
        self.mark({'sofia': late})
        self.assertEqual(late.told(request.id), [])
        self.watch('nadia', cursor=before).wait_told(request.id, returned.version)

    def test_a_stand_in(self):
        """The manager of South stands in for the one of North, from today on: she hears what that one hears, for as long as it lasts."""
        self.sql("update app_user set is_key_account_group = false where login = 'sofia'")
        watchers = {name: self.watch(name) for name in ('nadia', 'sofia', 'sam')}
        day = self.sql("select extract(year from d)::int, extract(month from d)::int, extract(day from d)::int from (select today() as d) x")[0]
        day = dict(zip(('year', 'month', 'day'), day))
        standing_in = self.login('nadia').call('DelegationService/CreateDelegation', {'delegation': {
            'to_user_id': self.login('sofia').user.id, 'starts_on': day, 'ends_on': day}})
        request = self.ask()
        watchers['sofia'].wait_told(request.id)
        self.assertIn(('advancement', 1), self.told(watchers['sofia'], request))
        returned = self.decide('sofia', request, 'ReturnStep', reason='when?')
        self.assertEqual(returned.steps[0].on_behalf_of, self.login('nadia').user.name)
        watchers['nadia'].wait_told(request.id, returned.version)
        self.login('nadia').call('DelegationService/EndDelegation', {'id': standing_in.id, 'version': standing_in.version})
        again = self.ask()
        watchers['nadia'].wait_told(again.id)
        self.mark(watchers)
        self.assertEqual(watchers['sofia'].told(again.id), [])
        self.assertEqual([change for change in watchers['sam'].changes if change.account_id == self.account.id], [])


if __name__ == '__main__':
    unittest.main()
