# SPDX-License-Identifier: Apache-2.0
# builds: dev asan
"""Imports: dry runs, second runs, dirt, encodings, interruptions."""
import csv
import os
import pathlib
import signal
import stat
import time
import unittest

from client import Client
from fake_server import FakeServer
from support import stubs
from support.cluster import Cluster
from support.kam import PASSWORD, Kamd, make_company

ACCOUNTS = '''account,sector,year_established,revenue,employees,subsidiary_of,sales_agent,Colour
Acme Corporation,technolgy,1996,1100.04,2822,,Nora Nilsen,red
"Betasoloin, Inc.",medical,1999,251.41,495,Acme Corporation,nils,
,medical,1999,,,,,
Gamma,medical,yesteryear,1,1,,,
Delta,medical,2001,,1,,Nobody Known,
ACME corporation,technolgy,1996,1100.04,2822,,,
Epsilon,,2001,7,12,No such parent,sam,
'''


class Imports(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(Cluster())

    def setUp(self):
        self.kamd = self.enterContext(Kamd(make_company(self.cluster)))
        self.boss = self.enterContext(Client(f'localhost:{self.kamd.port}')).login('boss', PASSWORD)

    def write(self, name, text, encoding='utf-8'):
        path = self.boss.home / name
        path.write_bytes(text.encode(encoding))
        return path

    def accounts(self, client=None):
        return {one['name']: one for one in (client or self.boss).run('account', 'list', '--json').json['accounts']}

    def test_a_dry_run_sees_forms_that_the_server_would_refuse(self):
        path = self.write('forms.csv', 'name,phone,website\nAcme,ask Berta,\nBeta,,beta.example\nGamma,+49 30 1,https://gamma.example\n')
        dry = self.boss.run('import', 'accounts', path, '--dry-run')
        self.assertEqual(dry.code, 1, dry.err)
        self.assertRegex(dry.out, r"line 2: Acme: failed: phone 'ask Berta': must be a telephone number")
        self.assertRegex(dry.out, r"line 3: Beta: failed: website 'beta.example': must be a web address")
        self.assertIn('line 4: Gamma: would be added', dry.out)
        self.assertEqual(self.accounts(), {})

    def test_what_is_written_spoils_nothing(self):
        path = self.write('own.csv', 'name\nAcme\n')
        for flag in ('--report', '--failed', '--write-mapping'):
            ran = self.boss.run('import', 'accounts', path, flag, path)
            self.assertEqual((ran.code, ran.out), (2, ''))
            self.assertIn(f'{flag} would overwrite the file that is imported', ran.err)
        self.assertEqual(pathlib.Path(path).read_text(encoding='utf-8'), 'name\nAcme\n')
        device = self.boss.home / 'full'
        device.symlink_to('/dev/full')
        self.assertEqual(self.accounts(), {})
        ran = self.boss.run('import', 'accounts', path, '--dry-run', '--report', device)
        self.assertIn('No space left on device', ran.err)
        self.assertEqual(ran.code, 1)
        self.assertTrue(device.is_symlink(), 'a device is written to, not replaced')

    def test_a_long_cell_is_cited_by_its_beginning(self):
        ran = self.boss.run('import', 'accounts', self.write('long.csv', 'name,note\nAcme,' + 'x' * 100000 + '\n'), '--dry-run')
        self.assertEqual(ran.code, 1, ran.err)
        self.assertRegex(ran.out, "note 'x+…': is longer than")
        self.assertLess(len(ran.out), 1000)

    def test_accounts(self):
        path, report = self.write('accounts.csv', ACCOUNTS), self.boss.home / 'report.csv'
        words = ('import', 'accounts', path, '--currency', 'USD', '--map', 'revenue=annual-revenue*1000000')
        dry = self.boss.run(*words, '--dry-run')
        self.assertEqual(dry.code, 1)
        self.assertIn("column 'Colour' is not imported", dry.err)
        self.assertIn('line 2: Acme Corporation: would be added', dry.out)
        self.assertIn('2 would be added', dry.out)
        self.assertEqual(self.accounts(), {})

        first = self.boss.run(*words, '--report', report)
        self.assertEqual(first.code, 1, first.err)
        self.assertIn('2 added', first.out)
        self.assertIn('5 failed', first.out)
        self.assertRegex(first.out, r'line 4: .*has no name')
        self.assertRegex(first.out, r"line 5: Gamma: failed: year_established 'yesteryear'")
        self.assertIn("line 6: Delta: failed: sales_agent 'Nobody Known': There is no user called 'Nobody Known'", first.out)
        self.assertRegex(first.out, r'line 7: .*the same as line 2')
        self.assertIn("line 8: Epsilon: failed: subsidiary_of 'No such parent': There is no account called 'No such parent'", first.out)
        with open(report, encoding='utf-8', newline='') as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([row['outcome'] for row in rows], ['added', 'added', 'failed', 'failed', 'failed', 'failed', 'failed'])
        accounts = self.accounts()
        acme = accounts['Acme Corporation']
        self.assertEqual(acme['annualRevenue'], {'currencyCode': 'USD', 'minorUnits': '110004000000'})
        self.assertEqual((acme['foundedOn'], acme['ownerName']), ({'year': 1996, 'month': 1, 'day': 1}, 'Nora Nilsen'))
        self.assertEqual(accounts['Betasoloin, Inc.']['parentName'], 'Acme Corporation')

        # A second run adds nothing and overwrites nothing.
        self.boss.run('account', 'edit', acme['code'], '--industry', 'technology')
        second = self.boss.run(*words, '--json').json
        self.assertEqual((second['added'], second['alreadyThere'], second['failed']), (0, 2, 5))
        again = self.accounts()
        self.assertEqual(again['Acme Corporation']['industry'], 'technology')
        self.assertEqual({name: one['id'] for name, one in again.items()}, {name: one['id'] for name, one in accounts.items()})

    def test_what_others_made_is_a_duplicate(self):
        self.boss.run('account', 'add', '--name', 'Acme Corporation')
        path = self.write('accounts.csv', 'name\nAcme Corporation\n')
        for more in ((), ('--dry-run',)):
            ran = self.boss.run('import', 'accounts', path, *more)
            self.assertEqual(ran.code, 1)
            self.assertRegex(ran.out, r'looks like another: K-\d+ Acme Corporation')
        path = self.write('accounts.csv', 'name,duplicate_reason\nAcme Corporation,another one\n')
        self.assertEqual(self.boss.run('import', 'accounts', path).code, 0)

    def test_chinese_spreadsheets(self):
        path = self.write('客户.csv', '客户名称,行业,成立日期,电话,母公司,备注\r\n华北机床,机械,1998/5/1,010-1234,,"第一行\r\n第二行"\r\n华北机床配件,机械,2001年3月4日,,华北机床,\r\n', 'gbk')
        ran = self.boss.run('import', 'accounts', path)
        self.assertEqual(ran.code, 0, ran.err + ran.out)
        self.assertIn('the file is read as GB18030', ran.err)
        ran = self.boss.run('import', 'accounts', path, '--encoding', 'GBK')
        self.assertIn('2 already there', ran.out)
        parts = self.accounts()['华北机床配件']
        self.assertEqual((parts['parentName'], parts['foundedOn']['day'], parts['industry']), ('华北机床', 4, '机械'))

    def test_users_with_offices_and_managers(self):
        text = 'sales_agent,manager,regional_office\nAnna Snelling,Dustin Brinkmann,Central\nCecily Lampkin,Dustin Brinkmann,Central\n张伟,Cara Losch,East\n'
        path, report = self.write('teams.csv', text), self.boss.home / 'passwords.csv'
        ran = self.boss.run('import', 'users', path)
        self.assertEqual(ran.code, 2)
        self.assertIn('--report', ran.err)
        dry = self.boss.run('import', 'users', path, '--dry-run')
        self.assertIn('team Central: would be added', dry.out)
        self.assertNotIn('Central', self.boss.run('team', 'list').out)
        ran = self.boss.run('import', 'users', path, '--report', report)
        self.assertEqual(ran.code, 1, ran.err)
        self.assertIn('needs a login of its own', ran.out)
        self.assertIn('4 added', ran.out)
        teams = self.boss.run('team', 'list').out
        self.assertIn('Company / Central / Dustin Brinkmann', teams)
        self.assertIn('Company / East / Cara Losch', teams)
        self.assertEqual(stat.S_IMODE(report.stat().st_mode), 0o600)
        with open(report, encoding='utf-8', newline='') as file:
            passwords = {row['handle']: row['password'] for row in csv.DictReader(file)}
        with Client(self.boss.server) as client:
            client.login('anna.snelling', passwords['anna.snelling'])
            self.assertEqual(client.run('whoami', '--json').json['teamName'], 'Dustin Brinkmann')
            client.login('dustin.brinkmann', passwords['dustin.brinkmann'])
            self.assertEqual(client.run('whoami', '--json').json['role'], 'ROLE_MANAGER')
        ran = self.boss.run('import', 'users', path, '--report', report)
        self.assertIn('4 already there', ran.out)
        self.assertNotIn('4 added', ran.out)
        ran = self.boss.run('import', 'users', self.write('more.csv', 'login,name,role,team\nzhangwei,张伟,manager,North\n'), '--password-stdin',
                            text=PASSWORD + '\n')
        self.assertEqual(ran.code, 0, ran.out + ran.err)
        self.assertEqual(self.boss.run('user', 'show', 'zhangwei', '--json').json['teamName'], 'North')

    def test_refusals(self):
        cases = [(('accounts', '/nonexistent.csv'), 2), (('accounts', '/tmp'), 2), (('accounts', self.write('e.csv', '')), 1),
                 (('accounts', self.write('q.csv', 'name\n"x\n')), 1), (('accounts', self.write('n.csv', 'colour\nred\n')), 2),
                 (('accounts',), 2), (('accounts', self.write('a.csv', 'name\nx\n'), '--map', 'nothing=name'), 2),
                 (('accounts', self.write('a.csv', 'name\nx\n'), '--map', 'name=nothing'), 2),
                 (('accounts', self.write('a.csv', 'name\nx\n'), '--map', 'name'), 2)]
        for words, code in cases:
            ran = self.boss.run('import', *words)
            self.assertEqual((ran.code, ran.out), (code, ''), words)
            self.assertTrue(ran.err.startswith('kam: '), ran.err)
        nils = self.enterContext(Client(self.boss.server)).login('nils', PASSWORD)
        ran = nils.run('import', 'users', self.write('u.csv', 'name\nX Y\n'), '--password-stdin', text=PASSWORD + '\n')
        self.assertNotEqual(ran.code, 0)


    def test_killed_and_run_again(self):
        """Each call is a transaction: whatever moment the client dies at, the next run goes on from whole rows."""
        self.boss.run('account', 'add', '--name', 'Acme')
        count = 4000
        path = self.write('calls.csv', 'account,kind,time,subject\n' + ''.join(f'Acme,call,2020-01-01 10:00,call {at}\n' for at in range(count)))
        owner = self.kamd.database.connect()
        owner.autocommit = True
        with owner.cursor() as cursor:
            def added():
                cursor.execute('select count(*) from activity')
                return cursor.fetchone()[0]
            child = self.boss.terminal('import', 'activities', path)
            deadline = time.monotonic() + 60
            while added() == 0 and time.monotonic() < deadline:
                time.sleep(0.01)
            os.kill(child.pid, signal.SIGKILL)
            child.wait()
            before = added()
            self.assertGreater(before, 0)
            again = self.boss.run('import', 'activities', path, '--json')
            self.assertEqual(again.code, 0, again.err)
            self.assertEqual(added(), count)
            self.assertEqual(again.json['added'] + again.json['alreadyThere'], count)
            self.assertGreaterEqual(again.json['alreadyThere'], before)
        owner.close()


class Interrupted(unittest.TestCase):
    def setUp(self):
        self.server = self.enterContext(FakeServer())
        self.client = self.enterContext(Client(self.server.name))
        team = stubs.message('kam.v1.Team')(id='0190b0c0-0000-7000-8000-000000000009', name='Company')
        self.server.on('TeamService/ListTeams', lambda request, context: stubs.message('kam.v1.ListTeamsResponse')(teams=[team]))
        self.path = self.client.home / 'a.csv'
        self.path.write_text('name\n' + ''.join(f'Account {at}\n' for at in range(5000)), encoding='utf-8')

    def add(self, request, context):
        time.sleep(0.05)
        result = stubs.message('kam.v1.ImportResult')
        return stubs.message('kam.v1.ImportResponse')(
            results=[result(outcome=1, id=row.account.id, code='K-000001') for row in request.rows])

    def test_a_date_that_is_none_is_left_out_and_told(self):
        self.server.on('ImportService/ImportAccounts', self.add)
        self.path.write_text('name,founded_on\nA,0001-01-01 00:00:00\nB,1/1/0001 12:00:00 AM\nC,2001-01-01\nD,0101-01-01\n', encoding='utf-8')
        report = self.client.home / 'report.csv'
        ran = self.client.run('import', 'accounts', self.path, '--report', report, KAM_TOKEN='t')
        self.assertEqual(ran.code, 1, ran.err)
        rows, = (request.rows for path, request, _ in self.server.calls if path.endswith('/ImportAccounts'))
        self.assertEqual([('A', False, 0), ('B', False, 0), ('C', True, 2001)],
                         [(row.account.name, row.account.HasField('founded_on'), row.account.founded_on.year) for row in rows])
        with open(report, encoding='utf-8', newline='') as file:
            told = {row['line']: row for row in csv.DictReader(file)}
        self.assertIn("'0001-01-01 00:00:00' taken as empty", told['2']['changed'])
        self.assertIn("'0101-01-01': must be a date", told['5']['detail'])

    def test_cells_of_any_size(self):
        self.server.on('ImportService/ImportAccounts', self.add)
        huge, large = 'x' * 20_000_000, 'x\u3000y' * 25_000
        for text, code, said in ((f'name\nA\n"{huge}"\n', 1, 'line 3, column 1: the cell is larger than 128 KiB'),
                                 (f'name,{huge}\nA,1\n', 1, 'line 1, column 2: the cell is larger than 128 KiB'),
                                 (f'name,note\nA,"{"ﷺ" * 40_000}"\n', 1, 'note'), ('name,' + 'note,' * 150 + '\n' + f'"{large}",' * 150 + '\n', 1, 'name'),
                                 ('name,phone\nA,"' + '1,' * 60_000 + '"\n', 1, 'phone'), ('name\nA\n' + 199 * ',' + '\n' * 100_000, 0, '')):
            self.path.write_text(text, encoding='utf-8')
            ran = self.client.run('import', 'accounts', self.path, KAM_TOKEN='t')
            self.assertEqual(ran.code, code, (text[:50], ran.err[-2000:]))
            self.assertIn(said, ran.out + ran.err)
            self.assertNotIn('invariant', ran.err)

    def test_many_rows_go_in_a_call(self):
        self.server.on('ImportService/ImportAccounts', self.add)
        began = time.monotonic()
        ran = self.client.run('import', 'accounts', self.path, KAM_TOKEN='t')
        self.assertEqual(ran.code, 0, ran.err)
        self.assertLess(time.monotonic() - began, 5000 * 0.05)  # row by row would take longer

    def test_ctrl_c_leaves_nothing_half_done(self):
        self.server.on('ImportService/ImportAccounts', self.add)
        report = self.client.home / 'report.csv'
        child = self.client.terminal('import', 'accounts', self.path, '--report', report, KAM_TOKEN='t')
        child.expect(r'adding \[')
        child.expect(r'#')
        os.kill(child.pid, signal.SIGINT)
        child.expect('interrupted')
        child.expect('not tried')
        child.wait()
        self.assertEqual(child.exitstatus, 1)
        with open(report, encoding='utf-8', newline='') as file:
            outcomes = [row['outcome'] for row in csv.DictReader(file)]
        self.assertEqual(len(outcomes), 5000)
        sent = sum(len(call[1].rows) for call in self.server.calls if call[0].endswith('ImportAccounts'))
        self.assertEqual(outcomes.count('added'), sent)
        self.assertLess(sent, 5000)

    def test_an_outage_ends_the_import(self):
        self.server.on('ImportService/ImportAccounts', self.add)
        self.server.refuse('ImportService/ImportAccounts', 14, 'the database is away')
        ran = self.client.run('import', 'accounts', self.path, KAM_TOKEN='t')
        self.assertEqual(ran.code, 7)
        self.assertIn('not tried', ran.out)


if __name__ == '__main__':
    unittest.main()
