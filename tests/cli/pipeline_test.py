# SPDX-License-Identifier: Apache-2.0
# builds: dev asan
"""kam pipeline: shown in both languages, exported, changed in the file, imported again; and what is wrong with a file said with its line and column."""
import pathlib
import re
import unittest

from client import Client
from support.cluster import Cluster
from support.kam import PASSWORD, Kamd, make_company

PAGE = pathlib.Path(__file__).resolve().parents[2] / 'docs' / 'pipelines.md'
SHIPPED = ('channel', 'development', 'new-customer', 'seven-stage')
GOOD = '''\
pipeline: short
name: {en: Short, zh: 短}
stages:
  - key: first
    name: {en: First, zh: 第一}
    probability: 10
    approvals: [team_manager]
    criteria:
      - key: visited
        name: {en: Visited, zh: 已拜访}
        kind: activity_done
        parameters: {kinds: [visit], count: 2}
  - key: last
    name:
      en: Last
      zh: 最后
    meaning:
      en: |
        Two lines
        of it
      zh: 一行
    probability: 90
    allowed_days: 30
'''


class PipelineCommands(unittest.TestCase):
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

    def write(self, text, name='short.yaml'):
        path = self.boss.home / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def imported(self, text, *more):
        return self.kam('pipeline', 'import', self.write(text), *more, '--json').json

    def test_the_page(self):
        page = self.kam('pipeline', 'show', 'development').out
        for wanted in ('Development', 'new opportunities begin here', '1  Target', 'target, 10 %, at most 30 days', 'First contact logged', 'Call, Visit', 'Employees or Annual revenue',
                       'relationship 4 trusted', 'Why would they choose us?', 'Team manager, then Key account group (from CNY 1,000,000.00)', 'nobody is asked'):
            self.assertIn(wanted, page)
        self.assertTrue(page.split('role')[0].isascii(), 'one language at a time')
        chinese = self.kam('pipeline', 'show', 'development', KAM_LANG='zh_CN').out
        for wanted in ('客户开发', '确定开发对象', '最多 30 天', '电话', '客户为什么会选择我们？', '团队经理', '大客户管理组', '无须批准'):
            self.assertIn(wanted, chinese)
        for unwanted in ('Target', 'Team manager', 'kinds', 'ever'):
            self.assertNotIn(unwanted, chinese)
        self.assertIn('not recorded yet', self.kam('pipeline', 'show', 'seven-stage').out)
        self.assertEqual(5, len(self.kam('pipeline', 'show', 'development', '--json').json['stages']))
        self.kam('pipeline', 'show', 'nothing', code=3)
        self.kam('pipeline', 'show', 'development', '2', code=3)

    def test_lists(self):
        listed = self.kam('pipeline', 'list', '--json').json['pipelines']
        self.assertEqual(list(SHIPPED), [one['key'] for one in listed])
        self.assertIn('渠道开发', self.kam('pipeline', 'list').out)
        kinds = self.kam('pipeline', 'kinds').out
        self.assertIn('activity_done', kinds)
        self.assertIn('1 to 3650', kinds)
        self.assertIn('已完成的跟进', self.kam('pipeline', 'kinds', KAM_LANG='zh_CN').out)

    def test_what_is_exported_is_imported_as_nothing_new(self):
        for key in SHIPPED:
            for language in ('en', 'zh_CN'):
                path = self.boss.home / f'{key}.yaml'
                self.kam('pipeline', 'export', key, path, KAM_LANG=language)
                self.assertEqual(path.read_text(), self.kam('pipeline', 'export', key).out)
                self.assertIn('says just that', self.kam('pipeline', 'import', path).out)
                self.assertIn('is right', self.kam('pipeline', 'check', path).out)
            self.assertEqual(1, self.kam('pipeline', 'show', key, '--json').json['number'])
        text = self.kam('pipeline', 'export', 'development').out
        self.assertIn('group_threshold: CNY 1,000,000.00', text)
        self.assertIn('name: {en: Target, zh: 确定开发对象}', text)
        self.assertNotIn('since: ever', text, 'what is so anyhow is left out')

    def test_from_stdin_to_stdout_and_back(self):
        text = self.kam('pipeline', 'export', 'channel', '-').out
        self.assertIn('says just that', self.kam('pipeline', 'import', '-', text=text).out)

    def test_a_file_of_ones_own(self):
        self.assertIn('would make a new pipeline', self.kam('pipeline', 'check', self.write(GOOD)).out)
        self.kam('pipeline', 'show', 'short', code=3)
        made = self.imported(GOOD, '--reason', 'of our own')
        self.assertEqual((True, 1, 'of our own'), (made['isNew'], made['pipeline']['number'], made['pipeline']['reason']))
        shown = self.kam('pipeline', 'show', 'short', '--json').json
        self.assertEqual(['first', 'last'], [one['key'] for one in shown['stages']])
        self.assertEqual('Two lines\nof it\n', shown['stages'][1]['meaningEn'])
        self.assertEqual(self.kam('pipeline', 'export', 'short').out, self.exported_again('short'))
        other = GOOD.replace('en: First', 'en: The first')
        self.assertIn('version 2', self.kam('pipeline', 'check', self.write(other)).out)
        self.assertIn('version 2', self.kam('pipeline', 'import', self.write(other)).out)
        self.assertEqual('First', self.kam('pipeline', 'show', 'short', '1', '--json').json['stages'][0]['nameEn'])
        self.assertIn('The first', self.kam('pipeline', 'export', 'short').out)
        self.assertNotIn('The first', self.kam('pipeline', 'export', 'short', '--number', '1').out)

    def test_the_file_of_the_page_is_right(self):
        self.kam('user', 'edit', 'nadia', '--key-account-group')
        text, = re.findall(r'^```yaml\n(.*?)^```', PAGE.read_text(encoding='utf-8'), re.MULTILINE | re.DOTALL)
        self.assertIn('would make a new pipeline', self.kam('pipeline', 'check', self.write(text)).out)
        self.assertTrue(self.imported(text)['isNew'])
        self.assertEqual(['qualify', 'decide', 'sign'], [one['key'] for one in self.kam('pipeline', 'show', 'projects', '--json').json['stages']])
        self.exported_again('projects')

    def exported_again(self, key):
        self.assertIn('says just that', self.kam('pipeline', 'import', self.write(self.kam('pipeline', 'export', key).out)).out)
        return self.kam('pipeline', 'export', key).out

    def test_words_that_look_like_numbers_come_back_as_words(self):
        odd = GOOD.replace('en: First,', 'en: "2026",').replace('en: Short', "en: 'true'").replace('en: Last', 'en: "null"').replace('zh: 最后', 'zh: "#最后: 甲"')
        self.imported(odd)
        self.exported_again('short')
        shown = self.kam('pipeline', 'show', 'short', '--json').json
        self.assertEqual(('true', '2026', 'null', '#最后: 甲'), (shown['nameEn'], *(shown['stages'][0][name] for name in ('nameEn',)),
                                                               shown['stages'][1]['nameEn'], shown['stages'][1]['nameZh']))

    def test_what_the_file_says_wrong_is_said_with_its_place(self):
        """Found without the server's help: each a change of the good file, and what is said of it."""
        for old, new, wanted in (('pipeline: short', 'pipelin: short', "1:1: there is no 'pipelin' here; there is pipeline, name, group_threshold, stages"),
                                 ('    probability: 10', '    chance: 10', "6:5: there is no 'chance' here"),
                                 ('        kind: activity_done', '        sort: activity_done', "11:9: there is no 'sort' here"),
                                 ('{en: First, zh: 第一}', '{en: First, de: x}', "5:23: there is no 'de' here; there is en, zh"),
                                 ('{en: First, zh: 第一}', 'First', '5:11: must be a mapping'),
                                 ('probability: 10', 'probability: ten', '6:18: must be a whole number from 0 to 100'),
                                 ('probability: 10', 'probability: 101', '6:18: must be a whole number from 0 to 100'),
                                 ('probability: 10', 'probability: [10]', '6:18: must be a text'),
                                 ('[team_manager]', '[boss]', '7:17: must be one of: team-manager, key-account-group'),
                                 ('[team_manager]', 'team_manager', '7:16: must be a list'),
                                 ('[team_manager]', '[team_manager, ]', None),
                                 ('[team_manager]', '[~]', '7:17: must not be empty'),
                                 ('{kinds: [visit], count: 2}', 'visit', '12:21: must be a mapping'),
                                 ('stages:', 'group_threshold: a lot\nstages:', '3:18: must be an amount'),
                                 ('    criteria:\n', '    criteria: none\n    criterion:\n', "9:5: there is no 'criterion' here"),
                                 ('name: {en: Short, zh: 短}', 'name: {en: Short, zh: 短}\nname: {en: Short, zh: 短}', "3:1: 'name' is there twice"),
                                 ('name: {en: Short, zh: 短}', 'name: {en: Short, zh: 短', 'this is not YAML'),
                                 ('name: {en: Short, zh: 短}', 'name: &x {en: Short, zh: 短}', '2:7: anchors'),
                                 ('name: {en: Short, zh: 短}', 'name: *x', '2:7: anchors'),
                                 ('name: {en: Short, zh: 短}', 'name: !x {en: Short, zh: 短}', '2:7: anchors'),
                                 ('name: {en: Short, zh: 短}', '\tname: x', '2:1: this is not YAML: found a tab character that violates indentation'),
                                 ('name: {en: Short, zh: 短}', 'name: "a\\0b"', '2:7: a text must be UTF-8'),
                                 ('name: {en: Short, zh: 短}', '? [a, b]\n: c', '2:3: a key must be a word'),
                                 ('pipeline: short', '--- 1\n---\npipeline: short', '2:1: there is a second document'),
                                 ('pipeline: short', 'pipeline: ' + '[' * 20 + ']' * 20, '1:26: this is nested too deep')):
            with self.subTest(new):
                self.assertIn(old, GOOD)
                text = GOOD.replace(old, new, 1)
                ran = self.boss.run('pipeline', 'check', self.write(text))
                if wanted is None:
                    self.assertEqual(0, ran.code, ran.err)
                    continue
                self.assertEqual(1, ran.code, ran.out)
                self.assertIn('short.yaml:' + wanted if wanted[0].isdigit() else wanted, ran.err)
        for text, wanted in (('', '1:1: there is nothing in this file'), ('# x\n', '1:1: there is nothing in this file'), ('[]', '1:1: must be a mapping'),
                             ('x', '1:1: must be a mapping'), (b'a: b\nc: \xff\n', '2:1: this is not YAML'), ('a: ' + '[x, ' * 1 + ', '.join(['y'] * 20001) + ']', 'too much')):
            self.assertIn(wanted, self.kam('pipeline', 'check', self.write(text), code=1).err)
        self.kam('pipeline', 'check', '/nonexistent', code=1)
        self.kam('pipeline', 'check', code=2)
        self.assertIn('too much', self.kam('pipeline', 'check', self.write('a' * (1024 * 1024 + 1)), code=1).err)

    def test_what_the_server_finds_wrong_is_said_with_its_place(self):
        for old, new, wanted in (('kind: activity_done', 'kind: activity', '11:15: there is no kind of criterion activity'),
                                 ('[visit]', '[vist]', '12:29: vist is not one of: call, visit'),
                                 ('count: 2', 'count: 0', '12:45: must be a whole number from 1 to 100'),
                                 ('count: 2', 'count: "2"', '12:45: must be a whole number from 1 to 100'),
                                 ('[visit]', '[note]', '12:29: note is not one of: call, visit'),
                                 ('count: 2', 'count: .nan', '12:45: must be a whole number from 1 to 100'),
                                 ('count: 2', 'count: 99999999999999999999', '12:45: must be a whole number from 1 to 100'),
                                 ('activity_done\n        parameters: {kinds: [visit], count: 2}', 'assessment\n        parameters: {model: valu}',
                                  '12:29: valu is not one of: dealer, value'),
                                 ('activity_done\n        parameters: {kinds: [visit], count: 2}', 'assessment\n        parameters: {model: value, grade: E}',
                                  '12:43: E is not one of: A, B, C, D'),
                                 ('count: 2', 'often: 2', '12:45: activity_done knows no often'),
                                 ('{kinds: [visit], count: 2}', '{}', '12:21: kinds: activity_done needs kinds'),
                                 ('        kind: activity_done\n', '', '9:9: kind: must be set'),
                                 ('    probability: 10\n', '    probability: 10\n    next: middle\n', '7:11: there is no stage middle'),
                                 ('    probability: 90\n', '    probability: 90\n    next: first\n', '23:11: leads back to first'),
                                 ('    probability: 10\n', '    probability: 10\n    next: won\n', '14:5: no stage leads to last'),
                                 ('key: last', 'key: first', '13:10: there is another stage first'),
                                 ('key: last', 'key: Last', '13:10: must be a-z'),
                                 ('key: last', 'key: won', '13:10: must be a-z'),
                                 ('pipeline: short', 'pipeline: Short', '1:11: must be a-z'),
                                 ('[team_manager]', '[team_manager, team_manager]', '7:16: must not ask anybody twice'),
                                 ('[team_manager]', '[key_account_group]', '7:16: asks the key account group'),
                                 ('{en: First, zh: 第一}', '{en: First}', '5:11: zh: must be set'),
                                 ('name: {en: Short, zh: 短}\n', '', '1:1: name.en: must be set'),
                                 ('key: visited', 'key: ""', '9:14: must be set')):
            with self.subTest(new):
                self.assertIn(old, GOOD)
                ran = self.kam('pipeline', 'check', self.write(GOOD.replace(old, new, 1)), code=1)
                self.assertIn('short.yaml:' + wanted, ran.err)
                self.assertIn('is not right', ran.err)
        for text, wanted in ((GOOD.replace('key: first', 'key: ' + 'k' * 10000), '4:10: is longer than 40 bytes'),
                             (GOOD + ''.join(f'  - {{key: s{number}, name: {{en: S, zh: 段}}, probability: 1}}\n' for number in range(29)), 'must have at most 30 items'),
                             (GOOD.replace('[visit]', '[' + ', '.join(['visit'] * 1000) + ']'), '12:21: must have at most 8000 bytes')):
            self.assertIn(wanted, self.kam('pipeline', 'check', self.write(text), code=1).err)
        self.assertIn('stages: must be set', self.kam('pipeline', 'check', self.write('pipeline: x\nname: {en: X, zh: 甲}\n'), code=1).err)
        # All at once, in the order of the file, and in the user's language.
        several = GOOD.replace('[visit]', '[vist]').replace('key: last', 'key: first')
        ran = self.kam('pipeline', 'import', self.write(several), code=1, KAM_LANG='zh_CN')
        lines = ran.err.splitlines()
        self.assertEqual(['12:29', '13:10'], [line.split('short.yaml:')[1].rsplit(':', 1)[0].split(': ')[0] for line in lines[:2]])
        self.assertIn('不在以下各项之中', lines[0])
        self.assertIn('已有阶段 first', lines[1])
        self.kam('pipeline', 'show', 'short', code=3)

    def test_a_group_that_is_empty(self):
        asks = GOOD.replace('[team_manager]', '[key_account_group]').replace('stages:', 'group_threshold: EUR 10.00\nstages:')
        ran = self.kam('pipeline', 'import', self.write(asks), code=1)
        self.assertIn('short.yaml:8:16: asks a group that nobody is in', ran.err)

    def test_default_and_retire(self):
        self.assertIn('New opportunities begin in', self.kam('pipeline', 'default', 'channel').out)
        self.assertIn('Retired', self.kam('pipeline', 'retire', 'development').out)
        self.assertNotIn('development', self.kam('pipeline', 'list').out)
        self.assertIn('development', self.kam('pipeline', 'list', '--include-retired').out)
        self.assertEqual(5, self.boss.run('pipeline', 'retire', 'channel').code)
        self.kam('pipeline', 'default', 'nothing', code=3)


if __name__ == '__main__':
    unittest.main()
