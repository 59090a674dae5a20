# SPDX-License-Identifier: Apache-2.0
# builds: dev asan
"""kam rhythm: shown, saved to a file, changed there, set again; and what it makes of logged activities."""
import csv
import io
import unittest

from client import Client
from support.cluster import Cluster
from support.kam import PASSWORD, Kamd, make_company


class RhythmCommands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(Cluster())

    def setUp(self):
        self.kamd = self.enterContext(Kamd(make_company(self.cluster)))
        self.boss = self.enterContext(Client(f'localhost:{self.kamd.port}')).login('boss', PASSWORD)

    def kam(self, *words, code=0, **options):
        ran = self.boss.run(*words, **options)
        self.assertEqual(ran.code, code, f'{words}: {ran.err}{ran.out}')
        return ran

    def set(self, text, code=0, *more):
        path = self.boss.home / 'rhythm.csv'
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return self.kam('rhythm', 'set', path, *more, code=code)

    def test_what_show_writes_set_reads(self):
        shown = self.kam('rhythm', 'show')
        self.assertIn('Rhythm version', shown.out)
        self.assertIn('Again after', shown.out)
        saved = self.kam('rhythm', 'show', '--csv').out
        rows = list(csv.DictReader(io.StringIO(saved)))
        self.assertEqual(['quotation', 'sample', 'visit', 'visit'], [row['kind'] for row in rows])
        self.set(saved, 0, '--reason', 'the same again', '--replaces', '1')
        self.assertEqual(rows, list(csv.DictReader(io.StringIO(self.kam('rhythm', 'show', '--csv').out))))
        self.assertEqual(2, self.kam('rhythm', 'show', '--json').json['number'])
        self.assertRegex(self.kam('rhythm', 'list').out, r'2 .*the same again\n +1 ')
        self.assertIn('somebody', self.set(saved, 6, '--replaces', '1').err.lower())
        self.assertEqual(1, self.kam('rhythm', 'show', '1', '--json').json['number'])
        self.kam('rhythm', 'show', '7', code=3)

    def test_as_a_chinese_spreadsheet_has_it(self):
        header = self.kam('rhythm', 'show', KAM_LANG='zh_CN').out
        self.assertIn('间隔天数', header)
        path = self.boss.home / 'rhythm.csv'
        path.write_bytes('\ufeff做了什么\r\n'.encode())
        self.assertIn('没有“做了什么”这一列', self.kam('rhythm', 'set', path, code=2, KAM_LANG='zh_CN').err)
        path.write_bytes('\ufeff类型;适用于;起始天数;截止天数;跟进方式;主题;间隔天数\r\n寄样;每一次;4;5;电话;样品跟进;\r\n'.encode())
        self.kam('rhythm', 'set', path, KAM_LANG='zh_CN')
        rule, = self.kam('rhythm', 'show', '--json').json['rules']
        self.assertEqual(('ACTIVITY_KIND_SAMPLE', 4, 5, '样品跟进'), tuple(rule[name] for name in ('kind', 'fromDays', 'toDays', 'followUpSubject')))

    def test_what_is_wrong_is_said_with_its_place(self):
        head = 'kind,from_days,to_days,follow_up_kind,follow_up_subject\n'
        for text, code, wanted in ((head + 'sample,2,3,call,x\nvist,1,1,call,x\n', 2, 'line 3: kind: must be one of'),
                                   (head + 'sample,two,3,call,x\n', 2, 'line 2: from_days: must be a whole number'),
                                   (head + 'sample,2,3,,x\n', 2, 'line 2: follow_up_kind: must be set'),
                                   (head + 'sample,3,2,call,x\n', 1, 'in the rule for sample'),
                                   (head + 'sample,2,3,call,x\nsample,2,3,call,x\n', 1, 'another rule for sample'),
                                   (head.replace('kind', 'sort', 1), 2, "no column 'sort'"),
                                   (b'\xff\xfe\x00', 1, 'rhythm.csv'),
                                   (head + 'sample,2,3,call,x\n' * 41, 2, 'more than 40')):
            self.assertIn(wanted, self.set(text, code).err)
        self.kam('rhythm', 'set', code=2)
        self.kam('rhythm', 'set', '/nonexistent', code=1)
        self.assertEqual(1, self.kam('rhythm', 'show', '--json').json['number'])
        self.set(head)
        self.assertIn('no follow-ups are planned', self.kam('rhythm', 'show').out)

    def test_what_a_rule_planned_is_marked(self):
        account = self.kam('account', 'add', '--name', 'Acme', '--json').json['code']
        ran = self.kam('activity', 'log', account, 'sample', 'Three', 'pumps')
        self.assertIn('The next step is planned', ran.out)
        rows = self.kam('activity', 'list', account, '--csv').out
        self.assertEqual(['rhythm', ''], [row['origin'] for row in csv.DictReader(io.StringIO(rows))])
        self.assertRegex(self.kam('activity', 'list', account).out, r'Made by')
        call = ran.out.split('kam activity show ')[1].split()[0]
        page = self.kam('activity', 'show', call).out
        for wanted in ('Rhythm version', 'Overdue from', 'Made by'):
            self.assertIn(wanted, page)
        self.kam('activity', 'done', call, '--answered')
        self.assertEqual([], self.kam('activity', 'list', account, '--state', 'planned', '--json').json['activities'])


if __name__ == '__main__':
    unittest.main()
