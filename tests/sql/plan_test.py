#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""At size, every list and search runs along indexes as every role, with the generic plans the server uses."""
import re
import unittest

from stage import ROLES, Stage

# Some 3,000 accounts, 9,000 contacts and 30,000 activities, put in past the triggers: only their number matters.
FILL = """
insert into app_user (login, name, role, team_id)
select 'rep' || n, 'Rep ' || n, 'rep', (array(select id from team order by name))[1 + n % 4] from generate_series(1, 100) n;
alter table account disable trigger user; alter table target_list disable trigger user; alter table target_entry disable trigger user; alter table contact disable trigger user; alter table position disable trigger user;
alter table activity disable trigger user; alter table activity_contact disable trigger user; alter table session disable trigger user;
insert into account (code, name, owner_id, team_id, update_time)
select 'K-' || lpad(n::text, 6, '0'), 'Firm ' || n || substr('甲乙丙丁戊己庚辛', n % 8 + 1, 1) || substr('子丑寅卯辰巳午未', n % 7 + 1, 1), u.id, u.team_id, now() - n * interval '1 minute'
  from generate_series(1, 3000) n
  join (select id, team_id, row_number() over (order by login) as r from app_user where login ~ '^rep|ann|sue') u on u.r = 1 + n % 102;
insert into account_reach select owner_id, id from account;
insert into contact (name, phones, created_by)
select 'Person ' || n || substr('张王李赵陈', n % 5 + 1, 1) || substr('伟芳娜敏静', n % 4 + 1, 1), array['138' || lpad(n::text, 8, '0')], null from generate_series(1, 9000) n;
insert into position (contact_id, account_id)
select c.id, a.id from (select id, row_number() over (order by name) as n from contact) c
  join (select id, row_number() over (order by code) as n from account) a on a.n = 1 + c.n % 3000;
insert into activity (account_id, kind, state, subject, time, owner_id, description)
select a.id, 'visit', case when g % 5 = 0 then 'planned' else 'done' end, 'Visit ' || g, now() - g * interval '1 minute', a.owner_id, 'About 样品 and price' || case when g % 1000 = 0 then ' 投诉' else '' end
  from generate_series(1, 30000) g join (select id, owner_id, row_number() over (order by code) as n from account) a on a.n = 1 + g * 7 % 3000;
alter table account_figures disable trigger user; alter table account_supply disable trigger user;
alter table account_brand disable trigger user; alter table account_event disable trigger user;
insert into account_figures (account_id, year) select id, 2000 + n from account, generate_series(1, 5) n;
insert into account_supply (account_id, supplier) select id, 'Supplier ' || n from account, generate_series(1, 4) n;
insert into account_brand (account_id, name) select id, 'Brand ' || n from account, generate_series(1, 4) n;
insert into account_event (account_id, happened_on, description) select id, date '2020-01-01' + n, 'Event ' || n from account, generate_series(1, 4) n;
alter table need disable trigger user;
insert into need (account_id, kind, scope, text) select id, 'explicit', 'organisation', 'Need ' || n from account, generate_series(1, 4) n;
update need set text = '宏达' where id in (select id from need limit 3);
update account_supply set supplier = '宏达' where id in (select id from account_supply limit 3);
update account_brand set name = '宏达' where id in (select id from account_brand limit 3);
update account_event set description = '宏达' where id in (select id from account_event limit 3);
alter table need enable trigger user;
alter table objection disable trigger user; alter table idea disable trigger user; alter table activity_comment disable trigger user;
insert into objection (activity_id, account_id, objection, listen, created_by) select x.id, x.account_id, 'Too expensive', 'Why', x.owner_id from activity x;
insert into idea (account_id, activity_id, subject, impact, confidence, ease) select x.account_id, x.id, 'Idea', 1, 2, 3 from activity x;
insert into activity_comment (activity_id, account_id, author_id, recipient_id, text) select x.id, x.account_id, x.owner_id, x.owner_id, 'Who?' from activity x;
alter table objection enable trigger user; alter table idea enable trigger user; alter table activity_comment enable trigger user;
alter table account_figures enable trigger user; alter table account_supply enable trigger user;
alter table account_brand enable trigger user; alter table account_event enable trigger user;
insert into activity_contact (activity_id, contact_id, account_id)
select x.id, p.contact_id, x.account_id from activity x cross join lateral (select contact_id from position p where p.account_id = x.account_id limit 1) p;
insert into change (entity, record_id, account_id, version, operation, new_values)
select 'activity', id, account_id, 1, 'insert', '{"subject": "x"}' from activity;
insert into target_list (name, starts_on, ends_on, owner_id)
select 'List ' || n, current_date - 100, current_date + n, (select id from app_user where login = 'boss') from generate_series(1, 20) n;
insert into target_entry (list_id, account_id, user_id)
select l.id, a.id, a.owner_id from (select id, row_number() over (order by name) as n from target_list) l
  join (select id, owner_id, row_number() over (order by code) as n from account) a on a.n % 20 = l.n - 1;
alter table opportunity disable trigger user; alter table opportunity_person disable trigger user;
insert into opportunity (code, account_id, owner_id, account_team_id, name, pipeline_version_id, stage_key, state, close_time, amount_rank, purchase_rank, person_rank)
select 'O-' || lpad(g::text, 6, '0'), a.id, a.owner_id, a.team_id, 'Deal ' || g, v.id, first_stage(v.id), case when g % 5 = 0 then 'open' else 'won' end,
       case when g % 5 > 0 then now() end, g * 7919 % 100000, g * 104729 % 3000 - 10000, g % 100
  from generate_series(1, 12000) g join (select id, owner_id, team_id, row_number() over (order by code) as n from account) a on a.n = 1 + g * 7 % 3000
 cross join (select v.id from pipeline_version v join pipeline p on p.id = v.pipeline_id where p.is_default limit 1) v;
insert into opportunity_person (opportunity_id, account_id, contact_id)
select o.id, o.account_id, p.contact_id from opportunity o cross join lateral (select contact_id from position p where p.account_id = o.account_id limit 2) p;
alter table opportunity enable trigger user; alter table opportunity_person enable trigger user;
alter table assessment disable trigger user; alter table assessment_score disable trigger user; alter table account_grade disable trigger user;
insert into assessment (account_id, opportunity_id, model_version_id, assessed_on, total, grade)
select o.account_id, o.id, newest_scoring_version('value'), date '2026-01-01' - n, 50, 'C' from opportunity o, generate_series(1, 2) n;
insert into assessment_score (assessment_id, account_id, factor_key, score) select x.id, x.account_id, 'our_benefit', 5 from assessment x;
insert into account_grade (account_id, kind, grade, suggested_by, state)
select a.id, 'potential', 'A', a.owner_id, case when n = 1 then 'suggested' else 'replaced' end from account a, generate_series(1, 5) n;
alter table assessment enable trigger user; alter table assessment_score enable trigger user; alter table account_grade enable trigger user;
insert into session (token_hash, user_id, expire_time)
select sha256(convert_to(u.login || '-' || n, 'UTF8')), u.id, now() + interval '1 day' from app_user u, generate_series(1, 20) n;
set constraints all immediate;
alter table account enable trigger user; alter table target_list enable trigger user; alter table target_entry enable trigger user; alter table contact enable trigger user; alter table position enable trigger user;
alter table activity enable trigger user; alter table activity_contact enable trigger user; alter table session enable trigger user;
"""
LARGE = {'account', 'contact', 'position', 'activity', 'activity_contact', 'session', 'account_reach', 'target_entry', 'account_figures',
         'account_supply', 'account_brand', 'account_event', 'objection', 'idea', 'activity_comment', 'opportunity', 'opportunity_person', 'assessment', 'assessment_score', 'account_grade'}


