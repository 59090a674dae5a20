# SPDX-License-Identifier: Apache-2.0
# builds: dev asan
"""The board on the command line: side by side, one below another, for programs."""
import csv
import io
import unicodedata
import unittest

from client import Client
from fake_server import FakeServer
from support import stubs
from support.cluster import Cluster
from support.kam import PASSWORD, Kamd, make_company


def width_of(text):
    return sum(0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in 'WF' else 1 for char in text)


class Board(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kamd = cls.enterClassContext(Kamd(make_company(cls.enterClassContext(Cluster()))))
        nora = cls.kamd.login('nora')
        accounts = [nora.call('AccountService/CreateAccount', {'account': {'name': name}}).id for name in ('华北机床集团有限公司', 'Acme Corporation')]
        for number in range(12):
            nora.call('OpportunityService/CreateOpportunity', {'opportunity': {
                'account_id': accounts[number % 2], 'name': f'五轴加工中心 Press line {number}', 'purchase_on': {'year': 2030, 'month': 1 + number, 'day': 5},
                'amount': {'currency_code': 'CNY', 'minor_units': 120000000 + 100 * number}}})
        for currency in ('EUR', 'CNY'):
            nora.call('OpportunityService/CreateOpportunity', {'opportunity': {'account_id': accounts[0], 'name': f'in {currency}', 'probability': 50,
                                                                               'amount': {'currency_code': currency, 'minor_units': 7700}}})
        nora.call('OpportunityService/CreateOpportunity', {'opportunity': {'account_id': accounts[0], 'name': 'Idea'}})
        nora.call('OpportunityService/CreateOpportunity', {'opportunity': {'account_id': accounts[0], 'name': 'Dealer', 'pipeline_key': 'channel'}})
        with cls.kamd.database.connect() as connection, connection.cursor() as cursor:
            cursor.execute("update kam.opportunity set stage_key = 'close', stage_since = now() - interval '100 days' where name like 'in %'")
        cls.client = cls.enterClassContext(Client(f'localhost:{cls.kamd.port}')).login('nadia', PASSWORD)

    def screen(self, columns, *words, **environment):
        out, code = self.client.screen('board', *words, columns=columns, rows=100, NO_COLOR='1', **environment)
        self.assertEqual(0, code, out)
        for line in out.split('\n'):
            self.assertLessEqual(width_of(line), columns, line)
        return out

    def test_side_by_side(self):
        for language, first in (('C.UTF-8', '1 Target'), ('zh_CN.UTF-8', '1 确定开发对象')):
            lines = self.screen(120, LANG=language).split('\n')
            head, = [line for line in lines if line.startswith(first)]
            self.assertRegex(head, r'13 +2 .* 0 +3 .* 0 +4 .* 0 +5 .* 2$')
            rules, = [line for line in lines if line.startswith('---')]
            # The second card has no neighbours but in the last stage: both columns stand where the rules say.
            cards = [line for line in lines if line.startswith('O-')]
            self.assertEqual(10, len(cards))
            width = len(rules.split(' ')[0])
            self.assertTrue(cards[0][:width].endswith(' 1,200,000'), cards[0])
            self.assertLessEqual(width_of(cards[0]), width_of(rules))
            self.assertIn('EUR 77', cards[0] + cards[1])
        out = self.screen(120)
        for text in ('+3 more', '! 100/', 'kam rate set EUR RATE', 'Other pipelines: channel (1)', 'Without an amount: 1', 'open: 15', 'CNY 14,400,143'):
            self.assertIn(text, out)

    def test_one_below_another(self):
        for language in ('C.UTF-8', 'zh_CN.UTF-8'):
            out = self.screen(80, LANG=language)
            rows = [line for line in out.split('\n') if line.startswith('  O-')]
            self.assertEqual(12, len(rows), out)
            # Right-aligned, in all stages, and the days are never left out.
            ends = {len(line) - len(line.lstrip()) + width_of(line.split()[0]) for line in rows}
            self.assertEqual(1, len(ends))
            self.assertIn('! 100/', out)
        rows = [line for line in self.screen(80, '--order', 'amount', '--limit', '2').split('\n') if line.startswith('  O-')]
        self.assertEqual(['1,200,011', '1,200,010'], [line.split()[1] for line in rows[:2]])
        self.assertEqual(15, len([line for line in self.screen(80, '--all').split('\n') if line.startswith('  O-')]))

    def test_for_programs(self):
        out = self.client.run('board').out
        self.assertEqual(15, len([line for line in out.split('\n') if line.startswith('  O-')]))
        rows = list(csv.DictReader(io.StringIO(self.client.run('board', '--csv').out)))
        self.assertEqual((15, {'target', 'close'}), (len(rows), {row['stage_key'] for row in rows}))
        self.assertEqual({'CNY 77.00', ''}, {row['reporting_amount'] for row in rows if row['name'].startswith('in ')})
        document = self.client.run('board', 'channel', '--json').json
        self.assertEqual(('channel', 1, ['Dealer']), (document['pipelineKey'], document['count'], [card['name'] for card in document['cards']]))
        self.assertEqual(['code', 'name'], list(csv.reader(io.StringIO(self.client.run('board', '--csv', '--columns', 'code,name').out)))[0])

    def test_whose(self):
        self.assertIn('Nora Nilsen', self.client.run('board', '--owner', 'nora').out)
        self.assertIn('Nothing is open.', self.client.run('board', '--owner', 'nils').out)
        ran = self.client.run('board', '--owner', 'sam')
        self.assertEqual(3, ran.code, ran.err)
        self.assertEqual(3, self.client.run('board', 'nowhere').code)

    def test_amounts_are_rounded(self):
        server = self.enterContext(FakeServer())
        client = self.enterContext(Client(server.name))
        for money, text in ((('CNY', 1665), 'CNY 17'), (('CNY', 1649), 'CNY 16'), (('CNY', 99950), 'CNY 1,000'), (('CNY', -1650), 'CNY -17'), (('CNY', -49), 'CNY 0'),
                            (('JPY', 1665), 'JPY 1,665'), (('KWD', 1500), 'KWD 2'), (('CNY', 2 ** 63 - 1), 'CNY 92,233,720,368,547,758')):
            amount = stubs.message('kam.v1.Money')(currency_code=money[0], minor_units=money[1])
            server.on('BoardService/GetBoard', lambda request, context, amount=amount: stubs.message('kam.v1.Board')(count=1, amount=amount, weighted_amount=amount))
            self.assertRegex(client.run('board', KAM_TOKEN='t').out, f'open: 1   {text}   weighted: {text}\n')


if __name__ == '__main__':
    unittest.main()
