# SPDX-License-Identifier: Apache-2.0
# builds: dev asan
"""kam import opportunities: lists as other systems and Chinese spreadsheets write them."""
import csv
import unittest

from client import Client
from support.cluster import Cluster
from support.kam import PASSWORD, Kamd, make_company


class OpportunityImport(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(Cluster())

    def setUp(self):
        self.kamd = self.enterContext(Kamd(make_company(self.cluster)))
        self.clients = {}
        self.kam('boss', 'account', 'add', '--name', '华东机械制造有限公司')
        self.kam('nora', 'account', 'add', '--name', 'Acme')

    def client(self, login):
        if login not in self.clients:
            self.clients[login] = self.enterContext(Client(f'localhost:{self.kamd.port}')).login(login, PASSWORD)
        return self.clients[login]

    def kam(self, login, *words, code=0, **options):
        ran = self.client(login).run(*words, **options)
        self.assertEqual(ran.code, code, f'{words}: {ran.err}{ran.out}')
        return ran

    def load(self, login, text, *words, code=0, **options):
        home = self.client(login).home
        (home / 'deals.csv').write_bytes(text if isinstance(text, bytes) else text.encode())
        ran = self.kam(login, 'import', 'opportunities', home / 'deals.csv', '--report', home / 'report.csv', *words, code=code, **options)
        with open(home / 'report.csv', encoding='utf-8-sig', newline='') as file:
            return ran, list(csv.DictReader(file))

    def listed(self, login, state='OPEN'):
        request = '{"state": "OPPORTUNITY_STATE_%s"}' % state
        return {one['name']: one for one in self.kam(login, 'api', 'OpportunityService/ListOpportunities', request).json.get('opportunities', [])}

    def test_as_a_chinese_spreadsheet_has_it(self):
        text = '项目名称,客户名称,负责人,阶段,金额,创建日期,关闭日期,产品\n一期,华东机械制造,Nora Nilsen,信息收集,150万,2024年5月1日,,泵\n二期,华东机械制造,,赢单,￥300,2024/5/1,2024.6.1,阀\n'
        text = text.replace('信息收集', '样品资料提供/信息收集')
        _, report = self.load('boss', text.encode('gbk'))
        self.assertEqual(['added', 'added'], [row['outcome'] for row in report], report)
        found = self.listed('boss')
        self.assertEqual({'一期'}, set(found))
        self.assertEqual(('CNY', '150000000'), tuple(found['一期']['amount'][name] for name in ('currencyCode', 'minorUnits')))
        self.assertTrue(found['一期']['isImported'])
        self.assertEqual({'二期'}, set(self.listed('boss', 'WON')))
        self.assertIn('一期', self.listed('nora'))

    def test_a_list_without_names(self):
        _, report = self.load('nora', 'Deal ID,Customer,Product,Value\nD1,Acme,Pump,USD 5\nD2,Acme,Pump,USD 5\nD1,Acme,Valve,USD 5\nD3,,Pump,USD 5\n,Acme,,USD 5\n', code=1)
        self.assertEqual(['added', 'added', 'failed', 'failed', 'failed'], [row['outcome'] for row in report], report)
        self.assertEqual(['names no account', 'has no name'], [row['detail'] for row in report[3:]])
        self.assertEqual({'Pump D1', 'Pump D2'}, set(self.listed('nora')))
        self.assertFalse(self.listed('nora')['Pump D1'].get('isImported', False))
        _, again = self.load('nora', 'Deal ID,Customer,Product,Value\nD1,Acme,Pump,USD 5\n')
        self.assertEqual(['already there'], [row['outcome'] for row in again])

    def test_the_mapping_says_what_words_mean(self):
        (self.client('boss').home / 'deals.map').write_text('[columns]\nname = what\naccount = who\nstage = how far\nproduct = sold\n[values stage]\nin talks = target\n'
                                                             '[values product]\nPmp = Pump\n[defaults]\npipeline = development\n')
        text = 'what,who,how far,sold\nOne,Acme,in talks,Pmp\nTwo,Acme,nowhere,Pump\n'
        ran, report = self.load('boss', text, '--mapping', self.client('boss').home / 'deals.map', code=1, KAM_LANG='zh_CN')
        self.assertIn('流程中没有名为“nowhere”的阶段', ran.out + ran.err)
        self.assertEqual({'One'}, set(self.listed('boss')))
        one = self.kam('boss', 'api', 'OpportunityService/GetOpportunity', '{"id": "%s"}' % self.listed('boss')['One']['id']).json
        self.assertEqual(['Pump'], [part['product'] for part in one['products']])

    def test_stages_are_for_root_managers(self):
        ran, report = self.load('nora', 'name,account,stage\nOne,Acme,won\nTwo,Acme,\n', code=1)
        self.assertIn('Only managers of the root team', report[0]['detail'])
        self.assertEqual('added', report[1]['outcome'])
        ran, report = self.load('nora', 'name,account\nThree,Acme\n', '--pipeline', 'nothing', code=1)
        self.assertIn("no pipeline called 'nothing'", report[0]['detail'])
        ran, report = self.load('nora', 'name,account\nThree,Acme\n', '--pipeline', 'channel', '--dry-run')
        self.assertEqual('would be added', report[0]['outcome'])
        self.load('nora', 'name,account\nThree,Acme\n', '--pipeline', 'channel')
        self.assertEqual({'Two', 'Three'}, set(self.listed('nora')))
        self.load_nothing('nora', 'a,b\n1,2\n')

    def load_nothing(self, login, text):
        path = self.client(login).home / 'none.csv'
        path.write_text(text)
        self.assertIn('--map', self.kam(login, 'import', 'opportunities', path, code=2).err)


if __name__ == '__main__':
    unittest.main()
