#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Who is told that the log has something for them: nobody less than the policies of change let see it. And the order of the feed."""
import random
import unittest

import psycopg2.errors

from stage import Stage

SEED = 20260104

# Every policy that lets rep or manager read the log, and how feed_news() knows whom it concerns. A new one: does feed_news() cover it?
POLICIES = {
    'change_rep_read': 'account_reach of the account; of people those of their positions',
    'change_manager_read': 'and the managers above the team of the account; all for users and teams',
    'change_of_people_read': 'ties and gifts: those of the positions of the person',
    'change_target_list_read': 'has no account: all',
    'change_plan_read': 'has no account: all',
    'change_objection_entry_read': 'has no account: all',
    'change_delegation_read': 'has no account: all',
    'change_advancement_read': 'the key account group, the managers above the owners of the opportunities, who decided before',
}


class Feed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stage = Stage()
        cls.addClassCleanup(cls.stage.close)

    def setUp(self):
        self.database = self.enterContext(self.stage.copy())
        self.owner = self.database.connect()
        self.addCleanup(self.owner.close)
        self.owner.autocommit = True

    def ask(self, sql, *values, connection=None):
        with (connection or self.owner).cursor() as cursor:
            cursor.execute(sql, values or None)
            return cursor.fetchall() if cursor.description else []

    def test_every_policy_is_known(self):
        found = {name for name, in self.ask("select polname from pg_policy where polrelid = 'change'::regclass and polcmd in ('r', '*')")}
        self.assertEqual(found, set(POLICIES))

    def mix(self):
        """Owners, members, teams and roles as chance has it, and entries of every kind about records of every kind."""
        random.seed(SEED)
        users = self.ask("select id::text, team_id::text, role from app_user where role <> 'service'")
        accounts = [row[0] for row in self.ask('select id::text from account where merged_into_id is null')]
        teams = [row[0] for row in self.ask('select id::text from team')]
        for user, _, _ in users:
            if random.random() < 0.4:
                self.ask('update app_user set team_id = %s where id = %s', random.choice(teams), user)
        for account in accounts:
            owner = random.choice(users)[0]
            self.ask('update account set owner_id = %s, team_id = (select team_id from app_user where id = %s) where id = %s', owner, owner, account)
            for user, _, _ in random.sample(users, 2):
                self.ask('insert into account_member (account_id, user_id) select %s, %s where not exists (select from account_member where account_id = %s and user_id = %s)',
                         account, user, account, user)
        managers = [user for user, _, role in users if role == 'manager']
        self.ask('''insert into delegation (from_user_id, to_user_id, starts_on, ends_on) values (%s, %s, today(), today())''', *random.sample(managers, 2))
        entities = self.ask('select entity, bool_or(account_id is not null) from change group by entity order by entity')
        records = [row[0] for row in self.ask('select distinct record_id::text from change')]
        for entity, has_account in entities:
            for record in random.sample(records, 12):
                for account in (None, random.choice(accounts))[:1 + has_account]:
                    self.ask("insert into change (entity, record_id, account_id, version, operation) values (%s, %s, %s, 1, 'update')", entity, record, account)

    def visible(self, user, role):
        """What the policies show, as the server asks."""
        connection = self.database.connect('kam_' + role)
        try:
            token = self.ask('select token_hash from session where user_id = %s and revoke_time is null limit 1', user)
            if not token:
                return set()
            with connection.cursor() as cursor:
                cursor.execute('select user_id from begin_read(%s)', (token[0][0],))
                if not cursor.fetchall():
                    return set()
                cursor.execute('select sequence from change')
                return {row[0] for row in cursor.fetchall()}
        finally:
            connection.close()

    def test_whoever_may_see_an_entry_is_told(self):
        self.mix()
        entries = self.ask('select xid::text::bigint, sequence, entity, account_id::text from change order by xid, sequence')
        told, at = {}, (0, 0)
        for xid, sequence, _, _ in entries:
            (end_xid, end_sequence, is_for_all, users), = self.ask(
                'select end_xid, end_sequence, is_for_all, user_ids::text[] from feed_news(%s, %s, 1)', *at)
            self.assertEqual((end_xid, end_sequence), (xid, sequence))
            told[sequence] = None if is_for_all else set(users or ())
            at = (xid, sequence)
        missed, in_vain, asked = [], 0, 0
        for user, role in self.ask("select id::text, role from app_user where role <> 'service'"):
            seen = self.visible(user, role)
            for _, sequence, entity, account in entries:
                if told[sequence] is None:
                    continue
                is_told = user in told[sequence]
                if sequence in seen and not is_told:
                    missed.append((user, role, entity, account))
                in_vain += is_told and sequence not in seen
                asked += is_told
        self.assertEqual(missed, [])
        # Not simply everybody.
        self.assertGreater(asked, 1000)
        self.assertLess(in_vain, asked / 4)
        self.assertIn(None, told.values())

    def test_a_window_has_what_the_pages_have(self):
        """Whatever the size of a window, all entries once, in order; and none of a transaction that runs, nor of those after it."""
        wanted = self.ask('select xid::text::bigint, sequence from change order by xid, sequence')
        for most in (1, 7, 10_000):
            at, count = (0, 0), 0
            while True:
                (xid, sequence, is_end), = self.ask('select * from feed_window(%s, %s, %s)', *at, most)
                count += 1
                if is_end:
                    break
                self.assertEqual((xid, sequence), wanted[min(count * most, len(wanted)) - 1])
                at = (xid, sequence)
            self.assertEqual(count, len(wanted) // most + 1)
            self.assertEqual(sequence, 0)
            self.assertGreater(xid, wanted[-1][0])
        open_one = self.database.connect()
        self.addCleanup(open_one.close)
        account = self.ask('select id::text from account where merged_into_id is null and retire_time is null limit 1')[0][0]
        self.ask("update account set note = 'open' where id = %s", account, connection=open_one)
        self.ask("insert into change (entity, record_id, operation) values ('account', %s, 'update')", account)
        (end, _, _), = self.ask('select * from feed_window(%s, 0, 100)', xid)
        (lag,), = self.ask('select lag_ms from feed_news(%s, 0, 100)', xid)
        self.assertIsNotNone(lag)
        self.assertEqual(self.ask('select count(*) from change where xid >= %s::text::xid8 and xid < %s::text::xid8', xid, end), [(0,)])
        open_one.commit()
        self.assertEqual(self.ask('select count(*) from change c, feed_window(%s, 0, 100) w where c.xid >= %s::text::xid8 and c.xid < w.end_xid::text::xid8', xid, xid), [(2,)])
        # Twice from the same place is the same place, and one that was never reached is none.
        (end, _, _), = self.ask('select * from feed_window(%s, 0, 100)', xid)
        self.assertGreaterEqual(self.ask('select end_xid from feed_window(%s, 0, 100)', end)[0][0], end)
        self.assertEqual(self.ask('select * from feed_window(%s, 0, 100)', end + 1_000_000), [])

    def test_pages_without_a_session_are_empty(self):
        epoch, = self.ask('select feed_epoch::text from company')[0]
        for role in ('rep', 'manager'):
            connection = self.database.connect('kam_' + role)
            self.addCleanup(connection.close)
            rows = self.ask('select entities, is_current from feed_page(%s, 0, 0, 100000)', epoch, connection=connection)
            self.assertEqual([row[0] for row in rows], [None] * len(rows))
            with self.assertRaises(psycopg2.errors.InsufficientPrivilege):
                self.ask('select * from feed_news(0, 0, 1)', connection=connection)

    def test_what_another_cluster_wrote_comes_first(self):
        self.ask("insert into change (xid, entity, record_id, operation) values ('4000000000', 'team', uuid7(), 'insert')")
        self.ask('select operator_begin_epoch(null)')
        self.assertEqual(self.ask("select count(*) from change where xid <> '0'"), [(0,)])
        self.assertEqual(self.ask('select lag_ms from feed_news(null, null, 1)'), [(None,)])


if __name__ == '__main__':
    unittest.main()
