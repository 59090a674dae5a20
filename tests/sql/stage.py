# SPDX-License-Identifier: Apache-2.0
"""A small company in a database of its own for every test.

    Company (hq)              boss, chief: managers; desk: service
      North                   north: manager
        North Office          ann, bob: reps
      South                   south: manager; sue: rep
"""
import hashlib
import pathlib
import sys
import unittest
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.cluster import Cluster     # noqa: E402
from support.methods import Caller, Methods, Refused     # noqa: E402, F401

HASH = '$argon2id$v=19$m=65536,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2g'
TEAMS = {'hq': ('Company', None), 'north': ('North', 'Company'), 'office': ('North Office', 'Company / North'), 'south': ('South', 'Company')}
USERS = {'boss': ('manager', 'hq'), 'chief': ('manager', 'hq'), 'desk': ('service', 'hq'), 'north': ('manager', 'north'),
         'ann': ('rep', 'office'), 'bob': ('rep', 'office'), 'south': ('manager', 'south'), 'sue': ('rep', 'south')}
ROLES = ('rep', 'manager', 'service')


def token(login):
    return hashlib.sha256(login.encode()).digest()


def build_company(connection):
    with connection.cursor() as cursor:
        for name, parent in TEAMS.values():
            cursor.execute('select operator_add_team(%s, %s)', (name, parent))
        for login, (role, team) in USERS.items():
            cursor.execute('select operator_add_user(%s, %s, %s, %s, %s)', (login, login.capitalize(), role, TEAMS[team][0], HASH))
            cursor.execute("insert into session (token_hash, user_id, expire_time) select %s, id, now() + interval '1 day' from app_user where login = %s",
                           (token(login), login))
    connection.commit()


class Stage(unittest.TestCase):
    """Every test method has a fresh clone of the company: self.database, self.owner, self.call('ann')."""

    @classmethod
    def setUpClass(cls):
        cls.methods = Methods()
        cls.cluster = Cluster(settings=cls.settings())
        cls.cluster.start()
        cls.addClassCleanup(cls.cluster.stop)
        cls.template = cls.cluster.create_migrated('company')
        connection = cls.template.connect()
        build_company(connection)
        cls.fill(connection)
        connection.close()

    @classmethod
    def settings(cls):
        return {}

    @classmethod
    def fill(cls, connection):
        """More rows for all tests of the class."""

    def setUp(self):
        self.database = self.cluster.clone(self.template)
        self.addCleanup(self.database.drop)
        self.owner = self.database.connect()
        self.addCleanup(self.owner.close)
        self.owner.autocommit = True
        self.callers = {}
        self.users = dict(self.query('select login, id from app_user'))
        self.teams = {key: self.query('select id from team where name = %s', name)[0][0] for key, (name, _) in TEAMS.items()}

    def call(self, login):
        if login not in self.callers:
            self.callers[login] = Caller(self.methods, self.database, USERS[login][0], token(login))
            self.addCleanup(self.callers[login].close)
        return self.callers[login]

    def query(self, sql, *values):
        """As the owner."""
        with self.owner.cursor() as cursor:
            cursor.execute(sql, values or None)
            return cursor.fetchall() if cursor.description else []

    def refused(self, status, reason, function, *arguments, **named):
        with self.assertRaises(Refused) as caught:
            function(*arguments, **named)
        self.assertEqual((status, reason), (caught.exception.status, caught.exception.reason), caught.exception.message)
        return caught.exception

    # ---- records ----

    def add_account(self, login, name, **fields):
        return self.call(login).write('AccountService/CreateAccount', {'account': {'name': name, **fields}})

    def add_contact(self, login, name, account_id, **fields):
        position = {name: fields.pop(name) for name in list(fields) if name in ('title', 'buying_roles', 'stance', 'influence', 'reports_to_id', 'level')}
        return self.call(login).write('ContactService/CreateContact',
                                      {'contact': {'name': name, 'positions': [{'account_id': account_id, **position}], **fields}})

    def log_activity(self, login, account_id, subject='Visit', next_step=None, **fields):
        request = {'activity': {'account_id': account_id, 'kind': 'visit', 'subject': subject, **fields}}
        if next_step:
            request['next_step'] = next_step
        return self.call(login).write('ActivityService/LogActivity', request)

    def plan_activity(self, login, account_id, subject='Visit', time='2030-01-01 10:00:00+00', **fields):
        return self.call(login).write('ActivityService/PlanActivity',
                                      {'activity': {'account_id': account_id, 'kind': 'visit', 'subject': subject, 'time': time, **fields}})

    def changes(self, record_id, login='boss'):
        return self.call(login).read('HistoryService/ListChanges', {'record_id': record_id})['changes']


def new_id():
    return str(uuid.uuid4())
