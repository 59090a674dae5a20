#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Merging two accounts and undoing it: what goes over, what stays, who reaches it, what others do meanwhile."""
import time
import unittest

from race_test import Race
from stage import Refused

SERVICE = 'AccountMergeService/'


class Merging(Race):
    def setUp(self):
        super().setUp()
        self.acme = self.add_account('ann', 'Acme', region='North')
        self.zenith = self.add_account('bob', 'Zenith', industry='steel', registration_number='91-Z', phone='123', region='South',
                                       registered_capital={'currency_code': 'CNY', 'minor_units': 5}, other_names=['Zen'])

    def version(self, account):
        return self.query('select version from account where id = %s', account['id'])[0][0]

    def request(self, survivor, merged):
        return {'survivor_id': survivor['id'], 'survivor_version': self.version(survivor), 'merged_id': merged['id'],
                'merged_version': self.version(merged), 'reason': 'the same firm'}

    def merge(self, survivor=None, merged=None, login='north', **options):
        return self.call(login).write(SERVICE + 'MergeAccounts', self.request(survivor or self.acme, merged or self.zenith), **options)

    def undo(self, merged=None, login='north', **options):
        return self.call(login).write(SERVICE + 'UndoMerge', {'merged_id': (merged or self.zenith)['id'], 'reason': 'they are two'}, **options)

    def log_email(self, login, account_id, subject, **more):
        """No rhythm follows an e-mail."""
        return self.log_activity(login, account_id, subject, kind='email', **more)

    def get(self, account, login='north'):
        return self.call(login).read('AccountService/GetAccount', {'id': account['id']})['.']

    def subjects(self, account, login='north'):
        return sorted(row['subject'] for row in self.call(login).read('ActivityService/ListActivities', {'account_id': account['id']})['activities'])

    def people(self, account, login='north', **more):
        return sorted(row['name'] for row in self.call(login).read('ContactService/ListContacts', {'account_id': account['id'], **more})['contacts'])

    def belongings(self, account):
        """Every row of every table that belongs to the account, as it is but for its version and times."""
        found = {}
        for table, column in self.query("select table_name, column_name from account_references() where treatment in ('move', 'member', 'derived')"):
            rows = self.query(f"""select (to_jsonb(t) - '{{version,update_time,updated_by}}'::text[])::text from "{table}" t where "{column}" = %s order by 1""",
                              account['id'])
            if rows:
                found[table, column] = rows
        found['account'] = self.query("""select (to_jsonb(a) - '{version,update_time,updated_by}'::text[])::text from account a where id = %s""", account['id'])
        return found

    def fill_both(self):
        """People, activities in chains, members, target lists, children of both."""
        self.both = self.add_contact('boss', 'Li', self.acme['id'], title='Buyer')
        self.call('boss').write('ContactService/AddPosition', {'position': {'contact_id': self.both['id'], 'account_id': self.zenith['id'], 'title': 'Chief'}})
        self.wang = self.add_contact('bob', 'Wang', self.zenith['id'])
        self.log_email('ann', self.acme['id'], 'A visit')
        first = self.log_email('bob', self.zenith['id'], 'Z first', contact_ids=[self.wang['id'], self.both['id']], user_ids=[self.users['bob']],
                                  next_step={'kind': 'call', 'subject': 'Z next', 'time': '2030-01-01 10:00:00+00'})
        self.next_id = first['next_activity_id']
        wrong = self.log_email('bob', self.zenith['id'], 'Z wrong')
        self.call('bob').write('ActivityService/CorrectActivity', {
            'id': wrong['id'], 'version': 1, 'reason': 'slip', 'activity': {'account_id': self.zenith['id'], 'kind': 'email', 'subject': 'Z right'}})
        for login in ('ann', 'sue'):
            self.call('boss').write('AccountService/AddAccountMember', {'id': self.zenith['id'], 'user_id': self.users[login]})
        position, = self.query('select id from position where contact_id = %s', self.wang['id'])[0]
        self.call('bob').write('ContactService/RecordRelationship', {'position_id': position, 'level': 3, 'activity_id': first['id']})
        for name, accounts in (('Both', [self.acme, self.zenith]), ('One', [self.zenith])):
            made = self.call('boss').write('TargetService/CreateTargetList', {'list': {'name': name, 'starts_on': '2025-01-01', 'ends_on': '2034-01-01'}})
            self.call('boss').write('TargetService/AddTargetAccounts', {'list_id': made['id'], 'account_ids': [account['id'] for account in accounts]})
        self.child = self.add_account('bob', 'Zenith works', duplicate_reason='a plant', parent_id=self.zenith['id'])


