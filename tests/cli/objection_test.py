# SPDX-License-Identifier: Apache-2.0
# builds: dev asan
"""Objections, the library of answers, and ideas, on the command line and a real kamd; in English and Chinese."""
import unittest

from client import Client
from support.cluster import Cluster
from support.kam import PASSWORD, Kamd, make_company


class Objections(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(Cluster())
        cls.kamd = cls.enterClassContext(Kamd(make_company(cls.cluster)))
        cls.server = f'localhost:{cls.kamd.port}'
        cls.clients = {login: cls.enterClassContext(Client(cls.server)).login(login, PASSWORD) for login in ('nora', 'boss')}

    def kam(self, *words, who='nora', code=0, **options):
        ran = self.clients[who].run(*words, **options)
        self.assertEqual(ran.code, code, f'{words}: {ran.err}{ran.out}')
        return ran

    def test_from_the_objection_to_the_library(self):
        account = self.kam('account', 'add', '--name', '华北机床股份有限公司', '--json').json['code']
        self.kam('contact', 'add', account, '--name', '张伟')
        visit = self.kam('activity', 'log', account, 'visit', '拜访采购部', '--json').json['id']
        self.assertIn('--listen', self.kam('objection', 'add', visit, '比去年', '贵', code=2).err)
        out = self.kam('objection', 'add', visit, '比去年', '贵', '--listen', '与去年的供应商相比', '--contact', '张伟').out
        self.assertIn('Noted: 比去年 贵.', out)
        short = out.rpartition('[')[2].partition(']')[0]
        self.kam('objection', 'edit', short, '--share', '换我也会问', '--ask', '先试一条线', '--outcome', 'resolved')
        page = self.kam('objection', 'show', short).out
        for text in ('比去年 贵', '张伟', 'Resolved', '换我也会问', '先试一条线'):
            self.assertIn(text, page)
        page = self.kam('activity', 'show', visit, LANG='zh_CN.UTF-8').out
        for text in (f'异议  [{short}]', '已化解', '倾听', '与去年的供应商相比', '要求'):
            self.assertIn(text, page)
        self.assertIn('比去年 贵', self.kam('objection', 'list', account).out)
        # Into the library.
        proposed = self.kam('objection', 'propose', short, '--topic', '轴承', '--feature', '免维护', '--advantage', '寿命两倍', '--benefit', '每年省十万',
                            '--evidence', '检测报告', '--json').json
        self.assertEqual(('比去年 贵', 'ENTRY_STATE_PROPOSED'), (proposed['objection'], proposed['state']))
        entry = proposed['id']
        self.kam('objection', 'library', 'publish', entry, code=4)
        self.assertIn('比去年 贵', self.kam('objection', 'library', 'list', '--state', 'proposed', who='boss').out)
        self.kam('objection', 'library', 'answer', entry, '--feature', 'Stock in Tianjin', '--benefit', 'Here tomorrow', who='boss')
        self.assertIn('Published', self.kam('objection', 'library', 'publish', entry, who='boss').out)
        for words in (('免维护', '轴承'), ('tianjin',), ('去年',)):
            self.assertIn('比去年 贵', self.kam('objection', 'search', *words).out)
        self.assertIn('Nothing found', self.kam('objection', 'search', '没有的词').err)
        page = self.kam('objection', 'library', 'show', entry).out
        for text in ('Answer 1', 'Answer 2', '每年省十万', '检测报告', 'Here tomorrow', '轴承'):
            self.assertIn(text, page)
        self.assertIn('利益', self.kam('objection', 'library', 'show', entry, LANG='zh_CN.UTF-8').out)
        self.kam('objection', 'library', 'unanswer', entry, '1', who='boss')
        self.assertNotIn('检测报告', self.kam('objection', 'library', 'show', entry).out)
        self.kam('objection', 'library', 'edit', entry, '--topic', 'Bearings', who='boss')
        self.kam('objection', 'library', 'retire', entry, '--reason', 'gone', who='boss')
        self.assertIn('Nothing found', self.kam('objection', 'search', '去年').err)

    def test_an_entry_without_answers(self):
        out = self.kam('objection', 'library', 'add', 'Delivery', 'takes', 'too', 'long', who='boss').out
        self.assertIn('In the library: Delivery takes too long.', out)
        self.assertIn('Delivery takes too long', self.kam('objection', 'search', 'delivery').out)

    def test_ideas(self):
        account = self.kam('account', 'add', '--name', 'Idea Works', '--json').json['code']
        visit = self.kam('activity', 'log', account, 'visit', 'First visit', '--json').json['id']
        self.kam('idea', 'add', account, 'Offer', 'a', 'contract', '--impact', '8', '--confidence', '5', '--ease', '6', '--activity', visit)
        best = self.kam('idea', 'add', account, '请厂长参观', '--impact', '9', '--confidence', '9', '--ease', '9', '--json').json
        self.assertEqual(729, best['score'])
        self.kam('idea', 'add', account, 'x', '--impact', '11', '--confidence', '1', '--ease', '1', code=2)
        lines = self.kam('idea', 'list', account).out.splitlines()
        self.assertIn('729', lines[1])
        self.assertIn('240', lines[2])
        self.kam('idea', 'edit', best['id'], '--state', 'done', '--ease', '1')
        self.assertEqual(['Offer a contract'], [row['subject'] for row in self.kam('idea', 'list', account, '--state', 'open', '--json').json['ideas']])
        self.assertIn('81', self.kam('idea', 'show', best['id']).out)
        self.assertIn('Offer a contract', self.kam('activity', 'show', visit).out)


if __name__ == '__main__':
    unittest.main()
