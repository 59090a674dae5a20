# SPDX-License-Identifier: Apache-2.0
# builds: dev asan
"""Ctrl-C on a terminal, wherever it comes: nothing is half-done, and the terminal is as it was."""
import threading
import unittest

import pexpect

from client import Client
from fake_server import FakeServer
from support import stubs
from support.kam import KAM

ID = '0190b0c0-0000-7000-8000-0000000000%02d'


class Interrupt(unittest.TestCase):
    def setUp(self):
        self.server = self.enterContext(FakeServer())
        self.client = self.enterContext(Client(self.server.name))
        self.reached, self.release = threading.Event(), threading.Event()
        self.addCleanup(self.release.set)
        self.account = stubs.message('kam.v1.Account')(id=ID % 0, code='K-000000', name='华北机床', version=1)
        answer = stubs.message('kam.v1.ListAccountsResponse')

        def pages(request, context):
            if request.page_token:
                self.reached.set()
                self.release.wait(60)
            return answer(accounts=[self.account], next_page_token='more')

        self.server.on('AccountService/ListAccounts', pages)
        self.server.on('AccountService/CreateAccount', lambda request, context: self.account)
        self.server.on('AccountService/GetAccount', lambda request, context: self.account)
        self.client.run('account', 'show', ID % 0, KAM_TOKEN='t')  # learns the key
        self.server.calls.clear()

    def start(self, *words, **more):
        """kam under a shell that stays and tells how it ended, and what became of the terminal's settings."""
        command = f'trap : INT; stty -a > before; {KAM} {" ".join(words)}; echo "code $?"; stty -a > after'
        return pexpect.spawn('/bin/sh', ['-c', command], dimensions=(10, 80), encoding='utf-8', timeout=60, cwd=self.client.home,
                             env=self.client.environment(KAM_TOKEN='t', **more))

    def check_end(self, child, *codes):
        child.expect(r'code (\d+)')
        self.assertIn(int(child.match.group(1)), codes)
        child.expect(pexpect.EOF)
        self.assertEqual((self.client.home / 'before').read_text(), (self.client.home / 'after').read_text())

    def sent(self, method):
        return [call for call in self.server.calls if call[0].endswith(method)]

    def test_at_a_question(self):
        for language, question in (('C.UTF-8', 'Name: '), ('zh_CN.UTF-8', '名称: ')):
            child = self.start('account', 'add', LANG=language)
            child.expect(question)
            child.send('华北')
            child.expect('北')
            child.sendintr()
            self.check_end(child, 130, 2)
        self.assertEqual(self.sent('CreateAccount'), [])

    def test_in_the_middle_of_a_long_list(self):
        child = self.start('account', 'list', '--all')
        self.assertTrue(self.reached.wait(60))
        child.sendintr()
        self.check_end(child, 130)
        self.assertNotIn('K-000000', child.before)

    def test_in_the_middle_of_an_export(self):
        (self.client.home / 'out.csv').write_text('before', encoding='utf-8')
        child = self.start('export', 'accounts', 'out.csv')
        child.expect('exporting: 1')
        self.assertTrue(self.reached.wait(60))
        child.sendintr()
        self.check_end(child, 130)
        self.assertEqual((self.client.home / 'out.csv').read_text(encoding='utf-8'), 'before')
        self.assertEqual(sorted(path.name for path in self.client.home.iterdir() if path.name != 'kam'), ['after', 'before', 'out.csv'])

    def test_while_a_change_is_on_its_way(self):
        started = threading.Event()

        def slow(request, context):
            started.set()
            self.release.wait(60)
            return self.account

        self.server.on('AccountService/CreateAccount', slow)
        child = self.start('account', 'add', '--name', 'Acme')
        self.assertTrue(started.wait(60))
        child.sendintr()
        self.check_end(child, 130)
        self.assertEqual(len(self.sent('CreateAccount')), 1)


if __name__ == '__main__':
    unittest.main()
