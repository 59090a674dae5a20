# SPDX-License-Identifier: Apache-2.0
# builds: dev asan
"""Completion, asked directly and through the Tab key of a real bash and a real zsh."""
import pathlib
import subprocess
import time
import unittest

import pexpect

from client import Client
from fake_server import FakeServer
from support import stubs
from support.kam import KAM

ID = '0190b0c0-0000-7000-8000-0000000000%02d'
ACCOUNTS = [('K-000001', '华北机床股份有限公司'), ('K-000002', 'Acme Pumps & Valves'), ('K-000003', "O'Hara (North) $5"), ('K-000004', 'Beta')]


def message(kind, /, **fields):
    return stubs.message(kind)(**fields)


class Completion(unittest.TestCase):
    def setUp(self):
        self.server = self.enterContext(FakeServer())
        self.client = self.enterContext(Client(self.server.name))
        self.server.on('AccountService/ListAccounts', self.list_accounts)
        self.server.on('SearchService/Search', self.search)
        self.server.on('UserService/ListUsers', lambda request, context: message(
            'kam.v1.ListUsersResponse', users=[message('kam.v1.User', id=ID % 50, login='nora', name='Nora Nilsen'), message('kam.v1.User', id=ID % 51, login='wang.min', name='王敏')]))
        self.server.on('TeamService/ListTeams', lambda request, context: message(
            'kam.v1.ListTeamsResponse', teams=[message('kam.v1.Team', id=ID % 60, name='North West', path='Company / North West')]))
        self.client.run('account', 'list', KAM_TOKEN='t')  # learns the key
        self.server.calls.clear()

    def list_accounts(self, request, context):
        return message('kam.v1.ListAccountsResponse', accounts=[message('kam.v1.Account', id=ID % at, code=code, name=name) for at, (code, name) in enumerate(ACCOUNTS)])

    def search(self, request, context):
        wanted = request.text.lower().split()
        return message('kam.v1.SearchResponse', results=[
            message('kam.v1.SearchResult', kind=1, id=ID % at, code=code, title=name) for at, (code, name) in enumerate(ACCOUNTS)
            if all(word in (code + ' ' + name).lower() for word in wanted)])

    def words(self, *typed, shell='zsh', **environment):
        ran = self.client.run('__complete', shell, *typed, **{'KAM_TOKEN': 't', **environment})
        self.assertEqual((ran.code, ran.err), (0, ''))
        return [line.split('\t')[0] for line in ran.out.splitlines()]

    def test_commands(self):
        self.assertIn('account', self.words(''))
        self.assertEqual(self.words('acc'), ['account'])
        self.assertEqual(self.words('account', 'member', ''), ['add', 'remove'])
        self.assertEqual(self.words('no-such', ''), [])
        self.assertIn('show', self.words('help', 'account', 's'))
        self.assertEqual(self.server.calls, [])
        self.assertIn('客户', self.client.run('__complete', 'zsh', 'account', 'show', '--', LANG='zh_CN.UTF-8').out + self.client.run('__complete', 'zsh', 'acc', LANG='zh_CN.UTF-8').out)

    def test_options_and_their_words(self):
        self.assertIn('--industry', self.words('account', 'add', '--ind'))
        self.assertIn('--no-pager', self.words('account', 'list', '--no'))
        self.assertEqual(self.words('activity', 'list', '--state', 'pl'), ['planned'])
        self.assertEqual(self.words('activity', 'list', '--state=pl'), ['planned'])
        self.assertEqual(self.words('activity', 'list', '--color', ''), ['auto', 'always', 'never'])
        self.assertEqual(self.words('account', 'show', '--ca', ''), [':files'])
        self.assertEqual(self.words('import', 'accounts', ''), [':files'])
        self.assertEqual(self.words('completion', ''), ['bash', 'zsh'])
        self.assertEqual(self.words('account', 'list', '--limit', ''), [])
        self.assertEqual(self.words('account', 'list', '--', '--sta'), [])

    def test_records(self):
        self.assertEqual(self.words('account', 'show', ''), [code for code, _ in ACCOUNTS])
        self.assertEqual(self.words('account', 'show', '华北'), ['华北机床股份有限公司'])
        self.assertEqual(self.words('account', 'show', 'K-'), [code for code, _ in ACCOUNTS])
        self.assertEqual(self.words('account', 'list', '--owner', 'n'), ['nora'])
        self.assertEqual(self.words('account', 'list', '--owner', '王'), ['王敏'])
        self.assertIn('me', self.words('account', 'list', '--owner', ''))
        self.assertEqual(self.words('account', 'list', '--team', 'No'), ['North West'])

    def test_bash_finds_words_quoted_as_typed(self):
        self.assertEqual(self.words('account', 'show', 'Acme', shell='bash'), ['Acme\\ Pumps\\ \\&\\ Valves'])
        self.assertEqual(self.words('account', 'show', 'Acme\\ Pu', shell='bash'), ['Acme\\ Pumps\\ \\&\\ Valves'])
        self.assertEqual(self.words('account', 'show', '"Acme Pu', shell='bash'), ['Acme Pumps & Valves'])
        self.assertEqual(self.words('account', 'show', "'O", shell='bash'), ["O'\\''Hara (North) $5"])
        self.assertEqual(self.words('account', 'show', '"O', shell='bash'), ["O'Hara (North) \\$5"])
        self.assertEqual(self.words('activity', 'list', '--state', '=', 'pl', shell='bash'), ['planned'])
        self.assertEqual(self.words('activity', 'list', '--state', '=', shell='bash'), ['planned', 'done', 'cancelled', 'corrected'])

    def test_it_is_silent_where_nobody_is_logged_in(self):
        with Client(self.server.name) as stranger:
            ran = stranger.run('__complete', 'zsh', 'account', 'show', '')
            self.assertEqual((ran.code, ran.out, ran.err), (0, '', ''))
            self.assertFalse((stranger.home / 'kam' / 'known_servers').exists())
        self.assertEqual(self.server.calls, [])

    def test_a_slow_or_dead_server_keeps_nobody_waiting(self):
        self.server.on('AccountService/ListAccounts', lambda request, context: time.sleep(30))
        self.assertEqual(self.words('account', 'show', ''), [])
        self.server.refuse('AccountService/ListAccounts', 16, 'no')
        self.assertEqual(self.words('account', 'show', ''), [])
        self.server.refuse('AccountService/ListAccounts', 14, 'away')
        self.assertEqual(self.words('account', 'show', ''), [])
        self.server.server.stop(0).wait()
        self.assertEqual(self.words('account', 'show', ''), [])

    def test_texts_cannot_command_the_shell_or_the_terminal(self):
        ACCOUNTS.append(('K-000009', 'Zed\x1b[2J`touch x`'))
        ACCOUNTS.append(('K-000010', 'Yes$(touch x);`y`'))
        try:
            self.assertEqual(self.words('account', 'show', 'Zed'), [])
            self.assertEqual(self.words('account', 'show', 'Yes', shell='bash'), ['Yes\\$\\(touch\\ x\\)\\;\\`y\\`'])
        finally:
            del ACCOUNTS[-2:]

    # ---- real shells

    def shell(self, *command, **more):
        environment = self.client.environment(KAM_TOKEN='t', PATH=f'{KAM.parent}:/usr/bin:/bin', PS1='$$ ', PROMPT='%% ', LANG='C.UTF-8', LC_ALL='C.UTF-8', **more)
        child = pexpect.spawn(command[0], list(command[1:]), dimensions=(40, 200), encoding='utf-8', timeout=30, env=environment, cwd=self.client.home)
        self.addCleanup(child.close, force=True)
        return child

    def argument_after(self, child, typed):
        """What a program would get as its last argument once Tab was pressed."""
        self.number = getattr(self, 'number', 0) + 1
        child.send(typed + '\t')
        time.sleep(0.1)  # not for the verdict: the keys that follow would wait in line anyway
        child.send(f"\x01printf 'got{self.number}<%s>\\n' \r")
        child.expect(f'got{self.number}<kam>')
        found = []
        while child.expect([f'got{self.number}<([^\r\n]*)>\r?\n', r'[$%] ']) == 0:
            found.append(child.match.group(1))
        return found[-1]

    def check_shell(self, child):
        for typed, wanted in (('kam acc', 'account'), ('kam account sho', 'show'), ('kam account show 华北', '华北机床股份有限公司'),
                              ('kam account show Acme', 'Acme Pumps & Valves'), ('kam account show "Acme Pu', 'Acme Pumps & Valves'),
                              ("kam account show O", "O'Hara (North) $5"), ('kam account list --owner nor', 'nora'), ('kam activity list --state pl', 'planned'),
                              ('kam account show no-such', 'no-such'), ('kam import accounts some', 'some file.csv')):
            with self.subTest(typed):
                self.assertEqual(self.argument_after(child, typed), wanted)
        self.assertEqual(self.argument_after(child, 'kam activity list --state=pl').removeprefix('--state='), 'planned')

    def test_bash(self):
        (self.client.home / 'some file.csv').write_text('name\n', encoding='utf-8')
        child = self.shell('/bin/bash', '--norc', '--noprofile', '-i', TERM='dumb')
        child.sendline('PS1="\\$ "; bind "set enable-bracketed-paste off"; source <(kam completion bash); echo ready-$((1+1))')
        child.expect('ready-2')
        self.check_shell(child)

    def test_zsh(self):
        (self.client.home / 'some file.csv').write_text('name\n', encoding='utf-8')
        script = self.client.home / 'kam.zsh'
        script.write_text(self.client.run('completion', 'zsh').out, encoding='utf-8')
        child = self.shell('/usr/bin/zsh', '-f', '-i', TERM='dumb')
        child.sendline(f'PS1="%% "; bindkey -e; unsetopt zle_bracketed_paste beep; autoload -Uz compinit; compinit -D -u; source {script}; echo ready-$((1+1))')
        child.expect('ready-2')
        self.check_shell(child)

    def test_scripts_are_sound(self):
        for shell, command in (('bash', ['bash', '-n']), ('zsh', ['zsh', '-n'])):
            path = pathlib.Path(self.client.home / shell)
            path.write_text(self.client.run('completion', shell).out, encoding='utf-8')
            done = subprocess.run([*command, str(path)], capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ''))
        self.assertEqual(self.client.run('completion', 'fish').code, 2)


if __name__ == '__main__':
    unittest.main()
