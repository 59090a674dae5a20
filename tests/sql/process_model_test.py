#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Random sequences of asks, approvals, returns, waivers, edits, verdicts, reassignments and withdrawals by several users at once, through a real server, against a model
that knows nothing of the database. Between them managers are disabled and enabled, moved to other teams and stood in for, and days of review come.

Two calls at a time are under way at once. What they come to must be what the model gives for one of the orders in which they can have happened: which of them are done,
and where the opportunity then stands. Afterwards the tables alone are looked at: no move without its approvals, no approval counted twice, and the history leads to the
present.

The seeds are fixed and a failure says its own. KAM_MODEL_SEQUENCES: how many sequences (some 250 without it); KAM_MODEL_SEED: the first one.
"""
import copy
import itertools
import os
import pathlib
import random
import sys
import unittest

import grpc

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from process_stage import STAGES, THRESHOLD, make_pipeline     # noqa: E402
from support.cluster import Cluster     # noqa: E402
from support.kam import Kamd, Refused, make_company     # noqa: E402

SEQUENCES = int(os.environ.get('KAM_MODEL_SEQUENCES', '250'))
FIRST_SEED = int(os.environ.get('KAM_MODEL_SEED', '1'))
STEPS = 8       # of a sequence, each with one call or two at once
SMALL = 5_000_000

PARENTS = {'North': 'Company', 'South': 'Company', 'Company': None}
TEAMS = {'boss': 'Company', 'max': 'Company', 'nadia': 'North', 'nell': 'North', 'sofia': 'South', 'nora': 'North', 'nils': 'North', 'sam': 'South'}
MANAGERS = {'boss', 'max', 'nadia', 'nell', 'sofia'}
GROUP = {'boss', 'nell'}
COME_AND_GO = ['max', 'nell', 'sofia']     # who are disabled and moved: they own nothing, and boss keeps the company
OWNERS = ['nora', 'nora', 'nils', 'sam', 'nadia']
NAMES = list(STAGES)
CRITERIA = {'work': ['date-known'], 'judge': ['project-approved']}
PIPELINE = {**STAGES, 'work': ([('date-known', 'opportunity_fields', '{"fields": ["purchase_on"]}')], ['team_manager'])}


def above(team):
    while team is not None:
        yield team
        team = PARENTS[team]


class No(Exception):
    """Refused."""


def need(condition):
    if not condition:
        raise No


class Model:
    """One opportunity of one account. Every act raises No, or changes the model."""

    def __init__(self, owner):
        self.account_owner = self.owner = owner
        self.stage, self.state, self.verdict = 0, 'open', None
        self.judged = None              # in the present stage: (by whom, on whose behalf or the same, as a member of the group)
        self.is_deferred = False
        self.is_groups = False          # the verdict: it judged before
        self.was_passed_over = False    # the group, by the last request that had a step of it
        self.is_big = self.has_date = False
        self.waived = {}                # criterion of the present stage: (requested by, waived by, on whose behalf or the same, as a member of the group)
        self.request = None
        self.requests = 0
        self.version = self.account_version = 0     # tokens: they differ when the record was changed
        self.teams = dict(TEAMS)
        self.disabled = set()
        self.away = {}                  # stand-in: for whom, today

    # ---- who ----

    def people(self, user):
        """The user, and whom they stand in for."""
        away = self.away.get(user)
        return {user, away} if away is not None and away not in self.disabled else {user}

    def is_above(self, user, team):
        return user in MANAGERS and any(self.teams[one] in above(team) for one in self.people(user))

    def manages_account(self, user):
        return self.is_above(user, self.teams[self.account_owner])

    def reaches(self, user):
        return self.account_owner in self.people(user) or self.manages_account(user)

    def works_on(self, user):
        """By themselves."""
        return user == self.account_owner or user in MANAGERS and self.teams[user] in above(self.teams[self.account_owner])

    def group(self):
        return GROUP - self.disabled

    def kept_out(self, *more):
        return {self.owner, *more, *(waiver[0] for waiver in self.waived.values())}

    def nearest(self, kept_out):
        for team in above(self.teams[self.owner]):
            able = {user for user in MANAGERS - self.disabled if self.teams[user] == team} - kept_out
            if able:
                return able
        return set()

    def decides_as(self, user, able, kept_out):
        """As whom: the user, or whom they stand in for; None for neither."""
        if user in able:
            return user
        away = self.away.get(user)
        return away if away in able and user not in kept_out else None

    def decides_request(self, user):
        """As decides_as(), about the step that is open."""
        kept_out = self.kept_out(self.request['by'], self.request['owner'], *itertools.chain(*self.request['decided']))
        return self.decides_as(user, self.nearest(kept_out) if self.request['step'] == 'team_manager' else self.group() - kept_out, kept_out)

    def reads(self, user):
        if self.reaches(user):
            return True
        if user not in MANAGERS:
            return False
        waits = self.request is not None and self.request['step'] == 'key_account_group'
        wants_verdict = self.state == 'open' and NAMES[self.stage] == 'judge' and not self.is_approved() and self.group_judges() and not self.is_deferred
        is_under_way = self.state == 'open' or self.verdict == 'terminate'
        has_judged = is_under_way and self.judged is not None and self.judged[2] and self.judged[0] == user
        return is_under_way and self.is_above(user, self.teams[self.owner]) or bool(self.people(user) & self.group()) and (waits or wants_verdict or has_judged)

    def knows_request(self, user):
        return self.reads(user) or user in MANAGERS and user in {by for by, _ in self.request['decided']}

    # ---- the parts of acts ----

    def group_judges(self):
        return self.is_big or self.is_groups

    def is_for_group(self):
        return self.is_big and ('key_account_group' in STAGES[NAMES[self.stage]][1] or self.was_passed_over)

    def has_verdict(self):
        return self.judged is not None and (self.judged[2] or not self.is_big)

    def is_approved(self):
        return self.verdict == 'approve' and self.has_verdict()

    def judges_as(self, user):
        return self.decides_as(user, self.group() - {self.owner} if self.group_judges() else self.nearest({self.owner}), {self.owner})

    def has_own_hand(self, requester):
        hands = {user for _, by, behalf, _ in self.waived.values() for user in (by, behalf)}
        if NAMES[self.stage] == 'judge' and self.has_verdict():
            hands |= set(self.judged[:2])
        return bool(hands & {requester, self.owner})

    def is_waived(self, criterion):
        """So that it counts: what the team's manager let pass is the group's to say once the amount has grown."""
        return criterion in self.waived and (criterion != 'project-approved' or self.waived[criterion][3] or not self.group_judges())

    def unmet(self):
        met = {'date-known': self.has_date, 'project-approved': self.is_approved()}
        return [criterion for criterion in CRITERIA.get(NAMES[self.stage], []) if not met[criterion] and not self.is_waived(criterion)]

    def move_on(self):
        self.request = self.judged = None
        self.waived = {}
        self.version += 1
        if self.stage == len(NAMES) - 1:
            self.state = 'won'
        else:
            self.stage += 1

    def go_back(self, stage):
        self.stage, self.request, self.waived, self.judged = stage, None, {}, None
        self.version += 1

    def seen(self, version):
        need(version == self.version)

    def seen_request(self, request):
        need(self.request is not None and request == (self.request['number'], len(self.request['decided']), self.request['touched']))

    # ---- acts ----

    def ask(self, user):
        need(self.reaches(user) and self.state == 'open' and not self.is_deferred and self.request is None and not self.unmet() and not self.has_own_hand(user))
        steps = STAGES[NAMES[self.stage]][1] or ['key_account_group'] * self.is_for_group()
        if not steps:
            self.move_on()
            return
        need(self.nearest(self.kept_out(user)) if steps[0] == 'team_manager' else self.group() - self.kept_out(user))
        self.requests += 1
        self.request = {'number': self.requests, 'by': user, 'owner': self.owner, 'decided': [], 'step': steps[0], 'touched': 0, 'for_group': self.is_for_group()}

    def withdraw(self, user, request):
        self.seen_request(request)
        need(self.knows_request(user) and (user in (self.request['by'], self.owner) or self.manages_account(user)))
        self.request = None

    def approve(self, user, request):
        self.seen_request(request)
        behalf = self.decides_request(user)
        need(user in MANAGERS and self.knows_request(user) and behalf)
        if self.request['step'] == 'team_manager' and (self.request['for_group'] or self.is_for_group()):
            need(self.group() - self.kept_out(self.request['by'], self.request['owner'], user, behalf))
            self.request['decided'].append((user, behalf))
            self.request['step'] = 'key_account_group'
            return
        need(not self.unmet() and not self.has_own_hand(self.request['by']))
        if self.request['step'] == 'key_account_group' or 'key_account_group' in STAGES[NAMES[self.stage]][1]:
            self.was_passed_over = self.request['step'] == 'team_manager'
        self.move_on()

    def send_back(self, user, request):
        self.seen_request(request)
        need(user in MANAGERS and self.knows_request(user) and self.decides_request(user))
        self.request = None

    def waive(self, user, criterion):
        need(user in MANAGERS and self.reads(user) and self.state == 'open' and criterion in CRITERIA.get(NAMES[self.stage], []))
        kept_out = self.kept_out(*([self.request['by']] if self.request else []))
        behalf, is_group = self.decides_as(user, self.group() - kept_out, kept_out), True
        if behalf is None:
            need(not (criterion == 'project-approved' and self.group_judges()))
            behalf, is_group = self.decides_as(user, self.nearest(kept_out), kept_out), False
        need(behalf and not self.is_waived(criterion))
        self.waived[criterion] = (self.owner, user, behalf, is_group)

    def unwaive(self, user, criterion):
        need(user in MANAGERS and self.reads(user) and self.state == 'open' and criterion in self.waived)
        kept_out = self.kept_out()
        need(user in self.waived[criterion][1:3] or self.decides_as(user, self.group() - kept_out, kept_out) or self.decides_as(user, self.nearest(kept_out), kept_out))
        del self.waived[criterion]

    def set_date(self, user, version, has_date):
        self.seen(version)
        need(self.reaches(user))
        self.has_date = has_date
        self.version += 1

    def set_amount(self, user, version, is_big):
        self.seen(version)
        need(self.reaches(user) and (self.state == 'open' or self.manages_account(user)))
        if self.request is not None and is_big != self.is_big:
            self.request['touched'] += 1
        self.is_big = is_big
        self.version += 1

    def back(self, user, version):
        self.seen(version)
        need(self.state == 'open' and self.reaches(user) and (user == self.owner or self.manages_account(user)) and not self.is_deferred and self.stage > 0)
        self.verdict = None
        self.go_back(self.stage - 1)

    def judge(self, user, version, verdict):
        self.seen(version)
        behalf = self.judges_as(user)
        need(user in MANAGERS and self.reads(user) and self.state == 'open' and behalf)
        if verdict == 'change':
            need(self.stage >= NAMES.index('work'))
            self.go_back(NAMES.index('work'))
        elif verdict == 'terminate':
            self.state = 'lost'
        self.is_groups = self.group_judges()
        self.verdict, self.judged, self.is_deferred = verdict, (user, behalf, self.is_groups), verdict == 'defer'
        self.request = None
        self.version += 1

    def may_close(self, user):
        return self.reaches(user) and (user in (self.owner, self.account_owner) or self.manages_account(user))

    def lose(self, user, version):
        self.seen(version)
        need(self.may_close(user) and self.state == 'open')
        self.state, self.request = 'lost', None
        self.version += 1

    def reopen(self, user, version):
        self.seen(version)
        need(self.state != 'open' and (self.state == 'lost' or self.manages_account(user)))
        need(self.reads(user) and self.judges_as(user) if self.verdict == 'terminate' else self.may_close(user))
        if self.verdict == 'terminate':
            self.is_groups = False
        # To lose it and take it up again is no way around the day of the review.
        self.state, self.waived = 'open', {}
        if not self.is_deferred:
            self.verdict = self.judged = None
        if not self.works_on(self.owner):
            self.owner = self.account_owner
        self.version += 1

    def reassign(self, user, account_version, to):
        need(account_version == self.account_version and self.manages_account(user))
        need(self.is_above(user, self.teams[to]) and to != self.account_owner)
        before, self.account_owner = self.account_owner, to
        self.account_version += 1
        if self.state == 'open' and self.owner != to and (self.owner == before or not self.works_on(self.owner)):
            self.owner = to
            self.version += 1

    def review(self):
        """The day comes."""
        self.is_deferred = False
        self.version += 1

    def shown(self):
        request = self.request and (self.request['by'], self.request['step'], sorted(by for by, _ in self.request['decided']))
        return (self.account_owner, self.owner, NAMES[self.stage], self.state, self.verdict, request, sorted(self.waived) if self.state == 'open' else None)


STATE = """
select w.login, u.login, o.stage_key, o.state, o.verdict, a.id, r.login, s.approver, o.version, w2.version, a.version,
       array(select d.login from approval_step x join app_user d on d.id = x.decided_by where x.advancement_id = a.id order by 1),
       array(select v.criterion_key from criterion_waiver v where v.opportunity_id = o.id and v.stage_key = o.stage_key and v.withdrawn_time is null and v.time >= o.stage_since
             order by 1)
  from opportunity o join account w2 on w2.id = o.account_id join app_user w on w.id = w2.owner_id join app_user u on u.id = o.owner_id
  left join advancement a on a.opportunity_id = o.id and a.state = 'waiting'
  left join app_user r on r.id = a.requested_by
  left join approval_step s on s.advancement_id = a.id and s.state = 'open'
 where o.id = %s"""

# What may never be, read off the tables of all sequences at once.
NEVER = {
    'a move of a stage with approvals, without a request that was approved': """
        select c.id from stage_change c join opportunity o on o.id = c.opportunity_id
          join pipeline_stage p on p.version_id = o.pipeline_version_id and p.key = c.from_stage
          left join advancement a on a.id = c.advancement_id and a.state = 'approved' and a.opportunity_id = c.opportunity_id and a.from_stage = c.from_stage
         where c.direction in ('forward', 'win') and a.id is null""",
    'a request that moved it twice': "select advancement_id from stage_change where advancement_id is not null group by 1 having count(*) > 1",
    'a request that was approved and moved nothing': """
        select a.id from advancement a where a.state = 'approved' and not exists (select from stage_change c where c.advancement_id = a.id)""",
    'an approval that is missing': """
        select a.id from advancement a join opportunity o on o.id = a.opportunity_id
          join pipeline_stage p on p.version_id = o.pipeline_version_id and p.key = a.from_stage
         where a.state = 'approved'
           and (array(select s.approver from approval_step s where s.advancement_id = a.id order by s.position) not in (p.approvals, p.approvals || 'key_account_group'::text)
                or exists (select from approval_step s where s.advancement_id = a.id and (s.state not in ('approved', 'skipped') or s.state = 'skipped' and s.approver = 'team_manager')))""",
    'somebody who decided two steps, or what they had asked for': """
        select a.id from advancement a join approval_step s on s.advancement_id = a.id
         where a.requested_by in (s.decided_by, s.on_behalf_of) or a.owner_id in (s.decided_by, s.on_behalf_of)
            or exists (select from approval_step t where t.advancement_id = a.id and t.id <> s.id
                                                     and (t.decided_by in (s.decided_by, s.on_behalf_of) or t.on_behalf_of in (s.decided_by, s.on_behalf_of)))""",
    'somebody who decided for one who was not away, or not a manager': """
        select s.id from approval_step s join app_user u on u.id = s.on_behalf_of
         where u.role <> 'manager'
            or not exists (select from delegation d where d.from_user_id = s.on_behalf_of and d.to_user_id = s.decided_by and s.decide_time >= d.create_time
                                                      and (d.end_time is null or s.decide_time <= d.end_time))""",
    'a criterion that nothing showed at the approval': """
        select a.id from advancement a join stage_change m on m.advancement_id = a.id join opportunity o on o.id = a.opportunity_id
          join stage_criterion c on c.version_id = o.pipeline_version_id and c.stage_key = a.from_stage
         where exists (select from approval_step s where s.advancement_id = a.id)
           and not exists (select from advancement_evidence e where e.advancement_id = a.id and e.moment = 'approval' and e.criterion_key = c.key)""",
}


class ProcessModelTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster()
        cls.cluster.start()
        cls.addClassCleanup(cls.cluster.stop)
        cls.database = make_company(cls.cluster)
        cls.owner = cls.database.connect()
        cls.addClassCleanup(cls.owner.close)
        cls.owner.autocommit = True
        cls.kamd = Kamd(cls.database)
        for login, team in (('max', 'Company'), ('nell', 'North')):
            cls.kamd.add_user(login, 'manager', team, login.title())
        cls.query("update app_user set is_key_account_group = true where login in ('boss', 'nell')")
        with cls.owner.cursor() as cursor:
            make_pipeline(cursor, PIPELINE)
        cls.kamd.start()
        cls.addClassCleanup(cls.kamd.stop)
        cls.callers = {login: cls.kamd.login(login) for login in TEAMS}
        rows = cls.query('select n, extract(year from d)::int, extract(month from d)::int, extract(day from d)::int from (select n, today() + n as d from unnest(array[0, 1, 30]) n) x')
        cls.days = {number: {'year': year, 'month': month, 'day': day} for number, year, month, day in rows}
        cls.users = dict(cls.query('select login, id::text from app_user'))

    @classmethod
    def query(cls, sql, *values):
        with cls.owner.cursor() as cursor:
            cursor.execute(sql, values or None)
            return cursor.fetchall() if cursor.description else []

    # ---- the real one ----

    def begin(self, seed, rng):
        """As it was in the beginning: what the sequence before did to the people is undone."""
        self.query('update delegation set end_time = now() where end_time is null')
        for login in COME_AND_GO:
            self.query('update app_user set disable_time = null, team_id = (select t.id from team t where t.name = %s) where login = %s', TEAMS[login], login)
        self.delegations = {}       # who is away, or will be: the delegation, and who stands in
        self.model = Model(rng.choice(OWNERS))
        self.account = self.callers['boss'].call('AccountService/CreateAccount', {'account': {
            'name': f'Firm {rng.getrandbits(64):016x}', 'owner_id': self.users[self.model.owner]}, 'duplicate_reason': 'made up'}).id
        self.opportunity = self.callers['boss'].call('OpportunityService/CreateOpportunity', {'opportunity': {
            'account_id': self.account, 'name': f'Sequence {seed}', 'pipeline_key': 'short', 'owner_id': self.users[self.model.owner],
            'amount': {'currency_code': 'CNY', 'minor_units': SMALL}}}).id

    def look(self):
        (account_owner, owner, stage, state, verdict, request, by, step, version, account_version, request_version, decided, waived), = self.query(STATE, self.opportunity)
        self.versions = {'id': self.opportunity, 'version': version}
        self.account_version = account_version
        self.request = {'id': request, 'version': request_version}
        return account_owner, owner, stage, state, verdict, request and (by, step, decided), waived if state == 'open' else None

    def happen(self, rng):
        """Something about the people, or the day of the review, before the next calls."""
        model = self.model
        what = rng.choice(['disable', 'disable', 'move', 'delegate', 'delegate', 'return', 'review'])
        if what == 'review' and model.is_deferred:
            self.query('update opportunity set review_on = today() where id = %s', self.opportunity)
            model.review()
        elif what == 'disable':
            login = rng.choice(COME_AND_GO)
            self.query('update app_user set disable_time = case when disable_time is null then now() end where login = %s', login)
            model.disabled ^= {login}
        elif what == 'move':
            login, team = rng.choice(COME_AND_GO), rng.choice(sorted(PARENTS))
            self.query('update app_user set team_id = (select t.id from team t where t.name = %s) where login = %s', team, login)
            model.teams[login] = team
        elif what == 'delegate':
            away, to = rng.sample(sorted(MANAGERS), 2)
            if rng.random() < 0.7:      # somebody who would be asked
                away = rng.choice(sorted(model.nearest({model.owner}) | GROUP))
            if away != to and away not in self.delegations and to not in {to for _, to in self.delegations.values()} and not {away, to} & model.disabled:
                first = rng.choice([0, 0, 0, 1])    # from tomorrow on is not today
                made = self.callers[away].call('DelegationService/CreateDelegation', {'delegation': {
                    'to_user_id': self.users[to], 'starts_on': self.days[first], 'ends_on': self.days[1]}})
                self.delegations[away] = (made, to)
                if first == 0:
                    model.away[to] = away
        elif what == 'return' and self.delegations:
            away = rng.choice(sorted(self.delegations))
            made, to = self.delegations[away]
            caller = next((login for login in (away, to) if login not in model.disabled), None)
            if caller is not None:
                self.callers[caller].call('DelegationService/EndDelegation', {'id': made.id, 'version': made.version})
                del self.delegations[away]
                model.away.pop(to, None)
        self.assertEqual(model.shown(), tuple(self.look()))

    def choose(self, rng):
        """An act: how the model does it, and the call. People are mostly those who may."""
        model = self.model
        user = rng.choice([model.owner, model.owner, *TEAMS])
        manager = rng.choice([*sorted(MANAGERS), 'nadia', 'nell', 'sofia', 'nora', *sorted(model.away) * 4] if rng.random() < 0.8 else sorted(TEAMS))
        criterion = rng.choice(CRITERIA.get(NAMES[model.stage], ['date-known']))
        version = model.version
        request = model.request and (model.request['number'], len(model.request['decided']), model.request['touched'])
        why = {'reason': 'at random'}
        acts = [
            (8, lambda: (lambda m: m.ask(user), user, 'ProcessService/AskAdvancement', {'opportunityId': self.opportunity})),
            (3, lambda: (lambda m: m.set_date(user, version, not model.has_date), user, 'OpportunityService/UpdateOpportunity', {
                'opportunity': {**self.versions, **({} if model.has_date else {'purchaseOn': {'year': 2027, 'month': 5, 'day': 1}})}, 'updateMask': 'purchaseOn'})),
            (1, lambda: (lambda m: m.set_amount(user, version, not model.is_big), user, 'OpportunityService/UpdateOpportunity', {
                'opportunity': {**self.versions, 'amount': {'currencyCode': 'CNY', 'minorUnits': SMALL if model.is_big else THRESHOLD}}, 'updateMask': 'amount'})),
            (2, lambda: (lambda m: m.waive(manager, criterion), manager, 'ProcessService/WaiveCriterion', {'opportunityId': self.opportunity, 'criterionKey': criterion, **why})),
            (1, lambda: (lambda m: m.unwaive(manager, criterion), manager, 'ProcessService/WithdrawWaiver', {'opportunityId': self.opportunity, 'criterionKey': criterion, **why})),
            (1, lambda: (lambda m: m.back(user, version), user, 'ProcessService/MoveBack', {**self.versions, **why})),
            (1, lambda: (lambda m: m.lose(user, version), user, 'OpportunityService/LoseOpportunity', {**self.versions, 'lostReason': 'LOST_REASON_PRICE', 'note': 'too dear'})),
        ]
        verdict = rng.choice(['approve', 'approve', 'approve', 'prepare', 'change', 'terminate', 'defer', 'defer'])
        acts.append((4 if NAMES[model.stage] == 'judge' else 1, lambda: (lambda m: m.judge(manager, version, verdict), manager, 'ProcessService/SetVerdict', {
            **self.versions, 'verdict': 'VERDICT_' + verdict.upper(), **({'stageKey': 'work'} if verdict == 'change' else {}),
            **({'reviewOn': self.days[30]} if verdict == 'defer' else {}), **why})))
        to, account_version = rng.choice(OWNERS), model.account_version
        acts.append((2, lambda: (lambda m: m.reassign(manager, account_version, to), manager, 'AccountService/ReassignAccount', {
            'id': self.account, 'version': self.account_version, 'ownerId': self.users[to], **why})))
        if model.state != 'open':
            acts.append((12, lambda: (lambda m: m.reopen(user, version), user, 'OpportunityService/ReopenOpportunity', {**self.versions, **why})))
        if request:
            acts += [(10, lambda: (lambda m: m.approve(manager, request), manager, 'ProcessService/ApproveStep', dict(self.request))),
                     (2, lambda: (lambda m: m.send_back(manager, request), manager, 'ProcessService/ReturnStep', {**self.request, **why})),
                     (2, lambda: (lambda m: m.withdraw(user, request), user, 'ProcessService/WithdrawAdvancement', dict(self.request)))]
        return rng.choices([act for _, act in acts], [weight for weight, _ in acts])[0]()

    def do(self, acts):
        """All at once; whether each was done."""
        futures = [self.callers[user].start(method, request)[0] for _, user, method, request in acts]
        outcomes = []
        for future, (_, user, method, request) in zip(futures, acts):
            try:
                future.result()
                outcomes.append(True)
            except grpc.RpcError as error:
                refused = Refused(error)
                if refused.code is grpc.StatusCode.UNAUTHENTICATED:
                    self.assertIn(user, self.model.disabled)
                    outcomes.append(False)
                    self.said.append(str(refused))
                    continue
                self.assertIn(refused.code, (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.ABORTED),
                              f'{user} {method} {request}: {refused}')
                outcomes.append(False)
                self.said.append(str(refused))
        return outcomes

    def possible(self, acts):
        """What the model gives for every order: outcomes of the acts, and itself afterwards."""
        for order in itertools.permutations(range(len(acts))):
            model, outcomes = copy.deepcopy(self.model), [None] * len(acts)
            for number in order:
                before = copy.deepcopy(model)
                try:
                    need(acts[number][1] not in model.disabled)
                    acts[number][0](model)
                    outcomes[number] = True
                except No:
                    model, outcomes[number] = before, False
            yield outcomes, model

    def step(self, rng):
        if rng.random() < 0.4:
            self.happen(rng)
        acts = [self.choose(rng) for _ in range(rng.choice([1, 2, 2]))]
        self.said = []
        before = self.model.shown()
        outcomes = self.do(acts)
        shown = self.look()
        tried = []
        for expected, model in self.possible(acts):
            if (expected, model.shown()) == (outcomes, tuple(shown)):
                self.model = model
                self.calls += len(acts)
                self.done += sum(outcomes)
                return
            tried.append((expected, model.shown()))
        calls = '\n  '.join(f'{user} {method} {request}' for _, user, method, request in acts)
        expected = '\n  '.join(map(str, tried))
        self.fail(f'before {before}\n  {calls}\ngave {outcomes} {self.said}\n  {shown}\ninstead of\n  {expected}')

    def replay(self):
        stage, state, verdicts = 'begin', 'open', {None}
        for direction, from_stage, to_stage, said in self.query('select direction, from_stage, to_stage, verdict from stage_change where opportunity_id = %s order by "time", id',
                                                                self.opportunity):
            self.assertEqual(stage, from_stage, 'the history has a gap')
            stage, state = to_stage, {'win': 'won', 'lose': 'lost'}.get(direction, 'open')
            # One that is deferred still stays so when it is reopened.
            verdicts = {said} if said else {None} if direction == 'backward' else {None} | verdicts & {'defer'} if direction == 'reopen' else verdicts
        stands = self.look()
        self.assertEqual((stage, state), stands[2:4], 'the history leads elsewhere')
        self.assertIn(stands[4], verdicts)

    def test_sequences(self):
        self.calls = self.done = 0
        for seed in range(FIRST_SEED, FIRST_SEED + SEQUENCES):
            with self.subTest(seed=seed):
                rng = random.Random(seed)
                self.begin(seed, rng)
                self.assertEqual(self.model.shown(), tuple(self.look()))
                for _ in range(STEPS):
                    self.step(rng)
                self.replay()
        for what, sql in NEVER.items():
            self.assertEqual([], self.query(sql), what)
        moved, = self.query("select count(*) from stage_change where direction in ('forward', 'win') and advancement_id is not null")[0]
        # The model is no use where nothing happens.
        self.assertGreater(moved, SEQUENCES // 3)
        self.assertGreater(self.done * 5, self.calls)
        for what in ("approval_step where on_behalf_of is not null and state = 'approved'", 'criterion_waiver where on_behalf_of is not null',
                     "stage_change where verdict = 'defer'", "stage_change where verdict is not null and on_behalf_of is not null"):
            self.assertGreaterEqual(self.query('select count(*) from ' + what)[0][0] * 200, SEQUENCES - 100, what)


if __name__ == '__main__':
    unittest.main()
