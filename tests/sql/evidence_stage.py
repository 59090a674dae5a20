# SPDX-License-Identifier: Apache-2.0
"""An account, opportunities that must show something, and what people record there."""
import datetime
import json

from stage import Stage

DAY = datetime.timedelta(days=1)
CHINA = datetime.timezone(8 * datetime.timedelta(hours=1))


class EvidenceStage(Stage):
    @classmethod
    def fill(cls, connection):
        with connection.cursor() as cursor:
            cursor.execute("update company set time_zone = 'Asia/Shanghai'")
        connection.commit()

    def setUp(self):
        super().setUp()
        self.acme = self.add_account('ann', 'Acme')['id']
        self.today = self.query('select today()')[0][0]

    # ---- an opportunity that must show something ----

    def pipeline(self, *criteria):
        """criteria: (kind, parameters). The pipeline of one stage that asks for them."""
        key = f'p{len(self.query("select from pipeline"))}'
        self.call('boss').write('PipelineService/ImportPipeline', {'pipeline': {
            'key': key, 'name_en': 'P', 'name_zh': '流程', 'stages': [{'key': 'only', 'name_en': 'Only', 'name_zh': '唯一', 'probability': 10}],
            'criteria': [{'stage': 'only', 'key': f'c{number}', 'kind': kind, 'name_en': f'C{number}', 'name_zh': f'条件{number}', 'parameters': json.dumps(parameters)}
                         for number, (kind, parameters) in enumerate(criteria)]}})
        return key

    def opportunity(self, *criteria, account=None, login='ann', **fields):
        return self.call(login).write('OpportunityService/CreateOpportunity', {
            'opportunity': {'account_id': account or self.acme, 'name': 'Press line', 'pipeline_key': self.pipeline(*criteria), **fields}})['id']

    def of(self, kind, /, **parameters):
        return self.opportunity((kind, parameters))

    def check(self, opportunity, login='ann'):
        return self.call(login).read('ProcessService/CheckOpportunity', {'id': opportunity, 'code': ''})['criteria']

    def one(self, opportunity):
        row, = self.check(opportunity)
        return row

    def is_met(self, opportunity, kind=None, record=None, text=None, time=None):
        row = self.one(opportunity)
        self.assertEqual(('met', None, None), (row['state'], row['wanted_reason'], row['wanted_text']))
        for name, wanted in (('kind', kind), ('id', record), ('text', text), ('time', time)):
            if wanted is not None:
                self.assertEqual(wanted, row[f'evidence_{name}'])
        return row

    def is_unmet(self, opportunity, reason, state='unmet', **values):
        row = self.one(opportunity)
        self.assertEqual((state, reason), (row['state'], row['wanted_reason']))
        given = dict(zip(row['wanted_values[].name'] or [], row['wanted_values[].value'] or []))
        for name, value in values.items():
            self.assertEqual(str(value), given[name], name)
        self.assertNotIn('{', row['wanted_text'])
        return row

    # ---- what people record ----

    def done(self, kind='visit', days_ago=0, hour=12, account=None, subject='Done', login='ann', **fields):
        """At this hour of the company's clock; never later than now."""
        time = min(datetime.datetime.combine(self.today - days_ago * DAY, datetime.time(hour), CHINA), datetime.datetime.now(CHINA))
        return self.log_activity(login, account or self.acme, subject, kind=kind, time=time.isoformat(), **fields)['id']

    def correct(self, activity, kind, account=None):
        time, = self.query('select time from activity where id = %s', activity)[0]
        return self.call('ann').write('ActivityService/CorrectActivity', {
            'id': activity, 'version': self.version('activity', activity), 'reason': 'mistaken',
            'activity': {'account_id': account or self.acme, 'kind': kind, 'subject': 'Corrected', 'time': time}})['id']

    def version(self, table, record):
        return self.query(f'select version from {table} where id = %s', record)[0][0]

    def update_account(self, **fields):
        self.call('ann').write('AccountService/UpdateAccount', {'account': {'id': self.acme, 'version': self.version('account', self.acme), **fields}, 'update_mask': list(fields)})

    def update(self, opportunity, **fields):
        self.call('ann').write('OpportunityService/UpdateOpportunity', {
            'opportunity': {'id': opportunity, 'version': self.version('opportunity', opportunity), **fields}, 'update_mask': list(fields)})

    def position(self, contact):
        return self.query('select id, version from position where contact_id = %s and ended_on is null', contact)[0]

    def update_position(self, contact, **fields):
        record, version = self.position(contact)
        self.call('ann').write('ContactService/UpdatePosition', {'position': {'id': record, 'version': version, **fields}, 'update_mask': list(fields)})

    def relationship(self, contact, level, on=None):
        self.call('ann').write('ContactService/RecordRelationship', {'position_id': self.position(contact)[0], 'level': level, 'changed_on': on or self.today})

    def leave(self, contact):
        record, version = self.position(contact)
        self.call('ann').write('ContactService/EndPosition', {'id': record, 'version': version, 'ended_on': str(self.today)})

    def retire(self, contact):
        self.call('ann').write('ContactService/RetireContact', {'id': contact, 'version': self.version('contact', contact), 'reason': 'gone'})

    def person(self, opportunity, contact, version=0, **fields):
        self.call('ann').write('OpportunityService/SetOpportunityPerson', {
            'person': {'opportunity_id': opportunity, 'contact_id': contact, 'version': version, **fields}, 'update_mask': list(fields)})
