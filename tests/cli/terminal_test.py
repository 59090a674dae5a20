# SPDX-License-Identifier: Apache-2.0
# builds: dev asan
"""kam on a terminal: widths, questions, passwords without echo, the pager, colour, Chinese."""
import re
import subprocess
import unicodedata
import unittest

import pexpect

from client import Client
from fake_server import FakeServer
from support import stubs
from support.kam import KAM

ID = '0190b0c0-0000-7000-8000-0000000000%02d'


def width(text):
    return sum(0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in 'WF' else 1 for char in text)


class Terminal(unittest.TestCase):
    def setUp(self):
        self.server = self.enterContext(FakeServer())
        self.client = self.enterContext(Client(self.server.name))
        account, answer = stubs.message('kam.v1.Account'), stubs.message('kam.v1.ListAccountsResponse')
        self.accounts = [account(id=ID % at, code=f'K-{at:06}', name=name, status=4, owner_name='Nora Nilsen', team_name='North', version=1,
                                 industry='机械制造与自动化设备', region='江苏', phone='+86 25 5550 2001', note='第一行\nsecond line ' + 'word ' * 60)
                         for at, name in enumerate(['华北机床股份有限公司', 'Acme Corporation of the Northern and Southern Provinces, Limited',
                                                    'Ελλάς Σα', 'Cafe\u0301 Noir'])]
        self.server.on('AccountService/ListAccounts', lambda request, context: answer(accounts=self.accounts))
        self.server.on('OverviewService/GetAccountPage', lambda request, context: stubs.message('kam.v1.AccountPage')(account=self.accounts[0]))
        self.server.on('AccountService/CreateAccount', lambda request, context: self.accounts[0])
        self.server.on('ActivityService/LogActivity', lambda request, context: request.activity)
        self.server.on('SessionService/Login', self.login)
        self.client.run('account', 'list', KAM_TOKEN='t')  # learns the key
        self.passwords = []

    def login(self, request, context):
        self.passwords.append(request.password)
        return stubs.message('kam.v1.LoginResponse')(token='secret-token', user=stubs.message('kam.v1.User')(id=ID % 50, login=request.login, name='Nora', role=1))

    def screen(self, *words, **options):
        return self.client.screen(*words, **{'KAM_TOKEN': 't', 'NO_COLOR': '1', **options})

    def test_tables_fit_and_line_up(self):
        for columns in (80, 200):
            for language in ('C.UTF-8', 'zh_CN.UTF-8'):
                out, code = self.screen('account', 'list', columns=columns, LANG=language)
                self.assertEqual(code, 0, out)
                lines = out.splitlines()
                self.assertEqual(len(lines), 6 if columns == 80 else 5)
                self.assertIn('编号' if language.startswith('zh') else 'Code', lines[0])
                self.assertLessEqual(max(map(width, lines[:5])), columns)
                for at, line in enumerate(lines[1:5]):
                    self.assertIn(f'K-{at:06}', line)
                self.assertEqual('--columns' in lines[-1], columns == 80)
                self.assertEqual('\u2026' in out, columns == 80)
                starts = {width(line[:line.index('Nora')]) for line in lines[1:]} if columns == 200 else {0}
                self.assertEqual(len(starts), 1, out)
        piped = self.client.run('account', 'list', KAM_TOKEN='t').out
        self.assertNotIn('\u2026', piped)

    def test_pages_wrap(self):
        out, code = self.screen('account', 'show', ID % 0, columns=80)
        self.assertEqual(code, 0, out)
        self.assertLessEqual(max(map(width, out.splitlines())), 80)
        self.assertIn('second line', out)

    def test_colour_only_where_it_belongs(self):
        self.assertIn('\x1b[1m', self.screen('account', 'list', NO_COLOR='')[0])
        self.assertNotIn('\x1b', self.screen('account', 'list')[0])
        self.assertNotIn('\x1b', self.screen('account', 'list', NO_COLOR='', TERM='dumb')[0])
        self.assertNotIn('\x1b', self.client.run('account', 'list', KAM_TOKEN='t').out)

    def test_colour_by_the_usual_conventions(self):
        piped = lambda *words, **options: '\x1b' in self.client.run('account', 'list', *words, KAM_TOKEN='t', **options).out
        shown = lambda *words, **options: '\x1b[1m' in self.client.screen('account', 'list', *words, KAM_TOKEN='t', **options)[0]
        self.assertEqual((piped(), shown()), (False, True))
        self.assertEqual((piped('--color=always'), shown('--color', 'never')), (True, False))
        self.assertEqual((piped(CLICOLOR_FORCE='1'), piped(CLICOLOR_FORCE='0'), shown(CLICOLOR='0')), (True, False, False))
        self.assertEqual((piped(CLICOLOR_FORCE='1', NO_COLOR='1'), piped('--color=always', NO_COLOR='1')), (False, True))
        self.assertEqual((shown(NO_COLOR='1'), shown(TERM='dumb'), shown('--color=auto')), (False, False, True))
        ran = self.client.run('account', 'list', '--color', 'pink', KAM_TOKEN='t')
        self.assertEqual(ran.code, 2)
        self.assertIn('auto, always or never', ran.err)
        self.assertFalse(piped('--color=always', '--csv') or piped('--color=always', '--json'))

    def test_what_is_overdue_is_red(self):
        activity, answer = stubs.message('kam.v1.Activity'), stubs.message('kam.v1.ListActivitiesResponse')
        rows = [activity(id=ID % at, subject=f'Call {at}', kind=1, state=state, time={'seconds': seconds}, account_name='华北机床')
                for at, (state, seconds) in enumerate([(1, 1000000000), (1, 4000000000), (2, 1000000000)])]
        self.server.on('ActivityService/ListActivities', lambda request, context: answer(activities=rows))
        lines = self.client.screen('activity', 'list', KAM_TOKEN='t')[0].splitlines()
        self.assertEqual(['\x1b[31m2001-09-09 01:46\x1b[0m' in line for line in lines[1:4]], [True, False, False], lines)
        self.assertEqual(len({width(re.sub(r'\x1b\[\d*m', '', line)[:60].split('Call')[0]) for line in lines[1:4]}), 1, lines)

    def test_pagers(self):
        mark = "sed 's/^/paged: /'"
        self.assertIn('paged: Code', self.screen('account', 'list', rows=4, KAM_PAGER=mark, PAGER='cat')[0])
        self.assertNotIn('paged', self.screen('account', 'list', rows=4, KAM_PAGER='', PAGER=mark)[0])
        self.assertNotIn('paged', self.screen('account', 'list', rows=4, PAGER=mark, TERM='dumb')[0])

    def test_less_is_left_with_the_terminal_as_it_was(self):
        self.accounts *= 50
        for keys in ('q', '\x03q', ' \x03 q', 'Gq'):
            with self.subTest(keys):
                child = pexpect.spawn('/bin/sh', ['-c', f'trap : INT; stty -a > before; {KAM} account list; echo "code $?"; stty -a > after'], dimensions=(10, 80),
                                      encoding='utf-8', timeout=60, cwd=self.client.home, env=self.client.environment(KAM_TOKEN='t'))
                child.expect('K-000000')
                for key in keys:
                    child.send(key)
                child.expect(r'code (\d+)')
                self.assertEqual(child.match.group(1), '0')
                child.expect(pexpect.EOF)
                self.assertEqual((self.client.home / 'before').read_text(), (self.client.home / 'after').read_text())

    def test_a_reader_that_leaves_is_no_error(self):
        self.accounts *= 500
        done = subprocess.run(['/bin/bash', '-c', f'set -o pipefail; {KAM} account list --all | head -1; echo "codes ${{PIPESTATUS[*]}}"'], capture_output=True, text=True,
                              check=False, env=self.client.environment(KAM_TOKEN='t'))
        self.assertEqual(done.stderr, '')
        self.assertIn('Code', done.stdout)
        self.assertRegex(done.stdout, r'codes (141|0) 0')

    def test_long_output_goes_through_the_pager(self):
        out, _ = self.screen('account', 'list', rows=4, PAGER="sed 's/^/paged: /'")
        self.assertIn('paged: Code', out)
        out, _ = self.screen('account', 'list', rows=40, PAGER="sed 's/^/paged: /'")
        self.assertNotIn('paged', out)
        out, _ = self.screen('account', 'list', '--no-pager', rows=4, PAGER="sed 's/^/paged: /'")
        self.assertNotIn('paged', out)
        out, code = self.screen('account', 'list', rows=4, PAGER='no-such-pager-anywhere')
        self.assertIn('Cafe', out)
        self.assertEqual(code, 0)

    def test_login_asks_without_echo(self):
        child = self.client.terminal('login', self.server.name)
        child.expect('Login: ')
        child.sendline('nora')
        child.expect('Password: ')
        self.assertTrue(child.waitnoecho(timeout=60))
        child.sendline('correct horse battery')
        child.expect(pexpect.EOF)
        child.close()
        self.assertEqual(child.exitstatus, 0)
        self.assertIn('Logged in', child.before)
        self.assertNotIn('horse', child.before)
        self.assertEqual(self.passwords, ['correct horse battery'])

    def test_ctrl_c_at_the_password_gives_the_echo_back(self):
        child = self.client.terminal('login', self.server.name, '--user', 'nora')
        child.expect('Password: ')
        self.assertTrue(child.waitnoecho(timeout=60))
        child.sendintr()
        child.expect(pexpect.EOF)
        self.assertTrue(child.getecho())  # of the terminal, which outlives kam
        child.close()
        self.assertEqual(self.passwords, [])

    def test_what_is_missing_is_asked_for(self):
        child = self.client.terminal('account', 'add', KAM_TOKEN='t')
        child.expect('Name: ')
        child.sendline('华北机床')
        child.expect('Added K-000000')
        child.expect(pexpect.EOF)
        sent = [request for path, request, _ in self.server.calls if path.endswith('CreateAccount')]
        self.assertEqual(sent[0].account.name, '华北机床')
        child = self.client.terminal('account', 'add', KAM_TOKEN='t')
        child.expect('Name: ')
        child.sendeof()
        child.expect('given up')
        child.expect(pexpect.EOF)
        child.close()
        self.assertEqual(child.exitstatus, 2)

    def test_the_words_of_a_list_are_shown(self):
        child = self.client.terminal('activity', 'log', KAM_TOKEN='t')
        child.expect('ACCOUNT: ')
        child.sendline(ID % 0)
        child.expect('technical-exchange')
        child.expect('KIND: ')
        child.sendline('party')
        child.expect('must be one of')
        child.expect('KIND: ')
        child.sendline('call')
        child.expect('SUBJECT: ')
        child.sendline('About pumps')
        child.expect('Logged About pumps')
        child.expect(pexpect.EOF)

    def test_chinese_from_every_setting(self):
        for settings in ({'LANG': 'zh_CN.UTF-8'}, {'LC_ALL': 'zh_CN.UTF-8'}, {'LANG': 'C.UTF-8', 'LANGUAGE': 'zh_CN'}, {'KAM_LANG': 'zh_CN'},
                         {'LANG': 'C', 'KAM_LANG': 'zh_CN.UTF-8'}):
            out, _ = self.screen('account', 'show', ID % 0, **settings)
            self.assertIn('负责人', out, settings)
            self.assertIn('合作中', out, settings)
        for settings in ({'LANG': 'C'}, {'LANG': 'en_US.UTF-8'}, {'LANG': 'zh_CN.UTF-8', 'KAM_LANG': 'en'}, {'LANG': ''}):
            out, _ = self.screen('account', 'show', ID % 0, **settings)
            self.assertIn('Owner', out, settings)
            self.assertIn('华北机床', out, settings)

    def test_progress_is_drawn_on_a_terminal_only(self):
        team = stubs.message('kam.v1.Team')(id=ID % 9, name='Company')
        self.server.on('TeamService/ListTeams', lambda request, context: stubs.message('kam.v1.ListTeamsResponse')(teams=[team]))
        result, answer = stubs.message('kam.v1.ImportResult'), stubs.message('kam.v1.ImportResponse')
        self.server.on('ImportService/ImportAccounts', lambda request, context: answer(results=[
            result(outcome='IMPORT_OUTCOME_ADDED', id=row.account.id, code='K-1') for row in request.rows]))
        path = self.client.home / 'a.csv'
        path.write_text('name\n' + ''.join(f'Account {at}\n' for at in range(50)), encoding='utf-8')
        out, code = self.screen('import', 'accounts', path)
        self.assertEqual(code, 0, out)
        self.assertTrue(re.search(r'adding \[#+\.*\] \d+/50', out), out)
        ran = self.client.run('import', 'accounts', path, KAM_TOKEN='t')
        self.assertEqual((ran.out, ran.err), ('50 added\n', ''))


if __name__ == '__main__':
    unittest.main()
