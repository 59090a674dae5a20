# SPDX-License-Identifier: Apache-2.0
# builds: dev asan
"""A Chinese customer register in GBK, with the dirt that such files have, comes in by mapping with a report that a person can act on."""
import csv
import unittest

import register
from client import Client
from support.cluster import Cluster
from support.kam import PASSWORD, Kamd, make_company

GOOD = 120


class Register(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(Cluster())

    def setUp(self):
        self.kamd = self.enterContext(Kamd(make_company(self.cluster)))
        self.boss = self.enterContext(Client(f'localhost:{self.kamd.port}')).login('boss', PASSWORD)
        self.rows = register.good_rows(GOOD) + [row for _, row, _ in register.DIRTY]
        self.path = self.write('register.csv', register.text(self.rows).encode('gbk'))

    def write(self, name, content):
        path = self.boss.home / name
        path.write_bytes(content)
        return path

    def report(self, name='report.csv'):
        with open(self.boss.home / name, encoding='utf-8', newline='') as file:
            return list(csv.DictReader(file))

    def line_of(self, row):
        """The line of the file where a row begins: line breaks in cells count."""
        text = register.text(self.rows[:self.rows.index(row)])
        return text.count('\n') + 1

    def listed(self, what):
        return self.boss.run(what, 'list', '--json', '--all').json[f'{what}s']

    def test_the_register(self):
        mapping, report, failed = (self.boss.home / name for name in ('register.map', 'report.csv', 'failed.csv'))
        dry = self.boss.run('import', 'accounts', self.path, '--dry-run', '--write-mapping', mapping, '--report', report)
        self.assertEqual(dry.code, 1, dry.err)
        self.assertIn('line 1 is no row of the table and is skipped: 华北重工配套有限公司客户登记表', dry.err)
        self.assertIn('is no row of the table and is skipped: 合计', dry.err)
        self.assertIn('the file is read as GB18030', dry.err)
        self.assertEqual(self.listed('account'), [])
        written = mapping.read_text(encoding='utf-8')
        for line in ('name = 客户名称', 'registered-address = 联系方式/公司地址', 'registered-capital = 经营情况/注册资本', 'annual-revenue = 经营情况/年销售额（万元）',
                     'annual-revenue = 10000', 'founded-on = 成立时间', 'owner = 业务员', '#  = 信用等级', 'heading-rows = 2', 'encoding = GB18030'):
            self.assertIn(line, written.splitlines())
        said = {row['line']: row for row in self.report()}

        mapping.write_text(written + '\n[values status]\n已拉黑 = rejected\n', encoding='utf-8')
        ran = self.boss.run('import', 'accounts', self.path, '--mapping', mapping, '--currency', 'CNY', '--report', report, '--failed', failed)
        self.assertEqual(ran.code, 1, ran.err)
        outcomes = {row['line']: row for row in self.report()}
        for what, row, expected in register.DIRTY:
            line = str(self.line_of(row))
            if expected == 'skipped':
                self.assertNotIn(line, outcomes)
                continue
            is_mapped = what == 'a word of their own'
            with self.subTest(what):
                self.assertEqual(said[line]['outcome'], {None: 'would be added', '绍兴双溪纺织有限公司': 'looks like another'}.get(expected, 'failed'))
                self.assertEqual(outcomes[line]['outcome'],
                                 {None: 'added', '绍兴双溪纺织有限公司': 'looks like another'}.get(expected, 'added' if is_mapped else 'failed'))
                self.assertIn(expected or '', said[line]['detail'])
        accounts = {one['name']: one for one in self.listed('account')}
        good = GOOD + sum(expected is None for _, _, expected in register.DIRTY) + 1
        self.assertEqual(len(accounts), good)
        self.assertIn(f'{good} added', ran.out)

        weaving = accounts['绍兴双溪纺织有限公司']
        self.assertEqual((weaving['registeredCapital'], weaving['foundedOn'], weaving['ownership']),
                         ({'currencyCode': 'CNY', 'minorUnits': '15000000000'}, {'year': 2009, 'month': 5, 'day': 1}, 'OWNERSHIP_PRIVATE'))
        self.assertEqual(accounts['金华婺城酒业有限公司']['note'], '重点客户\n每月回访\n送样已签收')
        self.assertEqual(accounts['舟山定海渔业公司']['status'], 'ACCOUNT_STATUS_REJECTED')
        self.check_good_rows(accounts, outcomes)
        self.repair(mapping, failed, good)

    def check_good_rows(self, accounts, outcomes):
        for row in register.good_rows(GOOD):
            account = accounts[row[1]]
            digits = ''.join(str(int(letter)) for letter in row[10] if letter.isdigit())
            self.assertEqual(str(account['foundedOn']['year']), digits[:4], row)
            self.assertEqual(account['registeredAddress'], row[6])
            self.assertEqual(account['registeredCapital']['currencyCode'], 'CNY')
            self.assertGreaterEqual(int(account['registeredCapital']['minorUnits']), 100 * 10000 * 100, row)
            if row[8] != '-':
                self.assertEqual(int(account['annualRevenue']['minorUnits']), int(row[8].replace(',', '')) * 10000 * 100)
            self.assertEqual(account['ownerName'], {'boss': 'Berta Boss', 'nils': 'Nils Nagel'}.get(row[12], 'Nora Nilsen'))
            if any('０' <= letter <= '９' for letter in row[9]):
                self.assertIn("->", outcomes[str(self.line_of(row))]['changed'])

    def repair(self, mapping, failed, good):
        """The rows that are left have the columns of the file: mended, they come in; and nothing comes in twice."""
        text = failed.read_text(encoding='utf-8-sig')
        self.assertEqual(text.splitlines()[0], ','.join(register.HEADING[0]))
        mended = text.replace('2009.13', '2009.12').replace('100-200万', '200万').replace('老板自己', 'boss')
        mended = mended.replace('绍兴双溪纺织（有限公司）', '绍兴双溪印花布行')
        failed.write_text(mended, encoding='utf-8-sig')
        again = mapping.read_text(encoding='utf-8').replace('encoding = GB18030\n', '')
        mapping.write_text(again, encoding='utf-8')
        ran = self.boss.run('import', 'accounts', failed, '--mapping', mapping, '--json').json
        self.assertEqual((ran['added'], ran['failed'], ran['alreadyThere']), (4, 1, 0), [row for row in ran['rows'] if row['outcome'] != 'added'])
        second = self.boss.run('import', 'accounts', self.path, '--json').json
        self.assertEqual(second['added'], 0)
        self.assertEqual(len(self.listed('account')), good + 4)

    def test_the_same_account_far_apart(self):
        """A dry run goes to the server in several calls, each taken back: what is alike in two of them is found all the same."""
        rows = register.good_rows(250)
        last = [''] * 16
        last[1] = rows[0][1].removesuffix('厂').removesuffix('有限责任公司').removesuffix('股份有限公司').removesuffix('有限公司') + '集团'
        path = self.write('long.csv', register.text([*rows, last]).encode('gb18030'))
        for more in (('--dry-run',), ()):
            ran = self.boss.run('import', 'accounts', path, '--json', *more).json
            wrong = [(row['line'], row['outcome']) for row in ran['rows'] if row['outcome'] not in ('added', 'would be added')]
            self.assertEqual(wrong, [(255, 'looks like another')])
            self.assertIn(rows[0][1], ran['rows'][-1]['detail'])

    def test_its_people(self):
        self.boss.run('import', 'accounts', self.path)
        ran = self.boss.run('import', 'contacts', self.path, '--report', self.boss.home / 'report.csv')
        self.assertEqual(ran.code, 1, ran.err)
        outcomes = {}
        for row in self.report():
            outcomes.setdefault(row['line'], []).append(row)
        people = {one['name']: one for one in self.listed('contact')}
        for name, phones in (('张三', ['13800000001']), ('李四', ['13800000002']), ('王五', ['0573-82000000']), ('赵六', ['0573-82000000'])):
            self.assertEqual(people[name]['phones'], phones)
        self.assertEqual(people['张三']['positions'][0]['accountName'], '绍兴双溪纺织有限公司')
        self.assertEqual(people['张三']['positions'][0]['title'], '总经理')
        said = {what: outcomes.get(str(self.line_of(row)), []) for what, row, _ in register.DIRTY}
        self.assertEqual([row['outcome'] for row in said['two names in a cell, and as many numbers']], ['added', 'added'])
        self.assertIn('3 values for 2 people', said['three numbers for two'][0]['detail'])
        self.assertIn('lost its digits', said['a number that lost its digits'][0]['detail'])
        self.assertIn('names no account', said['no name'][0]['detail'])
        for row in register.good_rows(GOOD):
            self.assertEqual([one['outcome'] for one in outcomes[str(self.line_of(row))]], ['added'], row)
        again = self.boss.run('import', 'contacts', self.path, '--json').json
        self.assertEqual(again['added'], 0)

    def test_its_visits(self):
        self.boss.run('import', 'accounts', self.path)
        self.boss.run('import', 'contacts', self.path)
        name = register.good_rows(1)[0][1]
        visits = '\ufeff客户名称\t拜访日期\t拜访方式\t拜访对象\t业务员\t拜访内容\r\n' \
                 '绍兴双溪纺织有限公司\t2019/3/5 14:30\t上门拜访\t张三、李四\tboss\t"谈交期，\n要求提前两周"\r\n' \
                 f'{name}\t43530\t电话\t\t\t报价已发\r\n' \
                 '\t2019.3.7\t微信\t\t\t确认收货\r\n没有的客户\t2019.3.8\t电话\t\t\t无\r\n' \
                 '绍兴双溪纺织有限公司\t2099年1月2日\t拜访\t王五\t\t年度回访\r\n'
        path = self.write('visits.txt', visits.encode('utf-16'))
        mapping = self.write('visits.map', '[options]\nfill-down = account\n'.encode())
        report = self.boss.home / 'visits-report.csv'
        ran = self.boss.run('import', 'activities', path, '--mapping', mapping, '--report', report)
        self.assertEqual(ran.code, 1, ran.err)
        rows = self.report('visits-report.csv')
        self.assertEqual([(row['line'], row['outcome']) for row in rows],
                         [('2', 'added'), ('4', 'added'), ('5', 'added'), ('6', 'failed'), ('7', 'failed')], rows)
        self.assertIn("no account called '没有的客户'", rows[3]['detail'])
        self.assertIn("no contact called '王五'", rows[4]['detail'])
        self.assertIn('as in line 4', rows[2]['changed'])
        done = self.boss.run('activity', 'list', '绍兴双溪纺织有限公司', '--json').json['activities']
        self.assertEqual([(one['kind'], one['subject'], one['time'], sorted(one['contactNames'])) for one in done],
                         [('ACTIVITY_KIND_VISIT', '谈交期，', '2019-03-05T14:30:00Z', ['张三', '李四'])])


if __name__ == '__main__':
    unittest.main()
