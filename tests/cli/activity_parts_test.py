# SPDX-License-Identifier: Apache-2.0
# builds: dev asan
"""A visit from its preparation to the manager's comment, on the command line and a real kamd; in English and Chinese."""
import unittest

from client import Client
from support.cluster import Cluster
from support.kam import PASSWORD, Kamd, make_company


class Parts(unittest.TestCase):
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

    def add_account(self, name):
        return self.kam('account', 'add', '--name', name, '--json').json['code']

    def test_visit(self):
        account = self.add_account('华北机床股份有限公司')
        self.kam('contact', 'add', account, '--name', '张伟', '--title', '采购总监')
        plan = self.kam('activity', 'plan', account, 'visit', '拜访采购部', '--time', 'tomorrow 9:00', '--json').json['id']
        self.assertIn('Prepared 拜访采购部', self.kam('activity', 'prepare', plan, '--contact', '张伟', '--appointment', 'confirmed', '--address', '东门',
                                                 '--route', '地铁 2 号线', '--material', '样品册').out)
        refused = self.kam('activity', 'feedback', plan, '--customer-class', 'a', code=5)
        self.assertIn('planned', refused.err)
        self.kam('activity', 'done', plan, '--result', '有兴趣', '--next-kind', 'call', '--next-subject', '回访', '--next-time', 'in 2 days')
        self.kam('activity', 'feedback', plan, '--reaction', '很感兴趣', '--customer-class', 'a', '--next-step', '寄样品')
        page = self.kam('activity', 'show', plan).out
        for text in ('Preparation and feedback', '张伟', 'Confirmed', '东门', '地铁 2 号线', '样品册', '很感兴趣', '寄样品', 'Follow up call'):
            self.assertIn(text, page)
        chinese = self.kam('activity', 'show', plan, LANG='zh_CN.UTF-8').out
        for text in ('准备与反馈', '约见人', '已确认', '客户分类', '回访电话'):
            self.assertIn(text, chinese)
        self.assertEqual('CUSTOMER_CLASS_A', self.kam('activity', 'show', plan, '--json').json['visit']['customerClass'])
        self.kam('activity', 'prepare', plan, '--clear', 'route')
        self.assertNotIn('地铁', self.kam('activity', 'show', plan).out)
        self.assertIn('preparation and feedback', self.kam('history', plan).out)

    def test_spin(self):
        account = self.add_account('Spinning Mills')
        talk = self.kam('activity', 'plan', account, 'call', 'Ask about stoppages', '--time', 'tomorrow 9:00', '--json').json['id']
        sheet = self.kam('activity', 'spin', talk).out
        for text in ('Ask about stoppages', 'Situation', 'Problem', 'Implication', 'Need-payoff', 'How much does it cost them?'):
            self.assertIn(text, sheet)
        self.kam('activity', 'spin', 'edit', talk, '--problem-questions', 'What does a stoppage cost?')
        self.kam('activity', 'spin', 'edit', talk, '--problem-answers', '10,000 a day')
        sheet = self.kam('activity', 'spin', talk, LANG='zh_CN.UTF-8').out
        for text in ('状况', '暗示', '需求满足', '因此花费多少？', 'What does a stoppage cost?', '10,000 a day'):
            self.assertIn(text, sheet)
        self.assertEqual('10,000 a day', self.kam('activity', 'spin', talk, '--json').json['problemAnswers'])
        self.assertIn('10,000 a day', self.kam('activity', 'show', talk).out)
        self.kam('activity', 'spin', 'edit', talk, code=2)

    def test_spin_asks_on_a_terminal(self):
        account = self.add_account('Asking Works')
        talk = self.kam('activity', 'plan', account, 'call', 'Talk', '--time', 'tomorrow 9:00', '--json').json['id']
        # libtinfo keeps a few bytes of each prompt.
        child = self.clients['nora'].terminal('activity', 'spin', 'edit', talk, columns=120, ASAN_OPTIONS='detect_leaks=0')
        for at, question in enumerate(f'{part} {what}' for part in ('Situation', 'Problem', 'Implication', 'Need payoff') for what in ('questions', 'answers')):
            child.expect_exact(f'{question}: ')
            child.sendline(f'said {at}' if at in (0, 7) else '')
        child.expect_exact('Noted: Talk')
        child.wait()
        self.assertEqual(0, child.exitstatus)
        sheet = self.kam('activity', 'spin', talk, '--json').json
        self.assertEqual(('said 0', 'said 7', ''), (sheet['situationQuestions'], sheet['needPayoffAnswers'], sheet.get('problemQuestions', '')))
        # Interrupted half-way, nothing is kept.
        child = self.clients['nora'].terminal('activity', 'spin', 'edit', talk)
        child.expect_exact('Situation questions: ')
        child.sendline('half')
        child.expect_exact('Situation answers: ')
        child.sendintr()
        child.wait()
        self.assertEqual('said 0', self.kam('activity', 'spin', talk, '--json').json['situationQuestions'])

    def test_comments(self):
        account = self.add_account('Comment Trading')
        done = self.kam('activity', 'log', account, 'visit', 'First visit', '--json').json['id']
        self.kam('activity', 'comment', done, 'Who', 'decides', 'there?', who='boss')
        new = self.kam('activity', 'comments').out
        self.assertIn('Who decides there?', new)
        page = self.kam('activity', 'show', done).out
        self.assertIn('(new)', page)
        self.assertIn(f'kam activity seen {done[-8:]}', page)
        self.kam('activity', 'seen', done)
        self.assertNotIn('(new)', self.kam('activity', 'show', done).out)
        self.assertIn('Nothing found', self.kam('activity', 'comments').err)
        self.kam('activity', 'comment', done, '老张', who='nora')
        self.assertIn('老张', self.kam('activity', 'comments', who='boss').out)
        corrected = self.kam('activity', 'correct', done, '--subject', 'Second visit', '--reason', 'typo', '--json').json['id']
        self.assertIn('Who decides there?', self.kam('activity', 'show', corrected).out)
        self.assertNotIn('Who decides there?', self.kam('activity', 'show', done).out)


if __name__ == '__main__':
    unittest.main()
