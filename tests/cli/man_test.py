# SPDX-License-Identifier: Apache-2.0
"""Man pages: one for each first word of a command and for kamd, in both languages, without a warning of any reader; where an installation puts them."""
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from client import Client
from support.kam import BUILD

CLIENT, SERVER = BUILD / 'client' / 'cli' / 'man', BUILD / 'server' / 'kamd' / 'man'


def run(*command, **environment):
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, encoding='utf-8', check=False, env={**os.environ, **environment})


class Man(unittest.TestCase):
    def pages(self):
        found = sorted([*CLIENT.glob('man1/*.1'), *CLIENT.glob('zh_CN/man1/*.1'), *SERVER.glob('man*/*.[58]')])
        self.assertGreater(len(found), 30)
        return found

    def test_no_reader_warns(self):
        for page in self.pages():
            with self.subTest(page):
                done = run('man', '--warnings', '--encoding=UTF-8', '-l', page, LC_ALL='C.UTF-8', MANWIDTH='80', MANROFFSEQ='')
                self.assertEqual((done.returncode, done.stderr), (0, ''))
                self.assertGreater(len(done.stdout), 200)
                # Where Chinese lines may break only man knows.
                if 'zh_CN' not in str(page):
                    done = run('groff', '-man', '-ww', '-Kutf8', '-Tutf8', '-z', page)
                    self.assertEqual((done.returncode, done.stderr), (0, ''))
                done = run('mandoc', '-Tlint', '-Wwarning', page)
                self.assertEqual((done.returncode, done.stdout), (0, ''))

    def test_no_line_is_wider_than_the_terminal(self):
        for page in self.pages():
            done = run('man', '--encoding=UTF-8', '-l', page, LC_ALL='C.UTF-8', MANWIDTH='80', MANROFFSEQ='', GROFF_NO_SGR='1', MAN_KEEP_FORMATTING='')
            # Examples stay as they are typed.
            for line in re.sub('.\b', '', done.stdout).splitlines():
                if not re.search(r'\bkam [a-z]', line):
                    self.assertLessEqual(len(line), 80, (page, line))

    def test_every_command_has_its_place(self):
        with Client() as client:
            overview = client.run('help').out
        commands = re.findall(r'(?m)^  ([a-z]+(?: [a-z]+)*)(?:  |$)', overview)
        self.assertGreater(len(commands), 40)
        for folder in ('man1', 'zh_CN/man1'):
            whole = (CLIENT / folder / 'kam.1').read_text(encoding='utf-8')
            for command in commands:
                text = (CLIENT / folder / f'kam-{command.split()[0]}.1').read_text(encoding='utf-8')
                self.assertIn(f'kam {command} '.replace('-', '\\-'), text)
                self.assertIn(f'\\fB{command}\\fR'.replace('-', '\\-'), whole)
        self.assertIn('选项', (CLIENT / 'zh_CN/man1/kam.1').read_text(encoding='utf-8'))

    def test_kamd(self):
        help_text = run(BUILD / 'server' / 'kamd' / 'kamd', '--help').stdout
        settings = re.findall(r'(?m)^  --(\S+)', help_text)
        commands = re.findall(r'(?m)^  ([a-z]+(?: [a-z]+)?) {2,}', help_text)
        self.assertGreater(min(len(settings) - 15, len(commands) - 5), 0)
        page = (SERVER / 'man5' / 'kamd.conf.5').read_text(encoding='utf-8').replace('\\-', '-')
        for name in settings:
            if name != 'config':
                self.assertRegex(page, rf'(?m)^\\fB{name} = \S+\\fR\n\S')
        page = (SERVER / 'man8' / 'kamd.8').read_text(encoding='utf-8').replace('\\-', '-')
        for name in commands:
            self.assertRegex(page, rf'(?m)^\.SS "kamd {name}[ "]')

    def test_they_are_installed(self):
        with tempfile.TemporaryDirectory() as folder:
            done = run('cmake', '--install', BUILD, '--prefix', folder)
            self.assertEqual(done.returncode, 0, done.stderr)
            place = pathlib.Path(folder) / 'share'
            for path in ('man/man1/kam.1', 'man/zh_CN/man1/kam-account.1', 'man/man8/kamd.8', 'man/man5/kamd.conf.5', 'bash-completion/completions/kam',
                         'zsh/vendor-completions/_kam', 'locale/zh_CN/LC_MESSAGES/kam.mo'):
                self.assertTrue((place / path).is_file(), path)


if __name__ == '__main__':
    unittest.main()
