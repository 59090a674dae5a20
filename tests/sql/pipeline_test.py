#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Pipelines: those that come with kam, importing versions, and every way in which a definition can be wrong."""
import copy
import json
import pathlib
import re
import unittest

from race_test import Race
from stage import Stage

STAGES = ('a', 'b', 'c')
PAGE = pathlib.Path(__file__).resolve().parents[2] / 'docs' / 'pipelines.md'


def stage(key, **fields):
    return {'key': key, 'name_en': key.upper(), 'name_zh': '阶段' + key, 'probability': 10, **fields}


def criterion(kind_='need_stated', key='x', stage='a', **parameters):
    return {'stage': stage, 'key': key, 'kind': kind_, 'name_en': 'X', 'name_zh': '甲', 'parameters': json.dumps(parameters) if parameters else ''}


def definition(*criteria, stages=STAGES, **fields):
    return {'key': 'short', 'name_en': 'Short', 'name_zh': '短', 'stages': [one if isinstance(one, dict) else stage(one) for one in stages],
            'criteria': list(criteria), **fields}


class Pipelines(Stage):
    def get(self, key, number=0, login='ann'):
        answer = self.call(login).read('PipelineService/GetPipeline', {'key': key, 'number': number})
        return answer['.'], answer['stages'], answer['criteria']

    def give(self, pipeline, login='boss', **fields):
        return self.call(login).write('PipelineService/ImportPipeline', {'pipeline': pipeline, **fields})

    def wrong(self, pipeline, *wanted, **fields):
        """What is wrong, as (field, reason)."""
        refusal = self.refused('INVALID_ARGUMENT', 'PIPELINE_WRONG', self.give, pipeline, **fields)
        found = [(one['field'].removeprefix('pipeline.'), one['reason']) for one in refusal.detail['violations']]
        self.assertEqual(list(wanted), found)
        return refusal.detail['violations']

    def again(self, key):
        """The newest version as a request has it."""
        pipeline, stages, criteria = self.get(key)
        wanted = {name: pipeline[name] for name in ('key', 'name_en', 'name_zh')}
        if pipeline['group_threshold.currency_code']:
            wanted['group_threshold'] = {name: pipeline[f'group_threshold.{name}'] for name in ('currency_code', 'minor_units')}
        return {**wanted, 'stages': stages, 'criteria': criteria}


