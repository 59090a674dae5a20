# SPDX-License-Identifier: Apache-2.0
"""The demonstration company: 江海泵阀, which makes pumps and valves, its people, customers and what was done with them."""
import csv
import datetime
import pathlib
import zoneinfo

HERE = pathlib.Path(__file__).resolve().parent
PASSWORD = 'demo password 2026'
COMPANY = '江海泵阀'
ROOT_MANAGER = ('chen.guodong', '陈国栋')
COMPANY_ZONE = 'Asia/Shanghai'


def rows(name):
    with open(HERE / name, encoding='utf-8', newline='') as file:
        return list(csv.DictReader(file))


def logins():
    return [ROOT_MANAGER[0]] + [row['login'] for row in rows('users.csv')]


def at(zones, row, day, clock):
    """An instant: so many days from today, at this time where the person works."""
    zone = zoneinfo.ZoneInfo(zones[row['owner']])
    date = datetime.datetime.now(zone).date() + datetime.timedelta(days=int(day))
    hour, minute = map(int, clock.split(':'))
    return datetime.datetime(date.year, date.month, date.day, hour, minute, tzinfo=zone).isoformat()


def flags(row, *pairs):
    """--flag value for each column that has something in it."""
    words = []
    for column, flag in pairs:
        if row[column]:
            words += [flag, row[column]]
    return words


def make(server, client):
    server.operate('user', 'add', '--role', 'manager', '--company', COMPANY, '--time-zone', COMPANY_ZONE, '--key-account-group',
                   '--name', ROOT_MANAGER[1], '--password-stdin', ROOT_MANAGER[0], text=PASSWORD + '\n')
    boss = ROOT_MANAGER[0]
    client.login(boss)
    teams, users, accounts, contacts, activities = (rows(name) for name in (
        'teams.csv', 'users.csv', 'accounts.csv', 'contacts.csv', 'activities.csv'))
    for team in teams:
        client.must(boss, 'team', 'add', '--name', team['name'], '--parent', team['parent'])
    for user in users:
        client.must(boss, 'user', 'add', '--password-stdin', *flags(
            user, ('login', '--login'), ('name', '--name'), ('role', '--role'), ('team', '--team'), ('email', '--email'),
            ('phone', '--phone'), ('locale', '--locale'), ('time_zone', '--time-zone')), text=PASSWORD + '\n')
        client.login(user['login'])
    client.must(boss, 'import', 'accounts', str(HERE / 'accounts.csv'))
    owners = {account['name']: account['owner'] for account in accounts}
    for contact in contacts:
        add_contact(client, owners[contact['account']], contact)
    zones = {user['login']: user['time_zone'] for user in users}
    for activity in activities:
        add_activity(client, zones, activity)
    client.must('liu.fang', 'objection', 'library', 'add', '预付三成太多', '--topic', '付款', '--feature', '3-6-1：预付三成，到货六成，质保一成',
                '--advantage', '预付的钱当月就变成图纸和铸件', '--benefit', '交货期从 20 周缩短到 6 周', '--evidence', '申江石化的合同与验收单')
    return (f'{len(teams) + 1} teams, {len(users) + 1} users, {len(accounts)} accounts, {len(contacts)} contacts, '
            f'{len(activities)} activities')


def add_contact(client, who, row):
    words = flags(row, ('name', '--name'), ('other_name', '--other-name'), ('title', '--title'), ('department', '--department'),
                  ('level', '--level'), ('reports_to', '--reports-to'), ('stance', '--stance'), ('influence', '--influence'),
                  ('phone', '--phone'), ('email', '--email'), ('note', '--note'))
    for role in row['buying_roles'].split():
        words += ['--buying-role', role.replace('_', '-')]
    if row['insider']:
        words.append('--is-insider')
    client.must(who, 'contact', 'add', row['account'], *words)
    if row['relationship']:
        client.must(who, 'contact', 'relationship', row['name'], row['relationship'])


def add_activity(client, zones, row):
    words = ['--time', at(zones, row, row['day'], row['time'])]
    words += flags(row, ('minutes', '--duration-minutes'), ('place', '--place'), ('description', '--description'))
    for name in filter(None, row['contacts'].split(';')):
        words += ['--contact', name]
    if row['state'] == 'done':
        words += flags(row, ('reaction', '--customer-reaction'), ('result', '--result'))
        if row['next_kind']:
            words += ['--next-kind', row['next_kind'].replace('_', '-'), '--next-subject', row['next_subject'],
                      '--next-time', at(zones, row, row['next_day'], row['next_time'])]
    client.must(row['owner'], 'activity', 'log' if row['state'] == 'done' else 'plan', row['account'], row['kind'].replace('_', '-'),
                row['subject'], *words)
