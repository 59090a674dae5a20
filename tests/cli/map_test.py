# SPDX-License-Identifier: Apache-2.0
# builds: dev asan
"""kam map on a terminal, in a pipe, in Chinese, as DOT and as a picture; kam engagement, competition, swot, account plan and care."""
import os
import re
import stat
import subprocess
import unicodedata
import unittest

from client import Client
from fake_server import FakeServer
from support import stubs
from support.cluster import Cluster
from support.kam import PASSWORD, Kamd, make_company

ID = '0190b0c0-0000-7000-8000-%012d'
HOSTILE = 'x" ]; system("id") // \\ \x1b[31m & <b> \\N $(id) `id`'


def width(text):
    return sum(0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in 'WF' else 1 for char in text)


class MapDrawing(unittest.TestCase):
    """Against a server that says what the test wants."""

    def setUp(self):
        self.server = self.enterContext(FakeServer())
        self.client = self.enterContext(Client(self.server.name))
        self.server.on('MapService/GetPowerMap', lambda request, context: self.map)
        self.server.on('AccountService/GetAccount', lambda request, context: stubs.message('kam.v1.Account')(id=ID % 99, code='K-000001', name='滨江化工'))
        self.client.run('map', ID % 99, KAM_TOKEN='t')  # learns the key
        self.map = self.power_map([])

    def person(self, number, name, superior=0, **fields):
        return stubs.message('kam.v1.MapPerson')(contact_id=ID % number, name=name, reports_to_id=ID % superior if superior else '', **fields)

    def power_map(self, people, **fields):
        return stubs.message('kam.v1.PowerMap')(account_id=ID % 99, account_code='K-000001', account_name='滨江化工', people=people, person_count=len(people), **fields)

    def screen(self, *words, **options):
        out, code = self.client.screen('map', ID % 99, *words, **{'KAM_TOKEN': 't', 'NO_COLOR': '1', **options})
        self.assertEqual(0, code, out)
        return out

    def story(self):
        return self.power_map([
            self.person(1, '李建华', title='总经理', buying_roles=[4], stance=2, influence=90, relationship=2, counterpart_name='陈总', is_untouched=True),
            self.person(2, '王强', 1, title='采购部长', buying_roles=[5], stance=3, influence=70, relationship=1, last_touch_time={'seconds': 1_700_000_000},
                        is_untouched=True),
            self.person(3, '张伟', 1, title='设备部经理', buying_roles=[3, 1], stance=1, influence=60, relationship=4, is_insider=True,
                        last_touch_time={'seconds': 4_000_000_000}),
            self.person(4, 'Jean-Baptiste de la Tour du Pin-Chambly', 3, title='Head of maintenance, north and south plants', influence=20, is_untouched=True),
            self.person(5, '孙', last_touch_time={'seconds': 1_700_000_000}),
        ], coverage_percent=25, ties=[dict(kind=3, from_contact_id=ID % 3, from_name='张伟', to_contact_id=ID % 1, to_name='李建华')],
            warnings=[dict(kind=3, contact_id=ID % 1, contact_name='李建华'), dict(kind=9, contact_name='周', days=12), dict(kind=8, contact_name='王强'),
                      dict(kind=8, contact_name='李建华', insider_name='张伟')])

    def test_who_decides_who_is_for_us_whom_nobody_talks_to(self):
        self.map = self.story()
        for language, wanted in (('C.UTF-8', ('Decides               李建华', 'For us                张伟', 'Against us            王强',
                                              'Nobody talks to       李建华, 王强, Jean-Baptiste de la Tour du Pin-Chambly\n',
                                              '! 王强 is against us and has more influence than any insider of ours.',
                                              '! 李建华 is against us, and our insider 张伟 reports to them.', '! 李建华 decides, and nothing was ever done with them.',
                                              '! 周, our insider, left 12 days ago.', 'never', '张伟 influences 李建华', '* our insider')),
                                 ('zh_CN.UTF-8', ('决策人', '支持我方', '从未', '! 我方内线 周 已于 12 天前离开。', '! 李建华 反对我方，而我方内线 张伟 是其下属。', '张伟 影响 李建华', '决 决策人'))):
            out = self.screen(LANG=language)
            for text in wanted:
                self.assertIn(text, out, language)
            self.assertNotIn('\x1b', out)
            lines = out.splitlines()
            self.assertLessEqual(max(map(width, lines)), 80, out)
            # A tree: who reports to whom, under whom they report to.
            rows = [line for line in lines if re.match(r'[-+=?] ', line) and '  ' in line and ('90' in line or '□' in line or '孙' in line or '设备' in line)]
            for row, wanted_row in zip(rows, ('= 李建华  总', '- ├─ 王强  采', '+ └─ 张伟*  设', '?    └─ Jean'), strict=False):
                self.assertTrue(row.startswith(wanted_row), row)
            places = {width(row[:row.index('■')]) for row in rows if '■' in row}
            self.assertEqual(1, len(places), 'the bars line up\n' + out)

    def test_colour(self):
        self.map = self.story()
        out, code = self.client.screen('map', ID % 99, KAM_TOKEN='t', TERM='xterm-256color')
        self.assertEqual(0, code)
        for text in ('\x1b[1m= 李建华', '\x1b[31m- ├─ 王强', '\x1b[32m+ └─ 张伟*'):
            self.assertIn(text, out)

    def test_in_a_pipe(self):
        self.map = self.story()
        ran = self.client.run('map', ID % 99, KAM_TOKEN='t')
        self.assertIn('Jean-Baptiste de la Tour du Pin-Chambly  Head of maintenance, north and south plants', ran.out)
        self.assertNotIn('\x1b', ran.out)
        self.assertEqual(5, len(self.client.run('map', ID % 99, '--json', KAM_TOKEN='t').json['people']))
        self.assertEqual(6, len(self.client.run('map', ID % 99, '--csv', KAM_TOKEN='t').out.splitlines()))

    def test_sixty_people_and_a_deep_chain(self):
        self.map = self.power_map([self.person(at, f'张{at:02}' * 4, at - 1, title='工程师' * 9, influence=at % 101, stance=at % 5) for at in range(1, 61)])
        for language in ('C.UTF-8', 'zh_CN.UTF-8'):
            out = self.screen(LANG=language, rows=200)
            self.assertLessEqual(max(map(width, out.splitlines())), 80)
            for at in range(1, 61):
                self.assertIn(f'张{at:02}', out)
        self.map = self.power_map([self.person(at, f'Person {at}') for at in range(1, 61)])
        self.assertEqual(60, len(re.findall(r'^\? Person', self.screen(rows=200), re.MULTILINE)))

    def test_a_loop_ends(self):
        self.map = self.power_map([self.person(1, 'A', 2), self.person(2, 'B', 1), self.person(3, 'C', 3)])
        out = self.screen()
        for name in 'ABC':
            self.assertEqual(1, len(re.findall(rf'^\? (?:└─ )?{name}\b', out, re.MULTILINE)), out)

    def test_nobody(self):
        self.assertIn('滨江化工', self.screen())
        self.map = self.power_map([], warnings=[dict(kind=1)])
        self.assertIn('Nobody there is known.', self.screen())

    def hostile_map(self):
        return self.power_map([self.person(1, HOSTILE, title=HOSTILE, influence=100, relationship=5), self.person(2, 'ok', 1)],
                              ties=[dict(kind=1, from_contact_id=ID % 1, from_name=HOSTILE, to_contact_id=ID % 2, to_name='ok'),
                                    dict(kind=1, from_contact_id=ID % 1, to_contact_id=ID % 77)])

    def test_names_command_nothing(self):
        self.map = self.hostile_map()
        out = self.screen(columns=200)
        self.assertNotIn('\x1b[31m &', out)
        dot = self.client.run('map', ID % 99, '--dot', KAM_TOKEN='t').out
        self.assertEqual(2, len(re.findall(r'^  n\d+ \[label', dot, re.MULTILINE)))
        self.assertEqual(2, len(re.findall(r'^  n\d+ -> n\d+ \[', dot, re.MULTILINE)))
        self.assertIn(r'x\" ]; system(\"id\") // \\ \\x1b[31m &amp; <b> \\N', dot)
        svg = self.client.home / 'map.svg'
        ran = self.client.run('map', ID % 99, '--svg', svg, KAM_TOKEN='t')
        self.assertEqual((0, ''), (ran.code, ran.err), ran.out)
        texts = ' '.join(re.findall(r'<text[^>]*>([^<]*)</text>', svg.read_text(encoding='utf-8'))).replace('&#160;', ' ')
        self.assertIn('x&quot; ]; system(&quot;id&quot;) // \\ \\x1b[31m &amp; &lt;b&gt; \\N', texts)
        self.assertEqual(0, stat.S_IMODE(svg.stat().st_mode) & 0o077)

    def with_dot(self, script):
        """A directory with a program dot of our own making, or none."""
        folder = self.client.home / 'bin'
        folder.mkdir(exist_ok=True)
        if script is not None:
            (folder / 'dot').write_text('#!/bin/sh\n' + script)
            (folder / 'dot').chmod(0o755)
        return str(folder)

    def test_pictures(self):
        self.map = self.story()
        svg = self.client.home / '-Tpng; touch x.svg'
        ran = self.client.run('map', ID % 99, '--svg', svg, KAM_TOKEN='t', PATH=self.with_dot(None))
        self.assertEqual(1, ran.code)
        self.assertIn("program 'dot' is not installed here", ran.err)
        self.assertIn('apt-get install graphviz', ran.err)
        self.assertEqual([], [name for name in os.listdir(self.client.home) if 'svg' in name])
        path = self.with_dot('[ "$*" = "-q -Tsvg" ] || exit 3; echo half; exit 1') + ':/usr/bin:/bin'
        ran = self.client.run('map', ID % 99, '--svg', svg, KAM_TOKEN='t', PATH=path)
        self.assertEqual(1, ran.code)
        self.assertIn('did not draw', ran.err)
        self.assertEqual([], [name for name in os.listdir(self.client.home) if 'svg' in name])
        ran = self.client.run('map', ID % 99, '--svg', svg, KAM_TOKEN='t', PATH=self.with_dot('[ "$*" = "-q -Tsvg" ] || exit 3; exec cat') + ':/usr/bin:/bin')
        self.assertEqual(0, ran.code, ran.err)
        self.assertEqual(self.client.run('map', ID % 99, '--dot', KAM_TOKEN='t').out, svg.read_text(encoding='utf-8'))
        ran = self.client.run('map', ID % 99, '--svg', '-', KAM_TOKEN='t')
        self.assertIn('</svg>', ran.out)

    def test_the_graph_is_one(self):
        self.map = self.story()
        dot = self.client.run('map', ID % 99, '--dot', KAM_TOKEN='t').out
        done = subprocess.run(['dot', '-Tplain'], input=dot, capture_output=True, text=True, check=True)
        self.assertEqual(5, len(re.findall('^node ', done.stdout, re.MULTILINE)))
        self.assertEqual(4, len(re.findall('^edge ', done.stdout, re.MULTILINE)))

    def test_without_an_account(self):
        ran = self.client.run('map', KAM_TOKEN='t')
        self.assertEqual(2, ran.code)
        self.assertIn('ACCOUNT is missing', ran.err)


