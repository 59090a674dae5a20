# SPDX-License-Identifier: Apache-2.0
# builds: dev asan
"""Target lists on the command line: made, filled, handed over, and how they look."""
import unittest

from client import Client
from support.cluster import Cluster
from support.kam import PASSWORD, Kamd, make_company


class Targets(unittest.TestCase):
    def setUp(self):
        self.kamd = self.enterContext(Kamd(make_company(self.enterContext(Cluster()))))
        self.clients = {}

    def client(self, login):
        if login not in self.clients:
            self.clients[login] = self.enterContext(Client(f'localhost:{self.kamd.port}')).login(login, PASSWORD)
        return self.clients[login]

    def kam(self, *words, who='boss', code=0):
        ran = self.client(who).run(*words)
        self.assertEqual(ran.code, code, f'{words}: {ran.err}{ran.out}')
        return ran

    def make(self):
        for name in ('华北机床', 'Acme Corporation'):
            self.kam('account', 'add', '--name', name, '--industry', 'steel', '--owner', 'nora')
        self.kam('target', 'add', '--name', '钢铁 list', '--starts-on', '2025-01-01', '--ends-on', '2034-12-31')

    def test_from_first_to_last(self):
        self.assertIn('kam target add', self.kam('target', 'list').err)
        self.make()
        ran = self.kam('target', 'account', 'add', '钢铁', '--industry', 'steel', '--json')
        self.assertEqual((2, 2), (ran.json['addedCount'], ran.json['entryCount']))
        self.assertRegex(self.kam('target', 'account', 'add', '钢铁', 'Acme').out, 'Added +0')
        self.kam('activity', 'log', 'Acme', 'visit', 'Said hello', who='nora')
        self.assertIn('#####..... 1/2, 0 won', self.kam('target', 'list', who='nora').out)
        out = self.kam('target', 'show', '钢铁 list').out
        for text in ('Handed to', 'Nora Nilsen', '华北机床', 'Acme Corporation', 'Contacted', 'Untouched', '2025-01-01'):
            self.assertIn(text, out)
        self.assertEqual(['华北机床'], [row['accountName'] for row in self.kam('target', 'accounts', '--progress', 'untouched', '--json', who='nora').json['entries']])
        self.assertIn('1/2', self.kam('target', 'list', '--csv').out)
        self.assertIn('Boss', self.kam('target', 'list', '--columns', 'name,owner_name,counts.won').out)
        self.kam('target', 'edit', '钢铁', '--note', 'Before the year ends')
        self.kam('target', 'account', 'remove', '钢铁', 'Acme')
        self.kam('target', 'assign', '钢铁', '华北机床')
        ran = self.kam('target', 'assign', '钢铁', '华北机床', 'nils', code=5)
        self.assertIn('华北机床', ran.err)
        self.kam('target', 'retire', '钢铁', '--reason', 'Made twice')
        self.assertIn('Nothing found', self.kam('target', 'list', who='nora').err)
        self.kam('target', 'add', '--name', 'x', '--starts-on', '2025-01-01', '--ends-on', '2025-01-31', who='nora', code=4)

    def test_in_chinese(self):
        self.make()
        self.kam('target', 'account', 'add', '钢铁', '--industry', 'steel')
        out, code = self.client('boss').screen('target', 'show', '钢铁', LANG='zh_CN.UTF-8', NO_COLOR='1')
        self.assertEqual(code, 0, out)
        for text in ('未接触', '分派给', '.......... 0/2，成交 0'):
            self.assertIn(text, out)


if __name__ == '__main__':
    unittest.main()
