#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The board: what stands in which stage, what it is worth, whose it is."""
import datetime
import decimal
import random
import unittest

from stage import HASH, Stage, new_id

GET = 'BoardService/GetBoard'
MOST = 10 ** 15


class BoardTest(Stage):
    def setUp(self):
        super().setUp()
        self.acme = self.add_account('ann', 'Acme')['id']
        self.zenith = self.add_account('bob', 'Zenith')['id']
        self.south = self.add_account('sue', 'Süd')['id']

    def add(self, login='ann', name='Press line', account=None, money=None, currency='CNY', **fields):
        if money is not None:
            fields['amount'] = {'currency_code': currency, 'minor_units': money}
        return self.call(login).write('OpportunityService/CreateOpportunity', {'opportunity': {'account_id': account or self.acme, 'name': name, **fields}})

    def put(self, opportunity, stage=None, days=0):
        """As if it had come there so long ago."""
        self.query("update opportunity set stage_key = coalesce(%s, stage_key), stage_since = now() - make_interval(days => %s) where id = %s", stage, days, opportunity['id'])
        return opportunity

    def board(self, login='ann', **request):
        return self.call(login).read(GET, request)

    def names(self, login='ann', **request):
        return [card['name'] for card in self.board(login, **request)['cards']]

    def stages(self, board):
        head = board['.']
        return dict(zip(head['stages[].key'], zip(head['stages[].count'], head['stages[].amount.minor_units'], head['stages[].weighted_amount.minor_units'],
                                                  head['stages[].stalled_count'])))

    def test_counts_and_sums_by_stage(self):
        self.add(money=1001, probability=50)
        self.add(money=2000)
        self.put(self.add(money=5000, probability=0), 'close', 1000)
        self.put(self.add(name='no amount'), 'close')
        lost = self.add(money=7)
        self.call('ann').write('OpportunityService/LoseOpportunity', {'id': lost['id'], 'version': 1, 'lost_reason': 'price', 'note': 'x'})
        board = self.board()
        chance, = self.query("select probability from pipeline_stage where key = 'target' and version_id = (select pipeline_version_id from opportunity limit 1)")[0]
        self.assertEqual(['target', 'information', 'assessment', 'relationship', 'close'], board['.']['stages[].key'])
        stages = self.stages(board)
        self.assertEqual((2, 3001, round(500.5 + 20 * chance + 0.1), 0), stages['target'])
        self.assertEqual((2, 5000, 0, 1), stages['close'])
        self.assertEqual((0, 0, 0, 0), stages['assessment'])
        self.assertEqual((4, 8001, stages['target'][2], 1, 1, 'CNY', 'Ann'),
                         tuple(board['.'][name] for name in ('count', 'amount.minor_units', 'weighted_amount.minor_units', 'stalled_count', 'without_amount_count',
                                                             'currency_code', 'owner_name')))
        late = [card for card in board['cards'] if card['is_stalled']]
        self.assertEqual([(1000, 0, 'close', 'Acme', 'Ann')], [(card['days_in_stage'], card['probability'], card['stage_key'], card['account_name'], card['owner_name'])
                                                              for card in late])

    def test_currencies_with_and_without_a_rate(self):
        self.add(money=100, currency='USD', name='dollars')
        self.add(money=100, currency='EUR', name='euros')
        self.add(money=50, currency='EUR', name='more euros')
        self.add(money=3, currency='JPY', name='yen')
        self.add(money=1000)
        for currency, rate in (('USD', '7.1'), ('JPY', '0.05')):
            self.call('boss').write('RateService/SetExchangeRate', {'rate': {'currency_code': currency, 'rate': rate, 'from_on': '2020-01-01'}})
        self.call('boss').write('RateService/SetExchangeRate', {'rate': {'currency_code': 'EUR', 'rate': '8', 'from_on': '2199-01-01'}})
        board = self.board(order='amount')
        self.assertEqual((5, 1000 + 710 + 15), (board['.']['count'], board['.']['amount.minor_units']))
        self.assertEqual((['EUR'], [2], [150]), tuple(board['.'][f'unrated[].{name}'] for name in ('amount.currency_code', 'count', 'amount.minor_units')))
        self.assertEqual([('Press line', 1000), ('dollars', 710), ('yen', 15)], [(card['name'], card['reporting_amount.minor_units']) for card in board['cards']][:3])
        self.assertEqual({('EUR', 100, None, None), ('EUR', 50, None, None)},
                         {tuple(card[name] for name in ('amount.currency_code', 'amount.minor_units', 'reporting_amount.currency_code', 'reporting_amount.minor_units'))
                          for card in board['cards'][3:]})

    def test_sums_beyond_what_an_amount_can_hold(self):
        self.call('boss').write('RateService/SetExchangeRate', {'rate': {'currency_code': 'USD', 'rate': '9000', 'from_on': '2020-01-01'}})
        for currency in ('USD', 'USD', 'EUR'):
            self.add(money=MOST, currency=currency, probability=100)
        board = self.board()
        self.assertEqual((2 ** 63 - 1, 2 ** 63 - 1), (board['.']['amount.minor_units'], board['.']['weighted_amount.minor_units']))
        self.assertEqual([MOST], board['.']['unrated[].amount.minor_units'])

    def test_whose(self):
        self.add(name='Ann')
        self.add('bob', 'Bob', self.zenith)
        self.add('sue', 'Sue', self.south)
        self.assertEqual((['Ann'], ['Bob']), (self.names(), self.names('bob')))
        self.assertEqual(({'Ann', 'Bob'}, {'Sue'}, {'Ann', 'Bob', 'Sue'}), tuple(set(self.names(login)) for login in ('north', 'south', 'boss')))
        self.assertEqual('North', self.board('north')['.']['team_name'])
        self.assertEqual({'Ann', 'Bob'}, set(self.names('boss', team_id=self.teams['office'])))
        self.assertEqual(['Bob'], self.names('boss', owner_id=self.users['bob']))
        self.assertEqual([], self.names('boss', owner_id=self.users['bob'], team_id=self.teams['south']))
        self.assertEqual('Bob', self.board('north', owner_id=self.users['bob'])['.']['owner_name'])
        self.assertEqual(['Ann'], self.names('ann', owner_id=self.users['ann']))
        # A member sees the account, and has a board of their own all the same.
        self.call('north').write('AccountService/AddAccountMember', {'id': self.acme, 'user_id': self.users['bob']})
        self.assertEqual(['Bob'], self.names('bob'))
        for login, request in (('ann', {'owner_id': self.users['bob']}), ('ann', {'team_id': self.teams['office']}), ('north', {'team_id': self.teams['south']}),
                               ('north', {'team_id': self.teams['hq']}), ('north', {'owner_id': self.users['sue']}), ('north', {'owner_id': self.users['boss']}),
                               ('boss', {'team_id': new_id()}), ('boss', {'owner_id': new_id()}), ('boss', {'pipeline_key': 'nowhere'})):
            with self.subTest(login=login, request=request):
                self.refused('NOT_FOUND', 'NOT_FOUND', self.board, login, **request)
        self.refused('PERMISSION_DENIED', 'ROLE', self.board, 'desk')

    def test_a_retired_account_is_not_on_it(self):
        self.add()
        self.assertEqual(1, self.board()['.']['count'])
        self.call('ann').write('AccountService/RetireAccount', {'id': self.acme, 'version': self.query('select version from account where id = %s', self.acme)[0][0],
                                                               'reason': 'closed down'})
        for login in ('ann', 'north'):
            self.assertEqual((0, []), (self.board(login)['.']['count'], self.names(login)))

    def test_the_pipeline_with_most(self):
        self.assertEqual(('development', 0, None), tuple(self.board()['.'][name] for name in ('pipeline_key', 'count', 'pipelines[].key')))
        self.add(name='one')
        for name in ('two', 'three'):
            self.add(name=name, pipeline_key='channel')
        board = self.board()
        self.assertEqual(('channel', ['channel', 'development'], [2, 1]), tuple(board['.'][name] for name in ('pipeline_key', 'pipelines[].key', 'pipelines[].count')))
        self.assertEqual((['one'], []), (self.names(pipeline_key='development'), self.names(pipeline_key='seven-stage')))

    def test_versions_share_their_stages(self):
        self.put(self.add(name='old', money=10), 'close')
        self.put(self.add(name='older', money=10), 'information')
        pipeline, = self.query('select id from pipeline where is_default')[0]
        version, = self.query("insert into pipeline_version (pipeline_id, number, name_en, name_zh) values (%s, 2, 'Two', '二') returning id", pipeline)[0]
        self.query("""insert into pipeline_stage (version_id, key, position, name_en, name_zh, probability)
                      values (%s, 'target', 1, 'Aim', '目标', 10), (%s, 'close', 2, 'Sign', '签约', 90)""", version, version)
        self.put(self.add(name='new', money=10), 'close')
        head = self.board()['.']
        self.assertEqual((['target', 'information', 'close'], ['Aim', 'Information', 'Sign'], [0, 1, 2], 'Two'),
                         (head['stages[].key'], head['stages[].name_en'], head['stages[].count'], head['pipeline_name_en']))
        self.assertEqual(['information', 'close', 'close'], [card['stage_key'] for card in self.board()['cards']])
        self.assertEqual({'old': 80, 'older': 25, 'new': 90}, {card['name']: card['probability'] for card in self.board()['cards']})

    def test_deferred(self):
        one = self.put(self.add(), days=1000)
        self.assertTrue(self.board()['cards'][0]['is_stalled'])
        self.query("update opportunity set verdict = 'defer', verdict_time = now() - interval '999 days', review_on = kam.today() + 5 where id = %s", one['id'])
        card, = self.board()['cards']
        self.assertEqual((False, 1, self.query('select kam.today() + 5')[0][0]), (card['is_stalled'], card['days_in_stage'], card['review_on']))
        self.query("update opportunity set review_on = kam.today() - 900 where id = %s", one['id'])
        card, = self.board()['cards']
        self.assertEqual((True, None), (card['is_stalled'], card['review_on']))

    def test_order_and_how_many(self):
        for name, money, day in (('a', 5, '2030-03-01'), ('b', 9, '2030-01-01'), ('c', 7, None)):
            self.add(name=name, money=money, purchase_on=day)
        person = self.add_contact('ann', 'Wang', self.acme)['id']
        chosen, = [card['id'] for card in self.board()['cards'] if card['name'] == 'c']
        self.call('ann').write('OpportunityService/SetOpportunityPerson', {
            'person': {'opportunity_id': chosen, 'contact_id': person, 'buying_roles': ['decider'], 'stance': 'ally', 'influence': 70},
            'update_mask': ['buying_roles', 'stance', 'influence']})
        self.assertEqual((['b', 'a', 'c'], ['b', 'c', 'a'], 'c'), (self.names(), self.names(order='amount'), self.names(order='key_person')[0]))
        self.assertEqual('Wang', self.board(order='key_person')['cards'][0]['key_person_name'])
        board = self.board('north', cards_per_stage=2)
        self.assertEqual((3, 21, ['b', 'a']), (board['.']['count'], board['.']['amount.minor_units'], [card['name'] for card in board['cards']]))

    def test_ten_reps_with_five_hundred_in_one_call(self):
        """Every card, and every sum against a second calculation; what others have, and what is closed, is not there."""
        chance = random.Random(20261122)
        rates = {'CNY': decimal.Decimal(1), 'USD': decimal.Decimal('7.1234'), 'EUR': None}
        self.call('boss').write('RateService/SetExchangeRate', {'rate': {'currency_code': 'USD', 'rate': '7.1234', 'from_on': '2020-01-01'}})
        self.query("select operator_add_team('Ten', 'Company / North')")
        for at in range(10):
            self.query("select operator_add_user(%s, %s, 'rep', 'Ten', %s)", f'rep{at}', f'Rep {at}', HASH)
        owners = self.query("select id from app_user where login ~ '^rep[0-9]$' order by login")
        accounts = self.query("""insert into account (name, owner_id, duplicate_reason)
                                 select 'Customer ' || u.login || n, u.id, 'test' from app_user u, generate_series(1, 5) n where u.login ~ '^rep[0-9]$' returning id, owner_id""")
        stages = self.query("""select s.version_id, s.key, s.probability, s.allowed_days from pipeline p join pipeline_version v on v.pipeline_id = p.id
                                 join pipeline_stage s on s.version_id = v.id where p.is_default order by s.position""")
        wanted, sums, unrated = {}, {stage[1]: [0, 0, 0, 0] for stage in stages}, [0, 0]
        for at in range(520):
            account, owner = accounts[at % len(accounts)]
            version, stage, probability, allowed = chance.choice(stages)
            own, days = chance.choice((None, None, 0, 33, 100)), chance.randrange(120)
            currency = chance.choice(('CNY', 'CNY', 'CNY', 'USD', 'EUR', None))
            money = currency and chance.randrange(10 ** chance.randrange(1, 13))
            is_lost = at >= 500
            one, = self.query("""insert into opportunity (account_id, owner_id, name, pipeline_version_id, stage_key, stage_since, probability, amount_currency_code, amount_minor_units,
                                                          state, lost_reason, close_time)
                                 values (%s, %s, %s, %s, %s, now() - make_interval(days => %s, hours => 1), %s, %s, %s, %s, %s, %s) returning id""",
                              account, owner, f'Sale {at}', version, stage, days, own, currency, money,
                              *(('lost', 'price', datetime.datetime.now(datetime.timezone.utc)) if is_lost else ('open', None, None)))[0]
            if is_lost:
                continue
            worth = None if currency is None or rates[currency] is None else int((money * rates[currency]).quantize(decimal.Decimal(1), decimal.ROUND_HALF_UP))
            is_late = days >= allowed
            wanted[one] = (f'Sale {at}', account, owner, stage, money, worth, probability if own is None else own, days, is_late)
            of = sums[stage]
            of[0] += 1
            of[1] += worth or 0
            of[2] += (worth or 0) * wanted[one][6]
            of[3] += is_late
            unrated[0] += currency == 'EUR'
            unrated[1] += money if currency == 'EUR' else 0
        self.add(name='of another team', money=10 ** 6)
        board = self.board('north', team_id=self.query("select id from team where name = 'Ten'")[0][0])

        def rounded(hundredths):
            return (hundredths + 50) // 100
        self.assertEqual(wanted, {card['id']: tuple(card[name] for name in ('name', 'account_id', 'owner_id', 'stage_key', 'amount.minor_units', 'reporting_amount.minor_units',
                                                                            'probability', 'days_in_stage', 'is_stalled')) for card in board['cards']})
        self.assertEqual((500, 10), (len(board['cards']), len({card['owner_id'] for card in board['cards']} & {owner for owner, in owners})))
        self.assertEqual({key: (of[0], of[1], rounded(of[2]), of[3]) for key, of in sums.items()}, self.stages(board))
        head = board['.']
        self.assertEqual((500, sum(of[1] for of in sums.values()), rounded(sum(of[2] for of in sums.values())), sum(of[3] for of in sums.values()),
                          sum(card[4] is None for card in wanted.values())),
                         tuple(head[name] for name in ('count', 'amount.minor_units', 'weighted_amount.minor_units', 'stalled_count', 'without_amount_count')))
        self.assertEqual((['EUR'], [unrated[0]], [unrated[1]]), tuple(head[f'unrated[].{name}'] for name in ('amount.currency_code', 'count', 'amount.minor_units')))
        # Nothing else is with those below: the team above has one more.
        self.assertEqual(501, len(self.board('north')['cards']))

    def test_what_is_missing(self):
        made = self.add()
        boss = self.call('boss')
        missing = lambda: [(card['unmet_count'], card['waiting_for']) for card in self.board()['cards']]     # noqa: E731
        unmet = [row['key'] for row in self.call('ann').read('ProcessService/CheckOpportunity', {'id': made['id']})['criteria'] if row['state'] != 'met']
        self.assertGreater(len(unmet), 1)
        self.assertEqual([(len(unmet), None)], missing())
        for number, key in enumerate(unmet, 1):
            self.call('north').write('ProcessService/WaiveCriterion', {'opportunity_id': made['id'], 'criterion_key': key, 'reason': 'x'})
            self.assertEqual([(len(unmet) - number, None)], missing())
        self.query("update pipeline_stage s set approvals = '{team_manager}' from opportunity o where o.id = %s and s.version_id = o.pipeline_version_id and s.key = o.stage_key", made['id'])
        self.call('ann').write('ProcessService/AskAdvancement', {'opportunity_id': made['id']})
        self.assertEqual([(0, 'team_manager')], missing())
        self.assertEqual([(0, 'team_manager')], [(card['unmet_count'], card['waiting_for']) for card in boss.read(GET, {})['cards']])


if __name__ == '__main__':
    unittest.main()