class MergeTest(Merging):
    def test_everything_of_both_is_under_the_survivor(self):
        self.fill_both()
        preview = self.call('boss').read(SERVICE + 'PreviewMerge', {'survivor_id': self.acme['id'], 'merged_id': self.zenith['id']})
        answer = self.merge(login='boss')
        parts = dict(zip(answer['parts[].entity'], zip(answer['parts[].moved_count'], answer['parts[].kept_count'])))
        self.assertEqual(parts, {row['entity']: (row['moved_count'], row['kept_count']) for row in preview['parts']})
        self.assertEqual(preview['.']['filled_fields'], answer['filled_fields'])
        self.assertEqual(((4, 0), (2, 0), (1, 1)), (parts['activity'], parts['position'], parts['target_entry']))
        self.assertEqual(['industry', 'other_names', 'phone', 'registered_capital_currency_code', 'registered_capital_minor_units', 'registration_number'],
                         answer['filled_fields'])
        self.assertEqual(['A visit', 'Z first', 'Z next', 'Z right'], self.subjects(self.acme))
        self.assertEqual(['Li', 'Wang'], self.people(self.acme))
        self.assertEqual([], self.subjects(self.zenith))
        survivor, merged = self.get(self.acme), self.get(self.zenith)
        self.assertEqual(('steel', 'North', '91-Z', 5, ['Zen', 'Zenith']), tuple(survivor[name] for name in (
            'industry', 'region', 'registration_number', 'registered_capital.minor_units', 'other_names')))
        self.assertEqual({self.users['bob'], self.users['sue']}, set(survivor['members[].user_id']))
        self.assertEqual((self.acme['id'], 'Acme', 'South', 'Zenith'), (merged['merged_into_id'], merged['merged_into_name'], merged['region'], merged['name']))
        self.assertIsNotNone(merged['retire_time'])
        self.assertEqual(self.acme['id'], self.get(self.child)['parent_id'])
        titles = dict(self.query('select title, ended_on from position where contact_id = %s', self.both['id']))
        self.assertIsNone(titles['Buyer'])
        self.assertIsNotNone(titles['Chief'])
        lists = {row['name']: row['counts.entries'] for row in self.call('boss').read('TargetService/ListTargetLists')['lists']}
        self.assertEqual({'Both': 1, 'One': 1}, lists)

    def test_both_histories_are_read_from_the_survivor(self):
        self.fill_both()
        self.merge(login='boss')
        changes = self.call('ann').read('HistoryService/ListChanges', {'record_id': self.acme['id'], 'with_children': True})['changes']
        self.assertEqual({self.acme['id'], self.zenith['id']}, {row['record_id'] for row in changes if row['entity'] == 'account' and row['operation'] == 'insert'}
                         - {self.child['id']})
        self.assertEqual(['the same firm'], [row['reason'] for row in changes if row['entity'] == 'account_merge' and row['operation'] == 'insert'])
        self.assertIn('Z first', [dict(zip(row['fields[].field'], row['fields[].new_value'])).get('subject') for row in changes if row['entity'] == 'activity'])

    def test_undo_puts_everything_back(self):
        self.fill_both()
        before = self.belongings(self.acme), self.belongings(self.zenith)
        self.merge(login='boss')
        self.assertNotEqual(before, (self.belongings(self.acme), self.belongings(self.zenith)))
        answer = self.undo(login='boss')
        self.assertIsNotNone(answer['undo_time'])
        self.maxDiff = None
        self.assertEqual(before, (self.belongings(self.acme), self.belongings(self.zenith)))
        self.refused('FAILED_PRECONDITION', 'ACCOUNT_NOT_MERGED', self.undo, login='boss')
        self.merge(login='boss')
        self.assertEqual(self.acme['id'], self.get(self.zenith)['merged_into_id'], 'and once more')

    def test_undo_after_work_on_the_survivor(self):
        self.fill_both()
        self.merge(login='boss')
        survivor = self.get(self.acme)
        self.call('ann').write('AccountService/UpdateAccount', {'account': {'id': self.acme['id'], 'version': survivor['version'], 'phone': '999', 'note': 'new'},
                                                                'update_mask': ['phone', 'note']})
        self.log_email('ann', self.acme['id'], 'Added later')
        # What hangs on a record that goes back goes with it: the next of its chain, and who took part.
        self.call('bob').write('ActivityService/CompleteActivity', {'id': self.next_id, 'version': 2, 'result': 'done',
                                                                    'next_step': {'kind': 'call', 'subject': 'Z later', 'time': '2030-02-01 10:00:00+00'}})
        wang, = self.query('select id from position where contact_id = %s', self.wang['id'])[0]
        li, = self.query("select id from position where contact_id = %s and title = 'Buyer'", self.both['id'])[0]
        # A link across: the position remains, the activity goes.
        self.call('ann').write('ContactService/RecordRelationship', {'position_id': li, 'level': 2, 'activity_id': self.next_id})
        self.call('bob').write('ContactService/RecordRelationship', {'position_id': wang, 'level': 4})
        self.undo(login='boss')
        self.assertEqual(['A visit', 'Added later'], self.subjects(self.acme))
        self.assertEqual(['Z first', 'Z later', 'Z next', 'Z right'], self.subjects(self.zenith))
        self.assertEqual(('999', '', 'new'), tuple(self.get(self.acme)[name] for name in ('phone', 'industry', 'note')))
        self.assertEqual([(None,)], self.query('select activity_id from relationship_change where position_id = %s', li))
        self.assertEqual([(3,), (4,)], self.query('select level from relationship_change where position_id = %s order by level', wang))
        self.assertEqual(['Li', 'Wang'], self.people(self.zenith, 'boss'))
        self.assertEqual(['Li'], self.people(self.acme, 'boss'))

    def test_what_was_made_for_an_opportunity_goes_back_with_it(self):
        """After the merge: an assessment with its grade, a plan with what did its steps, a SWOT, the care after the sale."""
        pumps = self.call('bob').write('OpportunityService/CreateOpportunity', {'opportunity': {'account_id': self.zenith['id'], 'name': 'Pumps'}})['id']
        valves = self.call('ann').write('OpportunityService/CreateOpportunity', {'opportunity': {'account_id': self.acme['id'], 'name': 'Valves'}})['id']
        wang = self.add_contact('bob', 'Wang', self.zenith['id'])['id']
        own = self.engage('ann', None)
        theirs = self.engage('bob', None, self.zenith)
        self.merge()
        ann = self.call('ann')
        factors = ann.read('ScoringService/GetScoringModel', {'key': 'value'})['.']['factors[].key']
        assess = lambda opportunity: ann.write('ScoringService/RecordAssessment', {'assessment': {
            'model_key': 'value', 'opportunity_id': opportunity, 'scores': [{'factor_key': key, 'score': 8} for key in factors]}})
        stays = assess(valves)
        assess(pumps)
        grade, version = self.query("select id, version from account_grade where state = 'suggested'")[0]
        self.call('north').write('GradeService/ConfirmGrade', {'id': grade, 'version': version})
        plan = self.engage('ann', pumps)
        step = ann.write('EngagementService/AddEngagementStep', {'step': {'plan_id': plan['id'], 'contact_id': wang}})
        met = self.log_email('ann', self.acme['id'], 'Met Wang', contact_ids=[wang])
        ann.write('EngagementService/CompleteEngagementStep', {'id': step['id'], 'version': step['version'], 'activity_id': met['id']})
        for opportunity in (pumps, valves, None):
            ann.write('AnalysisService/CreateSwot', {'swot': {'account_id': self.acme['id'], 'opportunity_id': opportunity, 'strengths': 'near'}})
        self.log_email('ann', self.acme['id'], 'Added later')
        self.query("update opportunity set state = 'won', close_time = now() where id in (%s, %s)", pumps, valves)
        # What each had before stays its own, also when it is for the other one's opportunity meanwhile.
        for one, opportunity in ((own, pumps), (theirs, valves)):
            ann.write('EngagementService/UpdateEngagementPlan', {
                'plan': {'id': one['id'], 'version': self.query('select version from engagement_plan where id = %s', one['id'])[0][0], 'opportunity_id': opportunity},
                'update_mask': ['opportunity_id']})
        self.assertEqual(('C',), self.query('select potential_grade from account where id = %s', self.acme['id'])[0])
        self.undo()

        of = lambda table, what, account: self.query(f'select {what} from {table} where account_id = %s order by 1', account['id'])
        self.assertEqual(([(pumps,)], [(stays['id'], valves)]), (of('assessment', 'opportunity_id', self.zenith), of('assessment', 'id, opportunity_id', self.acme)))
        self.assertEqual(([(len(factors),)] * 2), [of('assessment_score', 'count(*)', account)[0] for account in (self.zenith, self.acme)])
        self.assertEqual(([('confirmed',)], [('C',)]), (of('account_grade', 'state', self.zenith), self.query('select potential_grade from account where id = %s', self.zenith['id'])))
        self.assertEqual(([('replaced',)], [(None,)]), (of('account_grade', 'state', self.acme), self.query('select potential_grade from account where id = %s', self.acme['id'])))
        self.assertEqual(sorted([(plan['id'], pumps), (theirs['id'], None)]), of('engagement_plan', 'id, opportunity_id', self.zenith))
        self.assertEqual([(own['id'], None)], of('engagement_plan', 'id, opportunity_id', self.acme))
        self.assertEqual([(step['id'], met['id'])], of('engagement_step', 'id, activity_id', self.zenith))
        self.assertEqual([(wang,)], of('activity_contact', 'contact_id', self.zenith))
        self.assertEqual([(pumps,)], of('swot', 'opportunity_id', self.zenith))
        self.assertEqual([(valves,), (None,)], of('swot', 'opportunity_id', self.acme))
        for account, opportunity in ((self.zenith, pumps), (self.acme, valves)):
            self.assertEqual([(opportunity, account['id'])] * 3, self.query(
                'select p.opportunity_id, a.account_id from care_phase p join activity a on a.id = p.activity_id where p.account_id = %s', account['id']))
        self.assertEqual([('Added later',)], self.query("select subject from activity where account_id = %s and kind = 'email'", self.acme['id']))

    def engage(self, login, opportunity, account=None):
        return self.call(login).write('EngagementService/CreateEngagementPlan', {'plan': {'account_id': (account or self.acme)['id'], 'opportunity_id': opportunity}})

    def erase(self, contact_id):
        version, = self.query('select version from contact where id = %s', contact_id)[0]
        return self.call('boss').write('ContactService/EraseContact', {'id': contact_id, 'version': version, 'reason': 'asked for it'})

    def leave_traces(self, contact_id):
        """A need of theirs, beside the positions."""
        self.call('boss').write('NeedService/CreateNeed', {'need': {
            'account_id': self.zenith['id'], 'contact_id': contact_id, 'kind': 'explicit', 'scope': 'person', 'text': 'To be seen'}})

    def test_people_who_were_erased_go_along(self):
        self.fill_both()
        for contact in (self.both, self.wang):
            self.leave_traces(contact['id'])
            self.erase(contact['id'])
        before = self.belongings(self.acme), self.belongings(self.zenith)
        self.merge(login='boss')
        self.assertEqual(0, self.query('select count(*) from position where account_id = %s', self.zenith['id'])[0][0])
        self.undo(login='boss')
        self.maxDiff = None
        self.assertEqual(before, (self.belongings(self.acme), self.belongings(self.zenith)))
        self.refused('FAILED_PRECONDITION', 'CONTACT_ERASED', self.call('boss').write, 'ContactService/RecordRelationship', {
            'position_id': self.query('select id from position where contact_id = %s', self.wang['id'])[0][0], 'level': 1})

    def test_people_who_are_erased_after_the_merge_go_back(self):
        self.fill_both()
        for contact in (self.both, self.wang):
            self.leave_traces(contact['id'])
        self.merge(login='boss')
        for contact in (self.both, self.wang):
            self.erase(contact['id'])
        self.undo(login='boss')
        self.assertEqual([('[erased]',), ('[erased]',)], self.query(
            'select c.name from position p join contact c on c.id = p.contact_id where p.account_id = %s and p.ended_on is null', self.zenith['id']))

    def test_thirty_days(self):
        self.merge()
        self.query("update account_merge set merge_time = now() - interval '31 days'")
        self.refused('FAILED_PRECONDITION', 'MERGE_TOO_OLD', self.undo)
        self.query("update account_merge set merge_time = now() - interval '29 days'")
        self.undo()

    def test_chains(self):
        third = self.add_account('ann', 'Quark')
        self.log_email('bob', self.zenith['id'], 'Z')
        self.merge(self.acme, self.zenith)
        self.merge(third, self.acme)
        self.assertEqual(['Z'], self.subjects(third))
        self.assertIn(third['code'], self.refused('FAILED_PRECONDITION', 'MERGE_NOT_LAST', self.undo, self.zenith).message)
        self.refused('FAILED_PRECONDITION', 'ACCOUNT_MERGED', self.merge, third, self.zenith)
        self.refused('FAILED_PRECONDITION', 'ACCOUNT_MERGED', self.merge, self.zenith, third)
        self.assertEqual({'ann', 'bob', 'north', 'boss'}, self.reach(self.zenith))
        self.undo(self.acme)
        self.undo(self.zenith)
        self.assertEqual(['Z'], self.subjects(self.zenith))

    def reach(self, account):
        found = set()
        for login in ('ann', 'bob', 'sue', 'north', 'south', 'boss'):
            try:
                self.get(account, login)
                found.add(login)
            except Refused as refused:
                self.assertEqual('NOT_FOUND', refused.status)
        return found

    def test_who_reaches_the_merged_account(self):
        """Whoever reaches the survivor, also when that changes later; after the undo each its own."""
        self.merge()
        self.assertEqual({'ann', 'bob', 'north', 'boss'}, self.reach(self.zenith))
        self.assertEqual(self.reach(self.zenith), self.reach(self.acme))
        boss = self.call('boss')
        boss.write('AccountService/ReassignAccount', {'id': self.acme['id'], 'version': self.version(self.acme), 'owner_id': self.users['sue'], 'reason': 'south'})
        boss.write('AccountService/RemoveAccountMember', {'id': self.acme['id'], 'user_id': self.users['bob']})
        self.assertEqual({'sue', 'south', 'boss'}, self.reach(self.zenith))
        boss.write('AccountService/AddAccountMember', {'id': self.acme['id'], 'user_id': self.users['ann']})
        self.assertEqual({'sue', 'south', 'boss', 'ann'}, self.reach(self.zenith))
        boss.write('UserService/UpdateUser', {'user': {'id': self.users['sue'], 'version': 1, 'team_id': self.teams['office']}, 'update_mask': ['team_id']})
        self.assertEqual({'sue', 'north', 'boss', 'ann'}, self.reach(self.zenith))
        self.undo(login='boss')
        self.assertEqual({'bob', 'north', 'boss'}, self.reach(self.zenith))
        self.assertEqual({'sue', 'ann', 'north', 'boss'}, self.reach(self.acme))

    def test_who_may(self):
        for login, status in (('ann', 'PERMISSION_DENIED'), ('desk', 'PERMISSION_DENIED'), ('south', 'NOT_FOUND')):
            with self.assertRaises(Refused) as caught:
                self.merge(login=login)
            self.assertEqual(status, caught.exception.status)
        coal = self.add_account('sue', 'Coal')
        self.refused('NOT_FOUND', 'NOT_FOUND', self.merge, self.acme, coal)
        self.refused('NOT_FOUND', 'NOT_FOUND', self.merge, coal, self.acme)
        self.refused('NOT_FOUND', 'NOT_FOUND', self.call('north').read, SERVICE + 'PreviewMerge', {'survivor_id': self.acme['id'], 'merged_id': coal['id']})
        self.refused('INVALID_ARGUMENT', 'SAME_ACCOUNT', self.merge, self.acme, self.acme)
        self.refused('ABORTED', 'VERSION_CONFLICT', self.call('north').write, SERVICE + 'MergeAccounts', {**self.request(self.acme, self.zenith), 'merged_version': 9})
        self.refused('FAILED_PRECONDITION', 'ACCOUNT_NOT_MERGED', self.undo)
        self.call('north').write('AccountService/RetireAccount', {'id': self.acme['id'], 'version': 1, 'reason': 'closed'})
        self.refused('FAILED_PRECONDITION', 'ACCOUNT_RETIRED', self.merge)
        self.merge(self.zenith, self.acme)
        self.undo(self.acme)
        self.assertIsNotNone(self.get(self.acme)['retire_time'], 'it was retired before')

    def test_no_more_writes(self):
        self.fill_both()
        self.merge(login='boss')
        north = self.call('north')
        zenith = self.zenith['id']
        for method, request in (
                ('AccountService/UpdateAccount', {'account': {'id': zenith, 'version': self.version(self.zenith), 'note': 'x'}, 'update_mask': ['note']}),
                ('AccountService/RestoreAccount', {'id': zenith, 'version': self.version(self.zenith)}),
                ('AccountService/AddAccountMember', {'id': zenith, 'user_id': self.users['south']}),
                ('AccountService/RemoveAccountMember', {'id': zenith, 'user_id': self.users['sue']}),
                ('ActivityService/LogActivity', {'activity': {'account_id': zenith, 'kind': 'email', 'subject': 'x'}}),
                ('ContactService/CreateContact', {'contact': {'name': 'New', 'positions': [{'account_id': zenith}]}})):
            self.refused('FAILED_PRECONDITION', 'ACCOUNT_MERGED', north.write, method, request)
        self.refused('FAILED_PRECONDITION', 'ACCOUNT_MERGED', north.write, 'AccountService/ReassignAccount',
                     {'id': zenith, 'version': self.version(self.zenith), 'owner_id': self.users['bob'], 'reason': 'x'})

    def test_duplicates_are_named_once(self):
        self.merge()
        find = lambda **request: [row['name'] for row in self.call('sue').read('AccountService/FindDuplicateAccounts', request)['matches']]
        self.assertEqual(['Acme'], find(name='Zenith'))
        self.assertEqual(['Acme'], find(name='Acme', registration_number='91Z'))
        refused = self.refused('ALREADY_EXISTS', 'ACCOUNT_DUPLICATE', self.add_account, 'sue', 'Zenith')
        self.assertEqual(1, len(refused.detail['resources']))
        survivor = self.get(self.acme)
        self.call('ann').write('AccountService/UpdateAccount', {'account': {'id': self.acme['id'], 'version': survivor['version'], 'name': 'Zenith'},
                                                                'update_mask': ['name']})

    def test_families_of_accounts(self):
        """The survivor below the merged one, above it, beside it."""
        top = self.add_account('bob', 'Topmost')
        update = lambda account, **fields: self.call('boss').write('AccountService/UpdateAccount', {
            'account': {'id': account['id'], 'version': self.version(account), **fields}, 'update_mask': list(fields)})
        update(self.zenith, parent_id=top['id'])
        update(self.acme, parent_id=self.zenith['id'])
        before = self.belongings(self.acme), self.belongings(self.zenith)
        self.merge(login='boss')
        self.assertEqual(top['id'], self.get(self.acme, 'boss')['parent_id'])
        self.undo(login='boss')
        self.maxDiff = None
        self.assertEqual(before, (self.belongings(self.acme), self.belongings(self.zenith)))
        self.merge(self.zenith, self.acme, 'boss')
        self.assertEqual(top['id'], self.get(self.zenith, 'boss')['parent_id'])
        self.undo(self.acme, 'boss')
        between = self.add_account('bob', 'Between', parent_id=self.zenith['id'])
        update(self.acme, parent_id=between['id'])
        self.refused('FAILED_PRECONDITION', 'ACCOUNT_PARENT_LOOP', self.merge, login='boss')

    def test_a_wrong_order_of_fillings(self):
        """An amount is one value: when it was changed since, it stays."""
        self.merge()
        survivor = self.get(self.acme)
        self.call('ann').write('AccountService/UpdateAccount', {
            'account': {'id': self.acme['id'], 'version': survivor['version'], 'registered_capital': {'currency_code': 'CNY', 'minor_units': 6}},
            'update_mask': ['registered_capital']})
        self.undo()
        self.assertEqual(('CNY', 6), tuple(self.get(self.acme)['registered_capital.' + name] for name in ('currency_code', 'minor_units')))

    def test_the_former_owner_left(self):
        self.merge()
        self.call('boss').write('UserService/DisableUser', {'id': self.users['bob'], 'reason': 'left'})
        self.undo()
        self.assertEqual('Ann', self.get(self.zenith)['owner_name'])

    def visits(self, plan, account, state='planned'):
        return self.query('select count(*), count(distinct plan_date) from activity where visit_plan_id = %s and account_id = %s and state = %s',
                          plan['id'], account['id'], state)[0]

    def plan_visits(self, login, **fields):
        tomorrow, = self.query('select today() + 1')[0]
        return self.call(login).write('VisitPlanService/CreateVisitPlan', {'visit_plan': {
            'subject': 'Look in', 'weekdays': ['monday', 'wednesday', 'friday'], 'time_of_day': '10:30', 'starts_on': tomorrow, **fields}})

    def test_plans_of_visits(self):
        plan = self.plan_visits('bob', account_id=self.zenith['id'])
        made = self.visits(plan, self.zenith)
        self.merge()
        self.assertEqual((made, (0, 0)), (self.visits(plan, self.acme), self.visits(plan, self.zenith)))
        # The plan goes on: with the survivor to its next owner, and no day is made twice.
        self.call('boss').write('AccountService/ReassignAccount', {'id': self.acme['id'], 'version': self.version(self.acme), 'owner_id': self.users['sue'], 'reason': 'x'})
        self.assertEqual(made, self.visits(plan, self.acme))
        self.assertEqual({(self.users['sue'],)}, set(self.query("select owner_id from activity where visit_plan_id = %s and state = 'planned'", plan['id'])))
        self.undo(login='boss')
        self.assertEqual((made, (0, 0)), (self.visits(plan, self.zenith), self.visits(plan, self.acme)))
        self.assertEqual({(self.users['bob'],)}, set(self.query("select owner_id from activity where visit_plan_id = %s and state = 'planned'", plan['id'])))

    def test_a_route_with_both(self):
        self.call('boss').write('AccountService/AddAccountMember', {'id': self.zenith['id'], 'user_id': self.users['ann']})
        route = self.call('ann').write('RouteService/CreateRoute', {'route': {'name': 'East', 'account_ids': [self.acme['id'], self.zenith['id']]}})
        plan = self.plan_visits('ann', route_id=route['id'])
        made = self.visits(plan, self.acme)
        first, version = self.query("select id, version from activity where visit_plan_id = %s and account_id = %s order by time limit 1", plan['id'], self.zenith['id'])[0]
        self.query("update activity set time = now() where id = %s", first)
        self.call('ann').write('ActivityService/CompleteActivity', {'id': first, 'version': version + 1, 'result': 'seen'})
        self.merge()
        self.assertEqual((made, (0, 0)), (self.visits(plan, self.acme), self.visits(plan, self.zenith)), 'one visit a day to one firm')
        self.assertEqual([(self.acme['id'], None)], self.query('select account_id, visit_plan_id from activity where id = %s', first), 'what was done is there')
        self.undo()
        self.assertEqual([(self.zenith['id'], plan['id'])], self.query('select account_id, visit_plan_id from activity where id = %s', first))
        self.assertEqual((made, (made[0] - 1, made[1] - 1)), (self.visits(plan, self.acme), self.visits(plan, self.zenith)))

    def test_too_much_to_move(self):
        self.fill_activities(self.zenith, 50001)
        self.refused('FAILED_PRECONDITION', 'MERGE_TOO_LARGE', self.merge)
        self.assertEqual([(0,)], self.query('select count(*) from account_merge'))

    def fill_activities(self, account, count):
        self.query('alter table activity disable trigger user')
        self.query("""insert into activity (account_id, kind, state, subject, time, owner_id) select %s, 'visit', 'done', 'Visit ' || n, now() - n * interval '1 minute', %s
                        from generate_series(1, %s) n""", account['id'], self.users['bob'], count)
        self.query('alter table activity enable trigger user')

    def test_ten_thousand_activities(self):
        """Says how long it took; no verdict on that."""
        self.fill_activities(self.zenith, 10000)
        before = self.belongings(self.zenith)
        started = time.monotonic()
        self.merge()
        merged = time.monotonic()
        self.assertEqual([(10000,)], self.query('select count(*) from activity where account_id = %s', self.acme['id']))
        self.undo()
        print(f'10,000 activities merged in {merged - started:.1f} s, taken back in {time.monotonic() - merged:.1f} s')
        self.assertEqual(before, self.belongings(self.zenith))


