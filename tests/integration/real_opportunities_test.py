# SPDX-License-Identifier: Apache-2.0
# builds: dev
"""The 8,800 opportunities of the same public CRM export, onto a pipeline made for them: what comes in is what the file says, and what does not is said
row by row. Counts and amounts are worked out from the file by csv and collections alone."""
import collections
import csv
import datetime
import unittest

import real_data_test
from real_data_test import DATA, USER_PASSWORD, rows
from support.cluster import Cluster
from support.kam import PASSWORD, Kamd

PIPELINE = '''\
# Two stages; Won and Lost are what becomes of an opportunity, not places in the process.
pipeline: crm
name: {en: Hardware sales, zh: 硬件销售}
stages:
  - key: prospecting
    name: {en: Prospecting, zh: 寻找客户}
    probability: 10
  - key: engaging
    name: {en: Engaging, zh: 跟进}
    probability: 40
    allowed_days: 120
    approvals: [team_manager]
    criteria:
      - key: visited
        name: {en: Visited, zh: 已拜访}
        kind: activity_done
        parameters: {kinds: [visit]}
'''
MAPPING = '''\
[columns]
reference = opportunity_id
account = account
owner = sales_agent
product = product
stage = deal_stage
begun-on = engage_date
closed-on = close_date
amount = close_value
[defaults]
pipeline = crm
[values product]
GTXPro = GTX Pro
[options]
currency = USD
date-order = mdy
'''


def date_of(text):
    return datetime.datetime.strptime(text, '%m/%d/%Y').date() if text else None


