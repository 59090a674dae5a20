# SPDX-License-Identifier: Apache-2.0
# builds: dev asan
"""The operator's commands: migrate, user, team, check, cert."""
import os
import unittest

import grpc
import pexpect

from support.cluster import Cluster
from support.kam import PASSWORD, Kamd, make_company


class Operator(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # Durable, because check complains about anything less.
        cls.cluster = cls.enterClassContext(Cluster(durable=True))

    def setUp(self):
        self.database = make_company(self.cluster)
        self.kamd = Kamd(self.database)
        self.addCleanup(self.kamd.destroy)

    def sql(self, text):
        connection = self.database.connect()
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(text)
                return cursor.fetchall() if cursor.description else None
        finally:
            connection.close()

    def ran(self, code, *words, text=None):
        ran = self.kamd.operate(*words, text=text)
        self.assertEqual(ran.code, code, ran.err + ran.out)
        return ran.out if code == 0 else ran.err

    def test_migrate_twice(self):
        self.assertIn('is up to date', self.ran(0, 'migrate'))

    def test_the_first_manager_makes_the_company(self):
        kamd = Kamd(self.cluster.create_database())
        self.addCleanup(kamd.destroy)
        self.assertEqual(kamd.operate('migrate').code, 0)
        words = ['user', 'add', '--role', 'manager', '--company', '江海泵阀', '--time-zone', 'Asia/Shanghai', '--name', '陈国栋',
                 '--password-stdin', 'chen']
        self.assertEqual(kamd.operate(*words, text=PASSWORD + '\n').code, 0)
        self.assertRegex(kamd.operate('team', 'list').out, r'江海泵阀 +1 +0')
        again = kamd.operate(*words[:-1], 'chen2', text=PASSWORD + '\n')
        self.assertEqual(again.code, 1)
        self.assertIn('root team already', again.err)
        self.assertNotIn('chen2', kamd.operate('user', 'list').out)
        kamd.start()
        boss = kamd.login('chen')
        self.assertEqual((boss.user.name, boss.user.time_zone), ('陈国栋', 'Asia/Shanghai'))
        kamd.stop()

    def test_the_companys_settings(self):
        self.assertRegex(self.ran(0, 'company'), 'COMPANY +CURRENCY +TIME ZONE *\n.* CNY +')
        self.assertRegex(self.ran(0, 'company', '--currency', 'EUR', '--time-zone', 'Europe/Berlin'), 'EUR +Europe/Berlin')
        self.assertIn('three capital letters', self.ran(2, 'company', '--currency', 'euro'))
        self.assertIn('no time zone', self.ran(2, 'company', '--time-zone', 'Atlantis'))
        self.assertRegex(self.ran(0, 'company'), 'EUR +Europe/Berlin')

    def test_bad_users_are_refused(self):
        for words, hint in ((['--role', 'king', '--team', 'North', 'x1'], 'rep, manager or service'),
                            (['--role', 'rep', 'x1'], '--team is missing'),
                            (['--role', 'rep', '--team', 'North', 'Upper'], 'begins with a letter'),
                            (['--role', 'rep', '--team', 'North'], 'LOGIN is missing')):
            self.assertIn(hint, self.ran(2, 'user', 'add', '--password-stdin', *words, text=PASSWORD))
        self.assertIn('10 to 200 bytes', self.ran(2, 'user', 'add', '--password-stdin', '--role', 'rep', '--team', 'North', 'x1', text='short'))
        self.assertIn('no team', self.ran(1, 'user', 'add', '--password-stdin', '--role', 'rep', '--team', 'West', 'x1', text=PASSWORD))
        self.assertIn('already', self.ran(1, 'user', 'add', '--password-stdin', '--role', 'rep', '--team', 'North', 'nora', text=PASSWORD))

    def test_password_is_asked_for_without_echo(self):
        child = pexpect.spawn(self.command('user', 'add', '--role', 'rep', '--team', 'North', 'tina'), timeout=60, encoding='utf-8')
        child.expect('Password: ')
        child.sendline(PASSWORD)
        child.expect('Again: ')
        child.sendline(PASSWORD)
        child.expect('added rep tina')
        child.expect(pexpect.EOF)
        self.assertNotIn(PASSWORD, child.before or '')
        child.close()
        self.assertEqual(child.exitstatus, 0)
        child = pexpect.spawn(self.command('user', 'passwd', 'tina'), timeout=60, encoding='utf-8')
        child.expect('Password: ')
        child.sendline(PASSWORD)
        child.expect('Again: ')
        child.sendline(PASSWORD + '!')
        child.expect('differ')
        child.expect(pexpect.EOF)
        child.close()
        self.assertEqual(child.exitstatus, 2)

    def command(self, *words):
        import shlex
        settings = ' '.join(f'{name}={shlex.quote(value)}' for name, value in self.kamd.environment().items()
                            if name in ('LC_ALL', 'HOME', 'PATH') or name.endswith('SAN_OPTIONS'))
        return f'/usr/bin/env -i {settings} ' + shlex.join([*self.kamd.prefix, self.kamd.program, *words, *self.kamd.settings()])

    def test_without_a_terminal_it_says_so(self):
        self.assertIn('--password-stdin', self.ran(1, 'user', 'passwd', 'nora', text=''))

    def test_new_password_ends_sessions(self):
        self.kamd.start()
        caller = self.kamd.login('nora')
        self.ran(0, 'user', 'passwd', '--password-stdin', 'nora', text='quite another password\n')
        self.assertEqual(caller.refusal('AccountService/ListAccounts').code, grpc.StatusCode.UNAUTHENTICATED)
        self.kamd.login('nora', 'quite another password')
        self.kamd.stop()

    def test_the_last_root_manager_stays(self):
        self.ran(1, 'user', 'disable', 'boss')
        self.ran(0, 'user', 'add', '--password-stdin', '--role', 'manager', '--team', 'Company', 'vice', text=PASSWORD)
        self.ran(0, 'user', 'disable', 'boss')
        self.ran(0, 'user', 'enable', 'boss')
        self.assertIn('no user', self.ran(1, 'user', 'disable', 'nobody'))

    def test_lists_are_aligned_with_wide_characters(self):
        lines = self.ran(0, 'user', 'list').splitlines()
        self.assertEqual(lines[0].split(), ['LOGIN', 'NAME', 'ROLE', 'TEAM', 'GROUP', 'SESSIONS', 'STATE'])
        sam = next(line for line in lines if line.startswith('sam '))
        nora = next(line for line in lines if line.startswith('nora '))
        # Two wide characters stand in the place of four narrow ones.
        self.assertEqual(sam.index('rep') + 2, nora.index('rep'))
        self.assertIn('Company / North', nora)

    def test_check_finds_all_well(self):
        self.ran(0, 'cert')
        out = self.ran(0, 'check')
        self.assertIn('all is well', out)
        for what in ('settings', 'certificate', 'database', 'version', 'login role', 'row security', 'schema', 'team tree', 'connections'):
            self.assertRegex(out, rf'(?m)^ok +{what} ')

    def test_check_finds_what_is_wrong(self):
        self.sql('alter table account disable row level security')
        self.sql('delete from team_closure where depth = 1')
        self.cluster.run_sql('alter role kam_rep bypassrls')
        try:
            ran = self.kamd.operate('check', '--db-connections', '5000')
        finally:
            self.cluster.run_sql('alter role kam_rep nobypassrls')
        self.assertEqual(ran.code, 1)
        for problem in ('row-level security is off for kam.account', 'who is above whom is not kept', 'kam_rep is a superuser or bypasses', 'PostgreSQL allows'):
            self.assertRegex(ran.out, rf'(?m)^problem .*{problem}')
        self.assertIn('4 problems', ran.out)

    def test_check_without_a_database(self):
        self.kamd.database = type('Gone', (), {'conninfo': lambda self, user=None: 'host=/nonexistent dbname=x'})()
        ran = self.kamd.operate('check')
        self.assertEqual(ran.code, 1)
        self.assertRegex(ran.out, r'(?m)^problem +database')

    def test_a_malformed_connection_string_is_not_quoted(self):
        self.kamd.database = type('Bad', (), {'conninfo': lambda self, user=None: 'postgresql://kam:SECRET@[::1'})()
        for words in (['check'], ['serve']):
            ran = self.kamd.operate(*words)
            self.assertNotEqual(ran.code, 0)
            self.assertNotIn('SECRET', ran.out + ran.err)
            self.assertIn('connection string', ran.out + ran.err)

    def test_check_finds_an_open_key(self):
        self.ran(0, 'cert')
        os.chmod(self.kamd.data / 'tls' / 'key.pem', 0o644)
        ran = self.kamd.operate('check')
        self.assertEqual(ran.code, 1)
        self.assertRegex(ran.out, r'(?m)^problem +key .*chmod 600')

    def test_cert_keeps_the_key(self):
        first = self.ran(0, 'cert')
        self.assertIn('(new)', first)
        os.unlink(self.kamd.data / 'tls' / 'certificate.pem')
        second = self.ran(0, 'cert')
        self.assertEqual(first.splitlines()[-1], second.splitlines()[-1])
        self.assertEqual(os.stat(self.kamd.data / 'tls' / 'key.pem').st_mode & 0o777, 0o600)

    def test_commands_without_the_owner_say_what_they_need(self):
        words = self.kamd.settings()
        at = words.index('--database-owner')
        self.kamd.settings = lambda: words[:at] + words[at + 2:]
        self.assertIn('--database-owner', self.ran(2, 'user', 'list'))


if __name__ == '__main__':
    unittest.main()