class ShippedTest(Pipelines):
    def test_the_four(self):
        rows = self.call('ann').read('PipelineService/ListPipelines', {})['pipelines']
        self.assertEqual([('channel', False), ('development', True), ('new-customer', False), ('seven-stage', False)],
                         [(row['key'], row['is_default']) for row in rows])
        wanted = {'development': ['target', 'information', 'assessment', 'relationship', 'close'],
                  'seven-stage': ['direction', 'market-visit', 'deep-contact', 'progress', 'first-cooperation', 'crisis-handling', 'stability'],
                  'channel': ['find', 'negotiate', 'agreement', 'cultivate', 'maintain'],
                  'new-customer': ['contacted', 'enquiry', 'sample', 'price', 'first-order', 'extend']}
        for key, keys in wanted.items():
            pipeline, stages, criteria = self.get(key)
            self.assertEqual((1, keys), (pipeline['number'], [one['key'] for one in stages]))
            chances = [one['probability'] for one in stages]
            self.assertEqual(sorted(chances), chances)
            self.assertEqual(set(keys), {one['stage'] for one in criteria}, 'every stage asks for something')
            for one in stages + criteria:
                self.assertTrue(one['name_en'].isascii() and not one['name_zh'].isascii(), one)
            self.assertTrue(all(one['meaning_en'] and one['meaning_zh'] for one in stages))

    def test_development_is_as_the_domain_has_it(self):
        pipeline, stages, criteria = self.get('development')
        self.assertEqual(('CNY', 100000000), (pipeline['group_threshold.currency_code'], pipeline['group_threshold.minor_units']))
        self.assertEqual([None, ['team_manager'], ['team_manager', 'key_account_group'], ['team_manager'], ['team_manager']],
                         [one['approvals'] or None for one in stages])
        kinds = {}
        for one in criteria:
            kinds.setdefault(one['stage'], []).append(one['kind'])
        self.assertEqual({'target': ['activity_done', 'account_fields', 'need_stated', 'opportunity_fields'],
                          'information': ['contact_relationship', 'activity_done', 'profiles_present', 'buying_process', 'need_stated'],
                          'assessment': ['assessment', 'engagement_plan', 'verdict'],
                          'relationship': ['contact_relationship', 'coverage', 'answered', 'activity_done'],
                          'close': ['activity_done'] * 3}, kinds)
        told = {f"{one['stage']}/{one['key']}": json.loads(one['parameters']) for one in criteria}
        self.assertEqual({'model': 'value', 'days': 90, 'grade': 'B'}, told['assessment/value-assessment'])
        self.assertEqual({'insider': True, 'relationship': 2}, told['information/insider'])
        self.assertEqual({'explicit': False}, told['target/potential-need'])
        self.assertEqual({'kinds': ['quotation'], 'since': 'opportunity', 'count': 1}, told['relationship/quotation'])

    def test_what_there_is_imported_again_is_nothing_new(self):
        for key in ('development', 'seven-stage', 'channel', 'new-customer'):
            self.assertFalse(self.give(self.again(key))['is_new'], key)
        self.assertEqual([(4,)], self.query('select count(*) from pipeline_version'))

    def test_kinds(self):
        kinds = {row['kind']: row for row in self.call('ann').read('PipelineService/ListCriterionKinds', {})['kinds']}
        self.assertEqual(['no_open_complaint', 'complaints_resolved', 'satisfaction_surveyed', 'payment_received', 'order_placed'],
                         [kind for kind, row in kinds.items() if not row['is_recordable']])
        self.assertEqual(['kinds', 'since', 'days', 'count'], kinds['activity_done']['parameters[].name'])
        self.assertEqual(['choices', 'choice', 'integer', 'integer'], kinds['activity_done']['parameters[].type'])
        self.assertEqual([None, '"ever"', None, '1'], kinds['activity_done']['parameters[].default_value'])
        with self.subTest('the table knows the same'):
            check = self.query("select pg_get_constraintdef(oid) from pg_constraint where conname = 'stage_criterion_kind_known'")[0][0]
            for kind in kinds:
                self.assertIn(f"'{kind}'", check)
            self.assertEqual(len(kinds), check.count("'::text"))

    def test_kinds_know_fields_and_words_that_exist(self):
        """What a kind names is a column, or words of the columns that hold it."""
        columns = {name for name, in self.query("select attname from pg_attribute where attrelid = 'account'::regclass and attnum > 0")}
        fields, kinds, roles = (self.query("""select array(select jsonb_array_elements_text(p -> 'values'))
                                                from criterion_kinds() k, jsonb_array_elements(k.parameters) p where k.kind = %s and p ->> 'name' = %s""", kind, name)[0][0]
                                for kind, name in (('account_fields', 'fields'), ('activity_done', 'kinds'), ('contact_relationship', 'role')))
        self.assertEqual([], [field for field in fields if field not in columns and field + '_minor_units' not in columns])
        self.assertNotIn('note', kinds, 'a note to ourselves proves nothing')
        for words, constraint in (([*kinds, 'note'], 'activity_kind_known'), (roles, 'position_buying_roles_known')):
            check = self.query('select pg_get_constraintdef(oid) from pg_constraint where conname = %s', constraint)[0][0]
            self.assertEqual(len(words), check.count("'::text"), constraint)
            for word in words:
                self.assertIn(f"'{word}'", check)

    def test_the_page_of_kinds_is_true(self):
        def said(row):
            for name, type_, is_required, least, most, default, values in zip(*(row[f'parameters[].{part}'] or [] for part in (
                    'name', 'type', 'is_required', 'min', 'max', 'default_value', 'values'))):
                what = {'integer': f'{least} to {most}', 'boolean': 'true, false', 'choices': 'activities', 'fields': 'fields', 'key': 'key of a model',
                        'questions': 'each with key, en, zh'}.get(type_, type_)
                if type_ == 'choice':
                    what = 'an activity' if 'visit' in values else 'a role' if 'decider' in values else values
                yield (f'**`{name}`**' if is_required else f'`{name}`') + ' ' + what + ('' if default is None else f' ({json.loads(default)})'.lower())
        kinds = self.call('ann').read('PipelineService/ListCriterionKinds', {})['kinds']
        told = dict(re.findall(r'^\| `(\w+)` \| (.*?) ?\| ', PAGE.read_text(encoding='utf-8'), re.MULTILINE))
        self.assertEqual({row['kind']: '; '.join(said(row)) for row in kinds}, told)
        self.assertEqual([row['kind'] for row in kinds], list(told), 'in the order of the server')
        unrecorded = re.findall(r'^\| `(\w+)` .*\| no record yet \|$', PAGE.read_text(encoding='utf-8'), re.MULTILINE)
        self.assertEqual([row['kind'] for row in kinds if not row['is_recordable']], unrecorded)

    def test_not_for_service(self):
        for method, request in (('ListPipelines', {}), ('GetPipeline', {'key': 'channel'}), ('ListCriterionKinds', {})):
            self.refused('PERMISSION_DENIED', 'ROLE', self.call('desk').read, f'PipelineService/{method}', request)

    def test_what_is_not_there(self):
        for request in ({'key': 'nothing'}, {'key': 'channel', 'number': 2}):
            self.refused('NOT_FOUND', 'NOT_FOUND', self.call('ann').read, 'PipelineService/GetPipeline', request)


