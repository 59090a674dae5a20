#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Opportunities: the register and its parts, reach, lists by rank, lost and reopened, gone with the account, merged, searched."""
import unittest

from race_test import Race
from stage import new_id

SERVICE = 'OpportunityService/'


class OpportunityTest(Race):
    def setUp(self):
        super().setUp()
        self.acme = self.add_account('ann', 'Acme', source='exhibition', source_note='Hall 3')['id']

    def add(self, login='ann', name='Press line', account=None, **fields):
        return self.call(login).write(SERVICE + 'CreateOpportunity', {'opportunity': {'account_id': account or self.acme, 'name': name, **fields}})

    def get(self, opportunity, login='ann'):
        return self.call(login).read(SERVICE + 'GetOpportunity', {'id': opportunity})

    def version(self, opportunity):
        return self.query('select version from opportunity where id = %s', opportunity)[0][0]

    def update(self, login, opportunity, version=None, **fields):
        return self.call(login).write(SERVICE + 'UpdateOpportunity', {'opportunity': {'id': opportunity, 'version': version or self.version(opportunity), **fields},
                                                                     'update_mask': list(fields)})

    def act(self, verb, login, opportunity, version=None, **fields):
        return self.call(login).write(f'{SERVICE}{verb}Opportunity', {'id': opportunity, 'version': version or self.version(opportunity), **fields})

    def reopen(self, login, opportunity, why='they ask again'):
        return self.act('Reopen', login, opportunity, reason=why)

    def lose(self, login, opportunity, **fields):
        return self.act('Lose', login, opportunity, **{'lost_reason': 'price', 'note': 'too dear', **fields})

    def part_request(self, method, opportunity, part, version=0, mask=None, **fields):
        keys = {'contact_id', 'user_id', 'text', 'question'} | ({'product'} if part == 'product' else {'name'})
        return SERVICE + method, {part: {'opportunity_id': opportunity, 'version': version, **fields},
                                  'update_mask': mask or [field for field in fields if field not in keys] or [field for field in fields if field in keys][:1]}

    def person(self, login, opportunity, contact, version=0, **fields):
        return self.call(login).write(*self.part_request('SetOpportunityPerson', opportunity, 'person', version, contact_id=contact, **fields))

    def criterion(self, opportunity, text, version=0, **fields):
        return self.call('ann').write(*self.part_request('SetDecisionCriterion', opportunity, 'criterion', version, text=text, **fields))

    def product(self, opportunity, product, version=0, **fields):
        return self.call('ann').write(*self.part_request('SetOpportunityProduct', opportunity, 'product', version, product=product, **fields))

    def remove(self, login, part):
        return self.call(login).write(SERVICE + 'RemoveOpportunityPart', {'id': part})

    def criteria(self, opportunity):
        return [(row['rank'], row['text']) for row in self.get(opportunity)['criteria']]

    def names(self, login, page_size=2, **request):
        """All pages."""
        seen, page = [], None
        while True:
            answer = self.call(login).read(SERVICE + 'ListOpportunities', request, page=page, page_size=page_size)
            seen += [row['name'] for row in answer['opportunities']]
            page = answer['next']
            if page is None:
                return seen

    # ---- a new one ----

    def test_create(self):
        made = self.add(amount={'currency_code': 'CNY', 'minor_units': 12345600}, purchase_on='2030-05-01', buying_stage='market_survey', fund_source='bank',
                        fund_state='half', purchase_trigger='taking_lead', worth_pursuing=True, worth_reason='they grow')
        self.assertRegex(made['code'], r'^O-\d{6}$')
        self.assertEqual(('Acme', 'Ann', 'development', 'open', 1, 5, 'exhibition', 'Hall 3', 'CNY', 12345600, False, 0, 1, 'Ann'),
                         tuple(made[name] for name in ('account_name', 'owner_name', 'pipeline_key', 'state', 'stage_number', 'stage_count', 'source', 'source_note',
                                                       'amount.currency_code', 'amount.minor_units', 'is_stalled', 'days_in_stage', 'version', 'created_by')))
        first, = self.query("select key from pipeline_stage where version_id = (select pipeline_version_id from opportunity) and position = 1")[0]
        self.assertEqual(first, made['stage_key'])
        self.assertEqual(made['code'], self.call('north').read(SERVICE + 'GetOpportunity', {'code': made['code'].lower()})['.']['code'])
        channel = self.add('north', 'Dealer', pipeline_key='channel')
        self.assertEqual(('channel', 'Ann', 'North'), tuple(channel[name] for name in ('pipeline_key', 'owner_name', 'created_by')))
        self.assertEqual(['name', 'account_id'], sorted({field['field'].removeprefix('opportunity.') for request in ({'name': '', 'account_id': self.acme}, {'name': 'x'})
                                                         for field in self.refused('INVALID_ARGUMENT', 'FIELD_REQUIRED', self.call('ann').write, SERVICE + 'CreateOpportunity',
                                                                                   {'opportunity': request}).detail['violations']}, reverse=True))
        self.refused('NOT_FOUND', 'PIPELINE_NOT_FOUND', self.add, pipeline_key='nowhere')
        self.refused('INVALID_ARGUMENT', 'opportunity_amount_range', self.add, amount={'currency_code': 'CNY', 'minor_units': -1})
        self.refused('PERMISSION_DENIED', 'ROLE', self.add, 'desk')

    def test_the_newest_version_of_a_pipeline_and_none_that_is_retired(self):
        old = self.add()
        key, = self.query('select p.id from pipeline p where p.is_default')[0]
        second, = self.query("insert into pipeline_version (pipeline_id, number, name_en, name_zh) values (%s, 2, 'Two', 'Two') returning id", key)[0]
        self.query("""insert into pipeline_stage (version_id, key, position, name_en, name_zh, probability) values (%s, 'later', 2, 'L', 'L', 50), (%s, 'begin', 1, 'B', 'B', 10)""",
                   second, second)
        new = self.add()
        self.assertEqual((1, 2, 'begin', 10), (self.get(old['id'])['.']['pipeline_number'], new['pipeline_number'], new['stage_key'], new['present_probability']))
        self.assertEqual([('later', None)], self.query("select next_stage(%s, 'begin'), next_stage(%s, 'later')", second, second))
        self.assertEqual(35, self.update('ann', new['id'], probability=35)['present_probability'])
        self.query("update pipeline set retire_time = now() where key = 'channel'")
        self.refused('FAILED_PRECONDITION', 'PIPELINE_RETIRED', self.add, pipeline_key='channel')
        # With SQL of one's own there is no older version and no other stage either.
        old_version, = self.query('select pipeline_version_id from opportunity where id = %s', old['id'])[0]
        with self.database.connect('kam_rep') as connection, connection.cursor() as cursor:
            cursor.execute('select kam.begin_read(%s)', (self.call('ann').token,))
            cursor.execute("insert into opportunity (account_id, name, pipeline_version_id) values (%s, 'x', %s) returning pipeline_version_id", (self.acme, old_version))
            self.assertEqual(second, cursor.fetchone()[0])

    def test_owner(self):
        self.refused('FAILED_PRECONDITION', 'OWNER_OUT_OF_REACH', self.add, owner_id=self.users['bob'])
        self.refused('FAILED_PRECONDITION', 'USER_IS_SERVICE', self.add, owner_id=self.users['desk'])
        self.refused('NOT_FOUND', 'USER_NOT_FOUND', self.add, owner_id=new_id())
        self.call('north').write('AccountService/AddAccountMember', {'id': self.acme, 'user_id': self.users['bob']})
        made = self.add('bob', owner_id=self.users['bob'])
        self.assertEqual('Bob', made['owner_name'])
        given = self.act('Assign', 'bob', made['id'], owner_id=self.users['ann'], reason='hers')
        self.assertEqual(('Ann', 2), (given['owner_name'], given['version']))
        self.refused('PERMISSION_DENIED', 'NOT_OWNER', self.act, 'Assign', 'bob', made['id'], owner_id=self.users['bob'])
        self.refused('FAILED_PRECONDITION', 'OWNER_UNCHANGED', self.act, 'Assign', 'ann', made['id'], owner_id=self.users['ann'])
        self.refused('FAILED_PRECONDITION', 'OWNER_OUT_OF_REACH', self.act, 'Assign', 'ann', made['id'], owner_id=self.users['sue'])
        self.refused('ABORTED', 'VERSION_CONFLICT', self.act, 'Assign', 'ann', made['id'], version=1, owner_id=self.users['bob'])
        self.assertEqual('Bob', self.act('Assign', 'north', made['id'], owner_id=self.users['bob'])['owner_name'])
        self.assertEqual('hers', self.changes(made['id'])[1]['reason'])

    def test_a_retired_account_gets_none(self):
        self.query('update account set retire_time = now() where id = %s', self.acme)
        self.refused('FAILED_PRECONDITION', 'ACCOUNT_RETIRED', self.add)

    def test_out_of_reach(self):
        made = self.add(amount={'currency_code': 'CNY', 'minor_units': 1})['id']
        contact = self.add_contact('ann', 'Li', self.acme)['id']
        part = self.person('ann', made, contact)['id']
        for login in ('sue', 'bob', 'south'):
            self.refused('NOT_FOUND', 'NOT_FOUND', self.add, login)
            self.refused('NOT_FOUND', 'NOT_FOUND', self.get, made, login)
            self.refused('NOT_FOUND', 'NOT_FOUND', self.update, login, made, name='x')
            self.refused('NOT_FOUND', 'NOT_FOUND', self.lose, login, made)
            self.refused('NOT_FOUND', 'NOT_FOUND', self.reopen, login, made)
            self.refused('NOT_FOUND', 'NOT_FOUND', self.act, 'Assign', login, made, owner_id=self.users[login])
            self.refused('NOT_FOUND', 'NOT_FOUND', self.person, login, made, contact, 1, stance='ally')
            self.refused('NOT_FOUND', 'NOT_FOUND', self.remove, login, part)
            self.assertEqual([], self.names(login))
            self.assertEqual([], self.call(login).read('SearchService/Search', {'text': 'Press'})['results'])
            self.assertEqual([], self.changes(made, login))
        self.assertEqual(self.refused('NOT_FOUND', 'NOT_FOUND', self.get, made, 'sue').message, self.refused('NOT_FOUND', 'NOT_FOUND', self.get, new_id(), 'sue').message)

    def test_money_is_guarded_in_the_log(self):
        made = self.add(amount={'currency_code': 'CNY', 'minor_units': 4711})['id']
        part = self.product(made, 'Press', price={'currency_code': 'CNY', 'minor_units': 4712})['id']
        self.remove('ann', part)
        self.assertEqual([(0,)], self.query("select count(*) from change where concat(old_values, new_values) ~ '471[12]'"))
        self.assertEqual([(3,)], self.query("select count(*) from change where concat(guarded_old_values, guarded_new_values) ~ '471[12]'"))

    # ---- parts ----

    def test_people(self):
        made = self.add()['id']
        li, wang = self.add_contact('ann', 'Li', self.acme, title='Director')['id'], self.add_contact('ann', 'Wang', self.acme)['id']
        stranger = self.add_contact('sue', 'Zhao', self.add_account('sue', 'Other')['id'])['id']
        self.refused('NOT_FOUND', 'CONTACT_NOT_AT_ACCOUNT', self.person, 'ann', made, stranger)
        self.refused('NOT_FOUND', 'CONTACT_NOT_AT_ACCOUNT', self.person, 'ann', made, new_id())
        added = self.person('ann', made, li, buying_roles=['decider', 'finance'], stance='ally', influence=70, is_connection=True)
        self.assertEqual(('Li', 'Director', ['decider', 'finance'], 1), tuple(added[name] for name in ('contact_name', 'title', 'buying_roles', 'version')))
        self.person('ann', made, wang, influence=90)
        self.refused('ABORTED', 'VERSION_CONFLICT', self.person, 'ann', made, li, influence=10)
        changed = self.person('north', made, li, 1, influence=80)
        self.assertEqual((80, 'ally', True, 2), tuple(changed[name] for name in ('influence', 'stance', 'is_connection', 'version')))
        whole = self.get(made)
        self.assertEqual(['Wang', 'Li'], [row['contact_name'] for row in whole['people']])
        self.assertEqual(('Li', 80, 1), tuple(whole['.'][name] for name in ('key_person_name', 'key_person_influence', 'version')))
        self.person('ann', made, li, 2, stance='neutral')
        self.assertEqual((None, None), tuple(self.get(made)['.'][name] for name in ('key_person_name', 'key_person_influence')))
        self.remove('ann', added['id'])
        self.assertEqual(['Wang'], [row['contact_name'] for row in self.get(made)['people']])
        self.refused('NOT_FOUND', 'NOT_FOUND', self.remove, 'ann', added['id'])
        self.refused('NOT_FOUND', 'NOT_FOUND', self.person, 'ann', made, li, 3, influence=1)
        history = self.call('ann').read('HistoryService/ListChanges', {'record_id': made, 'with_children': True})['changes']
        self.assertEqual(('opportunity_person', 'delete', ['Li']), tuple(history[0][name] for name in ('entity', 'operation', 'fields[].old_name')))

    def test_team(self):
        made = self.add()['id']

        def set_user(login, user, version=0, **fields):
            return self.call(login).write(*self.part_request('SetOpportunityUser', made, 'user', version, user_id=user, **fields))
        self.refused('FAILED_PRECONDITION', 'OWNER_OUT_OF_REACH', set_user, 'ann', self.users['bob'])
        added = set_user('ann', self.users['north'], role='sponsor')
        self.assertEqual(('North', 'sponsor'), (added['user_name'], added['role']))
        self.assertEqual('opens doors', set_user('ann', self.users['north'], 1, role='opens doors')['role'])
        self.assertEqual(['North'], [row['user_name'] for row in self.get(made)['team']])

    def test_competitors_products_answers(self):
        made = self.add()['id']
        call = self.call('ann')
        rival = call.write(*self.part_request('SetOpportunityCompetitor', made, 'competitor', name='Bolt Brothers', share_percent=6000, weaknesses='late', satisfaction=2))
        self.assertEqual((6000, 'late', 2, ''), tuple(rival[name] for name in ('share_percent', 'weaknesses', 'satisfaction', 'strengths')))
        call.write(*self.part_request('SetOpportunityCompetitor', made, 'competitor', 1, name='Bolt Brothers', mask=['weaknesses'], weaknesses='late, dear'))
        self.product(made, 'Press', quantity=3, price={'currency_code': 'CNY', 'minor_units': 100})
        press = self.product(made, 'Press', 1, quantity=4)
        self.assertEqual((4, 100), (press['quantity'], press['price.minor_units']))
        answer = call.write(*self.part_request('SetOpportunityAnswer', made, 'answer', question='why-us', answer='We are near'))
        self.assertEqual('Nearest', call.write(*self.part_request('SetOpportunityAnswer', made, 'answer', answer['version'], question='why-us', answer='Nearest'))['answer'])
        self.refused('INVALID_ARGUMENT', 'opportunity_answer_question_form', call.write, *self.part_request('SetOpportunityAnswer', made, 'answer', question='Why us?', answer='x'))
        self.refused('INVALID_ARGUMENT', 'opportunity_competitor_satisfaction_range', call.write,
                     *self.part_request('SetOpportunityCompetitor', made, 'competitor', 2, name='Bolt Brothers', satisfaction=6))
        whole = self.get(made)
        self.assertEqual(([('Bolt Brothers', 'late, dear')], [('Press', 4)], [('why-us', 'Nearest')]),
                         ([(row['name'], row['weaknesses']) for row in whole['competitors']], [(row['product'], row['quantity']) for row in whole['products']],
                          [(row['question'], row['answer']) for row in whole['answers']]))
        self.remove('north', whole['competitors'][0]['id'])
        self.assertEqual([], self.get(made)['competitors'])

    def test_criteria_are_ranked(self):
        made = self.add()['id']
        for text in ('Price', 'Delivery', 'Service'):
            self.criterion(made, text)
        self.assertEqual([(1, 'Price'), (2, 'Delivery'), (3, 'Service')], self.criteria(made))
        self.criterion(made, 'Name', rank=2, our_fit=7, tactic='raise')
        self.assertEqual([(1, 'Price'), (2, 'Name'), (3, 'Delivery'), (4, 'Service')], self.criteria(made))
        version = {row['text']: row['version'] for row in self.get(made)['criteria']}
        self.criterion(made, 'Price', version['Price'], rank=3)
        self.assertEqual([(1, 'Name'), (2, 'Delivery'), (3, 'Price'), (4, 'Service')], self.criteria(made))
        self.refused('ABORTED', 'VERSION_CONFLICT', self.criterion, made, 'Price', version['Price'], rank=1)
        version = {row['text']: row['version'] for row in self.get(made)['criteria']}
        self.criterion(made, 'Service', version['Service'], rank=1)
        self.assertEqual([(1, 'Service'), (2, 'Name'), (3, 'Delivery'), (4, 'Price')], self.criteria(made))
        self.remove('ann', self.get(made)['criteria'][1]['id'])
        self.assertEqual([(1, 'Service'), (2, 'Delivery'), (3, 'Price')], self.criteria(made))
        self.criterion(made, 'Last', rank=99)
        self.assertEqual((4, 'Last'), self.criteria(made)[-1])

    def test_there_is_an_end_of_parts(self):
        made = self.add()['id']
        self.query("insert into opportunity_product (opportunity_id, account_id, product) select %s, %s, 'P' || n from generate_series(1, 100) n", made, self.acme)
        self.refused('FAILED_PRECONDITION', 'TOO_MANY_PARTS', self.product, made, 'One more')

    def test_two_add_the_same_person(self):
        made = self.add()['id']
        contact = self.add_contact('ann', 'Li', self.acme)['id']
        request = self.part_request('SetOpportunityPerson', made, 'person', contact_id=contact, stance='ally')
        outcome = self.race_writes((self.call('ann'), *request), (self.other('north'), *request))
        self.assertEqual((True, 'VERSION_CONFLICT'), (self.has_waited, outcome))
        self.assertEqual(1, len(self.get(made)['people']))

    def test_two_rank_criteria(self):
        made = self.add()['id']
        self.criterion(made, 'Price')
        self.race_writes((self.call('ann'), *self.part_request('SetDecisionCriterion', made, 'criterion', text='A', rank=1)),
                         (self.other('north'), *self.part_request('SetDecisionCriterion', made, 'criterion', text='B', rank=1)))
        self.assertTrue(self.has_waited)
        self.assertEqual([(1, 'B'), (2, 'A'), (3, 'Price')], self.criteria(made))

    # ---- lists ----

    def test_lists(self):
        other = self.add_account('ann', 'Other')['id']
        south = self.add_account('sue', 'South')['id']
        wang = self.add_contact('ann', 'Wang', self.acme)['id']
        made = {name: self.add(login, name, account, **fields)['id'] for name, login, account, fields in (
            ('small', 'ann', self.acme, {'amount': {'currency_code': 'CNY', 'minor_units': 100}, 'purchase_on': '2030-01-01'}),
            ('great', 'ann', other, {'amount': {'currency_code': 'CNY', 'minor_units': 9000}, 'purchase_on': '2031-01-01'}),
            ('bare', 'ann', self.acme, {}),
            ('dealer', 'ann', other, {'pipeline_key': 'channel', 'purchase_on': '2029-01-01', 'amount': {'currency_code': 'CNY', 'minor_units': 500}}),
            ('far', 'sue', south, {'amount': {'currency_code': 'CNY', 'minor_units': 700}, 'purchase_on': '2030-06-01'}))}
        self.person('ann', made['bare'], wang, buying_roles=['decider'], stance='ally', influence=10)
        by_date, by_amount = ['dealer', 'small', 'great', 'bare'], ['great', 'dealer', 'small', 'bare']
        for login in ('ann', 'north'):
            self.assertEqual(by_date, self.names(login), login)
            self.assertEqual(by_amount, self.names(login, order='amount'))
            self.assertEqual('bare', self.names(login, order='key_person')[0])
            self.assertEqual(['small', 'bare'], self.names(login, account_id=self.acme))
            self.assertEqual(['dealer'], self.names(login, pipeline_key='channel'))
            self.assertEqual(['dealer'], self.names(login, stage_key=self.get(made['dealer'])['.']['stage_key'], pipeline_key='channel'))
            self.assertEqual(by_date, self.names(login, owner_id=self.users['ann']))
            self.assertEqual([], self.names(login, owner_id=self.users['sue']))
            self.assertEqual(by_date, self.names(login, team_id=self.teams['north']))
            self.assertEqual([], self.names(login, team_id=self.teams['south']))
        self.assertEqual(['dealer', 'small', 'far', 'great', 'bare'], self.names('boss'))
        self.assertEqual(['great', 'far', 'dealer', 'small', 'bare'], self.names('boss', order='amount'))
        self.assertEqual(['far'], self.names('boss', team_id=self.teams['south']))
        # A member of an account out of the teams below.
        self.call('south').write('AccountService/AddAccountMember', {'id': south, 'user_id': self.users['north']})
        self.assertEqual(['dealer', 'small', 'far', 'great', 'bare'], self.names('north'))
        self.lose('ann', made['great'])
        for login in ('ann', 'north', 'boss'):
            self.assertEqual(['great'], self.names(login, state='lost'))
            self.assertNotIn('great', self.names(login))
            self.assertIn('great', self.names(login, include_closed=True))
        self.assertEqual(['small', 'bare'], [row['name'] for row in self.call('ann').read('OverviewService/GetAccountPage', {'id': self.acme})['opportunities']])

    def test_a_stand_in_lists_what_the_other_does(self):
        """Both teams' and both's memberships, each once."""
        south, third = (self.add_account(login, name)['id'] for login, name in (('sue', 'South'), ('boss', 'Third')))
        for name, login, account, purchase_on in (('near', 'ann', self.acme, '2030-01-01'), ('far', 'sue', south, '2030-02-01'), ('third', 'boss', third, '2030-03-01')):
            self.add(login, name, account, purchase_on=purchase_on, amount={'currency_code': 'CNY', 'minor_units': 100})
        for account, login in ((third, 'south'), (third, 'north'), (south, 'north')):
            self.call('boss').write('AccountService/AddAccountMember', {'id': account, 'user_id': self.users[login]})
        self.assertEqual(['far', 'third'], self.names('south'))
        self.call('north').write('DelegationService/CreateDelegation', {'delegation': {'to_user_id': self.users['south'], 'ends_on': str(self.query('select kam.today() + 3')[0][0])}})
        for order in (None, 'amount', 'key_person'):
            self.assertEqual(['far', 'near', 'third'], sorted(self.names('south', **({'order': order} if order else {}))))
        self.assertEqual(['near'], self.names('south', team_id=self.teams['north']))
        self.call('boss').write('DelegationService/CreateDelegation', {'delegation': {'to_user_id': self.users['south'], 'ends_on': str(self.query('select kam.today() + 3')[0][0])}})
        self.assertEqual(['near', 'far', 'third'], self.names('south'))

    def test_what_is_changed_is_ranked_anew(self):
        one, two = self.add(name='one')['id'], self.add(name='two', amount={'currency_code': 'CNY', 'minor_units': 5})['id']
        self.assertEqual(['two', 'one'], self.names('ann', order='amount'))
        self.update('ann', one, amount={'currency_code': 'CNY', 'minor_units': 6}, purchase_on='2030-01-01')
        self.assertEqual((['one', 'two'], ['one', 'two']), (self.names('ann', order='amount'), self.names('ann')))
        self.update('ann', two, purchase_on='2029-01-01', amount=None)
        self.assertEqual((['one', 'two'], ['two', 'one']), (self.names('ann', order='amount'), self.names('ann')))

    def test_amounts_in_several_currencies(self):
        for name, currency, minor in (('yuan', 'CNY', 60000), ('dollars', 'USD', 10000), ('yen', 'JPY', 9000)):
            self.add(name=name, amount={'currency_code': currency, 'minor_units': minor})

        def rate(currency, value, **more):
            self.call('boss').write('RateService/SetExchangeRate', {'rate': {'currency_code': currency, 'rate': value, **more}})
        self.assertEqual('yuan', self.names('ann', order='amount')[0])
        rate('USD', '7.1')
        rate('JPY', '0.05')
        self.assertEqual(['dollars', 'yuan', 'yen'], self.names('ann', order='amount'))
        self.assertEqual(['dollars', 'yuan', 'yen'], self.names('north', order='amount'))
        rate('JPY', '0.08', from_on='2100-01-01')
        self.assertEqual(['yen', 'dollars', 'yuan'], self.names('north', order='amount'))
        self.assertEqual([(1,)], self.query('select distinct version from opportunity'))
        self.query("select operator_set_currency('USD')")
        self.assertEqual('dollars', self.names('north', order='amount')[0])

    def test_stalled(self):
        made = self.add()['id']
        allowed, = self.query("select s.allowed_days from opportunity o join pipeline_stage s on s.version_id = o.pipeline_version_id and s.key = o.stage_key")[0]
        if allowed is None:
            allowed = 10
            self.query("alter table pipeline_stage disable trigger user")
            self.query('update pipeline_stage set allowed_days = 10')

        def since(days):
            self.query("update opportunity set stage_since = now() - make_interval(days => %s, hours => 1)", days)
            row = self.get(made)['.']
            return row['is_stalled'], row['days_in_stage']
        self.assertEqual((False, allowed - 1), since(allowed - 1))
        self.assertEqual((True, allowed), since(allowed))
        self.assertEqual(['Press line'], self.names('ann', is_stalled=True))
        # Deferred it does not age; afterwards the days of the deferral do not count.
        self.query("update opportunity set verdict = 'defer', verdict_time = now() - interval '2 days', review_on = today() + 5")
        self.assertEqual((False, allowed - 2), since(allowed))
        self.query("update opportunity set review_on = today() - 1, verdict_time = day_start(-1) - interval '1 day'")
        self.assertEqual((False, allowed - 1), since(allowed))
        self.assertEqual((True, allowed + 1), since(allowed + 2))
        self.assertEqual(['Press line'], self.names('north', is_stalled=True))
        self.lose('ann', made)
        self.assertEqual((False, []), (self.get(made)['.']['is_stalled'], self.names('ann', is_stalled=True, include_closed=True)))

    # ---- closed ----

    def test_lose_and_reopen(self):
        made = self.add()['id']
        lost = self.lose('ann', made, lost_to='Bolt Brothers')
        self.assertEqual(('lost', 'price', 'Bolt Brothers', 'too dear', 0), tuple(lost[name] for name in ('state', 'lost_reason', 'lost_to', 'close_note', 'present_probability')))
        self.assertIsNotNone(lost['close_time'])
        self.refused('FAILED_PRECONDITION', 'OPPORTUNITY_CLOSED', self.lose, 'ann', made)
        self.refused('FAILED_PRECONDITION', 'OPPORTUNITY_CLOSED', self.act, 'Assign', 'ann', made, owner_id=self.users['north'])
        self.query("update opportunity set stage_since = now() - interval '9 days'")
        again = self.reopen('ann', made)
        self.assertEqual(('open', None, '', 8, lost['stage_key']), tuple(again[name] for name in ('state', 'lost_reason', 'lost_to', 'days_in_stage', 'stage_key')))
        self.refused('FAILED_PRECONDITION', 'OPPORTUNITY_OPEN', self.reopen, 'ann', made)
        self.assertEqual(['they ask again', 'too dear'], [row['reason'] for row in self.changes(made) if row['reason']])
        self.query("update opportunity set state = 'won', close_time = now()")
        self.refused('PERMISSION_DENIED', 'OPPORTUNITY_WON', self.reopen, 'ann', made)
        self.assertEqual('open', self.reopen('north', made)['state'])

    def test_two_lose_it(self):
        made = self.add()['id']
        request = {'id': made, 'version': 1, 'lost_reason': 'price', 'note': 'x'}
        outcome = self.race_writes((self.call('ann'), SERVICE + 'LoseOpportunity', request), (self.other('north'), SERVICE + 'LoseOpportunity', request))
        self.assertEqual((True, 'VERSION_CONFLICT'), (self.has_waited, outcome))

    # ---- with the account ----

    def reassign(self, to, login='boss'):
        version, = self.query('select version from account where id = %s', self.acme)[0]
        return login, 'AccountService/ReassignAccount', {'id': self.acme, 'version': version, 'owner_id': self.users[to], 'reason': 'territory'}

    def test_goes_with_the_account(self):
        self.call('north').write('AccountService/AddAccountMember', {'id': self.acme, 'user_id': self.users['bob']})
        mine, lost = self.add(name='mine')['id'], self.add(name='lost')['id']
        bobs, norths = self.add(name='bobs', owner_id=self.users['bob'])['id'], self.add('north', 'norths', owner_id=self.users['north'])['id']
        self.lose('ann', lost)
        login, *request = self.reassign('sue')
        self.call(login).write(*request)
        owners = dict(self.query('select o.name, u.login from opportunity o join app_user u on u.id = o.owner_id'))
        self.assertEqual({'mine': 'sue', 'lost': 'ann', 'bobs': 'bob', 'norths': 'sue'}, owners)
        self.assertEqual({'bobs', 'mine', 'norths'}, set(self.names('south')))
        self.assertEqual([], self.names('ann') + self.names('north', include_closed=True))
        self.assertEqual('territory', self.changes(mine)[0]['reason'])
        self.assertEqual(1, self.version(lost) - 1)
        self.call('sue').write('AccountService/RemoveAccountMember', {'id': self.acme, 'user_id': self.users['bob']})
        self.assertEqual('Sue', self.get(bobs, 'sue')['.']['owner_name'])
        # Reopened, it is the account's owner's, for its own does not work on the account any more.
        self.assertEqual('Sue', self.reopen('sue', lost)['owner_name'])
        self.assertEqual('Sue', self.get(norths, 'sue')['.']['owner_name'])

    def test_made_while_the_account_is_given_away(self):
        login, *request = self.reassign('sue')
        outcome = self.race_writes((self.call(login), *request), (self.call('ann'), SERVICE + 'CreateOpportunity', {'opportunity': {'account_id': self.acme, 'name': 'late'}}))
        self.assertEqual((True, 'NOT_FOUND'), (self.has_waited, outcome))
        login, *request = self.reassign('ann')
        boss = self.call('boss')
        outcome = self.race_writes((self.call('sue'), SERVICE + 'CreateOpportunity', {'opportunity': {'account_id': self.acme, 'name': 'early'}}), (boss, *request))
        self.assertTrue(self.has_waited)
        self.assertEqual([('early', self.users['ann'])], self.query('select name, owner_id from opportunity'))

    def test_given_to_somebody_while_the_account_goes(self):
        made = self.add()['id']
        self.call('north').write('AccountService/AddAccountMember', {'id': self.acme, 'user_id': self.users['bob']})
        assign = SERVICE + 'AssignOpportunity', {'id': made, 'version': 1, 'owner_id': self.users['bob']}
        login, *request = self.reassign('sue')
        outcome = self.race_writes((self.call(login), *request), (self.call('ann'), *assign))
        self.assertEqual((True, 'NOT_FOUND'), (self.has_waited, outcome))
        self.assertEqual([(self.users['sue'],)], self.query('select owner_id from opportunity'))

    def test_merged_with_the_account(self):
        twin = self.add_account('bob', 'Twin')['id']
        contact = self.add_contact('bob', 'Li', twin)['id']
        made = self.add('bob', account=twin)['id']
        self.person('bob', made, contact, stance='ally', buying_roles=['decider'], influence=3)
        self.call('bob').write(*self.part_request('SetOpportunityProduct', made, 'product', product='Press'))
        versions = dict(self.query('select id, version from account'))
        self.call('north').write('AccountMergeService/MergeAccounts', {'survivor_id': self.acme, 'survivor_version': versions[self.acme], 'merged_id': twin,
                                                                       'merged_version': versions[twin], 'reason': 'one'})
        whole = self.get(made)
        self.assertEqual(('Acme', 'Bob', 'Li', 1, 1), (*(whole['.'][name] for name in ('account_name', 'owner_name', 'key_person_name')), len(whole['people']), len(whole['products'])))
        self.refused('FAILED_PRECONDITION', 'ACCOUNT_MERGED', self.add, 'bob', account=twin)
        self.call('north').write('AccountMergeService/UndoMerge', {'merged_id': twin, 'reason': 'two'})
        self.assertEqual('Twin', self.get(made, 'bob')['.']['account_name'])
        self.refused('NOT_FOUND', 'NOT_FOUND', self.get, made, 'ann')

    def test_a_team_that_moves_takes_them_along(self):
        self.add()
        self.call('boss').write('TeamService/UpdateTeam', {'team': {'id': self.teams['office'], 'version': 1, 'parent_id': self.teams['south']}, 'update_mask': ['parent_id']})
        self.assertEqual((['Press line'], []), (self.names('south'), self.names('north')))
        self.query("update app_user set team_id = %s where login = 'ann'", self.teams['north'])
        self.query("update account set team_id = %s where id = %s", self.teams['north'], self.acme)
        self.assertEqual((['Press line'], []), (self.names('north'), self.names('south')))
        self.assertEqual([], self.query('select 1 from opportunity o join account a on a.id = o.account_id where a.team_id <> o.account_team_id'))

    # ---- found, and erased ----

    def test_search(self):
        made = self.add(name='冲压线改造', note='二期项目')
        self.product(made['id'], 'Servo press')
        for words in ('冲压', '二期', 'servo', made['code'], 'servo 改造'):
            for login in ('ann', 'north'):
                found = self.call(login).read('SearchService/Search', {'text': words, 'kind': 'opportunity'})['results']
                self.assertEqual([('opportunity', made['code'], '冲压线改造', 'Servo press', 'Acme')],
                                 [tuple(row[name] for name in ('kind', 'code', 'title', 'snippet', 'account_name')) for row in found], words)
            self.assertEqual([], self.call('desk').read('SearchService/Search', {'text': words})['results'])
        self.assertEqual(['opportunity'], [row['kind'] for row in self.call('ann').read('SearchService/Search', {'text': 'servo'})['results']])
        self.assertEqual([], self.call('ann').read('SearchService/Search', {'text': 'servo', 'kind': 'objection'})['results'])
        part, = self.get(made['id'])['products']
        self.remove('ann', part['id'])
        self.assertEqual([], self.call('ann').read('SearchService/Search', {'text': 'servo'})['results'])
        self.assertEqual(1, self.version(made['id']))

    def test_search_has_pages(self):
        for number in range(5):
            self.add(name=f'Press {number}')
        seen, page = [], None
        while True:
            answer = self.call('ann').read('SearchService/Search', {'text': 'press'}, page=page, page_size=2)
            seen += [row['title'] for row in answer['results']]
            page = answer['next']
            if page is None:
                break
        self.assertEqual([f'Press {number}' for number in (4, 3, 2, 1, 0)], seen)

    def test_erasure(self):
        made = self.add(note='张伟 decides')['id']
        zhang = self.add_contact('ann', '张伟', self.acme)['id']
        first = self.person('ann', made, zhang, buying_roles=['decider'], stance='ally', influence=87, is_connection=True, note='golf')['id']
        self.person('ann', made, zhang, 1, influence=86)
        self.remove('ann', first)
        self.person('ann', made, zhang, buying_roles=['finance'], stance='opponent', influence=85, note='golf')
        version, = self.query('select version from contact where id = %s', zhang)[0]
        self.call('north').write('ContactService/EraseContact', {'id': zhang, 'version': version, 'reason': 'asked for'})
        whole = self.get(made)
        self.assertEqual(('*** decides', [('[erased]', [], None, None, False, '')]),
                         (whole['.']['note'], [tuple(row[name] for name in ('contact_name', 'buying_roles', 'stance', 'influence', 'is_connection', 'note')) for row in whole['people']]))
        self.assertEqual([], self.query("""select old_values, new_values from change where entity = 'opportunity_person'
                                            and concat(old_values - '{contact_id,opportunity_id,account_id}'::text[], new_values - '{contact_id,opportunity_id,account_id}'::text[]) ~ '(8[567]|golf|decider|finance|ally|opponent)'"""))
        self.refused('FAILED_PRECONDITION', 'CONTACT_ERASED', self.person, 'ann', made, zhang, whole['people'][0]['version'], influence=1)


if __name__ == '__main__':
    unittest.main()
