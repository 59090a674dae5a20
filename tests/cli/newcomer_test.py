# SPDX-License-Identifier: Apache-2.0
# builds: dev asan
"""Every command against a real kamd, in the order a newcomer would meet them."""
import csv
import io
import json
import stat
import unittest

from client import Client
from support.cluster import Cluster
from support.kam import PASSWORD, Kamd, make_company


class Newcomer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(Cluster())

    def setUp(self):
        self.kamd = self.enterContext(Kamd(make_company(self.cluster)))
        self.server = f'localhost:{self.kamd.port}'
        self.clients = {}

    def client(self, login):
        if login not in self.clients:
            self.clients[login] = self.enterContext(Client(self.server)).login(login, PASSWORD)
        return self.clients[login]

    def kam(self, *words, who='boss', code=0, **options):
        ran = self.client(who).run(*words, **options)
        self.assertEqual(ran.code, code, f'{words}: {ran.err}{ran.out}')
        return ran

    def add_account(self, name, *more, who='boss'):
        return self.kam('account', 'add', '--name', name, *more, '--json', who=who).json

    def test_login_and_out(self):
        with Client(self.server) as client:
            ran = client.run('whoami')
            self.assertEqual(ran.code, 4)
            self.assertIn(f'kam login {self.server}', ran.err)
            ran = client.run('login', '--user', 'nora', '--password-stdin', text='wrong password\n')
            self.assertEqual(ran.code, 4)
            self.assertIn('login or the password is wrong', ran.err)
            ran = client.run('login', '--user', 'nora', '--password-stdin', text=PASSWORD + '\n')
            self.assertEqual(ran.code, 0, ran.err)
            self.assertIn('Nora Nilsen', ran.out)
            session = client.home / 'kam' / 'session'
            self.assertEqual(stat.S_IMODE(session.stat().st_mode), 0o600)
            self.assertEqual(stat.S_IMODE(session.parent.stat().st_mode), 0o700)
            self.assertNotIn(PASSWORD, session.read_text(encoding='utf-8'))
            self.assertEqual(client.run('whoami', '--json').json['login'], 'nora')
            self.assertEqual(client.run('logout').code, 0)
            self.assertFalse(session.exists())
            self.assertEqual(client.run('whoami').code, 4)
            self.assertEqual(client.run('login', '--user', 'nora').code, 2)  # no terminal to ask on

    def test_the_server_may_be_an_argument_or_an_option(self):
        with Client() as client:
            for words in (('login', self.server, '--user', 'nora'), ('login', '--server', self.server, 'nora')):
                ran = client.run(*words, '--password-stdin', text=PASSWORD + '\n')
                self.assertEqual(ran.code, 0, ran.err)
                self.assertEqual(client.run('whoami').code, 0)

    def test_passwords_and_sessions(self):
        other = self.enterContext(Client(self.server)).login('nils', PASSWORD)
        first = self.client('nils')
        listed = first.run('session', 'list', '--json').json['sessions']
        self.assertEqual(len(listed), 2)
        stranger = next(one for one in listed if not one.get('isCurrent'))
        self.assertIn(stranger['id'][-8:], self.kam('session', 'list', who='nils').out)
        self.kam('session', 'revoke', stranger['id'][-8:], who='nils')
        self.assertEqual(other.run('whoami').code, 4)
        ran = first.run('passwd', '--password-stdin', text=f'{PASSWORD}\na brand new password\n')
        self.assertEqual(ran.code, 0, ran.err)
        other.login('nils', 'a brand new password')
        self.kam('user', 'passwd', 'nils', '--password-stdin', text='yet another password\n')
        self.assertEqual(other.run('whoami').code, 4)

    def test_accounts(self):
        ran = self.kam('account', 'add', '--name', '华北机床股份有限公司', '--phone', '+86 10 5555', '--employees', '12', '--founded-on', '1998-05-01',
                       '--registered-capital', 'CNY 5000000.00', '--status', 'active', '--other-name', '华北', '--other-name', 'NCMT', who='nora')
        self.assertRegex(ran.out, r'Added K-\d{6} 华北机床股份有限公司\.')
        code = ran.out.split()[1]
        page = self.kam('account', 'show', '华北机床', who='nora').out
        for text in ('CNY 5,000,000.00', '1998-05-01', '华北, NCMT', 'Nora Nilsen', 'Active'):
            self.assertIn(text, page)
        ran = self.kam('account', 'add', '--name', '华北机床股份有限公司', who='sam', code=1)
        self.assertIn(code, ran.err)
        self.assertIn('Nora Nilsen', ran.err)
        self.kam('account', 'show', code, who='sam', code=3)
        self.assertIn('100', self.kam('account', 'duplicates', '华北机床', who='sam').out)
        self.kam('account', 'edit', code, '--phone', '123', '--clear', 'employees', '--status', 'dormant', who='nora')
        record = self.kam('account', 'show', code, '--json', who='nora').json['account']
        self.assertEqual((record['phone'], record.get('employees'), record['status']), ('123', None, 'ACCOUNT_STATUS_DORMANT'))
        ran = self.kam('account', 'edit', code, '--phone', '456', '--if-version', '1', who='nora', code=6)
        self.assertRegex(ran.err, r'(?s)phone.*456.*123')
        self.kam('account', 'edit', code, '--phone', 'abc', who='nora', code=2)
        self.kam('account', 'member', 'add', code, 'sam')
        self.kam('account', 'show', code, who='sam')
        self.kam('account', 'member', 'remove', code, 'sam')
        self.kam('account', 'show', code, who='sam', code=3)
        self.kam('account', 'assign', code, 'sam', '--reason', 'mine', who='nora', code=4)
        self.kam('account', 'assign', code, 'sam', '--reason', 'territory')
        self.kam('account', 'show', code, who='sam')
        self.kam('account', 'retire', code, '--reason', 'gone')
        self.assertNotIn(code, self.kam('account', 'list').out)
        self.assertIn(code, self.kam('account', 'list', '--include-retired').out)
        self.kam('account', 'restore', code)
        history = self.kam('history', code).out
        for text in ('territory', 'Phone: +86 10 5555 → 123', 'Status: Active → Dormant', 'account: added'):
            self.assertIn(text, history)
        self.assertNotIn('search_', history)
        lines = list(csv.DictReader(io.StringIO(self.kam('history', code, '--csv').out)))
        phone = [(line['fields.old_value'], line['fields.new_value']) for line in lines if line['fields.field'] == 'phone']
        self.assertIn(('+86 10 5555', '123'), phone)
        self.kam('account', 'retire', '华北机床', '--reason', 'gone again')
        self.assertIn('(retired)', self.kam('account', 'show', '华北机床').out.splitlines()[0])
        self.kam('account', 'edit', '华北机床', '--phone', '1', code=3)
        self.assertNotIn('retired', self.kam('account', 'restore', '华北机床').out)
        self.assertNotIn('retired', self.kam('account', 'show', '华北机床').out)

    def test_names_that_fit_several(self):
        for name in ('Alpha Pumps', 'Alpha Valves', 'Alpha'):
            self.add_account(name, '--duplicate-reason', 'test')
        self.assertIn('Alpha', self.kam('account', 'show', 'alpha').out.splitlines()[0])  # the exact name wins
        self.add_account('Betapumps')
        self.add_account('Betavalves', '--duplicate-reason', 'test')
        ran = self.kam('account', 'show', 'Beta', code=2)
        self.assertIn('Betapumps', ran.err)
        self.assertIn('Betavalves', ran.err)
        self.kam('account', 'show', 'Gamma', code=3)
        self.kam('account', 'show', 'K-999999', code=3)

    def test_a_mention_is_not_a_name(self):
        plant = self.add_account('Dongfang Chemicals', '--main-products', '氯碱, 烧碱', '--other-name', '东方化工', who='nora')
        ran = self.kam('account', 'retire', '氯碱', '--reason', 'x', code=3)
        self.assertIn(plant['code'], ran.err)
        self.kam('account', 'edit', '烧碱', '--phone', '1', code=3, who='nora')
        self.assertNotIn('retireTime', self.kam('account', 'show', plant['code'], '--json').json['account'])
        self.assertIn(plant['code'], self.kam('account', 'show', '东方化工').out)  # another name is a name
        self.assertIn(plant['code'], self.kam('account', 'show', 'ＤＯＮＧＦＡＮＧ').out)
        self.add_account('氯碱机械')  # and a name wins over mentions
        self.assertIn('氯碱机械', self.kam('account', 'show', '氯碱').out.splitlines()[0])

    def test_one_record_as_csv_and_in_columns(self):
        code = self.add_account('Acme', '--phone', '123', '--registered-capital', 'CNY 5.00')['code']
        row = next(csv.DictReader(io.StringIO(self.kam('account', 'show', code, '--csv').out)))
        self.assertEqual((row['code'], row['name'], row['phone'], row['registered_capital']), (code, 'Acme', '123', 'CNY 5.00'))
        self.assertEqual(self.kam('account', 'show', code, '--columns', 'code,phone').out.split(), ['Code', 'Phone', code, '123'])
        self.assertEqual(self.kam('account', 'show', code, '--columns', 'phone', '--csv').out, 'phone\r\n123\r\n')
        self.kam('account', 'show', code, '--columns', 'nonsense', code=2)

    def test_lists_for_people_and_programs(self):
        for at in range(60):
            self.add_account(f'Pump factory {at:02}', '--duplicate-reason', 'test', '--industry', 'pumps')
        self.assertEqual(len(self.kam('account', 'list').out.splitlines()), 51)
        self.assertIn('--limit', self.kam('account', 'list').err)
        self.assertEqual(len(self.kam('account', 'list', '--all').out.splitlines()), 61)
        self.assertEqual(len(self.kam('account', 'list', '--limit', '7', '--json').json['accounts']), 7)
        self.assertEqual(len(self.kam('account', 'list', '--json').json['accounts']), 60)
        rows = list(csv.DictReader(io.StringIO(self.kam('account', 'list', '--csv', '--columns', 'code,name,create_time').out)))
        self.assertEqual(len(rows), 60)
        self.assertRegex(rows[0]['create_time'], r'^\d{4}-\d\d-\d\dT.*Z$')
        ran = self.kam('account', 'list', '--columns', 'code,nonsense', code=2)
        self.assertIn('industry', ran.err)
        ran = self.kam('account', 'list', '--industry', 'cheese')
        self.assertEqual(ran.out, '')
        self.assertNotIn('kam account add', ran.err)  # others may be there
        self.assertNotIn('kam account add', self.kam('account', 'list', who='desk').err)
        self.assertIn('kam activity log', self.kam('activity', 'list').err)

    def test_people(self):
        code = self.add_account('Acme')['code']
        self.add_account('Bureau')
        self.kam('contact', 'add', code, '--name', '张伟', '--title', '采购总监', '--buying-role', 'decider', '--buying-role', 'user', '--stance',
                 'ally', '--phone', '13800000000', '--influence', '80', '--insider')
        self.kam('contact', 'add', 'Acme', '--name', '李雷', '--reports-to', '张伟')
        self.assertIn('张伟', self.kam('contact', 'show', '李雷', '--json').out)
        self.kam('contact', 'edit', '张伟', '--email', 'zw@x.cn', '--phone', '1', '--phone', '2')
        person = self.kam('contact', 'show', '张伟', '--json').json
        self.assertEqual((person['phones'], person['emails']), (['1', '2'], ['zw@x.cn']))
        self.kam('contact', 'position', 'edit', '张伟', '--stance', 'neutral', '--no-insider')
        self.kam('contact', 'position', 'add', '张伟', 'Bureau', '--title', 'Adviser')
        ran = self.kam('contact', 'position', 'edit', '张伟', '--title', 'x', code=2)
        self.assertIn('--at', ran.err)
        self.kam('contact', 'position', 'edit', '张伟', '--at', 'Bureau', '--title', 'Senior adviser')
        self.kam('contact', 'position', 'end', '张伟', '--at', 'Bureau', '--ended-on', 'today')
        # Who comes back has two positions there; the present one is meant.
        self.kam('contact', 'position', 'add', '张伟', 'Bureau', '--title', 'Once more')
        self.kam('contact', 'position', 'edit', '张伟', '--at', 'Bureau', '--title', 'Again')
        self.kam('contact', 'position', 'end', '张伟', '--at', 'Bureau')
        ran = self.kam('need', 'add', code, '--kind', 'explicit', '--scope', 'person', '--text', 'x', code=1)
        self.assertIn(' contact: must be set', ran.err, 'as it is typed')
        self.kam('contact', 'relationship', '张伟', '3', '--note', '引荐')
        shown = self.kam('contact', 'relationships', '张伟').out
        self.assertIn('引荐', shown)
        self.assertIn('3 accepted', shown)
        self.assertIn('3 认同', self.kam('contact', 'show', '张伟', LANG='zh_CN.UTF-8').out)
        self.assertIn('3 accepted', self.kam('contact', 'list').out)
        self.assertIn(',3,', self.kam('contact', 'relationships', '张伟', '--csv').out)
        self.kam('contact', 'relationship', '张伟', '7', code=2)
        self.assertIn('Nothing is known', self.kam('contact', 'profile', 'show', '张伟').err)
        self.kam('contact', 'profile', 'edit', '张伟', '--home-town', '山东', '--birthday', '1975-03-04')
        self.kam('contact', 'profile', 'edit', '张伟', '--hobbies', '钓鱼')
        self.assertRegex(self.kam('contact', 'profile', 'show', '张伟').out, r'(?s)山东.*1975-03-04.*钓鱼')
        self.assertIn('张伟', self.kam('contact', 'list', code).out)
        short = self.kam('contact', 'list', code).out.splitlines()[1].split()[0]
        self.assertEqual(len(short), 8)
        self.kam('contact', 'retire', short, '--reason', 'left')
        self.assertIn('张伟', self.kam('account', 'show', code).out + self.kam('contact', 'list', code, '--include-past').out)

    def test_a_day(self):
        code = self.add_account('Acme', who='nora')['code']
        self.assertIn('Nothing is planned', self.kam('today', who='nora').out)
        self.kam('contact', 'add', code, '--name', 'Jane Doe', '--buying-role', 'decider', who='nora')
        self.kam('activity', 'plan', code, 'call', 'Ask', '--time', 'today 23:59', '--contact', 'Jane Doe', who='nora')
        self.kam('activity', 'plan', code, 'visit', 'Go', '--time', 'yesterday 9:00', who='nora')
        out = self.kam('today', who='nora').out
        self.assertRegex(out, r'(?s)overdue: 1 .*today: 1.*Overdue.*Visit +Acme +Go\n.*Today.*23:59 +Call +Acme +Ask +Jane Doe')
        short = next(line.split()[0] for line in out.splitlines() if line.endswith(' Go'))
        self.kam('activity', 'done', short, '--result', 'Went', who='nora')
        self.assertEqual([one['subject'] for one in self.kam('today', '--json', who='nora').json['due']], ['Ask'])
        self.assertRegex(self.kam('today', who='nadia').out, r'(?s)Your people\n.*Nora Nilsen +North +1 +1\n')
        self.assertIn('Ask', self.kam('today', '--user', 'nora', who='nadia').out)
        self.kam('contact', 'edit', 'Jane Doe', '--note', 'x', who='nora')
        self.kam('contact', 'position', 'edit', 'Jane Doe', '--buying-role', 'decider', '--buying-role', 'purchaser', '--stance', 'opp', who='nora')
        log = self.kam('history', 'Jane Doe', '--with-children', who='nora', LANG='zh_CN.UTF-8').out
        self.assertRegex(log, r'采购角色: 决策人 → 决策人, 采购人\n.*立场: .*反对')
        self.assertIn('must be one of', self.kam('contact', 'position', 'edit', 'Jane Doe', '--buying-role', 'tec', '--stance', 'o', who='nora', code=2).err)
        self.kam('today', '--user', 'nora', who='sam', code=3)
        self.kam('today', who='desk', code=4)
        page = self.kam('account', 'show', code, who='nora').out
        self.assertRegex(page, r'(?s)Owner .*Warnings\n.*Decider untouched.*People\n.*Jane Doe.*Planned\n.*Ask.*Latest activities\n.*Go +Went.*'
                               r'Archive\n.*Missing .*Record\n')
        self.kam('account', 'show', who='nora', code=2)
        self.assertIn('lately', self.kam('activity', 'show', 'abcd1234', who='nadia', code=3).err)

    def test_activities(self):
        code = self.add_account('Acme', who='nora')['code']
        self.kam('contact', 'add', code, '--name', 'Jane Doe', who='nora')
        ran = self.kam('activity', 'log', code, 'visit', 'Talked', 'about', 'pumps', '--contact', 'Jane Doe', '--time', '2026-11-20 14:00', '--cost',
                       'CNY 320.50', '--result', 'They want a sample', '--next-kind', 'sample', '--next-subject', 'Send it', '--next-time', 'in 2 days',
                       who='nora')
        self.assertIn('Talked about pumps', ran.out)
        following = ran.out.split()[-1]
        done = ran.out.split('[')[1].split(']')[0]
        self.assertIn('Planned', self.kam('activity', 'show', following, who='nora').out)
        self.kam('activity', 'edit', following, '--time', 'monday 10:00', who='nora')
        self.kam('activity', 'done', following, '--result', 'Sent', '--time', 'now', who='nora')
        ran = self.kam('activity', 'correct', done, '--result', 'They want two samples', '--reason', 'typo', who='nora')
        corrected = self.kam('activity', 'show', ran.out.split('[')[1].split(']')[0], '--json', who='nora').json
        self.assertEqual(corrected['result'], 'They want two samples')
        self.assertEqual(corrected['cost'], {'currencyCode': 'CNY', 'minorUnits': '32050'})
        self.assertEqual(corrected['contactNames'], ['Jane Doe'])
        self.assertIn(done, self.kam('activity', 'show', corrected['id'], who='nora').out)
        self.assertIn(corrected['id'][-8:], self.kam('activity', 'show', done, who='nora').out)
        self.assertIn(following, self.kam('activity', 'show', done, who='nora').out)
        self.assertIn(done, self.kam('activity', 'show', following, who='nora').out)
        self.kam('activity', 'plan', code, 'call', 'Ask', '--time', 'tomorrow 9:00', who='nora')
        planned = self.kam('activity', 'list', '--state', 'planned', '--json', who='nora').json['activities']
        self.assertEqual([one['subject'] for one in planned], ['Ask', '样品跟进 Ask about the sample'])
        self.kam('activity', 'cancel', planned[0]['id'], '--reason', 'not now', who='nora')
        self.kam('activity', 'done', planned[0]['id'], who='nora', code=5)
        self.kam('activity', 'log', code, 'party', 'x', who='nora', code=2)
        self.kam('activity', 'list', code, who='desk', code=4)
        self.assertIn('pumps', self.kam('search', 'pumps', who='nora').out)
        self.assertEqual(self.kam('search', 'pumps', who='sam').out, '')

    def test_users_and_teams(self):
        self.kam('team', 'add', '--name', '北京', '--parent', 'North')
        self.kam('user', 'add', '--login', 'zhangwei', '--name', '张伟', '--role', 'rep', '--team', '北京', '--password-stdin', text=PASSWORD + '\n')
        self.assertIn('zhangwei', self.kam('user', 'list', '--team', 'North').out)
        self.kam('user', 'edit', 'zhangwei', '--team', 'South', '--email', 'zw@x.cn')
        self.kam('user', 'edit', '张伟', '--role', 'king', code=2)
        self.assertIn('zw@x.cn', self.kam('history', 'zhangwei').out)
        self.assertIn('added', self.kam('history', '北京').out)
        self.kam('user', 'disable', 'zhangwei', '--reason', 'left')
        self.kam('user', 'enable', 'zhangwei')
        self.kam('team', 'edit', '北京', '--name', '北京办事处')
        self.kam('team', 'retire', '北京办事处')
        self.kam('team', 'retire', 'North', code=5)
        self.kam('user', 'add', '--login', 'x1', '--name', 'X', '--role', 'rep', '--team', 'North', '--password-stdin', who='nora', code=4,
                 text=PASSWORD + '\n')
        self.kam('user', 'show', 'nobody', code=3)
        self.kam('user', 'add', '--name', 'X', '--password-stdin', text=PASSWORD + '\n', code=2)

    def test_the_service_desk_sees_its_part(self):
        code = self.add_account('Acme', '--phone', '123', '--registered-capital', 'CNY 777777.00', who='nora')['code']
        page = self.kam('account', 'show', code, who='desk').out
        self.assertIn('123', page)
        self.assertNotIn('777', page)

    def test_times_are_shown_in_the_users_zone(self):
        code = self.add_account('Acme')['code']
        self.kam('activity', 'log', code, 'call', 'x', '--time', '2026-11-20T14:00:00Z')
        self.kam('user', 'edit', 'nora', '--time-zone', 'Asia/Shanghai')
        self.kam('account', 'member', 'add', code, 'nora')
        self.client('nora')
        self.assertIn('22:00', self.kam('activity', 'list', code, who='nora', TZ='').out)
        self.assertIn('14:00', self.kam('activity', 'list', code, who='nora', TZ='UTC').out)

    def test_help_is_everywhere(self):
        with Client() as client:
            overview = client.run('help')
            self.assertEqual(overview.code, 0)
            names = [line.strip().split('  ')[0] for line in overview.out.splitlines() if line.startswith('  ') and line[2] != ' ']
            self.assertGreater(len(names), 50)
            for name in names:
                for words in (('help', *name.split()), (*name.split(), '--help')):
                    ran = client.run(*words)
                    self.assertEqual((ran.code, ran.err), (0, ''), words)
                    self.assertIn('Examples', ran.out)
                    self.assertIn('kam ' + name, ran.out)
            self.assertEqual(client.run('--version').out, client.run('version').out)
            self.assertIn(' FILE ', client.run('help', 'import', 'accounts').out)
            self.assertNotIn('--under', client.run('help', 'import', 'accounts').out)
            self.assertNotIn('--owner', client.run('help', 'import', 'users').out)
            glance = client.run()
            self.assertEqual(glance.code, 0)
            self.assertRegex(glance.out, r'(?s)  today +What.*  account +list, show, add,.*figures, supplier.*kam login SERVER')
            self.assertLess(len(glance.out.splitlines()), 60)
            self.assertNotRegex(client.run('help', 'account', 'figures', 'set').out, r'share PERCENT.*10000')
            self.assertEqual(client.run('account').code, 2)
            self.assertIn('--customer-class', client.run('activity', 'feedback', '8f3a2c10', '--class', 'b').err)
            self.assertIn('--happened-on', client.run('account', 'event', 'add', 'K-000001', '--on', 'today').err)
            self.assertEqual(client.run('route', 'add', 'East', 'K-000001').code, 2)
            self.assertIn('account add', client.run('account', 'create').err)

    def test_streams(self):
        ran = self.kam('api', 'grpc.health.v1.Health/Watch', '{}', '--timeout', '2', code=7)
        self.assertEqual(json.loads(ran.out), {'status': 'SERVING'})

    def test_json_is_one_document(self):
        code = self.add_account('Acme')['code']
        for words in (('account', 'list'), ('account', 'show', code), ('contact', 'list'), ('user', 'list'), ('team', 'list'), ('session', 'list'),
                      ('whoami',), ('history', code), ('search', 'Acme'), ('api', 'ListTeams', '{}')):
            json.loads(self.kam(*words, *(('--json',) if words[0] != 'api' else ())).out)


if __name__ == '__main__':
    unittest.main()
