#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""kam contact erase: asked for by name on a terminal, with --yes elsewhere; and how an erased person is shown."""
import sys
import pathlib
import unittest

import pexpect

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.kam import KAM, Kamd     # noqa: E402
from client import LOCALES     # noqa: E402


class EraseTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kamd = cls.enterClassContext(Kamd())
        cls.kamd.make_company()
        for login in ('nora', 'boss'):
            cls.kamd.kam_login(login)
        cls.kamd.kam('nora', 'account', 'add', '--name', 'Acme')

    def add(self, name):
        self.assertEqual(0, self.kamd.kam('nora', 'contact', 'add', 'Acme', '--name', name).code)

    def names(self, *more, **language):
        return self.kamd.kam('boss', 'contact', 'list', 'Acme', '--include-past', *more, **language).out

    def ask(self, name, typed):
        environment = {'KAM_HOME': str(self.kamd.home('boss')), 'TERM': 'xterm', 'LANG': 'C.UTF-8', 'PATH': '/usr/bin:/bin'}
        child = pexpect.spawn(str(KAM), ['contact', 'erase', name, '--reason', 'asked in writing'], env=environment, encoding='utf-8', timeout=60)
        child.expect("Type the person's name")
        child.sendline(typed)
        child.expect(pexpect.EOF)
        child.close()
        return child.exitstatus

    def test_on_a_terminal_the_name_is_typed(self):
        self.add('李静')
        for typed in ('', 'yes', '李'):
            self.assertEqual(2, self.ask('李静', typed))
            self.assertIn('李静', self.names())
        self.assertEqual(0, self.ask('李静', '李静'))
        self.assertNotIn('李静', self.names())

    def test_in_a_script_only_with_yes(self):
        self.add('Jane Doe')
        ran = self.kamd.kam('boss', 'contact', 'erase', 'Jane Doe', '--reason', 'asked in writing')
        self.assertEqual(2, ran.code)
        self.assertIn('--yes', ran.err)
        self.assertIn('Jane Doe', self.names())
        ran = self.kamd.kam('nora', 'contact', 'erase', 'Jane Doe', '--reason', 'asked in writing', '--yes')
        self.assertNotEqual(0, ran.code)
        ran = self.kamd.kam('boss', 'contact', 'erase', 'Jane Doe', '--reason', 'asked in writing', '--yes')
        self.assertEqual(0, ran.code, ran.err)
        self.assertNotIn('Jane', self.names())
        self.assertIn('(erased person)', self.names())
        self.assertIn('（已清除的人员）', self.names(language='zh_CN.UTF-8', environment={'KAM_LOCALEDIR': str(LOCALES)}))
        self.assertIn('[erased]', self.names('--csv'))


if __name__ == '__main__':
    unittest.main()
