# SPDX-License-Identifier: Apache-2.0
# builds: dev asan
"""kam assess, model, grade, key and rate against a real server: asked on a terminal, given with options, confirmed by somebody else."""
import csv
import io
import json
import unittest

from client import Client
from support.cluster import Cluster
from support.kam import PASSWORD, Kamd, make_company

FACTORS = ('share_after_closing', 'our_benefit', 'closing_probability', 'time_and_expense', 'closing_risk', 'payment_risk', 'our_ability', 'technical_difficulty')


class Scoring(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(Cluster())

    def setUp(self):
        self.kamd = self.enterContext(Kamd(make_company(self.cluster)))
        self.boss = self.enterContext(Client(f'localhost:{self.kamd.port}')).login('boss', PASSWORD)
        self.nora = self.enterContext(Client(f'localhost:{self.kamd.port}')).login('nora', PASSWORD)
        self.kam('account', 'add', '--name', 'Acme', '--region', 'East')
        self.acme = self.kam('account', 'show', 'Acme', '--json').json['account']['id']
        self.pumps = self.kam('api', 'OpportunityService/CreateOpportunity',
                              json.dumps({'opportunity': {'account_id': self.acme, 'name': 'Pumps'}})).json['code']

    def kam(self, *words, code=0, by=None, **options):
        ran = (by or self.nora).run(*words, **options)
        self.assertEqual(ran.code, code, f'{words}: {ran.err}{ran.out}')
        return ran

    def scores(self, number, **others):
        return [word for factor in FACTORS for word in ('--score', f'{factor}={others.get(factor, number)}')]

    def test_with_options(self):
        shown = self.kam('assess', self.pumps, *self.scores(8, time_and_expense=2, closing_risk=2, payment_risk=2, technical_difficulty=2), '--why', 'our_benefit=spare parts',
                         '--expected-expenses', 'CNY 5000', '--obstacles', 'their buyer', '--step', 'Show the plant; Ann ;; 2026-12-01', '--step', 'Quote').out
        for wanted in (r'Total +80\n', r'Grade +A\n', r'Expected expenses +CNY 5,000.00', r'Our benefit +20 +8 +16 +spare parts', r'Payment risk +10 +yes +2 +8\b',
                       r'Show the plant +Ann +2026-12-01', r'Quote'):
            self.assertRegex(shown, wanted)
        self.kam('assess', self.pumps, *self.scores(5))
        listed = self.kam('assess', 'history', self.pumps, '--json').json['assessments']
        self.assertEqual([(50, 'C', -30), (80, 'A', None)], [(row['total'], row['grade'], row.get('difference')) for row in listed])
        shown = self.kam('assess', 'show', listed[0]['id'], KAM_LANG='zh_CN').out
        for wanted in ('前次总分 +80', '与前次之差 +-30', '我方收益 +20 +5 +8 +10'):
            self.assertRegex(shown, wanted)
        rows = list(csv.DictReader(io.StringIO(self.kam('assess', 'show', listed[1]['id'], '--csv').out)))
        self.assertEqual(('our_benefit', '8', '16', 'spare parts'), tuple(rows[1][name] for name in ('factor_key', 'score', 'points', 'note')))

    def test_what_is_wrong_is_said(self):
        self.assertIn('scores are missing: our_benefit', self.kam('assess', self.pumps, *self.scores(5)[:2], '--score', 'closing_risk=1', code=2).err)
        self.assertIn('share_after_closing, our_benefit', self.kam('assess', self.pumps, '--score', 'gut=7', code=2).err)
        for score in ('11', '-1', '7.5', '', 'x', '99999999999999999999'):
            self.assertIn('0 to 10', self.kam('assess', self.pumps, '--score', f'our_benefit={score}', code=2).err)
        self.assertIn('date', self.kam('assess', self.pumps, *self.scores(5), '--step', 'Go;;;soon', code=2).err.lower())
        self.kam('assess', 'O-999999', *self.scores(5), code=3)
        self.assertIn('kam model list', self.kam('assess', self.pumps, '--model-key', '6c', code=3).err)
        self.assertEqual([], self.kam('assess', 'history', '--account', 'Acme', '--json').json.get('assessments', []))
        self.assertIn('See: kam help assess history', self.kam('assess', 'history', code=2).err)

    def test_asked_one_by_one(self):
        """Without an answer it is what it was the last time; a slip is asked again."""
        self.kam('assess', self.pumps, *self.scores(6))
        child = self.nora.terminal('assess', self.pumps, NO_COLOR='1', ASAN_OPTIONS='detect_leaks=0')
        for factor, answer in (('Share after closing', '12'), ('Share after closing', '9 they said so'), ('Our benefit', ''), ('Probability', '7'), ('Time and expense', ''),
                               ('Closing risk', ''), ('Payment risk', ''), ('Our ability', '10'), ('Technical', '')):
            child.expect(f'{factor}.*\\[6\\]: ')
            child.sendline(answer)
        child.expect('Grade +[A-D]')
        child.expect('they said so')
        child.wait()
        self.assertEqual(0, child.exitstatus)
        # 18 + 12 + 10.5 + 3 * 4 + 10 + 2
        self.assertEqual(64.5, self.kam('assess', 'history', self.pumps, '--json').json['assessments'][0]['total'])

    def test_given_up_records_nothing(self):
        child = self.nora.terminal('assess', self.pumps, NO_COLOR='1', ASAN_OPTIONS='detect_leaks=0')
        child.expect('Share after closing.*: ')
        child.sendeof()
        child.expect('nothing was recorded')
        child.wait()
        self.assertEqual([], self.kam('assess', 'history', self.pumps, '--json').json.get('assessments', []))

    def test_a_grade_is_confirmed_by_a_manager(self):
        self.kam('assess', self.pumps, *self.scores(8, payment_risk=1))
        listed = self.kam('grade', 'list', by=self.boss).out
        self.assertRegex(listed, 'Acme +Potential +B +')
        short = listed.splitlines()[1].split()[0]
        self.kam('grade', 'confirm', self.kam('grade', 'list').out.splitlines()[1].split()[0], code=4)
        shown = self.kam('grade', 'confirm', short, '--review-on', '2030-01-31', by=self.boss).out
        self.assertRegex(shown, 'State +Confirmed')
        page = self.kam('account', 'show', 'Acme', KAM_LANG='zh_CN').out
        self.assertRegex(page, '潜力 +B')
        self.assertRegex(self.kam('account', 'list').out, r'Potential.*\n.*Acme.* B\b')
        for columns in (80, 120):
            out, _ = self.nora.screen('account', 'list', columns=columns, NO_COLOR='1')
            self.assertRegex(out, r'(?s)Potential.*Acme.* B\b')
            self.assertLessEqual(max(map(len, out.splitlines())), columns)
        self.assertEqual('name,potential_grade,is_key', self.kam('account', 'list', '--columns', 'name,potential-grade,is-key', '--csv').out.splitlines()[0].strip())
        self.assertRegex(page, '等级复审日 +2030-01-31')
        self.assertRegex(self.kam('grade', 'reviews', '--until', '2030-02-01').out, 'K-000001 +Acme +2030-01-31 +B')
        self.kam('grade', 'suggest', 'Acme', 'credit', '--grade', 'B', '--credit-limit', 'CNY 20000', '--terms-days', '45', '--reason', 'bank guarantee')
        short = self.kam('grade', 'list', by=self.boss).out.splitlines()[1].split()[0]
        self.kam('grade', 'return', short, '--reason', 'not signed', by=self.boss)
        self.assertRegex(self.kam('grade', 'list', 'Acme').out, 'Credit +B +.*CNY 20,000.00 +45 +Returned')

    def test_a_model_is_saved_changed_and_set(self):
        saved = self.kam('model', 'show', 'value', '--json', by=self.boss).json
        saved['factors'][0]['weight'] = 19
        path = self.boss.home / 'value.json'
        path.write_text(json.dumps(saved))
        self.assertIn('and not 99', self.kam('model', 'set', path, by=self.boss, code=1).err)
        saved['factors'][1]['weight'] = 21
        path.write_text(json.dumps(saved))
        self.kam('model', 'set', path, code=4)
        self.assertRegex(self.kam('model', 'set', path, '--reason', 'benefit first', '--replaces', '1', by=self.boss).out, 'Model version +2')
        self.kam('model', 'set', path, '--replaces', '1', by=self.boss, code=6)
        again = self.kam('model', 'show', 'value', '--json').json
        self.assertEqual((2, 'benefit first', saved['factors'], saved['grades']), (again['number'], again['reason'], again['factors'], again['grades']))
        path.write_text('{"key": ')
        self.kam('model', 'set', path, by=self.boss, code=2)
        self.kam('model', 'set', 'nowhere.json', by=self.boss, code=1)

    def test_key_accounts_and_rates(self):
        self.kam('account', 'figures', 'set', 'Acme', '2026', '--purchases', 'USD 1000', '--our-share', '40%')
        self.assertIn('USD', self.kam('key', 'mark', by=self.boss, code=5).err)
        self.kam('rate', 'set', 'USD', '7.1', '--from-on', '2020-01-01', by=self.boss)
        self.assertRegex(self.kam('report', 'key-accounts').out, 'Acme +CNY 2,840.00 +100 % +100 % +A')
        self.kam('key', 'quota', 'set', '--region', 'East', '--most', '0', by=self.boss)
        self.assertRegex(self.kam('key', 'mark', by=self.boss).out, r'Key accounts +0\n(.*\n)+ +Left out by quota +1')
        self.kam('key', 'quota', 'set', '--region', 'East', by=self.boss)
        self.kam('key', 'mark', by=self.boss)
        self.assertRegex(self.kam('account', 'show', 'Acme').out, 'Key account +yes')
        self.kam('key', 'mark', code=4)


if __name__ == '__main__':
    unittest.main()