class Commands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(Cluster())

    def setUp(self):
        self.kamd = self.enterContext(Kamd(make_company(self.cluster)))
        self.boss = self.enterContext(Client(f'localhost:{self.kamd.port}')).login('boss', PASSWORD)
        self.code = self.kam('account', 'add', '--name', '滨江化工', '--json').json['code']

    def kam(self, *words, code=0, **options):
        ran = self.boss.run(*words, **options)
        self.assertEqual(ran.code, code, f'{words}: {ran.err}{ran.out}')
        return ran

    def short(self, text):
        return re.search(r'\[([0-9a-f]{8})\]', text).group(1)

    def test_engagement(self):
        for name in ('张伟', '李建华'):
            self.kam('contact', 'add', self.code, '--name', name, '--buying-role', 'decider' if name == '李建华' else 'influencer')
        self.assertIn('kam engagement add', self.kam('engagement', 'list').err)
        plan = self.short(self.kam('engagement', 'add', self.code, '--approach', 'bottom-up').out)
        first = self.kam('engagement', 'step', 'add', self.code, '李建华', '--by-on', '2030-12-01', '--relationship', '4').out
        self.assertIn('No initiative', first)
        self.kam('engagement', 'step', 'add', plan, '张伟', '--position', '1', '--note', '技术交流')
        shown = self.kam('engagement', 'show', self.code).out
        self.assertLess(shown.index('张伟'), shown.rindex('李建华'))
        self.assertIn('Leads to', shown)
        step = re.search(r'([0-9a-f]{8})  +1  张伟', shown).group(1)
        self.kam('activity', 'log', self.code, 'visit', '交流', '--contact', '张伟')
        activity = re.search(r'^([0-9a-f]{8})', self.kam('activity', 'list', self.code, '--state', 'done').out, re.MULTILINE).group(1)
        self.assertIn('Done', self.kam('engagement', 'step', 'done', step, activity).out)
        self.kam('engagement', 'done', plan, code=5)
        self.kam('engagement', 'step', 'reopen', step)
        self.kam('engagement', 'step', 'edit', step, '--by-on', 'today')
        today = self.kam('today').out
        self.assertIn('Steps to the deciders', today)
        self.assertIn('张伟', today)
        self.kam('engagement', 'step', 'remove', step)
        self.assertNotIn('张伟', self.kam('engagement', 'show', plan).out)
        self.kam('engagement', 'drop', plan, code=2)
        self.kam('engagement', 'drop', plan, '--reason', 'called off')
        self.assertIn('dropped', self.kam('engagement', 'list', self.code, '--include-ended').out.lower())
        self.kam('engagement', 'show', self.code, code=3)

    def test_competition(self):
        self.assertIn('kam competition add', self.kam('competition', 'show', self.code).err)
        self.kam('competition', 'add', self.code, '--price', '5', '--service', '9')
        self.kam('competition', 'add', self.code, '--competitor', '东方泵业', '--price', '8', '--service', '3')
        grid = self.kam('competition', 'show', self.code).out
        self.assertRegex(grid, r'Area +We +东方泵业')
        self.assertRegex(grid, r'Price +5 +!8')
        self.assertRegex(grid, r'Service +9 +3')
        self.assertRegex(self.kam('competition', 'show', self.code, LANG='zh_CN.UTF-8').out, r'价格 +5 +!8')
        row = re.search(r'([0-9a-f]{8})  东方', self.kam('competition', 'list', self.code).out).group(1)
        self.kam('competition', 'edit', row, '--price', '4')
        self.assertNotIn('!', self.kam('competition', 'show', self.code).out.split('Scores')[0])
        self.kam('competition', 'remove', row, '--reason', 'gave up')
        self.assertNotIn('东方', self.kam('competition', 'show', self.code).out)
        self.kam('competition', 'add', self.code, '--price', '11', code=2)

    def test_texts(self):
        self.kam('swot', 'add', self.code, '--strengths', 'near', '--threats', 'price war')
        swot = re.search(r'^([0-9a-f]{8})', self.kam('swot', 'list', self.code).out, re.MULTILINE).group(1)
        self.kam('swot', 'edit', swot, '--conclusion', 'stay close')
        shown = self.kam('swot', 'show', swot).out
        for text in ('near', 'price war', 'stay close'):
            self.assertIn(text, shown)
        self.kam('account', 'plan', 'set', self.code, '2027', '--goals', '份额到40%')
        self.kam('account', 'plan', 'set', self.code, '2027', '--review', 'done')
        shown = self.kam('account', 'plan', 'show', self.code, '2027').out
        self.assertIn('份额到40%', shown)
        self.assertIn('done', shown)
        self.assertIn('2027', self.kam('account', 'plan', 'list', self.code).out)
        self.assertIn('Nothing found', self.kam('care', 'list', self.code).err)

    def test_the_budget_window(self):
        self.kam('account', 'edit', self.code, '--budget-month', '1', '--budget-lead-days', '300')
        self.kam('account', 'edit', self.code, '--budget-month', '6')
        self.assertIn('Budget month', self.kam('account', 'show', self.code).out)


if __name__ == '__main__':
    unittest.main()
