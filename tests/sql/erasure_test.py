#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The erasure of a person: what it finds, what it leaves, what happens at the same time."""
import re
import unittest
import uuid

from race_test import Race
from scoring_stage import VALUE, level
from stage import Stage

# Every text of these is about the person alone, or names them.
PERSON = {'name': '张伟', 'other_names': ['Wei Zhang', 'William'], 'phones': ['+86 138 0013 8000'], 'emails': ['zw@example.com'],
          'messaging_ids': ['wechat:zhangwei88'], 'note': 'plays golf'}
MARKS = ('张伟', 'wei zhang', 'zhang, wei', 'william', '13800138000', '0013 8000', 'zw@example.com', 'zhangwei88', 'golf')


class PatternTest(Stage):
    def erased(self, text, names=(), phones=(), emails=(), messaging_ids=(), is_own=False):
        return self.query('select erase_words(%s, coalesce(erasure_pattern(%s, %s, %s, %s, %s), %s))', text, list(names), list(phones), list(emails),
                          list(messaging_ids), is_own, '(?!)')[0][0]

    def test_names(self):
        for name, text, wanted in (
                ('张伟', '今天和张伟、张伟明吃饭', '今天和***、***明吃饭'),
                ('张伟', '张 伟，張偉', '***，張偉'),
                ('张伟', '张\n伟 张\u200b伟', '*** ***'),
                ('Jane Doe', 'JANE  DOE, Doe, Jane; ｊａｎｅ ｄｏｅ; janedoe Jane Doering', '***, ***; ***; *** Jane Doering'),
                ('Ann', 'Anna, ann和Ann. Joann', 'Anna, ***和***. Joann'),
                ('José', 'JOSE\u0301! Jose', '***! Jose'),
                ('José', 'jose\u0301', '***'),
                ("O'Brien", 'O’Brien, OBrien and obrien', '***, *** and ***'),
                ('Müller', 'MÜLLERS Müller', 'MÜLLERS ***'),
                ('.*', 'every .* and word', 'every .* and word'),
                ('김민수', '김민수씨', '***씨'),
                ('Erased', '[erased] Erased', '[***] ***')):
            self.assertEqual(wanted, self.erased(text, [name]), (name, text))

    def test_short_names_in_own_texts_only(self):
        for name, text, wanted in (('李', '李和行李', '***和行***'), ('Li', 'Li Lindner', '** Lindner'), ('Jane Doe', 'Ms Doe, dear Jane', 'Ms ***, dear ***')):
            self.assertEqual(text, self.erased(text, [name]))
            self.assertEqual(wanted, self.erased(text, [name], is_own=True))

    def test_phones(self):
        for phone, text, wanted in (
                ('+86 138 0013 8000', '13800138000, (138) 0013-8000, +8613800138000; 0086 138 00138000, １３８００１３８０００', '***, ***, ***; ***, ***'),
                ('13800138000', '+86 138 0013 8000 and 138001380001 and 2138001380', '*** and 138001380001 and 2138001380'),
                ('010-1234567', '010 1234567', '***'),
                ('030 12345678', '+49 (0)30 12345678', '***'),
                ('88051', 'ext 88051, 880512', 'ext ***, 880512'),
                ('801', 'ext 801', 'ext 801')):
            self.assertEqual(wanted, self.erased(text, phones=[phone]), (phone, text))

    def test_addresses_and_ids(self):
        self.assertEqual('*** zw@example.com.cn xzw@example.com', self.erased('ZW@Example.com zw@example.com.cn xzw@example.com', emails=['zw@example.com']))
        self.assertEqual('*** at *** not zhangwei889', self.erased('wechat：zhangwei88 at ZhangWei88 not zhangwei889', messaging_ids=['wechat:zhangwei88']))

    def test_nothing_gets_longer(self):
        for text in ('李', 'Li', 'ａ李', 'ﬁ Li'):
            self.assertLessEqual(len(self.erased(text, ['李', 'Li', 'a', 'fi'], is_own=True).encode()), len(text.encode()))


