# SPDX-License-Identifier: Apache-2.0
# builds: dev asan
"""kam opportunity check: what is shown, by which record, and what to type for the rest."""
import re
import unittest

from client import Client
from support.cluster import Cluster
from support.kam import PASSWORD, Kamd, make_company


class Check(unittest.TestCase):
    def setUp(self):
        self.kamd = self.enterContext(Kamd(make_company(self.enterContext(Cluster()))))
        self.nora = self.enterContext(Client(f'localhost:{self.kamd.port}')).login('nora', PASSWORD)
        self.kam('account', 'add', '--name', '华北机床')
        self.kam('opportunity', 'add', '华北机床', '--name', 'Press line')

    def kam(self, *words, code=0):
        ran = self.nora.run(*words)
        self.assertEqual(ran.code, code, f'{words}: {ran.err}{ran.out}')
        return ran

    def test_from_nothing_to_everything(self):
        out = self.kam('opportunity', 'check', 'O-000001', code=5).out
        self.assertEqual(4, out.count('✗'))
        self.assertIn('Employees or Annual revenue', out)
        self.assertIn('0 of 4 criteria are met.', out)
        for command in re.findall('^    (kam .*)', out, re.M):
            words = command.split()[1:]
            self.assertEqual(0, self.nora.run(*words[:2], '--help').code, command)
        self.kam('activity', 'log', '华北机床', 'visit', '看了车间')
        self.kam('account', 'edit', '华北机床', '--founded-on', '1998-01-01', '--employees', '300', '--main-products', 'presses')
        self.kam('need', 'add', '华北机床', '--kind', 'implied', '--scope', 'organisation', '--text', 'Fewer stoppages')
        out = self.kam('opportunity', 'check', 'press', code=5).out
        self.assertRegex(out, r'✓ First contact logged\n    activity: 看了车间, [0-9-]{10}  \[[0-9a-f]{8}\]')
        self.assertIn('3 of 4 criteria are met.', out)
        self.kam('opportunity', 'edit', 'O-000001', '--worth-pursuing')
        self.assertIn('Everything is shown.', self.kam('opportunity', 'check', 'O-000001').out)

    def test_for_programs(self):
        answer = self.kam('opportunity', 'check', 'O-000001', '--json', code=5).json
        self.assertEqual(('O-000001', 'target', 'information'), (answer['code'], answer['stageKey'], answer['nextStageKey']))
        self.assertEqual([('first-contact', 'CRITERION_STATE_UNMET'), ('archive', 'CRITERION_STATE_UNMET')],
                         [(row['key'], row['state']) for row in answer['criteria'][:2]])
        self.assertIn({'name': 'count', 'value': '1'}, answer['criteria'][0]['wantedValues'])
        rows = self.kam('opportunity', 'check', 'O-000001', '--csv', code=5).out.split('\r\n')
        self.assertEqual('first-contact,unmet', self.kam('opportunity', 'check', 'O-000001', '--csv', '--columns', 'key,state', code=5).out.split('\r\n')[1])
        self.assertTrue(rows[0].startswith('key,name_en,name_zh,state'))
        self.assertIn('O-000009', self.kam('opportunity', 'check', 'O-000009', code=3).err)

    def test_in_chinese_on_a_terminal(self):
        out, code = self.nora.screen('opportunity', 'check', 'O-000001', LANG='zh_CN.UTF-8', NO_COLOR='1')
        self.assertEqual(5, code, out)
        for text in ('阶段：确定开发对象，下一步：', '✗ 已记录首次接触', '员工人数 或 年营业收入', '已满足 0 项，共 4 项。'):
            self.assertIn(text, out)


if __name__ == '__main__':
    unittest.main()