class PlanTest(Stage):
    @classmethod
    def fill(cls, connection):
        with connection.cursor() as cursor:
            cursor.execute(FILL)
        connection.commit()
        cls.cluster.run_sql('vacuum analyze', 'company')

    def setUp(self):
        super().setUp()
        self.logins = {'rep': 'ann', 'manager': 'boss', 'service': 'desk'}
        self.account, = self.query("select id from account where owner_id = %s limit 1", self.users['ann'])[0]
        self.opportunity, = self.query('select id from opportunity where account_id = %s limit 1', self.account)[0]
        self.assessment, = self.query('select id from assessment where opportunity_id = %s limit 1', self.opportunity)[0]
        self.contact, = self.query('select contact_id from activity_contact where account_id = %s limit 1', self.account)[0]

    def plan(self, role, name, request):
        """The plans of all statements of the method."""
        caller = self.call(self.logins[role])
        return '\n'.join(caller.read(name, request, prefix='explain (analyze, timing off, costs off)', statement_number=number)
                         for number in range(len(self.methods.variant(name, role).statements)))

    def check(self, role, name, request):
        plan = self.plan(role, name, request)
        scanned = {table.strip('"') for table in re.findall(r'Seq Scan on "?(\w+)"?', plan)} & LARGE
        large_changes = [part for part in re.findall(r'Seq Scan on (change_\d+)', plan) if self.query(f'select count(*) from (select from {part} limit 1000) x')[0][0] == 1000]
        self.assertEqual((set(), []), (scanned, large_changes), f'{role} {name} {request}\n{plan}')
        removed = [int(number) for number in re.findall(r'Rows Removed by Filter: (\d+)', plan)]
        self.assertLess(max(removed, default=0), 1500, f'{role} {name} {request}\n{plan}')
        return plan

    def test_every_list_runs_along_an_index(self):
        target_list, = self.query('select list_id from target_entry where user_id = %s limit 1', self.users['ann'])[0]
        requests = {
            'AccountService/GetAccount': [{'id': self.account}, {'code': 'K-000001'}],
            'AccountService/ListAccounts': [{}, {'owner_id': self.users['ann']}, {'team_id': self.teams['south']}, {'parent_id': self.account}, {'status': 'prospect'}],
            'ContactService/GetContact': [{'id': self.contact}],
            'ContactService/ListContacts': [{}, {'account_id': self.account}, {'include_past': True}],
            'ContactService/ListRelationshipChanges': [{'position_id': self.account}],
            'ContactService/GetContactProfile': [{'contact_id': self.contact}],
            'ContactService/ListGifts': [{'contact_id': self.contact}],
            'CheckService/ListAccountChecks': [{'account_id': self.account}],
            'NeedService/ListNeeds': [{'account_id': self.account}, {'account_id': self.account, 'contact_id': self.contact}],
            'ActivityService/ListActivities': [{'account_id': self.account}, {'contact_id': self.contact}, {'owner_id': self.users['ann']}, {},
                                               {'state': 'planned'}, {'account_id': self.account, 'state': 'planned'}],
            'HistoryService/ListChanges': [{'record_id': self.account}, {'record_id': self.account, 'with_children': True},
                                           {'record_id': self.contact, 'with_children': True}],
            'AccountService/ListIncompleteAccounts': [{}, {'owner_id': self.users['sue']}],
            'AccountService/ListTerritoryConflicts': [{'account_id': self.account}],
            'AccountArchiveService/GetAccountFigures': [{'account_id': self.account, 'year': 2003}],
            **{f'AccountArchiveService/{name}': [{'account_id': self.account}] for name in ('ListAccountFigures', 'ListSupplies', 'ListBrands', 'ListAccountEvents')},
            'TargetService/ListTargetLists': [{}, {'owner_id': self.users['boss']}],
            'TargetService/ListTargetEntries': [{}, {'list_id': target_list}, {'progress': 'untouched'}],
            'TargetService/GetTargetList': [{'id': target_list}],
            'CommentService/ListNewComments': [{}],
            'SessionService/ListSessions': [{}, {'user_id': self.users['ann']}],
            'UserService/ListUsers': [{}],
            'TeamService/ListTeams': [{}],
            'RhythmService/ListRhythms': [{}],
            'RateService/ListExchangeRates': [{}, {'currency_code': 'USD'}, {'on_date': '2026-01-01'}],
            'ScoringService/ListScoringModels': [{}],
            'ScoringService/ListAssessments': [{'account_id': self.account}, {'account_id': self.account, 'model_key': '6c'}, {'opportunity_id': self.opportunity}],
            'ScoringService/GetAssessment': [{'id': self.assessment}],
            'ScoringService/GetScoringSheet': [{'model_key': 'contribution', 'account_id': self.account}, {'model_key': 'value', 'opportunity_id': self.opportunity}],
            'GradeService/ListGrades': [{}, {'account_id': self.account}, {'kind': 'credit'}],
            'GradeService/ListGradeReviews': [{}, {'owner_id': self.users['sue']}],
            'KeyAccountService/ListKeyAccounts': [{}, {'only_key': True}],
            'KeyAccountService/ListKeyMarkings': [{}],
            'KeyAccountService/ListMarketQuotas': [{}],
            'ProcessService/ListApprovals': [{}, {'scope': 'asked'}, {'scope': 'asked', 'include_ended': True}, {'opportunity_id': self.account}],
            'ProcessService/ListWantedVerdicts': [{}],
            'ProcessService/CheckOpportunity': [{'id': self.opportunity}, {'code': 'O-000001'}],
            'ProcessService/GetProgress': [{'opportunity_id': self.account}],
            'DelegationService/ListDelegations': [{}, {'user_id': self.users['north'], 'include_ended': True}],
            'PipelineService/ListPipelines': [{}, {'include_retired': True}],
            'PipelineService/GetPipeline': [{'key': 'development'}, {'key': 'development', 'number': 1}],
            'VisitPlanService/ListVisitPlans': [{}, {'account_id': self.account}, {'owner_id': self.users['ann']}],
            'RouteService/ListRoutes': [{}, {'owner_id': self.users['ann']}],
            'ObjectionService/ListObjections': [{}, {'account_id': self.account}, {'account_id': self.account, 'outcome': 'lost'}],
            'ObjectionLibraryService/ListObjectionEntries': [{'text': ''}, {'text': 'price'}],
            'IdeaService/ListIdeas': [{'account_id': self.account}, {'account_id': self.account, 'state': 'open'}],
            'OpportunityService/ListOpportunities': [{}, {'order': 'amount'}, {'order': 'key_person'}, {'account_id': self.account}, {'owner_id': self.users['ann']},
                                                     {'team_id': self.teams['south']}, {'include_closed': True}, {'state': 'won'}],
            'BoardService/GetBoard': [{}, {'order': 'amount'}, {'pipeline_key': 'development'}],
            'OpportunityService/GetOpportunity': [{'id': self.opportunity}, {'code': 'O-000001'}],
            'AnalysisService/ListCompetitionRatings': [{'account_id': self.account}],
            'AnalysisService/ListSwots': [{'account_id': self.account}],
            'AnalysisService/ListAccountPlans': [{'account_id': self.account}],
            'AnalysisService/ListCarePhases': [{'account_id': self.account}],
            'AnalysisService/GetAccountPlan': [{'account_id': self.account, 'year': 2026}],
            'MapService/GetPowerMap': [{'account_id': self.account}],
            'EngagementService/ListEngagementPlans': [{}, {'account_id': self.account}],
            'EngagementService/GetEngagementPlan': [{'id': self.account}],
            'OverviewService/GetToday': [{}, {'user_id': self.users['ann']}],
            'OverviewService/GetAccountPage': [{'id': self.account}, {'code': 'K-000001'}],
        }
        reads = {method.value('method').removeprefix('kam.v1.') for method in self.methods.methods.values() if not method.is_write()}
        no_list = {'SessionService/GetCaller', 'UserService/GetUser', 'TeamService/GetTeam', 'ActivityService/GetActivity', 'AccountService/FindDuplicateAccounts',
                   'SearchService/Search', 'RhythmService/GetRhythm', 'DelegationService/GetDelegation', 'ContactService/GetGift', 'NeedService/GetNeed',
                   'PipelineService/ListCriterionKinds', 'ScoringService/GetScoringModel', 'GradeService/GetGrade',
                   'ProcessService/GetAdvancement', 'WatchService/Watch',
                   'VisitService/GetVisit', 'VisitService/GetSpin', 'ObjectionService/GetObjection', 'ObjectionLibraryService/GetObjectionEntry', 'IdeaService/GetIdea',
                   *(f'AccountArchiveService/Get{noun}' for noun in ('Supply', 'Brand', 'AccountEvent')),
                   'VisitPlanService/GetVisitPlan', 'RouteService/GetRoute', 'EngagementService/GetEngagementStep',
                   *(f'AnalysisService/Get{noun}' for noun in ('CompetitionRating', 'Swot', 'CarePhase')), 'AccountMergeService/PreviewMerge'}
        self.assertEqual(reads - no_list, set(requests), 'every list has its line here')
        for name, shapes in requests.items():
            for role in ROLES:
                if any(role in variant.roles for variant in self.methods.find(name).variants):
                    for request in shapes:
                        with self.subTest(role=role, method=name, request=request):
                            self.check(role, name, request)

    def test_managers_of_few_accounts(self):
        self.logins['manager'] = 'north'
        self.query("update app_user set team_id = %s where login = 'north'", self.teams['office'])
        for name in ('AccountService/ListAccounts', 'ContactService/ListContacts', 'ActivityService/ListActivities'):
            self.check('manager', name, {})

    def test_the_hot_list_reads_a_page_along_its_index(self):
        for role in ('rep', 'manager'):
            plan = self.check(role, 'ActivityService/ListActivities', {'account_id': self.account})
            self.assertRegex(plan, r'Index Scan using activity_account_time on activity')

    def test_search_finds_two_chinese_characters_by_index(self):
        """The plan is inside the function: the same query as the function's, and the function's own counters."""
        for word, kind, index in (('投诉', 'activity', 'activity_search_all'), ('张伟', 'contact', 'contact_search_all'), ('甲子', 'account', 'account_search_all'),
                                  ('宏达', 'need', 'need_search'), ('宏达', 'supply', 'account_supply_search'), ('宏达', 'brand', 'account_brand_search'),
                                  ('宏达', 'event', 'account_event_search')):
            self.query('select pg_stat_force_next_flush()')
            before = self.scans(index)
            caller = self.call('boss')
            rows = caller.read('SearchService/Search', {'text': word, 'kind': kind})['results']
            self.assertTrue(rows)
            with caller.connection.cursor() as cursor:
                cursor.execute('select pg_stat_force_next_flush()')
            caller.connection.commit()
            caller.connection.cursor().execute('select 1')
            caller.connection.rollback()
            self.assertGreater(self.scans(index), before, index)
        # A rep's page reads what the rep reaches, not all that match.
        answer = self.call('ann').read('SearchService/Search', {'text': '样品', 'kind': 'activity'})['results']
        self.assertEqual(20, len(answer))

    def scans(self, index):
        return self.query("select idx_scan from pg_stat_user_indexes where indexrelname = %s", index)[0][0]


if __name__ == '__main__':
    unittest.main()
