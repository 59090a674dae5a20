#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""An opportunity on its way, at the command line: asked for, refused with the list, waived, approved, moved back, judged; standing in."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'sql'))

from process_stage import make_pipeline     # noqa: E402
from support.cluster import Cluster     # noqa: E402
from support.kam import Kamd, make_company     # noqa: E402

STAGES = {'begin': ([('day-known', 'opportunity_fields', '{"fields": ["purchase_on"]}')], ['team_manager']), 'close': ([], ['team_manager'])}
CHINESE = 'zh_CN.UTF-8'


class AdvanceTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster()
        cls.cluster.start()
        cls.addClassCleanup(cls.cluster.stop)

    def setUp(self):
        database = make_company(self.cluster)
        connection = database.connect()
        with connection, connection.cursor() as cursor:
            make_pipeline(cursor, STAGES)
            # Without a threshold the group is never asked.
            cursor.execute('update pipeline_version set group_threshold_currency_code = null, group_threshold_minor_units = null')
        connection.close()
        self.kamd = Kamd(database)
        self.kamd.start()
        self.addCleanup(self.kamd.destroy)
        for login in ('nora', 'nadia', 'sofia'):
            self.kamd.kam_login(login)
        self.run_kam('nora', 'account', 'add', '--name', 'Acme')
        self.code = self.run_kam('nora', 'opportunity', 'add', 'Acme', '--name', 'Pumps', '--pipeline-key', 'short', '--json').json['code']

    def run_kam(self, who, *words, code=0, **options):
        ran = self.kamd.kam(who, *words, **options)
        self.assertEqual(code, ran.code, f'{words}\n{ran.out}\n{ran.err}')
        return ran

    def request_id(self):
        return self.run_kam('nadia', 'approval', 'list', '--json').json['advancements'][0]['id']

    def last_request(self):
        return self.run_kam('nora', 'approval', 'list', '--opportunity', self.code, '--json').json['advancements'][-1]['id']

    def test_the_story(self):
        ran = self.run_kam('nora', 'opportunity', 'advance', self.code, code=5)
        self.assertIn('it cannot leave its stage yet', ran.err)
        self.assertIn('[day-known]', ran.out)
        refused = self.run_kam('nora', 'opportunity', 'advance', self.code, '--json', code=5)
        self.assertIn('1 criteria of it are not met', refused.err)
        ran = self.run_kam('nora', 'opportunity', 'advance', self.code, code=5, language=CHINESE)
        self.assertIn('还不能离开当前阶段', ran.err)
        self.run_kam('nora', 'opportunity', 'waive', self.code, 'day-known', '--reason', 'x', code=4)
        self.assertIn('kam opportunity check', self.run_kam('nadia', 'opportunity', 'waive', self.code, 'nonsense', '--reason', 'x', code=3).err)
        self.assertIn('requested-by: must not be a manager who could decide',
                      self.run_kam('nadia', 'opportunity', 'waive', self.code, 'day-known', '--reason', 'x', '--requested-by', 'boss', code=1).err)
        self.assertIn('The criterion is waived.',
                      self.run_kam('nadia', 'opportunity', 'waive', self.code, 'day-known', '--reason', 'any day', '--requested-by', 'nora').out)
        ran = self.run_kam('nora', 'opportunity', 'advance', self.code, '--note', 'please')
        self.assertIn(f'{self.code} Pumps waits to go on to: close.', ran.out)
        self.assertIn('Nadia Nord', ran.out)
        self.run_kam('nora', 'opportunity', 'advance', self.code, code=5)
        today = self.run_kam('nadia', 'today').out
        self.assertLess(today.index('Waiting for your approval'), today.index('Pumps'))
        shown = self.run_kam('nadia', 'approval', 'show', self.request_id()).out
        for text in ('Pumps', 'begin > close', 'please', '1. Team manager', 'day-known  waived by Nadia Nord: any day'):
            self.assertIn(text, shown)
        self.assertIn('待审批', self.run_kam('nadia', 'approval', 'show', self.request_id(), language=CHINESE).out)
        self.run_kam('nora', 'approval', 'approve', self.request_id(), code=4)
        self.assertEqual(f'Returned: {self.code} Pumps.\n', self.run_kam('nadia', 'approval', 'return', self.request_id(), '--reason', 'who decides?').out)
        today = self.run_kam('nora', 'today').out
        self.assertIn('Returned to you', today)
        self.assertLess(today.index('Returned to you'), today.index('who decides?'))
        self.run_kam('nora', 'opportunity', 'advance', self.code)
        self.assertNotIn('Returned to you', self.run_kam('nora', 'today').out)
        self.assertRegex(self.run_kam('nora', 'opportunity', 'show', self.code).out, r'Waits for +Nadia Nord, since ')
        self.assertIn('waits: Team manager', self.run_kam('nora', 'board').out)
        self.assertEqual(f'{self.code} Pumps has come to: close.\n', self.run_kam('nadia', 'approval', 'approve', self.request_id()).out)
        self.assertIn('Shown at approval 1: the same', self.run_kam('nora', 'approval', 'show', self.last_request()).out)
        self.assertIn('ready', self.run_kam('nora', 'board').out)
        self.run_kam('nora', 'opportunity', 'advance', self.code)
        self.assertEqual(f'Withdrawn: {self.code} Pumps.\n', self.run_kam('nora', 'approval', 'withdraw', self.request_id()).out)
        self.assertIn('Moved back', self.run_kam('nora', 'opportunity', 'back', self.code, 'begin', '--reason', 'not yet').out)
        self.assertIn('verdict is given', self.run_kam('nadia', 'opportunity', 'verdict', self.code, 'terminate', '--reason', 'no budget').out)
        progress = self.run_kam('nora', 'opportunity', 'progress', self.code).out
        for text in ('Forward', 'begin > close', 'Backward', 'close > begin', 'Lose: Terminate', 'Nadia Nord', 'any day', 'Withdrawn', 'who decides?'):
            self.assertIn(text, progress)

    def test_standing_in(self):
        self.run_kam('nora', 'opportunity', 'edit', self.code, '--purchase-on', '2027-01-31')
        self.run_kam('nora', 'opportunity', 'advance', self.code)
        self.assertEqual([], self.run_kam('sofia', 'approval', 'list', '--json').json.get('advancements', []))
        self.run_kam('nadia', 'delegation', 'add', 'sofia', '--ends-on', 'tomorrow', '--reason', 'holiday')
        self.assertIn('Sofia Sued', self.run_kam('nora', 'delegation', 'list').out)
        self.run_kam('sofia', 'approval', 'approve', self.run_kam('sofia', 'approval', 'list', '--json').json['advancements'][0]['id'])
        self.assertIn('Sofia Sued on behalf of Nadia Nord', self.run_kam('nora', 'opportunity', 'progress', self.code).out)

    def test_more_criteria_than_an_error_holds(self):
        criteria = [(f'known{at}', 'opportunity_fields', '{"fields": ["purchase_on"]}') for at in range(60)]
        connection = self.kamd.database.connect()
        with connection, connection.cursor() as cursor:
            make_pipeline(cursor, {'begin': (criteria, ['team_manager']), 'close': ([], ['team_manager'])}, key='long')
        connection.close()
        code = self.run_kam('nora', 'opportunity', 'add', 'Acme', '--name', 'Many', '--pipeline-key', 'long', '--json').json['code']
        refused = self.run_kam('nora', 'opportunity', 'advance', code, '--json', code=5)
        self.assertIn('60 criteria of it are not met', refused.err)
        listed = refused.err.count('known')
        self.assertTrue(10 < listed < 60, refused.err)
        ran = self.run_kam('nora', 'opportunity', 'advance', code, code=5)
        self.assertEqual(60, ran.out.count('[known'))
        self.assertIn('0 of 60 criteria are met.', ran.out)


if __name__ == '__main__':
    unittest.main()
