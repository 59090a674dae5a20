#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# builds: dev asan
"""Opportunities on the command line: added, their parts set and taken out, shown, listed, lost, reopened, exported."""
import datetime
import unittest
import zoneinfo

from client import Client
from support.cluster import Cluster
from support.kam import PASSWORD, Kamd, make_company


class Opportunities(unittest.TestCase):
    def setUp(self):
        self.kamd = self.enterContext(Kamd(make_company(self.enterContext(Cluster()))))
        self.clients = {}

    def client(self, login):
        if login not in self.clients:
            self.clients[login] = self.enterContext(Client(f'localhost:{self.kamd.port}')).login(login, PASSWORD)
        return self.clients[login]

    def kam(self, *words, who='nora', code=0, **environment):
        ran = self.client(who).run(*words, **environment)
        self.assertEqual(ran.code, code, f'{words}: {ran.err}{ran.out}')
        return ran

    def opportunity(self, *words, **more):
        return self.kam('opportunity', *words, **more)

    def make(self):
        """One that has everything, and its code."""
        self.kam('account', 'add', '--name', '华北机床')
        self.kam('contact', 'add', '华北机床', '--name', '张伟', '--title', '设备部长')
        self.kam('contact', 'add', '华北机床', '--name', 'Li Jing', '--title', 'Buyer')
        code = self.opportunity('add', '华北机床', '--name', 'Press line 冲压线', '--amount', 'CNY 1200000', '--purchase-on', '2034-03-01', '--fund-source', 'bank',
                                '--json').json['code']
        self.opportunity('person', 'set', code, '张伟', '--buying-role', 'decider', '--stance', 'ally', '--influence', '80', '--connection')
        self.opportunity('person', 'set', code, 'Li Jing')
        self.opportunity('team', 'set', code, 'me', '--role', 'Technical lead')
        self.opportunity('product', 'set', code, 'Servo press', '--quantity', '3', '--price', 'CNY 400000')
        self.opportunity('competitor', 'set', code, 'Bolt Brothers', '--share-percent', '60%', '--weaknesses', 'Late twice', '--satisfaction', '2')
        for text in ('Price', 'Delivery'):
            self.opportunity('criterion', 'set', code, text, '--our-fit', '7')
        self.opportunity('criterion', 'set', code, 'delivery', '--rank', '1', '--tactic', 'strengthen')
        self.opportunity('answer', 'set', code, 'why-us', 'Nobody', 'else is near')
        self.opportunity('edit', code, '--positioning', 'The one that does not stop', '--worth-pursuing', '--worth-reason', 'They grow')
        return code

    def test_the_page(self):
        code = self.make()
        out, status = self.client('nora').screen('opportunity', 'show', code, rows=100, NO_COLOR='1')
        self.assertEqual(0, status, out)
        for text in (f'{code} Press line 冲压线', '华北机床', '1 of 5: ', 'CNY 1,200,000.00', '张伟 (80)', 'Decider', 'Ally', 'Technical lead', 'Servo press',
                     'Bolt Brothers', '60', 'Late twice', 'Strengthen', 'The one that does not stop', 'why-us', 'Nobody else is near', 'They grow', 'Bank'):
            self.assertIn(text, out)
        self.assertLess(out.index('Delivery'), out.index('Price', out.index('Delivery')))
        self.assertLessEqual(max(len(line) + sum(ord(c) > 0x2e80 for c in line) for line in out.splitlines()), 80)
        chinese, status = self.client('nora').screen('opportunity', 'show', 'press', rows=100, LANG='zh_CN.UTF-8', NO_COLOR='1')
        self.assertEqual(0, status, chinese)
        for text in ('确定开发对象', '标的', '竞争对手', '决策人', '项目建议书', '第 1 天', '关键人'):
            self.assertIn(text, chinese)
        row = self.opportunity('show', code, '--json').json
        self.assertEqual(('OPEN', ['张伟', 'Li Jing'], 2), (row['state'].rpartition('_')[2], [person['contactName'] for person in row['people']], len(row['criteria'])))

    def test_days_as_people_say_them(self):
        code = self.make()
        today = datetime.datetime.now().astimezone(zoneinfo.ZoneInfo('Asia/Shanghai')).date()

        def bought():
            return datetime.date(**self.opportunity('show', code, '--json').json['purchaseOn'])
        for text, days in (('in 3 days', 3), ('+2w', 14), ('tomorrow', 1), ('3天后', 3), ('today', 0)):
            self.opportunity('edit', code, '--purchase-on', text, TZ='Asia/Shanghai')
            self.assertEqual(today + datetime.timedelta(days), bought(), text)
        self.opportunity('edit', code, '--purchase-on', 'friday', TZ='Asia/Shanghai')
        self.assertEqual((4, True), (bought().weekday(), today < bought() <= today + datetime.timedelta(7)))
        self.assertIn('"in 3 days", "+2w"', self.opportunity('edit', code, '--purchase-on', 'soon', code=2).err)
        self.assertIn('"周五"、"3天后"', self.opportunity('edit', code, '--purchase-on', 'in 3 hours', code=2, LANG='zh_CN.UTF-8').err)
        self.assertIn('friday (the next one)', self.opportunity('edit', '--help').out)
        self.assertNotIn('friday (the next one)', self.opportunity('show', '--help').out)

    def test_parts(self):
        code = self.make()
        # What was set stays where it is not said again.
        self.opportunity('person', 'set', code, '张伟', '--stance', 'neutral')
        person = self.opportunity('show', code, '--json').json['people'][0]
        self.assertEqual((80, 'STANCE_NEUTRAL', True), (person['influence'], person['stance'], person['isConnection']))
        self.opportunity('person', 'set', code, '张伟', '--clear', 'influence')
        self.assertNotIn('influence', self.opportunity('show', code, '--json').json['people'][0])
        self.opportunity('product', 'set', code, 'SERVO PRESS', '--quantity', '5')
        self.assertEqual([('Servo press', '5')], [(row['product'], row['quantity']) for row in self.opportunity('show', code, '--json').json['products']])
        self.opportunity('competitor', 'set', code, 'Bolt Brothers', '--satisfaction', '1', '--if-version', '7', code=6)
        self.assertIn('Took Bolt Brothers out of', self.opportunity('competitor', 'remove', code, 'bolt').out)
        for noun, text in (('person', '张'), ('team', 'nora'), ('product', 'servo'), ('criterion', 'Price'), ('answer', 'why-us')):
            self.opportunity(noun, 'remove', code, text)
        row = self.opportunity('show', code, '--json').json
        self.assertEqual((['Li Jing'], [1]), ([person['contactName'] for person in row['people']], [one['rank'] for one in row['criteria']]))
        self.assertIn('is not in it', self.opportunity('product', 'remove', code, 'servo', code=3).err)
        self.assertIn('still needed', self.opportunity('lose', code, code=2).err)
        out = self.kam('history', code, '--with-children').out
        for text in ('opportunity: added', 'competitor: removed', 'person in the opportunity: removed', '张伟', 'Bolt Brothers'):
            self.assertIn(text, out)

    def test_values_beyond_their_bounds_are_named(self):
        self.kam('account', 'add', '--name', 'Acme')
        for option, value, said in (('--amount', 'CNY -1', 'must be an amount from CNY 0.00 to CNY 10,000,000,000,000.00'), ('--amount', 'JPY 1000000000000001', 'to JPY 1,000,000,000,000,000'),
                                    ('--purchase-on', '9999-12-31', 'must lie in the years 1990 to 2199'), ('--decision-on', '1989-12-31', 'must lie in the years')):
            err = self.opportunity('add', 'Acme', '--name', 'x', option, value, code=2).err
            self.assertIn(option.strip('-'), err)
            self.assertIn(said, err)
        # From another client, and in both languages.
        account = self.kam('account', 'show', 'Acme', '--json').json['account']['id']
        for field, value, english, chinese in (('amount', '{"currencyCode": "CNY", "minorUnits": "-1"}', 'must be 0 to 1000000000000000 in the smallest unit of its currency, got -1', '必须在'),
                                               ('decisionOn', '{"year": 9999, "month": 12, "day": 31}', 'must lie in the years 1990 to 2199, got 9999', '年份必须在')):
            request = f'{{"opportunity": {{"accountId": "{account}", "name": "x", "{field}": {value}}}}}'
            self.assertIn(f'{field.replace("On", "-on")}: {english}', self.kam('api', 'CreateOpportunity', request, code=1).err)
            self.assertIn(chinese, self.kam('api', 'CreateOpportunity', request, code=1, LANG='zh_CN.UTF-8').err)

    def test_lists(self):
        self.assertIn('kam opportunity add', self.opportunity('list').err)
        code = self.make()
        self.opportunity('add', '华北机床', '--name', 'Spare parts', '--amount', 'CNY 5000', '--purchase-on', '2033-01-01', '--pipeline-key', 'channel')
        names = lambda *words: [row['name'] for row in self.opportunity('list', *words, '--json').json.get('opportunities', [])]     # noqa: E731
        self.assertEqual(['Spare parts', 'Press line 冲压线'], names())
        self.assertEqual(['Press line 冲压线', 'Spare parts'], names('--order', 'amount', '--account', '华北机床'))
        self.assertEqual(['Spare parts'], names('--pipeline-key', 'channel'))
        out, status = self.client('nora').screen('opportunity', 'list', NO_COLOR='1')
        self.assertEqual(0, status, out)
        self.assertLessEqual(max(len(line) + sum(ord(c) > 0x2e80 for c in line) for line in out.splitlines()), 80)
        for text in (code, 'CNY 1,200,000.00', '华北机床'):
            self.assertIn(text, out)
        page, status = self.client('nora').screen('account', 'show', '华北机床', rows=100, NO_COLOR='1')
        self.assertIn('Opportunities', page)
        self.assertIn('Spare parts', page)
        self.assertIn(code, self.kam('search', 'servo').out)
        self.assertIn('Changed', self.opportunity('edit', 'spare', '--probability', '30').out)
        self.assertEqual('', self.opportunity('list', '--stalled', '--csv').out.partition('\n')[2])

    def test_lose_and_reopen(self):
        code = self.make()
        self.assertIn('Lost', self.opportunity('lose', code, '--lost-reason', 'price', '--lost-to', 'Bolt Brothers', '--note', 'too dear').out)
        self.assertIn('Lost, ', self.opportunity('show', code).out)
        self.assertIn('reopen it first', self.opportunity('lose', code, '--lost-reason', 'price', '--note', 'x', code=5).err.lower())
        self.assertIn('Nothing found', self.opportunity('list').err)
        self.assertIn(code, self.opportunity('list', '--state', 'lost').out)
        file = self.client('nora').home / 'all.csv'
        self.assertIn('1 written', self.kam('export', 'opportunities', file).out)
        text = file.read_text(encoding='utf-8-sig')
        for word in (code, 'lost', 'price', 'Bolt Brothers', '1200000.00'):
            self.assertIn(word, text)
        self.opportunity('reopen', code, '--reason', 'They ask again')
        self.assertIn(code, self.opportunity('list').out)
        self.opportunity('assign', code, 'nils', code=5)
        self.opportunity('show', 'O-999999', code=3)
        self.opportunity('show', code, who='nils', code=3)

    def test_completion(self):
        code = self.make()
        complete = lambda *words: self.kam('__complete', 'zsh', *words).out     # noqa: E731
        self.assertIn(code, complete('opportunity', 'show', 'O-'))
        self.assertIn('Press line', complete('opportunity', 'show', 'Press'))


if __name__ == '__main__':
    unittest.main()