class ErasureTest(Race):
    def setUp(self):
        super().setUp()
        self.acme = self.add_account('ann', 'Acme')['id']
        self.zhang = self.add_contact('ann', account_id=self.acme, title='Director', **PERSON)['id']
        self.li = self.add_contact('ann', '李静', self.acme, note='sister of 张伟')['id']

    def erase_request(self, contact=None, **fields):
        contact = contact or self.zhang
        version, = self.query('select version from contact where id = %s', contact)[0]
        return 'ContactService/EraseContact', {'id': contact, 'version': version, 'reason': 'asked for in writing', **fields}

    def erase(self, login='north', contact=None, request_id=None, **fields):
        return self.call(login).write(*self.erase_request(contact, **fields), request_id=request_id)

    def dump(self):
        """Everything that the database holds, folded."""
        tables = [row[0] for row in self.query("select relname from pg_class where relnamespace = 'kam'::regnamespace and relkind in ('r', 'p') and not relispartition")]
        return '\n'.join(row[0] for table in tables for row in self.query(f'select lower(normalize(x::text, nfkc)) from "{table}" x'))

    def position(self, contact):
        return self.query('select id from position where contact_id = %s', contact)[0][0]

    def write_about(self):
        """What people write about a person in the course of time."""
        ann = self.call('ann')
        activity = self.log_activity('ann', self.acme, 'Lunch with 张 伟', contact_ids=[self.zhang, self.li], place='张伟 home', description='Doe, call 138-0013-8000',
                                     customer_reaction='ＷＥＩ ＺＨＡＮＧ liked it', result='write to ZW@example.com', next_step={
                                         'kind': 'call', 'subject': 'William again', 'time': '2030-01-01 10:00:00+00'})
        other = self.log_activity('ann', self.acme, '张伟 was not there', contact_ids=[self.li])
        ann.write('ContactService/RecordRelationship', {'position_id': self.position(self.zhang), 'level': 4, 'note': 'trusts William', 'activity_id': activity['id']})
        ann.write('ContactService/UpdateContactProfile', {'profile': {'contact_id': self.zhang, 'version': 0, 'hobbies': 'golf', 'birthday': '1970-01-02'},
                                                          'update_mask': ['hobbies', 'birthday']})
        ann.write('ContactService/UpdateContactProfile', {'profile': {'contact_id': self.li, 'version': 0, 'family': 'husband: 张伟'}, 'update_mask': ['family']})
        ann.write('ContactService/AddTie', {'tie': {'from_contact_id': self.zhang, 'to_contact_id': self.li, 'kind': 'kinship', 'note': 'married, golf'}})
        removed = ann.write('ContactService/AddTie', {'tie': {'from_contact_id': self.li, 'to_contact_id': self.zhang, 'kind': 'influence', 'note': 'golf'}})['_record_id']
        ann.write('ContactService/RemoveTie', {'id': removed})
        ann.write('ContactService/RecordGift', {'gift': {'contact_id': self.zhang, 'what': 'golf balls', 'value': {'currency_code': 'CNY', 'minor_units': 4711}}})
        ann.write('NeedService/CreateNeed', {'need': {'account_id': self.acme, 'contact_id': self.zhang, 'kind': 'implied', 'scope': 'person', 'text': 'golf'}})
        ann.write('NeedService/CreateNeed', {'need': {'account_id': self.acme, 'contact_id': self.zhang, 'kind': 'explicit', 'scope': 'organisation',
                                                      'text': '张伟 wants parts'}})
        ann.write('AccountService/UpdateAccount', {'account': {'id': self.acme, 'version': 1, 'note': 'ask 张伟', 'legal_representative': '张伟'},
                                                   'update_mask': ['note', 'legal_representative']})
        ann.write('ContactService/UpdateContact', {'contact': {'id': self.zhang, 'version': 1, 'name': '章维', 'phones': []}, 'update_mask': ['name', 'phones']})
        planned = self.plan_activity('ann', self.acme, 'See him')['_record_id']
        ann.write('ActivityService/CancelActivity', {'id': planned, 'version': 1, 'reason': '张伟 is ill'})
        return activity['_record_id'], other['_record_id'], activity['next_activity_id']

    def test_everything_goes(self):
        activity, other, following = self.write_about()
        before = self.query('select count(*) from change')[0][0]
        versions = dict(self.query('select id, version from activity'))
        stub = self.erase()
        self.assertEqual(('[erased]', [], [], [], [], ''), tuple(stub[name] for name in ('name', 'other_names', 'phones', 'emails', 'messaging_ids', 'note')))
        self.assertIsNotNone(stub['erase_time'])
        self.assertEqual((['Acme'], [''], [None]), tuple(stub[f'positions[].{name}'] for name in ('account_name', 'title', 'relationship')))
        dump = self.dump()
        for mark in (*MARKS, '章维', '4711', '1970-01-02'):
            self.assertNotIn(mark, dump)
        rows = dict((row[0], row[1:]) for row in self.query('select id, subject, place, customer_reaction, version from activity'))
        self.assertEqual(('Lunch with ***', '*** home', '*** liked it', versions[activity] + 1), rows[activity])
        self.assertEqual(('*** was not there', versions[other] + 1), (rows[other][0], rows[other][-1]))
        self.assertEqual('*** again', rows[following][0])
        self.assertEqual([('sister of ***', '李静')], self.query('select note, name from contact where id = %s', self.li))
        self.assertEqual([('ask ***', '***', 'Acme')], self.query('select note, legal_representative, name from account where id = %s', self.acme))
        self.assertEqual([('*** wants parts', None), ('[erased]', True)], self.query(
            "select text, case when retire_time is not null then true end from need order by text <> '*** wants parts'"))
        for words in ('张伟', '13800138000', 'William', 'zhangwei88', '章维'):
            for login in ('boss', 'ann', 'desk'):
                self.assertEqual([], self.call(login).read('SearchService/Search', {'text': words})['results'], words)

        # The history has every entry, of whom and when, and the erasure itself with its reason.
        self.assertGreater(self.query('select count(*) from change')[0][0], before)
        changes = self.call('north').read('HistoryService/ListChanges', {'record_id': self.zhang, 'with_children': True}, page_size=100)['changes']
        self.assertEqual(('contact', 'update', 'North', 'asked for in writing'), tuple(changes[0][name] for name in ('entity', 'operation', 'actor_name', 'reason')))
        self.assertLessEqual({'contact', 'position', 'contact_profile', 'contact_gift', 'need', 'relationship_change'}, {row['entity'] for row in changes})
        first = changes[-1]
        self.assertEqual(('insert', 'Ann'), (first['operation'], first['actor_name']))
        self.assertEqual({'name', 'other_names', 'phones', 'emails', 'messaging_ids', 'note'}, set(first['fields[].field']))
        self.assertEqual({'[erased]'}, set(first['fields[].new_value']))
        self.assertIn('*** is ill', [row['reason'] for row in self.changes(self.acme)] + [row[0] for row in self.query('select reason from change')])
        self.assertEqual(['Ann'] * len(rows), [row[0] for row in self.query(
            "select u.name from change c join app_user u on u.id = c.actor_id where c.entity = 'activity' and c.operation = 'insert'")])
        # They are no more in the lists, but where they took part, as nobody.
        self.assertEqual(['李静'], [row['name'] for row in self.call('ann').read('ContactService/ListContacts', {'account_id': self.acme})['contacts']])
        self.assertIn('[erased]', self.call('ann').read('ActivityService/GetActivity', {'id': activity})['.']['contact_names'])

    def test_namesakes_keep_what_is_theirs(self):
        south = self.add_account('sue', '张伟商行')['id']
        namesake = self.add_contact('ann', '张伟', self.acme, phones=['+86 138 0013 8000'], note='the other 张伟')['id']
        foreign = self.log_activity('sue', south, '张伟 elsewhere')['_record_id']
        self.erase()
        self.assertEqual([('张伟', ['+86 138 0013 8000'], 'the other ***')], self.query('select name, phones, note from contact where id = %s', namesake))
        self.assertEqual([('张伟商行',)], self.query('select name from account where id = %s', south))
        self.assertEqual([('张伟 elsewhere',)], self.query('select subject from activity where id = %s', foreign))
        self.assertIn('张伟', self.changes(namesake)[-1]['fields[].new_value'])

    def write_everywhere(self):
        """A row in every table that holds texts of people."""
        activity = self.write_about()[0]
        ann, boss = self.call('ann'), self.call('boss')
        update = {'UpdateVisit': ('visit', 'address'), 'UpdateSpin': ('spin', 'problem_answers')}
        for method, (part, column) in update.items():
            ann.write(f'VisitService/{method}', {part: {'activity_id': activity, column: 'x'}, 'update_mask': [column]})
        boss.write('CommentService/AddComment', {'comment': {'activity_id': activity, 'text': 'x'}})
        ann.write('ObjectionService/CreateObjection', {'objection': {'activity_id': activity, 'objection': 'x', 'listen': 'x'}})
        ann.write('IdeaService/CreateIdea', {'idea': {'account_id': self.acme, 'subject': 'x', 'impact': 1, 'confidence': 1, 'ease': 1}})
        boss.write('ObjectionLibraryService/CreateObjectionEntry', {'entry': {'objection': 'x', 'answers': [{'feature': 'x'}]}})
        for sql in ("insert into account_figures (account_id, year) values (%s, 2020)", "insert into account_supply (account_id, supplier) values (%s, 'x')",
                    "insert into account_brand (account_id, name) values (%s, 'x')",
                    "insert into account_event (account_id, happened_on, description) values (%s, '2020-01-01', 'x')"):
            self.query(sql, self.acme)
        route = ann.write('RouteService/CreateRoute', {'route': {'name': 'x', 'account_ids': [self.acme]}})['_record_id']
        ann.write('VisitPlanService/CreateVisitPlan', {'visit_plan': {'route_id': route, 'subject': 'x', 'month_day': 1, 'starts_on': '2190-01-01'}})
        boss.write('TargetService/CreateTargetList', {'list': {'name': 'x', 'starts_on': '2020-01-01', 'ends_on': '2020-12-31'}})
        purchase = ann.write('OpportunityService/CreateOpportunity', {'opportunity': {'account_id': self.acme, 'name': 'x'}})['_record_id']
        for method, part in (('SetOpportunityPerson', {'person': {'contact_id': self.zhang}}), ('SetOpportunityUser', {'user': {'user_id': self.users['ann']}}),
                             ('SetOpportunityProduct', {'product': {'product': 'x'}}), ('SetOpportunityCompetitor', {'competitor': {'name': 'x'}}),
                             ('SetDecisionCriterion', {'criterion': {'text': 'x'}}), ('SetOpportunityAnswer', {'answer': {'question': 'x', 'answer': 'x'}})):
            (name, fields), = part.items()
            ann.write(f'OpportunityService/{method}', {name: {'opportunity_id': purchase, 'version': 0, **fields}, 'update_mask': list(fields)[-1:]})
        plan = ann.write('EngagementService/CreateEngagementPlan', {'plan': {'account_id': self.acme, 'note': 'x'}})
        ann.write('EngagementService/AddEngagementStep', {'step': {'plan_id': plan['id'], 'contact_id': self.li, 'note': 'x'}})
        self.query("insert into care_phase (account_id, opportunity_id, kind, starts_on, ends_on) values (%s, %s, 'novelty', '2026-01-01', '2026-01-31')", self.acme, purchase)
        ann.write('AnalysisService/CreateCompetitionRating', {'rating': {'account_id': self.acme, 'competitor': 'x'}})
        ann.write('AnalysisService/CreateSwot', {'swot': {'account_id': self.acme, 'strengths': 'x'}})
        ann.write('AnalysisService/SetAccountPlan', {'plan': {'account_id': self.acme, 'year': 2026, 'goals': 'x'}, 'update_mask': ['goals']})
        ann.write('ScoringService/RecordAssessment', {'assessment': {'opportunity_id': purchase, 'model_key': 'value', 'steps': [{'action': 'x', 'by_on': '2030-01-01'}], 'scores': [
            {'factor_key': key, 'score': score, 'note': 'x'} for key, score in level(VALUE, 8).items()]}})
        boss.write('KeyAccountService/SetMarketQuota', {'quota': {'region': 'x', 'most': 3}})
        stands = {'opportunity_id': purchase, 'reason': 'x'}
        self.call('north').write('ProcessService/WaiveCriterion', {'criterion_key': 'first-contact', **stands})
        self.query("""with a as (insert into advancement (opportunity_id, account_id, from_stage, requested_by, owner_id, is_for_group)
                                 select id, account_id, stage_key, owner_id, owner_id, false from opportunity where id = %s returning *),
                           s as (insert into approval_step (advancement_id, account_id, position, approver) select id, account_id, 1, 'team_manager' from a),
                           e as (insert into advancement_evidence (advancement_id, account_id, moment, position, criterion_key, kind, name_en, name_zh, state)
                                 select id, account_id, 'ask', 1, 'x', 'x', 'x', 'x', 'met' from a)
                      insert into stage_change (opportunity_id, account_id, direction, to_stage) select opportunity_id, account_id, 'import', from_stage from a""", purchase)
        boss.write('RateService/SetExchangeRate', {'rate': {'currency_code': 'USD', 'rate': '7', 'note': 'x'}})
        boss.write('DelegationService/CreateDelegation', {'delegation': {'to_user_id': self.users['north'], 'ends_on': str(self.query('select kam.today()')[0][0])}})
        twin = self.add_account('ann', 'Twin', note='x')['id']
        versions = dict(self.query('select id, version from account'))
        boss.write('AccountMergeService/MergeAccounts', {'survivor_id': self.acme, 'survivor_version': versions[self.acme], 'merged_id': twin,
                                                         'merged_version': versions[twin], 'reason': 'x'})

    def test_texts_of_every_table(self):
        """A word in every text of every table that people write, whatever tables there are. Only what is about our own people is left out."""
        self.write_everywhere()
        word = 'Zqsentinel'
        self.call('ann').write('ContactService/UpdateContact', {'contact': {'id': self.zhang, 'version': 2, 'name': word}, 'update_mask': ['name']})
        self.query('begin')
        self.query("select set_config('kam.erasing', 'yes', true)")
        filled = set()
        for table, condition in self.query("""select c.relname, erasure_condition(c.oid::regclass) from pg_class c
                                               where relnamespace = 'kam'::regnamespace and relkind in ('r', 'p') and not relispartition
                                                 and c.oid <> 'change'::regclass and erasure_condition(c.oid::regclass) is not null"""):
            columns = self.query("select name, is_list, is_json from erasure_columns(('kam.' || %s)::regclass)", table)
            if not columns:
                continue
            values = ', '.join(f'"{name}" = ' + (f"array['{word} x']" if is_list else f"""'{{"a": ["{word}"]}}'""" if is_json else f"'{word}'")
                               for name, is_list, is_json in columns)
            condition = condition.replace('$1', f"accounts_made_one('{{{self.acme}}}')").replace('$2', f"array['{self.zhang}', '{self.li}']::uuid[]")
            if self.query(f'with changed as (update "{table}" set {values} where {condition} returning 1) select count(*) from changed')[0][0]:
                filled.add(table)
        self.query('commit')
        with_texts = {row[0] for row in self.query("""select relname from pg_class c where relnamespace = 'kam'::regnamespace and relkind in ('r', 'p') and not relispartition
                                                         and exists (select from erasure_columns(c.oid::regclass))""")}
        ours = {'app_user', 'company', 'request_outcome', 'schema_migration', 'session', 'team', 'user_password'}
        self.assertEqual({'change'}, with_texts - filled - ours)
        self.assertGreater(self.dump().count(word.lower()), 50)
        self.erase('boss')
        left = [line for line in self.dump().splitlines() if word.lower() in line]
        self.assertEqual([], left)
        dumped = self.cluster.run_client('pg_dump', '--data-only', self.database.conninfo())
        self.assertNotIn(word.lower(), str(dumped).lower())

    def test_what_hangs_on_no_account(self):
        """The library, names of lists and routes, and a plan for a route; also in their history."""
        boss = self.call('boss')
        entry = boss.write('ObjectionLibraryService/CreateObjectionEntry', {'entry': {'objection': '张伟 says it is dear', 'answers': [{'feature': 'as William knows'}]}})
        boss.write('ObjectionLibraryService/UpdateObjectionEntry', {'entry': {'id': entry['id'], 'version': 1, 'objection': 'It is dear, asks ZW@example.com'},
                                                                    'update_mask': ['objection']})
        route = self.call('ann').write('RouteService/CreateRoute', {'route': {'name': 'To 张伟', 'note': '138 0013 8000'}})['_record_id']
        plan = self.call('ann').write('VisitPlanService/CreateVisitPlan', {'visit_plan': {'route_id': route, 'subject': 'See Wei Zhang', 'month_day': 1,
                                                                                          'starts_on': '2190-01-01'}})['_record_id']
        self.erase('north')
        dump = self.dump()
        for mark in MARKS:
            self.assertNotIn(mark, dump)
        self.assertEqual([('It is dear, asks ***', ['as *** knows'])], self.query('select objection, features from objection_entry'))
        self.assertEqual([('To ***', '***', 'See ***')], self.query('select r.name, r.note, p.subject from route r join visit_plan p on p.route_id = r.id'))
        for record in (route, plan):
            self.assertIn('insert', [row['operation'] for row in self.changes(record)])

    def test_what_stayed_with_a_merged_account(self):
        twin = self.add_account('ann', 'Twin', note='ask 张伟')['id']
        versions = dict(self.query('select id, version from account'))
        for account in (self.acme, twin):
            self.query("insert into account_figures (account_id, year, note) values (%s, 2020, 'says 张伟')", account)
        self.call('north').write('AccountMergeService/MergeAccounts', {'survivor_id': self.acme, 'survivor_version': versions[self.acme], 'merged_id': twin,
                                                                       'merged_version': versions[twin], 'reason': 'one, says 张伟'})
        self.assertEqual(1, self.query('select count(*) from account_figures where account_id = %s', twin)[0][0])
        self.erase()
        self.assertNotIn('张伟', self.dump())
        self.refused('FAILED_PRECONDITION', 'ACCOUNT_MERGED', self.call('ann').write, 'AccountService/UpdateAccount', {
            'account': {'id': twin, 'version': self.query('select version from account where id = %s', twin)[0][0], 'note': 'x'}, 'update_mask': ['note']})

    def test_who_refers_to_a_contact_is_known(self):
        """What a new table says of a person by other than texts (levels, dates, numbers) must be blanked by erase_contact()."""
        referring = self.query("""select c.relname || '.' || a.attname from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_attribute a on a.attrelid = k.conrelid and a.attnum = any (k.conkey)
                                   where k.confrelid = 'contact'::regclass and k.contype = 'f'""")
        blanked = {'position.contact_id', 'contact_profile.contact_id', 'contact_gift.contact_id', 'contact_tie.from_contact_id', 'contact_tie.to_contact_id',
                   'need.contact_id', 'opportunity_person.contact_id', 'engagement_step.contact_id'}
        only_points = {'position.reports_to_id', 'activity_contact.contact_id', 'activity_visit.contact_id', 'objection.contact_id', 'visit_plan.contact_id'}
        self.assertEqual(set(), {row[0] for row in referring} - blanked - only_points)

    def test_positions_lose_what_describes(self):
        kept = {'id', 'contact_id', 'account_id', 'since', 'ended_on', 'create_time', 'update_time', 'updated_by', 'version'}
        self.query("""update position set department = 'x', level = 1, reports_to_id = %s, buying_roles = '{decider}', stance = 'ally', is_insider = true, influence = 1,
                                          relationship = 3, counterpart_id = %s, trust = 1, commitment = 1, switching_cost = 1, since = '2020-01-01'
                       where contact_id = %s""", self.li, self.users['ann'], self.zhang)
        full, = self.query('select to_jsonb(p) from position p where contact_id = %s', self.zhang)[0]
        self.assertEqual([], [name for name in set(full) - kept if full[name] in (None, '', [], False)], 'this test fills every column')
        self.erase()
        row, = self.query('select to_jsonb(p) from position p where contact_id = %s', self.zhang)[0]
        self.assertEqual({}, {name: row[name] for name in set(row) - kept if row[name] not in (None, '', [], False)})
        self.assertEqual('2020-01-01', row['since'])

    def test_short_names(self):
        wu = self.add_contact('ann', '吴', self.acme)['id']
        with_wu = self.log_activity('ann', self.acme, '吴来了', contact_ids=[wu])['_record_id']
        without = self.log_activity('ann', self.acme, '吴江来了')['_record_id']
        self.erase(contact=wu)
        self.assertEqual({with_wu: '***来了', without: '吴江来了'}, dict(self.query('select id, subject from activity where id in (%s, %s)', with_wu, without)))

    def test_who_may(self):
        self.refused('PERMISSION_DENIED', 'ROLE', self.erase, 'ann')
        self.refused('PERMISSION_DENIED', 'ROLE', self.erase, 'desk')
        self.refused('NOT_FOUND', 'NOT_FOUND', self.erase, 'south')
        other = self.add_account('sue', 'Other')['id']
        position = self.call('boss').write('ContactService/AddPosition', {'position': {'contact_id': self.zhang, 'account_id': other}})
        self.call('boss').write('ContactService/EndPosition', {'id': position['_record_id'], 'version': 1})
        for login in ('north', 'south'):
            self.refused('PERMISSION_DENIED', 'ERASE_OUT_OF_REACH', self.erase, login)
        self.assertEqual('[erased]', self.erase('boss')['name'])

    def test_the_reason_does_not_name_them(self):
        for reason in ('张 伟 asked', 'call 13800138000', 'ZW@EXAMPLE.COM', 'Ｗｉｌｌｉａｍ asked', 'Zhang wrote'):
            self.refused('INVALID_ARGUMENT', 'REASON_NAMES_PERSON', lambda: self.erase(reason=reason))     # noqa: B023
        self.assertEqual([('张伟',)], self.query('select name from contact where id = %s', self.zhang))

    def test_afterwards(self):
        self.refused('ABORTED', 'VERSION_CONFLICT', self.erase, version=7)
        edit = ('ContactService/UpdateContact', {'contact': {'id': self.zhang, 'version': 1, 'note': '张伟 plays golf'}, 'update_mask': ['note']})
        edit_id, erase_id = str(uuid.uuid4()), str(uuid.uuid4())
        self.call('ann').write(*edit, request_id=edit_id)
        request = self.erase_request()
        self.call('north').write(*request, request_id=erase_id)
        for caller, done, request_id in (('ann', edit, edit_id), ('north', request, erase_id)):
            answer = self.call(caller).write(*done, request_id=request_id)
            self.assertEqual((True, '[erased]', ''), (answer['_replayed'], answer['name'], answer['note']))
        version, = self.query('select version from contact where id = %s', self.zhang)[0]
        erased = lambda method, record: self.refused('FAILED_PRECONDITION', 'CONTACT_ERASED', self.call('ann').write, method, record)     # noqa: E731
        erased('ContactService/UpdateContact', {'contact': {'id': self.zhang, 'version': version, 'name': '张伟'}, 'update_mask': ['name']})
        erased('ContactService/RestoreContact', {'id': self.zhang, 'version': version})
        erased('ContactService/RecordGift', {'gift': {'contact_id': self.zhang, 'what': 'x'}})
        erased('ContactService/AddTie', {'tie': {'from_contact_id': self.li, 'to_contact_id': self.zhang, 'kind': 'kinship'}})
        erased('ContactService/UpdateContactProfile', {'profile': {'contact_id': self.zhang, 'version': 0, 'hobbies': 'x'}, 'update_mask': ['hobbies']})
        erased('NeedService/CreateNeed', {'need': {'account_id': self.acme, 'contact_id': self.zhang, 'kind': 'implied', 'scope': 'person', 'text': 'x'}})
        erased('ContactService/RecordRelationship', {'position_id': self.position(self.zhang), 'level': 1})
        erased('ContactService/AddPosition', {'position': {'contact_id': self.zhang, 'account_id': self.add_account('ann', 'Third')['id']}})
        self.refused('FAILED_PRECONDITION', 'CONTACT_ERASED', self.erase)
        self.assertNotIn('张伟', self.dump())

    def test_a_form_that_was_open_writes_nothing_back(self):
        planned = self.plan_activity('ann', self.acme, 'See 张伟')['_record_id']
        self.erase()
        self.refused('ABORTED', 'VERSION_CONFLICT', self.call('ann').write, 'ActivityService/UpdateActivity', {
            'activity': {'id': planned, 'version': 1, 'place': '张伟'}, 'update_mask': ['place']})
        self.assertNotIn('张伟', self.dump())

    # ---- at the same time ----

    def test_two_at_once(self):
        request = self.erase_request()
        outcome = self.race_writes((self.call('north'), *request), (self.other('boss'), *request))
        self.assertTrue(self.has_waited)
        self.assertEqual('CONTACT_ERASED', outcome)

    def test_what_is_being_written_is_found(self):
        log = 'ActivityService/LogActivity', {'activity': {'account_id': self.acme, 'kind': 'visit', 'subject': '张伟'}}
        outcome = self.race_writes((self.call('ann'), *log), (self.call('north'), *self.erase_request()))
        self.assertTrue(self.has_waited)
        self.assertEqual('[erased]', outcome['name'])
        self.assertNotIn('张伟', self.dump())

    def test_visits_made_ahead_meanwhile(self):
        self.call('ann').write('VisitPlanService/CreateVisitPlan', {'visit_plan': {
            'account_id': self.acme, 'subject': '张伟 once more', 'weekdays': ['monday'], 'time_of_day': '10:30', 'starts_on': self.query('select kam.today() + 1')[0][0]}})
        self.query('delete from activity where visit_plan_id is not null')
        self.query('update visit_plan set made_until = null')
        housekeeping = self.database.connect()
        self.addCleanup(housekeeping.close)

        def make():
            with housekeeping.cursor() as cursor:
                cursor.execute('select kam.make_visits_ahead(9)')
        # Visits first: the erasure waits, and finds them.
        outcome = self.race(make, housekeeping.commit, lambda: self.call('north').write(*self.erase_request()))
        self.assertEqual((True, '[erased]'), (self.has_waited, outcome['name']))
        self.assertEqual({('*** once more',)}, set(self.query('select subject from activity where visit_plan_id is not null')))
        self.assertNotIn('张伟', self.dump())

    def test_visits_are_made_ahead_after_an_erasure_under_way(self):
        caller, housekeeping = self.call('north'), self.database.connect()
        self.addCleanup(housekeeping.close)

        def make():
            with housekeeping.cursor() as cursor:
                cursor.execute('select kam.make_visits_ahead(9)')
            housekeeping.commit()
        self.race(lambda: caller.write(*self.erase_request(), keep_open=True), caller.connection.commit, make)
        self.assertTrue(self.has_waited)

    def test_an_edit_under_way(self):
        edit = 'ContactService/UpdateContact', {'contact': {'id': self.zhang, 'version': 1, 'note': '张伟 plays golf'}, 'update_mask': ['note']}
        erase = self.erase_request()
        self.assertEqual('VERSION_CONFLICT', self.race_writes((self.call('ann'), *edit), (self.call('north'), *erase)))
        self.assertTrue(self.has_waited)
        outcome = self.race_writes((self.call('north'), *self.erase_request()), (self.call('ann'), *edit))
        self.assertEqual((True, 'VERSION_CONFLICT'), (self.has_waited, outcome))
        self.assertNotIn('张伟', self.dump())

    def test_a_position_given_meanwhile(self):
        account = self.add_account('ann', 'Third')['id']
        add = 'ContactService/AddPosition', {'position': {'contact_id': self.zhang, 'account_id': account}}
        self.assertEqual('CONTACT_ERASED', self.race_writes((self.call('north'), *self.erase_request()), (self.call('ann'), *add)))
        self.assertTrue(self.has_waited)


if __name__ == '__main__':
    unittest.main()