class MergeRaceTest(Merging):
    def pair(self, caller, survivor, merged):
        return caller, SERVICE + 'MergeAccounts', self.request(survivor, merged)

    def test_two_merges_of_one_account(self):
        third = self.add_account('ann', 'Quark')
        outcome = self.race_writes(self.pair(self.call('north'), self.acme, self.zenith), self.pair(self.other('north'), third, self.zenith))
        self.assertEqual((True, 'ACCOUNT_MERGED'), (self.has_waited, outcome))

    def test_each_into_the_other(self):
        outcome = self.race_writes(self.pair(self.call('north'), self.acme, self.zenith), self.pair(self.other('north'), self.zenith, self.acme))
        self.assertEqual((True, 'ACCOUNT_MERGED'), (self.has_waited, outcome))
        self.undo()

    def test_two_into_one(self):
        third = self.add_account('ann', 'Quark')
        outcome = self.race_writes(self.pair(self.call('north'), self.acme, self.zenith), self.pair(self.other('north'), self.acme, third))
        self.assertEqual((True, 'VERSION_CONFLICT'), (self.has_waited, outcome))

    def test_a_chain_at_once(self):
        third = self.add_account('ann', 'Quark')
        outcome = self.race_writes(self.pair(self.call('north'), self.acme, self.zenith), self.pair(self.other('north'), third, self.acme))
        self.assertEqual((True, 'VERSION_CONFLICT'), (self.has_waited, outcome))

    def test_something_is_added_while_it_is_merged(self):
        north = self.call('north')
        log = (self.call('bob'), 'ActivityService/LogActivity', {'activity': {'account_id': self.zenith['id'], 'kind': 'email', 'subject': 'Late'}})
        outcome = self.race_writes(self.pair(north, self.acme, self.zenith), log)
        self.assertEqual((True, 'ACCOUNT_MERGED'), (self.has_waited, outcome))
        self.assertEqual([], self.query('select subject from activity where account_id = %s', self.zenith['id']))

    def test_it_is_merged_while_something_is_added(self):
        log = (self.call('bob'), 'ActivityService/LogActivity', {'activity': {'account_id': self.zenith['id'], 'kind': 'email', 'subject': 'Early'}})
        self.race_writes(log, self.pair(self.other('north'), self.acme, self.zenith))
        self.assertTrue(self.has_waited)
        self.assertEqual(['Early'], self.subjects(self.acme))

    def test_a_record_is_changed_while_it_is_merged(self):
        planned = self.plan_activity('bob', self.zenith['id'])
        edit = (self.call('bob'), 'ActivityService/UpdateActivity', {'activity': {'id': planned['id'], 'version': 1, 'place': 'there'}, 'update_mask': ['place']})
        self.race_writes(edit, self.pair(self.other('north'), self.acme, self.zenith))
        self.assertTrue(self.has_waited)
        self.assertEqual([('there', self.acme['id'])], self.query('select place, account_id from activity where id = %s', planned['id']))

    def test_a_record_is_completed_with_a_next_step_while_it_is_merged(self):
        """The writer holds the activity and wants the account; the merge takes them in the same order."""
        planned = self.plan_activity('bob', self.zenith['id'])
        done = ('ActivityService/CompleteActivity', {'id': planned['id'], 'version': 1, 'result': 'ok',
                                                     'next_step': {'kind': 'call', 'subject': 'Then', 'time': '2030-02-01 10:00:00+00'}})
        self.race_writes((self.call('bob'), *done), self.pair(self.other('north'), self.acme, self.zenith))
        self.assertTrue(self.has_waited)
        self.assertEqual(2, len(self.subjects(self.acme)))

    def test_the_account_is_changed_while_it_is_merged(self):
        update = (self.call('bob'), 'AccountService/UpdateAccount', {'account': {'id': self.zenith['id'], 'version': 1, 'note': 'x'}, 'update_mask': ['note']})
        outcome = self.race_writes(update, self.pair(self.other('north'), self.acme, self.zenith))
        self.assertEqual((True, 'VERSION_CONFLICT'), (self.has_waited, outcome))

    def test_a_member_is_taken_off_while_it_is_merged(self):
        self.call('north').write('AccountService/AddAccountMember', {'id': self.zenith['id'], 'user_id': self.users['sue']})
        remove = (self.other('north'), 'AccountService/RemoveAccountMember', {'id': self.zenith['id'], 'user_id': self.users['sue']})
        outcome = self.race_writes(self.pair(self.call('north'), self.acme, self.zenith), remove)
        self.assertEqual((True, 'ACCOUNT_MERGED'), (self.has_waited, outcome))

    def test_work_on_the_survivor_goes_on(self):
        """A merge of seconds does not stop those who add to the account that remains."""
        log = (self.call('ann'), 'ActivityService/LogActivity', {'activity': {'account_id': self.acme['id'], 'kind': 'email', 'subject': 'Meanwhile'}})
        self.race_writes(self.pair(self.call('north'), self.acme, self.zenith), log)
        self.assertFalse(self.has_waited)

    def test_two_undo_at_once(self):
        self.merge()
        undo = (SERVICE + 'UndoMerge', {'merged_id': self.zenith['id'], 'reason': 'two'})
        outcome = self.race_writes((self.call('north'), *undo), (self.other('north'), *undo))
        self.assertEqual((True, 'ACCOUNT_NOT_MERGED'), (self.has_waited, outcome))

    def test_the_survivor_is_reassigned_while_merging(self):
        reassign = ('AccountService/ReassignAccount', {'id': self.acme['id'], 'version': 1, 'owner_id': self.users['sue'], 'reason': 'x'})
        outcome = self.race_writes((self.call('boss'), *reassign), self.pair(self.other('boss'), self.acme, self.zenith))
        self.assertEqual((True, 'VERSION_CONFLICT'), (self.has_waited, outcome))


if __name__ == '__main__':
    unittest.main()
