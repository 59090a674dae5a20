#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Search: the rule of docs/search.md, reach, order and pages."""
import unittest

from stage import Stage


class RuleTest(Stage):
    def tokens(self, text):
        return set(self.query('select search_tokens(%s)', text)[0][0])

    def matches(self, text, query):
        return self.query('select search_vector(%s) @@ search_query(%s)', text, query)[0][0]

    def test_tokens(self):
        for text, wanted in (('张伟强', {'张伟', '伟强', '强'}), ('Acme GmbH', {'acme', 'gmbh'}), ('ABC公司2', {'abc', '公司', '司', '2'}),
                             ('ＡＢＣ', {'abc'}), ('Straße Ärger', {'straße', 'ärger'}), ('', set()), ('--!?', set()), ('張', {'張'}),
                             ('+86 138-0013-8000', {'86', '138', '0013', '8000', '8613800138000', '00138000'}), ('zhang.wei@x.com', {'zhang', 'wei', 'x', 'com'}),
                             ('東京タワー 한국', {'東京', '京タ', 'タワ', 'ワー', 'ー', '한국', '국'}), ('x' * 70, {'x' * 60})):
            self.assertEqual(wanted, self.tokens(text), text)

    def test_queries(self):
        text = '深圳市华星科技 Acme Corporation 0755-8888 1234 zhang'
        for query, wanted in (('华星', True), ('科', True), ('技', True), ('星华', False), ('华星 科技', True), ('acme', True), ('ACME cor', True), ('cor acme', False),
                              ('corp', True), ('07558888', True), ('0755 8888 1234', True), ('88881234', True), ('8888999', False), ('zh', True), ('深圳 zhang', True),
                              ('华星 missing', False), ('深华', False)):
            self.assertEqual(wanted, self.matches(text, query), query)
        for empty in ('', '  ', '!!!', '&|'):
            self.assertIsNone(self.query('select search_query(%s)', empty)[0][0])

    def test_nothing_in_a_query_is_syntax(self):
        for query in ("a' & 'b", 'a:*', '!a', '(a', "\\'", 'a | b', '<->', "张' 伟"):
            self.query('select search_query(%s)', query)

    def test_phone_numbers(self):
        for stored in ('+86 138 0013 8000', '13800138000', '138-0013-8000', '(138) 0013.8000'):
            for query in ('13800138000', '138 0013 8000', '+86 13800138000', '138-0013'):
                if query == '138-0013' and stored == '+86 138 0013 8000':
                    continue
                self.assertTrue(self.matches(stored, query), (stored, query))
        self.assertFalse(self.matches('+86 138 0013 8000', '13900138001'))