class ImportTest(Pipelines):
    def test_a_version_and_the_next(self):
        made = self.give(definition(criterion()), login='boss')
        self.assertEqual((True, 'short', 1), (made['is_new'], made['pipeline'][0]['key'], made['pipeline'][0]['number']))
        self.assertEqual('Boss', made['pipeline'][0]['created_by'])
        first = made['pipeline'][0]['id']
        same = self.give(definition(criterion()))
        self.assertEqual((False, 1, first), (same['is_new'], same['pipeline'][0]['number'], same['pipeline'][0]['id']))
        renamed = definition(criterion(), stages=({**stage('a'), 'name_en': 'Another word'}, 'b', 'c'), reason='a better word')
        second = self.give(renamed)
        self.assertEqual((True, 2, 'a better word'), (second['is_new'], second['pipeline'][0]['number'], second['pipeline'][0]['reason']))
        # The older one is as it was, and the key of the stage is the same in both.
        self.assertEqual(('a', 'A'), tuple(self.get('short', 1)[1][0][name] for name in ('key', 'name_en')))
        self.assertEqual(('a', 'Another word'), tuple(self.get('short')[1][0][name] for name in ('key', 'name_en')))
        # Back to what the first one said is a third one.
        self.assertEqual(3, self.give(definition(criterion()))['pipeline'][0]['number'])

    def test_a_reason_alone_makes_no_version(self):
        self.give(definition())
        self.assertFalse(self.give(definition(reason='because'))['is_new'])

    def test_only_validated(self):
        before = self.query('select count(*) from change')
        answer = self.give(definition(), validate_only=True)
        self.assertEqual((True, []), (answer['is_new'], answer['pipeline']))
        self.assertFalse(self.give(self.again('channel'), validate_only=True)['is_new'])
        self.assertTrue(self.give({**self.again('channel'), 'name_en': 'Dealers'}, validate_only=True)['is_new'])
        self.wrong(definition(stages=()), ('stages', 'STAGES_NONE'), validate_only=True)
        self.assertEqual(before, self.query('select count(*) from change'))

    def test_who_may(self):
        for login in ('north', 'south'):
            for fields in ({}, {'validate_only': True}):
                self.refused('PERMISSION_DENIED', 'NOT_ROOT_MANAGER_PIPELINES', self.give, definition(), login=login, **fields)
            for method in ('SetDefaultPipeline', 'RetirePipeline'):
                for key in ('channel', 'nothing'):
                    self.refused('PERMISSION_DENIED', 'NOT_ROOT_MANAGER_PIPELINES', self.call(login).write, f'PipelineService/{method}', {'key': key})
        self.refused('PERMISSION_DENIED', 'ROLE', self.give, definition(), login='ann')

    def test_stages_by_next(self):
        self.give(definition(criterion(stage='c', key='z'), criterion(stage='a'), criterion(stage='c', key='y'),
                             stages=(stage('a', next='c'), stage('b', next='won'), stage('c', next='b'))))
        _, stages, criteria = self.get('short')
        self.assertEqual(['a', 'c', 'b'], [one['key'] for one in stages])
        self.assertEqual(['a/x', 'c/z', 'c/y'], [f"{one['stage']}/{one['key']}" for one in criteria])
        # The same in another way of writing.
        self.assertFalse(self.give(definition(criterion(stage='a'), criterion(stage='c', key='z'), criterion(stage='c', key='y'), stages=('a', 'c', 'b')))['is_new'])

    def test_parameters_with_defaults_are_the_same(self):
        self.give(definition(criterion('activity_done', kinds=['visit'])))
        self.assertFalse(self.give(definition(criterion('activity_done', kinds=['visit'], since='ever', count=1, days=None)))['is_new'])
        self.assertTrue(self.give(definition(criterion('activity_done', kinds=['visit'], count=2)))['is_new'])

    def test_stages_that_are_wrong(self):
        for stages, *wanted in (((), ('stages', 'STAGES_NONE')),
                                (('a', 'A'), ('stages[1].key', 'STAGE_KEY_FORM')),
                                (('a', 'won'), ('stages[1].key', 'STAGE_KEY_FORM')),
                                (('a', 'b c'), ('stages[1].key', 'STAGE_KEY_FORM')),
                                (('a', '阶段'), ('stages[1].key', 'STAGE_KEY_FORM')),
                                (('a', 'b', 'a'), ('stages[2].key', 'STAGE_TWICE')),
                                (('a', stage('b', next='d'), 'c'), ('stages[1].next', 'STAGE_MISSING')),
                                (('a', 'b', stage('c', next='b')), ('stages[2].next', 'STAGE_LOOP')),
                                (('a', stage('b', next='a'), 'c'), ('stages[1].next', 'STAGE_LOOP')),
                                ((stage('a', next='a'), 'b'), ('stages[0].next', 'STAGE_LOOP')),
                                ((stage('a', next='c'), 'b', 'c'), ('stages[1]', 'STAGE_NOT_REACHED')),
                                (('a', stage('b', next='won'), 'c', 'd'), ('stages[2]', 'STAGE_NOT_REACHED'), ),
                                ((stage('a', approvals=['team_manager', 'team_manager']), ), ('stages[0].approvals', 'APPROVER_TWICE')),
                                ((stage('a', approvals=['key_account_group']), ), ('stages[0].approvals', 'THRESHOLD_MISSING'))):
            with self.subTest(stages):
                self.wrong(definition(stages=stages), *wanted)
        self.wrong(definition(key='Short!'), ('key', 'KEY_FORM'))
        self.wrong(definition(group_threshold={'currency_code': 'CNY', 'minor_units': -1}), ('group_threshold.minor_units', 'THRESHOLD_NEGATIVE'))

    def test_criteria_that_are_wrong(self):
        question = {'key': 'why', 'en': 'Why?', 'zh': '为什么？'}
        for one, *wanted in ((criterion('nothing'), ('kind', 'CRITERION_UNKNOWN')),
                             (criterion(stage='d'), ('stage', 'STAGE_MISSING')),
                             (criterion(key='X'), ('key', 'KEY_FORM')),
                             ({**criterion(), 'parameters': '{'}, ('parameters', 'PARAMETERS_FORM')),
                             ({**criterion(), 'parameters': '[]'}, ('parameters', 'PARAMETERS_FORM')),
                             ({**criterion(), 'parameters': '7'}, ('parameters', 'PARAMETERS_FORM')),
                             ({**criterion(), 'parameters': 'null'}, ('parameters', 'PARAMETERS_FORM')),
                             ({**criterion(), 'parameters': '{"x": "\\u0000"}'}, ('parameters', 'PARAMETERS_FORM')),
                             ({**criterion(), 'parameters': '[' * 8000}, ('parameters', 'PARAMETERS_FORM')),
                             ({**criterion('coverage'), 'parameters': '{"percent": 1e999999}'}, ('parameters', 'PARAMETERS_FORM')),
                             (criterion('coverage'), ('parameters.percent', 'PARAMETER_MISSING')),
                             (criterion('coverage', percent=None), ('parameters.percent', 'PARAMETER_MISSING')),
                             (criterion('coverage', percent=0), ('parameters.percent', 'PARAMETER_RANGE')),
                             (criterion('coverage', percent=101), ('parameters.percent', 'PARAMETER_RANGE')),
                             (criterion('coverage', percent=50.5), ('parameters.percent', 'PARAMETER_RANGE')),
                             (criterion('coverage', percent='50'), ('parameters.percent', 'PARAMETER_RANGE')),
                             (criterion('coverage', percent=50, days=3), ('parameters.days', 'PARAMETER_UNKNOWN')),
                             (criterion('need_stated', explicit='yes'), ('parameters.explicit', 'PARAMETER_NOT_BOOLEAN')),
                             (criterion('activity_done', kinds=[]), ('parameters.kinds', 'PARAMETER_TYPE')),
                             (criterion('activity_done', kinds='visit'), ('parameters.kinds', 'PARAMETER_TYPE')),
                             (criterion('activity_done', kinds=['visit', 7]), ('parameters.kinds', 'PARAMETER_TYPE')),
                             (criterion('activity_done', kinds=['visit', 'vist']), ('parameters.kinds', 'PARAMETER_UNKNOWN_VALUE')),
                             (criterion('activity_done', kinds=['visit', 'visit']), ('parameters.kinds', 'PARAMETER_VALUE_TWICE')),
                             (criterion('activity_done', kinds=['visit'], since='now'), ('parameters.since', 'PARAMETER_UNKNOWN_VALUE')),
                             (criterion('contact_relationship', relationship=6, role=['decider']), ('parameters.role', 'PARAMETER_TYPE'),
                              ('parameters.relationship', 'PARAMETER_RANGE')),
                             (criterion('account_fields', fields=['founded_on|nothing']), ('parameters.fields', 'PARAMETER_UNKNOWN_VALUE')),
                             (criterion('account_fields', fields=['founded_on|']), ('parameters.fields', 'PARAMETER_UNKNOWN_VALUE')),
                             (criterion('assessment', model='Value'), ('parameters.model', 'PARAMETER_FORM')),
                             (criterion('assessment'), ('parameters.model', 'PARAMETER_MISSING')),
                             (criterion('assessment', model=6), ('parameters.model', 'PARAMETER_FORM')),
                             (criterion('assessment', model='value', grade=1), ('parameters.grade', 'PARAMETER_FORM')),
                             (criterion('assessment', model='_value'), ('parameters.model', 'PARAMETER_FORM')),
                             (criterion('assessment', model='x' * 41), ('parameters.model', 'PARAMETER_FORM')),
                             (criterion('assessment', model='valu'), ('parameters.model', 'PARAMETER_UNKNOWN_VALUE')),
                             (criterion('assessment', model='6c'), ('parameters.model', 'PARAMETER_UNKNOWN_VALUE')),
                             (criterion('assessment', model='value', grade='a'), ('parameters.grade', 'PARAMETER_FORM')),
                             (criterion('assessment', model='value', grade='AA'), ('parameters.grade', 'PARAMETER_UNKNOWN_VALUE')),
                             (criterion('activity_done', kinds=['note']), ('parameters.kinds', 'PARAMETER_UNKNOWN_VALUE')),
                             (criterion('follow_up', kind='note', from_days=1, to_days=2), ('parameters.kind', 'PARAMETER_UNKNOWN_VALUE')),
                             (criterion('follow_up', kind='sample', from_days=3, to_days=2), ('parameters.to_days', 'FOLLOW_UP_DAYS')),
                             (criterion('answered', questions=[]), ('parameters.questions', 'QUESTIONS_NONE')),
                             (criterion('answered', questions=[question] * 21), ('parameters.questions', 'QUESTIONS_NONE')),
                             (criterion('answered', questions=[question, question]), ('parameters.questions[1].key', 'KEY_TWICE')),
                             (criterion('answered', questions=['Why?']), ('parameters.questions[0]', 'QUESTION_FORM')),
                             (criterion('answered', questions=[{**question, 'de': 'x'}]), ('parameters.questions[0]', 'QUESTION_FORM')),
                             (criterion('answered', questions=[{**question, 'key': True}]), ('parameters.questions[0]', 'QUESTION_FORM')),
                             (criterion('answered', questions=[{**question, 'zh': ' '}]), ('parameters.questions[0].zh', 'QUESTION_TEXT')),
                             (criterion('answered', questions=[{**question, 'en': 'x' * 401}]), ('parameters.questions[0].en', 'QUESTION_TEXT'))):
            with self.subTest(one):
                self.wrong(definition(criterion(key='right'), one), *((f'criteria[1].{field}', reason) for field, reason in wanted))
        self.wrong(definition(criterion(), criterion()), ('criteria[1].key', 'CRITERION_TWICE'))

    def test_scoring_models_of_ones_own(self):
        """By the key and the grades that they have; what there is is said."""
        asks = definition(criterion('assessment', model='our_own_2', grade='A+'))
        found = self.wrong(asks, ('criteria[0].parameters.model', 'PARAMETER_UNKNOWN_VALUE'))
        self.assertEqual({'actual': 'our_own_2', 'known': 'dealer, value'}, found[0]['values'])
        self.call('boss').write('ScoringService/SetScoringModel', {'model': {
            'key': 'our_own_2', 'kind': 'value', 'name_en': 'Ours', 'name_zh': '自有', 'factors': [{'key': 'size', 'weight': 100, 'name_en': 'Size', 'name_zh': '规模'}],
            'grades': [{'grade': 'A+', 'least': 50}, {'grade': 'B', 'least': 0}]}, 'reason': 'new'})
        self.assertTrue(self.give(asks)['is_new'])
        self.assertFalse(self.give(self.again('short'))['is_new'])
        found = self.wrong(definition(criterion(), criterion('assessment', key='y', model='our_own_2', grade='A')), ('criteria[1].parameters.grade', 'PARAMETER_UNKNOWN_VALUE'))
        self.assertEqual({'actual': 'A', 'known': 'A+, B'}, found[0]['values'])

    def test_whole_numbers_are_kept_as_such(self):
        one = criterion('coverage')
        self.give(definition({**one, 'parameters': '{"percent": 50.0}'}))
        self.assertEqual({'percent': 50}, json.loads(self.get('short')[2][0]['parameters']))
        self.assertNotIn('.', self.get('short')[2][0]['parameters'])
        self.assertFalse(self.give(definition({**one, 'parameters': '{"percent": 5e1}'}))['is_new'])

    def test_all_that_is_wrong_is_said_at_once(self):
        found = self.wrong(definition(criterion('nothing'), criterion('coverage', key='y', percent=0), stages=('a', 'a', stage('c', next='d'))),
                           ('stages[1].key', 'STAGE_TWICE'), ('stages[2].next', 'STAGE_MISSING'), ('criteria[0].kind', 'CRITERION_UNKNOWN'),
                           ('criteria[1].parameters.percent', 'PARAMETER_RANGE'))
        self.assertEqual({'min': 1, 'max': 100}, found[-1]['values'])

    def test_a_group_that_is_empty(self):
        asks = definition(stages=('a', stage('b', approvals=['team_manager', 'key_account_group'])), group_threshold={'currency_code': 'EUR', 'minor_units': 0})
        for fields in ({}, {'validate_only': True}):
            refusal = self.refused('FAILED_PRECONDITION', 'KEY_ACCOUNT_GROUP_EMPTY', self.give, asks, **fields)
            self.assertEqual(['pipeline.stages[1].approvals'], [one['field'] for one in refusal.detail['violations']])
        self.query("update app_user set is_key_account_group = true where login = 'south'")
        self.query("update app_user set disable_time = now() where login = 'south'")
        self.refused('FAILED_PRECONDITION', 'KEY_ACCOUNT_GROUP_EMPTY', self.give, asks)
        self.query("update app_user set disable_time = null where login = 'south'")
        self.assertTrue(self.give(asks)['is_new'])

    def test_default_and_retired(self):
        boss = self.call('boss')
        self.refused('FAILED_PRECONDITION', 'PIPELINE_IS_DEFAULT', boss.write, 'PipelineService/RetirePipeline', {'key': 'development'})
        for method in ('SetDefaultPipeline', 'RetirePipeline'):
            self.refused('NOT_FOUND', 'NOT_FOUND', boss.write, f'PipelineService/{method}', {'key': 'nothing'})
        for _ in range(2):
            self.assertTrue(boss.write('PipelineService/SetDefaultPipeline', {'key': 'channel'})['is_default'])
            self.assertIsNotNone(boss.write('PipelineService/RetirePipeline', {'key': 'development'})['retire_time'])
        self.assertEqual([('channel',)], self.query('select key from pipeline where is_default'))
        self.refused('FAILED_PRECONDITION', 'PIPELINE_RETIRED', boss.write, 'PipelineService/SetDefaultPipeline', {'key': 'development'})
        listed = [[row['key'] for row in boss.read('PipelineService/ListPipelines', {'include_retired': all})['pipelines']] for all in (False, True)]
        self.assertEqual([['channel', 'new-customer', 'seven-stage'], ['channel', 'development', 'new-customer', 'seven-stage']], listed)
        # It is still read, and comes back as it was.
        self.assertEqual(5, len(self.get('development')[1]))
        self.assertFalse(self.give(self.again('development'))['is_new'])
        self.assertTrue(boss.write('PipelineService/SetDefaultPipeline', {'key': 'development'})['is_default'])

    def test_what_is_kept_never_changes(self):
        self.give(definition(criterion()))
        before = copy.deepcopy(self.get('short', 1))
        self.give(definition())
        self.assertEqual(before, self.get('short', 1))
        for role in ('rep', 'manager'):
            for table in ('pipeline', 'pipeline_version', 'pipeline_stage', 'stage_criterion'):
                for privilege in ('INSERT', 'UPDATE'):
                    self.assertEqual([(False,)], self.query('select has_any_column_privilege(%s, %s, %s)', 'kam_' + role, 'kam.' + table, privilege))


class RacesTest(Pipelines, Race):
    def test_two_import_at_once(self):
        """The second waits, and then sees the first one's version."""
        self.give(definition())
        same = definition(name_en='Other')
        second = self.race_writes((self.call('boss'), 'PipelineService/ImportPipeline', {'pipeline': same}),
                                  (self.call('chief'), 'PipelineService/ImportPipeline', {'pipeline': same}))
        self.assertEqual((True, False, 2), (self.has_waited, second['is_new'], second['pipeline'][0]['number']))
        self.assertEqual([(1,), (2,)], self.query("select v.number from pipeline_version v join pipeline p on p.id = v.pipeline_id where p.key = 'short' order by 1"))


if __name__ == '__main__':
    unittest.main()
