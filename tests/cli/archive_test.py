#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# builds: dev asan
"""The archive of an account from the command line: figures, suppliers, brands, events, channel."""
import csv
import io
import re
import unittest

from client import Client
from support.cluster import Cluster
from support.kam import PASSWORD, Kamd, make_company


class ArchiveCommands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(Cluster())

    def setUp(self):
        kamd = self.enterContext(Kamd(make_company(self.cluster)))
        self.client = self.enterContext(Client(f'localhost:{kamd.port}')).login('boss', PASSWORD)
        self.code = self.kam('account', 'add', '--name', 'Acme', '--json').json['code']

    def kam(self, *words, code=0, **options):
        ran = self.client.run(*words, **options)
        self.assertEqual(ran.code, code, f'{words}: {ran.err}{ran.out}')
        return ran

    def test_figures(self):
        ran = self.kam('account', 'figures', 'set', self.code, '2025', '--revenue', 'CNY 5000000', '--net-margin', '12.5%', '--our-share', '30 ％',
                       '--return-on-assets=-0.05', '--collection-days', '45')
        self.assertIn(self.code, ran.out)
        self.kam('account', 'figures', 'set', self.code, '2025', '--clear', 'collection-days', '--note', 'from the annual report')
        self.kam('account', 'figures', 'set', self.code, '2024', '--revenue', 'CNY 1')
        shown = self.kam('account', 'figures', 'show', self.code, '2025').out
        for text in ('CNY 5,000,000.00', '12.5 %', '30 %', '-0.05 %', 'from the annual report'):
            self.assertIn(text, shown)
        self.assertNotIn('45', shown)
        rows = list(csv.DictReader(io.StringIO(self.kam('account', 'figures', 'list', self.code, '--csv').out)))
        self.assertEqual([('2025', '12.5', '30'), ('2024', '', '')], [(row['year'], row['net_margin'], row['our_share']) for row in rows])
        self.assertEqual(1250, self.kam('account', 'figures', 'show', self.code, '2025', '--json').json['netMargin'])
        self.assertIn('CNY 5,000,000.00', self.kam('account', 'show', self.code).out)
        self.kam('account', 'figures', 'retire', self.code, '2024', '--reason', 'wrong')
        self.assertEqual(1, len(self.kam('account', 'figures', 'list', self.code, '--json').json['figures']))
        for wrong in ('101', '-1', '1.234', 'half', '%', ''):
            ran = self.kam('account', 'figures', 'set', self.code, '2025', '--our-share=' + wrong, code=2)
            self.assertIn('from 0 % to 100 %', ran.err)
        history = self.kam('history', self.code, '--with-children').out
        for text in ('figures', '12.5 %', 'CNY 5,000,000.00'):
            self.assertIn(text, history)

    def test_suppliers_brands_events(self):
        for noun, add, edit, end in (
                ('supplier', ['--supplier', 'Bolt Brothers', '--share', '60%', '--since', '2019', '--willingness', 'open'], ['--won-by', 'price'], ['end']),
                ('brand', ['--name', 'Bolt Brothers', '--relation', 'competes'], ['--note', 'price'], ['retire', '--reason', 'x']),
                ('event', ['--description', 'Bolt Brothers', '--happened-on', '2024-05-01'], ['--happened-on', '2024-05-02'], ['retire', '--reason', 'x'])):
            with self.subTest(noun):
                self.kam('account', noun, 'add', self.code, *add)
                listed = self.kam('account', noun, 'list', self.code).out
                self.assertIn('Bolt Brothers', listed)
                short_id = re.search('[0-9a-f]{8}', listed).group()
                self.kam('account', noun, 'edit', short_id, *edit)
                self.assertIn(edit[1], self.kam('account', noun, 'list', self.code).out)
                ran = self.kam('account', noun, 'edit', 'Bolt', *edit, code=3)
                self.assertIn('short id', ran.err)
                self.kam('account', noun, end[0], short_id, *end[1:])
                self.assertNotIn('Bolt', self.kam('account', noun, 'list', self.code).out)
                past = '--include-past' if noun == 'supplier' else '--include-retired'
                self.assertIn('Bolt', self.kam('account', noun, 'list', self.code, past).out)
        history = self.kam('history', self.code, '--with-children', '--all').out
        for text in ('supplier: added', 'brand: changed', 'event: added', '60 %', 'Competes'):
            self.assertIn(text, history)

    def test_codes_and_names_that_look_like_one(self):
        self.assertIn('Acme', self.kam('account', 'show', self.code.lower()).out)
        self.kam('account', 'add', '--name', 'Schmidt-2')
        self.assertIn('Schmidt-2', self.kam('account', 'show', 'Schmidt-2').out)
        self.assertIn("'ZZ-77'", self.kam('account', 'show', 'ZZ-77', code=3).err)

    def test_the_archive_is_found(self):
        self.kam('account', 'supplier', 'add', self.code, '--supplier', 'Bolt Brothers', '--product', 'bearings')
        out = self.kam('search', 'bolt').out
        for text in ('Bolt Brothers', 'Acme', 'bearings', 'Supply'):
            self.assertIn(text, out)
        # An account that supplies others is still the one that is meant.
        self.kam('account', 'add', '--name', 'Bolt Brothers')
        self.assertIn('Bolt Brothers', self.kam('history', 'Bolt Brothers').out)

    def test_channel_and_words(self):
        top = self.kam('account', 'add', '--name', 'Top Wholesale', '--json').json['code']
        self.kam('account', 'edit', self.code, '--upstream', top, '--territory', '华东', '--territory', 'Zhejiang', '--channel-position', 'distributor',
                 '--own-capital', 'CNY 100', '--bad-record', 'late', '--relationship-kind', 'partnership', '--selling-level', 'value')
        shown = self.kam('account', 'show', self.code).out
        for text in ('Top Wholesale', '华东, Zhejiang', 'Distributor', 'CNY 100.00', 'late', 'Partnership', 'Value'):
            self.assertIn(text, shown)
        self.assertIn('Top Wholesale', self.kam('history', self.code).out)
        self.assertIn('上级供货方', self.kam('account', 'show', self.code, LANG='zh_CN.UTF-8').out)

    def test_conflicts_and_what_is_missing(self):
        top = self.kam('account', 'add', '--name', 'Top Wholesale', '--territory', 'ZHEJIANG', '--json').json['code']
        self.kam('account', 'edit', self.code, '--upstream', top, '--territory', 'Zhe jiang', '--phone', '1')
        ran = self.kam('account', 'conflicts', self.code)
        for text in (top, 'Top Wholesale', 'Upstream', 'ZHEJIANG'):
            self.assertIn(text, ran.out)
        shown = self.kam('account', 'show', self.code).out
        self.assertRegex(shown, 'Territory conflicts +1\n')
        self.assertRegex(shown, 'Complete, % +4\n')
        self.assertRegex(shown, 'Missing +People, Decider, Figures, Suppliers, Main products')
        self.assertRegex(self.kam('account', 'show', self.code, LANG='zh_CN.UTF-8').out, '尚缺 +联系人, 决策人, 经营数据')
        rows = self.kam('account', 'incomplete', '--json').json['accounts']
        self.assertEqual(['Top Wholesale', 'Acme'], [row['name'] for row in rows])
        screen, code = self.client.screen('account', 'incomplete', columns=80, NO_COLOR='1')
        self.assertEqual(0, code)
        self.assertIn('Top Wholesale', screen)
        self.assertLessEqual(max(map(len, screen.splitlines())), 80)


if __name__ == '__main__':
    unittest.main()
