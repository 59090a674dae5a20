# SPDX-License-Identifier: Apache-2.0
"""What the tests of the process share: a short pipeline with every kind of approval, and an opportunity of ann's at Acme on its way.

    Company (hq)              boss, chief: managers; desk: service
      North                   north, nell: managers, nell of the key account group as boss is
        North Office          ann, bob: reps
      South                   south: manager; sue: rep
"""
import contextlib

from race_test import Race
from stage import USERS

# Of each stage: its criteria (key, kind, parameters) and its approvals.
STAGES = {
    'begin': ([], []),
    'work': ([('call-made', 'activity_done', '{"kinds": ["call"], "since": "ever", "count": 1}'),
              ('need-stated', 'need_stated', '{"explicit": false}')], ['team_manager']),
    'judge': ([('project-approved', 'verdict', '{"verdict": "approve"}')], ['team_manager', 'key_account_group']),
    'close': ([], ['team_manager']),
}
THRESHOLD = 100_000_000     # 1,000,000 CNY
USERS['nell'] = ('manager', 'north')


def make_pipeline(cursor, stages=None, key='short'):
    cursor.execute('insert into pipeline (key) values (%s) returning id', (key,))
    pipeline, = cursor.fetchone()
    cursor.execute("""insert into pipeline_version (pipeline_id, number, name_en, name_zh, group_threshold_currency_code, group_threshold_minor_units)
                      values (%s, 1, 'Short', '短', 'CNY', %s) returning id""", (pipeline, THRESHOLD))
    version, = cursor.fetchone()
    for position, (stage, (criteria, approvals)) in enumerate((stages or STAGES).items(), 1):
        cursor.execute("""insert into pipeline_stage (version_id, key, position, name_en, name_zh, allowed_days, probability, approvals)
                          values (%s, %s, %s, %s, %s, 30, 10, %s)""", (version, stage, position, stage, stage, approvals))
        for number, (criterion, kind, parameters) in enumerate(criteria, 1):
            cursor.execute("""insert into stage_criterion (version_id, stage_key, key, position, kind, parameters, name_en, name_zh)
                              values (%s, %s, %s, %s, %s, %s, %s, %s)""", (version, stage, criterion, number, kind, parameters, criterion, criterion))
    return version