@unittest.skipUnless(DATA.is_dir(), f'the public data set is not there ({DATA}); KAM_SHARED_DATA names another place')
class RealOpportunities(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(Cluster())
        cls.database = cls.cluster.create_database()
        cls.kamd = cls.enterClassContext(Kamd(cls.database))
        ran = cls.kamd.operate('user', 'add', '--role', 'manager', '--company', 'Hardware Inc', '--password-stdin', 'head', text=PASSWORD + '\n')
        assert ran.code == 0, ran.err
        cls.kamd.kam_login('head')
        owners, table = real_data_test.RealData.find_owners(), rows('accounts.csv')
        accounts = cls.write('accounts.csv', '')
        with open(accounts, 'w', encoding='utf-8', newline='') as file:
            writer = csv.DictWriter(file, [*table[0], 'owner'])
            writer.writeheader()
            writer.writerows({**row, 'owner': owners[row['account']]} for row in table)
        cls.kam('import', 'users', DATA / 'sales_teams.csv', '--password-stdin', text=USER_PASSWORD + '\n')
        cls.kam('import', 'accounts', accounts, '--currency', 'USD')
        cls.kam('pipeline', 'import', cls.write('crm.yaml', PIPELINE))
        cls.mapping = cls.write('deals.map', MAPPING)
        cls.file = rows('sales_pipeline.csv')
        cls.dry = cls.load('dry.csv', '--dry-run', code=1)
        cls.count_after_dry = cls.count()
        cls.report = cls.load('report.csv', '--failed', cls.kamd.directory / 'failed.csv', code=1)

    @classmethod
    def write(cls, name, text):
        path = cls.kamd.directory / name
        path.write_text(text, encoding='utf-8')
        return path

    @classmethod
    def kam(cls, *words, code=0, **more):
        ran = cls.kamd.kam('head', *words, **more)
        assert ran.code == code, f'kam {words}: {ran.code} {ran.err}{ran.out}'
        return ran

    @classmethod
    def load(cls, report, *words, code):
        path = cls.kamd.directory / report
        cls.kam('import', 'opportunities', DATA / 'sales_pipeline.csv', '--mapping', cls.mapping, '--report', path, *words, code=code)
        with open(path, encoding='utf-8-sig', newline='') as file:
            return list(csv.DictReader(file))

    @classmethod
    def query(cls, sql):
        with cls.database.connect() as connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()

    @classmethod
    def count(cls):
        return cls.query('select count(*) from opportunity')[0][0]

    def imported(self):
        """Rows of the file that name an account."""
        return [row for row in self.file if row['account']]

    def test_imported_and_refused_are_all(self):
        outcomes = collections.Counter(row['outcome'] for row in self.report)
        self.assertEqual({'added': 7375, 'failed': 1425}, dict(outcomes))
        self.assertEqual((8800, 7375), (len(self.report), self.count()))
        self.assertEqual(1, self.query('select count(distinct is_imported)::int from opportunity where is_imported')[0][0])

    def test_what_is_refused_is_said_row_by_row(self):
        refused = {int(row['line']): row for row in self.report if row['outcome'] == 'failed'}
        wanted = {number for number, row in enumerate(self.file, 2) if not row['account']}
        self.assertEqual(wanted, set(refused))
        self.assertEqual({'names no account'}, {row['detail'] for row in refused.values()})
        with open(self.kamd.directory / 'failed.csv', encoding='utf-8-sig', newline='') as file:
            failed = {row['opportunity_id'] for row in csv.DictReader(file)}
        self.assertEqual({row['opportunity_id'] for row in self.file if not row['account']}, failed)
        self.assertEqual({'Engaging': 1088, 'Prospecting': 337}, dict(collections.Counter(row['deal_stage'] for row in self.file if not row['account'])))

    def test_the_dry_run_said_so_and_left_nothing(self):
        self.assertEqual(0, self.count_after_dry)
        said = {'would be added': 'added'}
        self.assertEqual([(row['line'], said.get(row['outcome'], row['outcome'])) for row in self.dry], [(row['line'], row['outcome']) for row in self.report])

    def test_counts_and_amounts_by_stage_agent_and_month(self):
        wanted = collections.defaultdict(lambda: [0, 0])
        for row in self.imported():
            day = date_of(row['close_date']) or date_of(row['engage_date'])
            key = (row['deal_stage'].lower(), row['sales_agent'], day.strftime('%Y-%m') if day else None)
            wanted[key][0] += 1
            wanted[key][1] += 100 * int(row['close_value'] or 0)
        found = self.query("""
            select case o.state when 'open' then o.stage_key else o.state end, u.name,
                   case when o.state <> 'open' then to_char(o.close_time at time zone c.time_zone, 'YYYY-MM')
                        when o.stage_key = 'engaging' then to_char(o.stage_since at time zone c.time_zone, 'YYYY-MM') end,
                   count(*)::int, coalesce(sum(o.amount_minor_units), 0)::bigint
              from opportunity o join app_user u on u.id = o.owner_id, company c group by 1, 2, 3""")
        self.assertEqual({key: tuple(value) for key, value in wanted.items()}, {tuple(row[:3]): tuple(map(int, row[3:])) for row in found})
        self.assertEqual({'USD'}, {code for code, in self.query('select distinct amount_currency_code from opportunity where amount_minor_units is not null')})

    def test_products_spelled_two_ways_are_one(self):
        wanted = collections.Counter(row['product'].replace('GTXPro', 'GTX Pro') for row in self.imported())
        self.assertEqual(wanted, dict(self.query('select product, count(*) from opportunity_product group by 1')))
        self.assertLessEqual(set(wanted), {row['product'] for row in rows('products.csv')})

    def test_each_has_what_its_row_says(self):
        found = {name.rsplit(' ', 1)[1]: rest for name, *rest in self.query("""
            select o.name, a.name, u.name, (o.stage_since at time zone c.time_zone)::date, (o.close_time at time zone c.time_zone)::date, o.lost_reason
              from opportunity o join account a on a.id = o.account_id join app_user u on u.id = o.owner_id, company c""")}
        for row in self.imported():
            account, owner, begun, closed, reason = found[row['opportunity_id']]
            self.assertEqual((row['account'], row['sales_agent'], date_of(row['close_date']), 'other' if row['deal_stage'] == 'Lost' else None), (account, owner, closed, reason))
            if row['engage_date']:
                self.assertEqual(date_of(row['engage_date']), begun)

    def test_agents_work_on_the_accounts_they_sold_to(self):
        wanted = {(row['account'], row['sales_agent']) for row in self.imported()}
        found = set(self.query("""select a.name, u.name from account a join app_user u on u.id = a.owner_id
                                  union select a.name, u.name from account_member m join account a on a.id = m.account_id join app_user u on u.id = m.user_id"""))
        self.assertLessEqual(wanted, found)

    def test_again_adds_nothing(self):
        report = self.load('again.csv', code=1)
        self.assertEqual({'already there': 7375, 'failed': 1425}, dict(collections.Counter(row['outcome'] for row in report)))
        self.assertEqual(7375, self.count())


if __name__ == '__main__':
    unittest.main()
