#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Measures `kam import` against psql's \\copy: the same rows into the same tables with the same triggers.

\\copy runs as the owner of the tables, whom no policy holds, over the Unix socket, with the identity of a user set, so that the triggers do what
they do for a user (the search for duplicates, the change log). kam reads the file, sends it over TLS and writes its report. Each
measurement has a clone of the same database; the two take turns, and the medians of their rates are compared.

    PYTHONPATH=tests KAM_BUILD=build/release /usr/bin/python3 tests/bench/import_rate.py --accounts 2000 --activities 20000 --rounds 5
"""
import argparse
import csv
import pathlib
import random
import statistics
import sys
import time
import uuid

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1]), str(pathlib.Path(__file__).resolve().parents[1] / 'cli')]

from client import Client                   # noqa: E402
from support.cluster import Cluster         # noqa: E402
from support.kam import PASSWORD, Kamd, make_company    # noqa: E402

CHARACTERS = ('的一是了我不人在他有这个上们来到时大地为子中你说生国年着就那和要她出也得里后自以会家可下而过天去能对小多然于心学么之都好看起发当没成只如事把还用'
              '第样道想作种开美总从无情己面最女但现前些所同日手又行意动方期它头经长儿回位分爱老因很给名法间斯知世什两次使身者被高已亲其进此话常与活正感')
ACCOUNT_COLUMNS = ('name', 'industry', 'region', 'phone', 'registered_address', 'employees')
ACTIVITY_COLUMNS = ('kind', 'subject', 'time', 'description')


def account_rows(count, seed=7):
    made = random.Random(seed)
    names = set()
    while len(names) < count:
        names.add(''.join(made.choice(CHARACTERS) for _ in range(made.randrange(5, 10))) + '有限公司')
    return [(name, '机械', '华东', f'0571-{number:08d}', f'浙江省杭州市{name[:2]}路{number}号', 120) for number, name in enumerate(sorted(names))]


def activity_rows(count):
    return [('visit', f'拜访客户讨论第{number}批交货', f'2024-{number % 12 + 1:02d}-{number % 28 + 1:02d} 10:00', f'客户对交期不满意，要求提前两周，已向生产部反映 {number}')
            for number in range(count)]


class Bench:
    def __init__(self, cluster, directory, accounts, activities):
        self.cluster, self.directory = cluster, directory
        self.template = make_company(cluster)
        self.accounts = account_rows(accounts)
        self.activities = activity_rows(activities)
        connection = self.template.connect()
        with connection.cursor() as cursor:
            cursor.execute("select id from app_user where login = 'boss'")
            self.boss = cursor.fetchone()[0]
        connection.close()
        self.write('accounts.csv', ACCOUNT_COLUMNS, self.accounts)
        self.write('accounts.copy', None, ((uuid.uuid4(), *row, self.boss) for row in self.accounts))
        self.few = self.make_accounts()

    def write(self, name, heading, rows):
        with open(self.directory / name, 'w', encoding='utf-8', newline='') as file:
            writer = csv.writer(file)
            if heading:
                writer.writerow(heading)
            writer.writerows(rows)

    def copy(self, database, table, columns, name):
        """Seconds that \\copy takes."""
        script = self.directory / 'copy.sql'
        script.write_text(f"set search_path = kam;\nset timezone = 'UTC';\nselect set_config('kam.user_id', '{self.boss}', false);\n"
                          f"\\copy {table} ({', '.join(columns)}) from '{self.directory / name}' csv\n", encoding='utf-8')
        began = time.monotonic()
        database.psql_file(script, single_transaction=False)
        return time.monotonic() - began

    def run_import(self, database, what, name):
        """Seconds that kam takes."""
        with Kamd(database) as kamd, Client(f'localhost:{kamd.port}') as client:
            client.login('boss', PASSWORD)
            began = time.monotonic()
            ran = client.run('import', what, self.directory / name, '--report', self.directory / 'report.csv')
            seconds = time.monotonic() - began
        if ran.code != 0:
            sys.exit(f'{ran.err}{ran.out[-500:]}')
        return seconds

    def make_accounts(self):
        """The company with a hundred accounts, and activities for them."""
        database = self.cluster.clone(self.template)
        self.write('few.copy', None, ((uuid.uuid4(), *row, self.boss) for row in self.accounts[:100]))
        self.copy(database, 'account', ('id', *ACCOUNT_COLUMNS, 'owner_id'), 'few.copy')
        connection = database.connect()
        with connection.cursor() as cursor:
            cursor.execute('select name, id from account order by name')
            known = cursor.fetchall()
        connection.close()
        self.write('activities.csv', ('account', *ACTIVITY_COLUMNS), ((known[at % 100][0], *row) for at, row in enumerate(self.activities)))
        self.write('activities.copy', None, ((uuid.uuid4(), known[at % 100][1], *row, 'done', self.boss) for at, row in enumerate(self.activities)))
        return database

    def measure(self, template, copy, run_import):
        rates = []
        for what in (copy, run_import):
            database = self.cluster.clone(template)
            rates.append(what(database))
            database.drop()
        return rates

    def round(self, what):
        if what == 'accounts':
            seconds = self.measure(self.template, lambda database: self.copy(database, 'account', ('id', *ACCOUNT_COLUMNS, 'owner_id'), 'accounts.copy'),
                                   lambda database: self.run_import(database, 'accounts', 'accounts.csv'))
            return [len(self.accounts) / one for one in seconds]
        columns = ('id', 'account_id', *ACTIVITY_COLUMNS, 'state', 'owner_id')
        seconds = self.measure(self.few, lambda database: self.copy(database, 'activity', columns, 'activities.copy'),
                               lambda database: self.run_import(database, 'activities', 'activities.csv'))
        return [len(self.activities) / one for one in seconds]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--accounts', type=int, default=2000)
    parser.add_argument('--activities', type=int, default=20000)
    parser.add_argument('--rounds', type=int, default=5)
    arguments = parser.parse_args()
    with Cluster(durable=True) as cluster, Client() as scratch:
        scratch.home.chmod(0o755)  # psql runs as another user when the caller is root
        bench = Bench(cluster, scratch.home, arguments.accounts, arguments.activities)
        for what in ('accounts', 'activities'):
            rounds = [bench.round(what) for _ in range(arguments.rounds)]
            copied, imported = (statistics.median(rates) for rates in zip(*rounds))
            print(f'{what}: \\copy {copied:.0f}/s, kam import {imported:.0f}/s, ratio {imported / copied:.2f}', flush=True)


if __name__ == '__main__':
    main()