class ProcessStage(Race):
    @classmethod
    def fill(cls, connection):
        with connection.cursor() as cursor:
            cursor.execute("update company set time_zone = 'Asia/Shanghai', currency_code = 'CNY'")
            cursor.execute("update app_user set is_key_account_group = true where login in ('boss', 'nell')")
            make_pipeline(cursor)
        connection.commit()

    def setUp(self):
        super().setUp()
        self.account = self.add_account('ann', 'Acme')
        self.opportunity = self.add_opportunity()['id']

    # ---- doing it ----

    def add_opportunity(self, login='ann', account_id=None, **fields):
        return self.call(login).write('OpportunityService/CreateOpportunity', {'opportunity': {
            'account_id': account_id or self.account['id'], 'name': 'Pumps', 'pipeline_key': 'short',
            'amount': {'currency_code': 'CNY', 'minor_units': 5_000_000}, **fields}})

    def get(self, login='boss'):
        return self.call(login).read('OpportunityService/GetOpportunity', {'id': self.opportunity})['.']

    def stands(self):
        return self.query('select stage_key, state, verdict from opportunity where id = %s', self.opportunity)[0]

    def ask(self, login='ann', caller=None, **fields):
        return (caller or self.call(login)).write('ProcessService/AskAdvancement', {'opportunity_id': self.opportunity, **fields})

    def waiting(self):
        rows = self.query("select id from advancement where opportunity_id = %s and state = 'waiting'", self.opportunity)
        return rows[0][0] if rows else None

    def act(self, method, login, request=None, caller=None, **fields):
        """On the request that waits, or the last one."""
        advancement, version = self.query('select id, version from advancement where opportunity_id = %s order by create_time desc, id desc limit 1', self.opportunity)[0]
        return (caller or self.call(login)).write('ProcessService/' + method, {'id': advancement, 'version': version, **fields})

    def approve(self, login, **fields):
        return self.act('ApproveStep', login, **fields)

    def send_back(self, login, **fields):
        return self.act('ReturnStep', login, **{'reason': 'not yet', **fields})

    def withdraw(self, login, **fields):
        return self.act('WithdrawAdvancement', login, **fields)

    def advancement(self, login='boss', advancement_id=None):
        advancement_id = advancement_id or self.query('select id from advancement where opportunity_id = %s order by create_time desc, id desc limit 1', self.opportunity)[0][0]
        return self.call(login).read('ProcessService/GetAdvancement', {'id': advancement_id})

    def values(self, row, *names):
        return tuple(row[name] for name in names)

    def ended(self):
        """How the last request ended."""
        return self.values(self.advancement()['.'], 'state', 'end_cause', 'end_reason')

    def steps(self):
        return [(row['approver'], row['state'], row['decided_by']) for row in self.advancement()['steps']]

    def version(self):
        return self.query('select version from opportunity where id = %s', self.opportunity)[0][0]

    def waive(self, login='north', criterion='call-made', **fields):
        return self.call(login).write('ProcessService/WaiveCriterion', {'opportunity_id': self.opportunity, 'criterion_key': criterion, 'reason': 'known for years', **fields})

    def unwaive(self, login='north', criterion='call-made'):
        return self.call(login).write('ProcessService/WithdrawWaiver', {'opportunity_id': self.opportunity, 'criterion_key': criterion, 'reason': 'wrong'})

    def verdict(self, login, verdict, **fields):
        return self.call(login).write('ProcessService/SetVerdict', {'id': self.opportunity, 'version': self.version(), 'verdict': verdict, 'reason': 'as discussed', **fields})

    def back(self, login='ann', **fields):
        return self.call(login).write('ProcessService/MoveBack', {'id': self.opportunity, 'version': self.version(), 'reason': 'not ready', **fields})

    def set_amount(self, minor_units, currency='CNY'):
        amount = {'currency_code': currency, 'minor_units': minor_units} if minor_units is not None else None
        self.call('ann').write('OpportunityService/UpdateOpportunity', {'opportunity': {'id': self.opportunity, 'version': self.version(), 'amount': amount},
                                                                        'update_mask': ['amount']})

    def reassign(self, owner, login='boss'):
        version, = self.query('select version from account where id = %s', self.account['id'])[0]
        self.call(login).write('AccountService/ReassignAccount', {'id': self.account['id'], 'version': version, 'owner_id': self.users[owner], 'reason': 'balance'})

    def day(self, days):
        return str(self.query('select kam.today() + %s', days)[0][0])

    # ---- on its way ----

    def do_the_work(self):
        self.log_activity('ann', self.account['id'], kind='call')
        return self.call('ann').write('NeedService/CreateNeed', {'need': {'account_id': self.account['id'], 'kind': 'implied', 'scope': 'organisation', 'text': 'quieter pumps'}})

    def bring_to(self, stage):
        """With everything that belongs to it: work (nothing done yet), worked (ready to ask), judge, judged (ready to ask), close."""
        self.ask()
        if stage == 'work':
            return
        self.need = self.do_the_work()
        if stage == 'worked':
            return
        self.ask()
        self.approve('north')
        if stage == 'judge':
            return
        self.verdict('north', 'approve')
        if stage == 'judged':
            return
        self.ask()
        self.approve('north')

    def replay(self, opportunity=None):
        """Where the history says it stands; every change begins where the one before ended."""
        stage, state, verdict = 'begin', 'open', None
        for direction, from_stage, to_stage, said in self.query(
                'select direction, from_stage, to_stage, verdict from stage_change where opportunity_id = %s order by "time", id', opportunity or self.opportunity):
            self.assertEqual(stage, from_stage, 'the history has a gap')
            stage = to_stage
            state = {'win': 'won', 'lose': 'lost'}.get(direction, 'open')
            verdict = said or (None if direction in ('backward', 'reopen') else verdict)
        return stage, state, verdict

    @contextlib.contextmanager
    def unchanged(self):
        """Nothing is written, whatever is tried."""
        tables = ('opportunity', 'advancement', 'approval_step', 'advancement_evidence', 'stage_change', 'criterion_waiver', 'change')
        rows = [self.query(f'select * from {table} order by 1') for table in tables]
        yield
        self.assertEqual(rows, [self.query(f'select * from {table} order by 1') for table in tables])