class SearchTest(Stage):
    def setUp(self):
        super().setUp()
        self.acme = self.add_account('ann', '华星科技', phone='0755 2600 1234', note='喜欢高尔夫', industry='electronics', region='South')['id']
        self.other = self.add_account('sue', '东方钢铁', registered_address='上海市浦东新区')['id']
        self.li = self.add_contact('ann', '李张伟', self.acme, title='采购', phones=['13800138000'], note='关键人物')['id']
        self.visit = self.log_activity('ann', self.acme, '拜访华星', description='讨论投诉处理')['id']

    def find(self, login, text, **more):
        return [(row['kind'], row['title']) for row in self.call(login).read('SearchService/Search', {'text': text, **more})['results']]

    def test_objections_and_the_library_come_last(self):
        for number, login in enumerate(('ann', 'ann', 'north')):
            self.call(login).write('ObjectionService/CreateObjection', {'objection': {'activity_id': self.visit, 'objection': f'华星嫌贵{number}', 'listen': '预算'}})
        self.call('ann').write('ObjectionLibraryService/CreateObjectionEntry', {'entry': {'objection': '华星的提案'}})
        self.call('boss').write('ObjectionLibraryService/CreateObjectionEntry', {'entry': {'objection': '华星太贵', 'topic': '价格'}})
        first = [('account', '华星科技'), ('activity', '拜访华星'), *(('objection', f'华星嫌贵{number}') for number in (2, 1, 0))]
        everything = [*first, ('objection_entry', '华星太贵'), ('objection_entry', '华星的提案')]
        for login, wanted in (('ann', everything), ('north', everything), ('bob', everything[5:6]), ('sue', everything[5:6]), ('desk', first[:1])):
            self.assertEqual(wanted, self.find(login, '华星'), login)
        self.assertEqual(everything[2:5], self.find('ann', '华星 预算'))
        self.assertEqual(everything[2:5], self.find('ann', '华星', kind='objection'))
        self.assertEqual(everything[5:], self.find('ann', '华星', kind='objection_entry'))
        self.assertEqual([], self.find('desk', '华星', kind='objection'))
        for size in (1, 2, 3):
            seen, page = [], None
            while True:
                answer = self.call('ann').read('SearchService/Search', {'text': '华星'}, page=page, page_size=size)
                seen += [(row['kind'], row['title']) for row in answer['results']]
                page = answer['next']
                if page is None:
                    break
            self.assertEqual(everything, seen, size)

    def test_the_archive(self):
        ann, archive = self.call('ann'), 'AccountArchiveService/'
        ann.write('NeedService/CreateNeed', {'need': {'account_id': self.acme, 'contact_id': self.li, 'kind': 'explicit', 'scope': 'person', 'text': '比宏达更快'}})
        supply = ann.write(archive + 'CreateSupply', {'supply': {'account_id': self.acme, 'supplier': '宏达轴承', 'product': 'bearings', 'shortcomings': 'always late'}})
        ann.write(archive + 'CreateBrand', {'brand': {'account_id': self.acme, 'name': '宏达牌', 'note': 'since May'}})
        event = ann.write(archive + 'CreateAccountEvent', {'event': {'account_id': self.acme, 'description': '与宏达合资', 'happened_on': '2024-05-01'}})
        ann.write(archive + 'CreateSupply', {'supply': {'account_id': self.acme, 'supplier': '宏达电机'}})
        everything = [('need', '比宏达更快'), ('supply', '宏达电机'), ('supply', '宏达轴承'), ('brand', '宏达牌'), ('event', '与宏达合资')]
        for login, wanted in (('ann', everything), ('north', everything), ('boss', everything), ('bob', []), ('sue', []), ('south', []), ('desk', [])):
            self.assertEqual(wanted, self.find(login, '宏达'), login)
            self.assertEqual(wanted[1:3], self.find(login, '宏达', kind='supply'), login)
        self.assertEqual(everything[2:3], self.find('ann', 'bearings late'))
        rows = ann.read('SearchService/Search', {'text': '宏达'})['results']
        self.assertEqual(['李张伟', '', 'bearings', 'since May', '2024-05-01'], [row['snippet'] for row in rows])
        self.assertEqual({'华星科技'}, {row['account_name'] for row in rows})
        for size in (1, 2, 3):
            seen, page = [], None
            while True:
                answer = ann.read('SearchService/Search', {'text': '宏达'}, page=page, page_size=size)
                seen += [(row['kind'], row['title']) for row in answer['results']]
                page = answer['next']
                if page is None:
                    break
            self.assertEqual(everything, seen, size)
        ann.write(archive + 'EndSupply', {'id': supply['id'], 'version': 1})
        ann.write(archive + 'RetireAccountEvent', {'id': event['id'], 'version': 1, 'reason': 'no'})
        self.assertEqual([everything[0], everything[1], everything[3]], self.find('ann', '宏达'))
        self.query('update account set retire_time = now() where id = %s', self.acme)
        self.assertEqual([], self.find('ann', '宏达'))

    def test_kinds_in_order(self):
        wanted = [('account', '华星科技'), ('activity', '拜访华星')]
        for login in ('ann', 'north', 'boss'):
            self.assertEqual(wanted, self.find(login, '华星'))
            self.assertEqual(wanted[1:], self.find(login, '华星', kind='activity'))
            self.assertEqual(wanted[:1], self.find(login, '华星', kind='account'))
            self.assertEqual([('contact', '李张伟')], self.find(login, '张伟'))
            self.assertEqual([('activity', '拜访华星')], self.find(login, '投诉'))

    def test_out_of_reach_is_not_found(self):
        for login in ('bob', 'sue', 'south'):
            for text in ('华星', '张伟', '投诉', '高尔夫', '13800138000'):
                self.assertEqual([], self.find(login, text), (login, text))
        self.call('ann').write('AccountService/AddAccountMember', {'id': self.acme, 'user_id': self.users['sue']})
        self.assertEqual([('account', '华星科技'), ('activity', '拜访华星')], self.find('sue', '华星'))
        self.assertEqual([('contact', '李张伟')], self.find('sue', '关键'))

    def test_service_finds_by_what_it_may_read(self):
        self.assertEqual([('account', '华星科技')], self.find('desk', '华星'))
        self.assertEqual([('account', '华星科技')], self.find('desk', '075526001234'))
        self.assertEqual([('account', '东方钢铁')], self.find('desk', '浦东'))
        self.assertEqual([('contact', '李张伟')], self.find('desk', '13800138000'))
        for text in ('高尔夫', '关键', '投诉', 'electronics'):
            self.assertEqual([], self.find('desk', text), text)
        row = self.call('desk').read('SearchService/Search', {'text': '华星'})['results'][0]
        self.assertEqual(('0755 2600 1234', None), (row['snippet'], row['time']))

    def test_rows(self):
        account = self.call('ann').read('SearchService/Search', {'text': 'K-000001'})['results'][0]
        self.assertEqual(('account', self.acme, 'K-000001', 'electronics, South', self.acme, '华星科技'),
                         tuple(account[name] for name in ('kind', 'id', 'code', 'snippet', 'account_id', 'account_name')))
        contact = self.call('ann').read('SearchService/Search', {'text': '张伟'})['results'][0]
        self.assertEqual((self.li, '采购, 13800138000', self.acme), (contact['id'], contact['snippet'], contact['account_id']))

    def test_cancelled_and_corrected_are_left_out(self):
        self.call('ann').write('ActivityService/CorrectActivity', {
            'id': self.visit, 'version': 1, 'reason': 'x', 'activity': {'account_id': self.acme, 'kind': 'call', 'subject': '投诉电话'}})
        self.assertEqual([('activity', '投诉电话')], self.find('ann', '投诉'))

    def test_pages(self):
        for number in range(5):
            self.log_activity('ann', self.acme, f'华星 {number}', time=f'2026-01-0{number + 1} 00:00:00+00')
            self.add_account('ann', f'华星分公司 {"一二三四五"[number]}' + '东南西北中'[number] * 3)
        for login in ('ann', 'boss', 'desk'):
            whole = self.find(login, '华星')
            self.assertEqual(6 if login == 'desk' else 12, len(whole))
            seen, page = [], None
            while True:
                answer = self.call(login).read('SearchService/Search', {'text': '华星'}, page=page, page_size=4)
                seen += [(row['kind'], row['title']) for row in answer['results']]
                page = answer['next']
                if page is None:
                    break
            self.assertEqual(whole, seen)


if __name__ == '__main__':
    unittest.main()
