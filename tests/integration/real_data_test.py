# SPDX-License-Identifier: Apache-2.0
# builds: dev
"""A public CRM export of a hardware company, with the dirt that real data has, loaded with the real client; and who then sees what.

The folder is named by KAM_SHARED_DATA; by default it is looked for beside the repository. Skipped where it is not there.
"""
import collections
import csv
import os
import pathlib
import unittest

from support.cluster import Cluster
from support.kam import PASSWORD, Kamd

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = pathlib.Path(os.environ.get('KAM_SHARED_DATA', ROOT.parent / 'shared' / 'data')) / 'crm-sales-opportunities'
USER_PASSWORD = 'sold by the real thing'


def rows(name):
    with open(DATA / name, encoding='utf-8', newline='') as file:
        return list(csv.DictReader(file))


@unittest.skipUnless(DATA.is_dir(), f'the public data set is not there ({DATA}); KAM_SHARED_DATA names another place')
class RealData(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(Cluster())
        cls.kamd = cls.enterClassContext(Kamd(cls.cluster.create_database()))
        ran = cls.kamd.operate('user', 'add', '--role', 'manager', '--company', 'Hardware Inc', '--password-stdin', 'head',
                               text=PASSWORD + '\n')
        assert ran.code == 0, ran.err
        cls.kamd.kam_login('head')
        cls.owners = cls.find_owners()
        cls.manager_of = {row['sales_agent']: row['manager'] for row in rows('sales_teams.csv')}
        cls.office_of = {row['manager']: row['regional_office'] for row in rows('sales_teams.csv')}
        cls.accounts_file = cls.kamd.directory / 'accounts.csv'
        table = rows('accounts.csv')
        with open(cls.accounts_file, 'w', encoding='utf-8', newline='') as file:
            writer = csv.DictWriter(file, [*table[0], 'owner'])
            writer.writeheader()
            for row in table:
                writer.writerow({**row, 'owner': cls.owners[row['account']]})
        cls.users_dry = cls.run_kam('import', 'users', '--dry-run', DATA / 'sales_teams.csv')
        cls.users_before = cls.run_kam('user', 'list', '--json')
        cls.users_ran = cls.run_kam('import', 'users', DATA / 'sales_teams.csv', '--password-stdin', text=USER_PASSWORD + '\n')
        cls.accounts_dry = cls.run_import('--dry-run')
        cls.accounts_before = cls.run_kam('account', 'list', '--json')
        cls.accounts_ran = cls.run_import()
        cls.users = {user['name']: user for user in cls.run_kam('user', 'list', '--json', '--all').json['users']}
        cls.sessions = {}

    @classmethod
    def run_kam(cls, *words, text=None):
        ran = cls.kamd.kam('head', *words, text=text)
        assert ran.code == 0, f'kam {words}: {ran.err}{ran.out}'
        return ran

    @classmethod
    def run_import(cls, *words):
        return cls.run_kam('import', 'accounts', cls.accounts_file, '--map', 'revenue=annual-revenue*1000000', '--currency', 'USD', *words)

    @staticmethod
    def find_owners():
        """The agent with the most opportunities for each account; the first by name where two have as many."""
        counts = collections.defaultdict(collections.Counter)
        for row in rows('sales_pipeline.csv'):
            if row['account']:
                counts[row['account']][row['sales_agent']] += 1
        return {account: min(counter, key=lambda name, c=counter: (-c[name], name)) for account, counter in counts.items()}

    def caller(self, name):
        if name not in self.sessions:
            self.sessions[name] = self.kamd.login(self.users[name]['login'], USER_PASSWORD)
        return self.sessions[name]

    def seen_by(self, caller):
        accounts, token = {}, ''
        while True:
            page = caller.call('AccountService/ListAccounts', {'page_size': 100, 'page_token': token})
            accounts.update({account.name: account for account in page.accounts})
            token = page.next_page_token
            if not token:
                return accounts

    def owned_by(self, agents):
        return {account for account, owner in self.owners.items() if owner in agents}

    def test_dry_runs_change_nothing(self):
        self.assertEqual(len(self.users_before.json.get('users', [])), 1)
        self.assertEqual(self.accounts_before.json.get('accounts', []), [])

    def test_everybody_is_there_and_in_their_team(self):
        self.assertEqual(len(self.users), 1 + 35 + 6)
        self.assertEqual(sum(user['role'] == 'ROLE_MANAGER' for user in self.users.values()), 1 + 6)
        teams = {team['id']: team for team in self.run_kam('team', 'list', '--json', '--all').json['teams']}
        self.assertEqual(len(teams), 1 + 3 + 6)
        self.assertEqual({team['name'] for team in teams.values() if team.get('depth') == 1}, {'Central', 'East', 'West'})
        for agent, manager in self.manager_of.items():
            team = teams[self.users[agent]['teamId']]
            self.assertEqual(team['id'], self.users[manager]['teamId'], agent)
            self.assertEqual(teams[team['parentId']]['name'], self.office_of[manager], agent)

    def test_accounts_arrive_whole(self):
        seen = self.seen_by(self.kamd.login('head'))
        table = rows('accounts.csv')
        self.assertEqual(set(seen), {row['account'] for row in table})
        self.assertEqual(len(seen), 85)
        for row in table:
            account = seen[row['account']]
            self.assertEqual(account.industry, row['sector'])
            self.assertEqual(account.founded_on.year, int(row['year_established']))
            self.assertEqual(account.employees, int(row['employees']))
            self.assertEqual(account.region, row['office_location'])
            self.assertEqual(account.annual_revenue.currency_code, 'USD')
            self.assertEqual(account.annual_revenue.minor_units, round(float(row['revenue']) * 100_000_000))
            self.assertEqual(account.owner_name, self.owners[row['account']])
            self.assertEqual(account.parent_name, row['subsidiary_of'])
            self.assertEqual(account.parent_id, seen[row['subsidiary_of']].id if row['subsidiary_of'] else '')
        self.assertEqual(sum(bool(account.parent_id) for account in seen.values()), 15)

    def test_agents_see_their_own(self):
        for agent in self.manager_of:
            self.assertEqual(set(self.seen_by(self.caller(agent))), self.owned_by({agent}), agent)

    def test_managers_see_their_team_s(self):
        for manager in self.office_of:
            agents = {agent for agent, its in self.manager_of.items() if its == manager}
            self.assertEqual(set(self.seen_by(self.caller(manager))), self.owned_by(agents), manager)

    def test_the_foreign_parent_of_an_own_account_stays_hidden(self):
        seen = self.seen_by(self.kamd.login('head'))
        checked = 0
        for account in seen.values():
            if not account.parent_id or seen[account.parent_name].owner_id == account.owner_id:
                continue
            caller = self.caller(account.owner_name)
            self.assertEqual(caller.refusal('AccountService/GetAccount', {'id': account.parent_id}).code.name, 'NOT_FOUND')
            checked += 1
        self.assertGreater(checked, 0)

    def test_a_second_run_adds_nothing(self):
        history = len(self.run_kam('account', 'list', '--json', '--all').json['accounts'])
        self.run_import()
        self.run_kam('import', 'users', DATA / 'sales_teams.csv', '--password-stdin', text=USER_PASSWORD + '\n')
        self.assertEqual(len(self.run_kam('account', 'list', '--json', '--all').json['accounts']), history)
        self.assertEqual(len(self.run_kam('user', 'list', '--json', '--all').json['users']), len(self.users))
        self.assertEqual(len(self.run_kam('team', 'list', '--json', '--all').json['teams']), 10)
        self.assertTrue(all(account.version <= 2 for account in self.seen_by(self.kamd.login('head')).values()))

    def test_dirt_does_not_hide_duplicates(self):
        refused = self.caller('Moses Frase').refusal('AccountService/CreateAccount', {'account': {'name': 'ACME CORPORATION'}})
        self.assertEqual(refused.reason, 'ACCOUNT_DUPLICATE')


if __name__ == '__main__':
    unittest.main()
