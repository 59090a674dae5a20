# SPDX-License-Identifier: Apache-2.0
# builds: dev asan
"""Merging accounts on the command line: the preview, the question, the old code, the undo."""
import unittest

import pexpect

from client import Client
from support.cluster import Cluster
from support.kam import PASSWORD, Kamd, make_company


class Merge(unittest.TestCase):
    def setUp(self):
        self.kamd = self.enterContext(Kamd(make_company(self.enterContext(Cluster()))))
        self.boss = self.enterContext(Client(f'localhost:{self.kamd.port}')).login('boss', PASSWORD)
        self.kam('account', 'add', '--name', '华北机床')
        self.kam('account', 'add', '--name', 'Acme Corporation', '--industry', 'steel', '--registered-capital', 'CNY 5.00')
        self.kam('activity', 'log', 'K-000002', 'email', 'Said hello')
        self.merge = ('account', 'merge', 'K-000001', 'K-000002', '--reason', 'one firm')

    def kam(self, *words, code=0, **options):
        ran = self.boss.run(*words, **options)
        self.assertEqual(ran.code, code, f'{words}: {ran.err}{ran.out}')
        return ran

    def test_it_is_shown_before_it_is_done(self):
        ran = self.kam(*self.merge, code=2)
        for text in ('K-000002 Acme Corporation goes into K-000001 华北机床', '1 × activity', 'Industry', 'Registered capital', '--yes'):
            self.assertIn(text, ran.err)
        self.assertEqual(ran.err.count('Registered capital'), 1)
        self.assertNotIn('Said hello', self.kam('activity', 'list', 'K-000001').out)
        child = self.boss.terminal(*self.merge, LANG='zh_CN.UTF-8')
        child.expect('确定合并吗')
        child.sendline('否')
        child.expect(pexpect.EOF)
        child.close()
        self.assertEqual(child.exitstatus, 1)
        self.assertNotIn('Said hello', self.kam('activity', 'list', 'K-000001').out)
        child = self.boss.terminal(*self.merge, LANG='zh_CN.UTF-8')
        child.expect('确定合并吗')
        child.sendline('是')
        child.expect('kam account unmerge K-000002')
        child.expect(pexpect.EOF)
        self.assertIn('Said hello', self.kam('activity', 'list', 'K-000001').out)

    def test_the_old_code_and_the_way_back(self):
        ran = self.kam(*self.merge, '--yes')
        self.assertIn('Merged into 华北机床', ran.out)
        ran = self.kam('account', 'show', 'K-000002')
        self.assertIn('K-000002 Acme Corporation was merged into K-000001 华北机床', ran.err)
        self.assertIn('华北机床', ran.out.splitlines()[0])
        ran = self.kam('activity', 'log', 'K-000002', 'email', 'To the old code')
        self.assertIn('was merged into', ran.err)
        self.assertIn('To the old code', self.kam('activity', 'list', 'K-000001').out)
        self.assertIn('one firm', self.kam('history', 'K-000001', '--with-children', '--all').out)
        self.assertIn('To the old code', self.kam('activity', 'list', 'Acme').out, 'also by its name')
        self.assertIn('one account already', self.kam(*self.merge, '--yes', code=2).err)
        self.kam('account', 'unmerge', 'K-000002', '--reason', 'two firms')
        out = self.kam('activity', 'list', 'K-000002').out
        self.assertIn('Said hello', out)
        self.assertNotIn('To the old code', out)
        ran = self.kam('account', 'unmerge', 'K-000002', '--reason', 'two firms', code=5)
        self.assertIn('was not merged', ran.err)


if __name__ == '__main__':
    unittest.main()
