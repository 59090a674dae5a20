#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What two transactions at once could break and one after the other cannot. The first is held open, the second starts and must wait; then the
first commits, and the second has to judge by what the first did."""
import threading
import unittest

from stage import HASH, Refused, Stage, token
from support.methods import Caller

OTHER_HASH = HASH.replace('aGFz', 'bGFz')
UNSOUND = '''with recursive pair (ancestor_id, descendant_id) as (
                 select id, id from team
                 union all
                 select t.parent_id, p.descendant_id from pair p join team t on t.id = p.ancestor_id where t.parent_id is not null)
             (select ancestor_id, descendant_id from pair except select ancestor_id, descendant_id from team_closure)
             union all
             (select ancestor_id, descendant_id from team_closure except select ancestor_id, descendant_id from pair)'''


class Race(Stage):
    def other(self, login):
        """A second connection of the same session."""
        first = self.call(login)
        caller = Caller(self.methods, self.database, first.role, token(login))
        self.addCleanup(caller.close)
        return caller

    def wait_for_lock(self, thread):
        """Until the thread's transaction waits for another one, or is through without."""
        while thread.is_alive():
            if self.query('select count(*) from pg_locks where not granted')[0][0]:
                return True
            thread.join(0.01)
        return False

    def race(self, first, commit, second):
        """What second() returns or is refused with, when it starts while the transaction of first() is open."""
        first()
        outcome = []

        def run():
            try:
                outcome.append(second())
            except Refused as refused:
                outcome.append(refused.reason)
        thread = threading.Thread(target=run)
        thread.start()
        self.has_waited = self.wait_for_lock(thread)
        commit()
        thread.join()
        return outcome[0]

    def race_writes(self, first, second):
        """Each a caller, a method and a request."""
        caller, method, request = first
        return self.race(lambda: caller.write(method, request, keep_open=True), caller.connection.commit, lambda: second[0].write(second[1], second[2]))


class TeamRaceTest(Race):
    def move(self, caller, team, parent, version=1):
        return caller, 'TeamService/UpdateTeam', {'team': {'id': self.teams[team], 'version': version, 'parent_id': self.teams[parent]}, 'update_mask': ['parent_id']}

    def create(self, caller, parent):
        return caller, 'TeamService/CreateTeam', {'team': {'name': 'Kid', 'parent_id': self.teams[parent]}}

    def assert_sound(self):
        self.assertEqual([], self.query(UNSOUND))
        self.assertEqual([(True,)], self.query('select team_closure_is_sound()'))

    def test_a_team_made_below_one_that_moves(self):
        answer = self.race_writes(self.move(self.call('boss'), 'office', 'south'), self.create(self.other('boss'), 'office'))
        self.assertEqual('Kid', answer['name'])
        self.assertTrue(self.has_waited)
        self.assert_sound()

    def test_a_team_that_moves_while_one_is_made_below(self):
        self.race_writes(self.create(self.call('boss'), 'office'), self.move(self.other('boss'), 'office', 'south'))
        self.assertTrue(self.has_waited)
        self.assert_sound()

    def test_two_moves_below_each_other(self):
        outcome = self.race_writes(self.move(self.call('boss'), 'north', 'south'), self.move(self.other('boss'), 'south', 'north'))
        self.assertEqual('TEAM_LOOP', outcome)
        self.assert_sound()

    def test_the_operator_waits_too(self):
        boss = self.call('boss')
        self.race(lambda: boss.write(*self.move(boss, 'office', 'south')[1:], keep_open=True), boss.connection.commit,
                  lambda: self.query_apart("select operator_add_team('Kid', 'North Office')"))
        self.assertTrue(self.has_waited)
        self.assert_sound()

    def test_no_team_below_one_that_is_being_retired(self):
        boss = self.call('boss')
        empty = boss.write('TeamService/CreateTeam', {'team': {'name': 'Empty', 'parent_id': self.teams['hq']}})
        outcome = self.race_writes((boss, 'TeamService/RetireTeam', {'id': empty['id'], 'version': 1}),
                                   (self.other('boss'), 'TeamService/CreateTeam', {'team': {'name': 'Kid', 'parent_id': empty['id']}}))
        self.assertEqual('TEAM_RETIRED', outcome)

    def test_an_unsound_closure_is_seen(self):
        self.assert_sound()
        self.query('delete from team_closure where ancestor_id = %s and descendant_id = %s', self.teams['hq'], self.teams['office'])
        self.assertEqual([(False,)], self.query('select team_closure_is_sound()'))

    def query_apart(self, sql):
        connection = self.database.connect()
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetchall()
        finally:
            connection.close()


class PasswordRaceTest(Race):
    def open_session(self, checked_hash=HASH):
        connection = self.database.connect('kam_auth')
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute("select * from kam.open_session(%s, %s, %s, 'laptop', '10.0.0.1', 3600)", (self.users['ann'], checked_hash, b'x' * 32))
                return len(cursor.fetchall())
        finally:
            connection.close()

    def test_a_password_that_is_another_by_now_opens_nothing(self):
        self.assertEqual(0, self.open_session(OTHER_HASH))
        self.assertEqual(1, self.open_session())

    def test_login_while_a_manager_sets_the_password(self):
        manager = self.call('north')
        opened = self.race(lambda: manager.write('UserService/SetUserPassword', {'id': self.users['ann'], 'password': OTHER_HASH}, keep_open=True),
                           manager.connection.commit, self.open_session)
        self.assertEqual((True, 0), (self.has_waited, opened))

    def test_login_while_the_user_changes_the_password(self):
        ann = self.call('ann')

        def change():
            with ann.connection.cursor() as cursor:
                cursor.execute('select kam.begin_write(%s, gen_random_uuid(), %s, %s)', (ann.token, 'c', b'p'))
                cursor.execute("select kam.change_own_password(%s, %s, '10.0.0.1')", (HASH, OTHER_HASH))
        self.assertEqual(0, self.race(change, ann.connection.commit, self.open_session))
        self.assertTrue(self.has_waited)

    def test_login_while_the_user_is_disabled(self):
        manager = self.call('north')
        opened = self.race(lambda: manager.write('UserService/DisableUser', {'id': self.users['ann'], 'reason': 'left'}, keep_open=True),
                           manager.connection.commit, self.open_session)
        self.assertEqual((True, 0), (self.has_waited, opened))

    def test_a_session_that_came_first_ends(self):
        auth = self.database.connect('kam_auth')
        self.addCleanup(auth.close)

        def first():
            auth.cursor().execute("select * from kam.open_session(%s, %s, %s, 'laptop', '10.0.0.1', 3600)", (self.users['ann'], HASH, b'x' * 32))
        manager = self.call('north')
        self.race(first, auth.commit, lambda: manager.write('UserService/SetUserPassword', {'id': self.users['ann'], 'password': OTHER_HASH}))
        self.assertTrue(self.has_waited)
        self.assertEqual([(0,)], self.query('select count(*) from session where user_id = %s and revoke_time is null', self.users['ann']))


class GuessRaceTest(Race):
    def test_a_guess_counts_before_it_is_judged(self):
        """The second guess waits for the first to be counted, however long hashing takes after that."""
        first = self.database.connect('kam_auth')
        self.addCleanup(first.close)
        self.race(lambda: first.cursor().execute("select wait_ms from kam.login_lookup('ann', '10.0.0.1')"), first.commit, self.look_up)
        self.assertTrue(self.has_waited)
        self.assertEqual([(2,), (2,), (2,)], self.query('select failures from login_failure'))

    def look_up(self, login='ann', address='10.0.0.1'):
        connection = self.database.connect('kam_auth')
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute('select wait_ms from kam.login_lookup(%s, %s)', (login, address))
                return cursor.fetchall()[0][0]
        finally:
            connection.close()

    def test_many_guesses_at_once(self):
        waits = []

        def guess(connection):
            for _ in range(20):
                with connection, connection.cursor() as cursor:
                    cursor.execute("select wait_ms from kam.login_lookup('ann', '10.0.0.1')")
                    waits.append(cursor.fetchall()[0][0])
        connections = [self.database.connect('kam_auth') for _ in range(10)]
        threads = [threading.Thread(target=guess, args=(connection,)) for connection in connections]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for connection in connections:
            connection.close()
        # The delay grows from one second: a slow machine may let one more through, but not many.
        self.assertEqual(200, len(waits))
        self.assertLessEqual(waits.count(0), 8)


class AccountRaceTest(Race):
    def update(self, caller, account, fields, **more):
        return caller, 'AccountService/UpdateAccount', {'account': {'id': account['id'], 'version': account['version'], **fields}, 'update_mask': list(fields), **more}

    def test_parents_of_each_other(self):
        one, two = self.add_account('ann', 'Alpha'), self.add_account('ann', 'Zulu')
        outcome = self.race_writes(self.update(self.call('ann'), one, {'parent_id': two['id']}), self.update(self.other('ann'), two, {'parent_id': one['id']}))
        self.assertEqual('ACCOUNT_PARENT_LOOP', outcome)

    def test_suppliers_of_each_other(self):
        one, two = self.add_account('ann', 'Alpha'), self.add_account('ann', 'Zulu')
        outcome = self.race_writes(self.update(self.call('ann'), one, {'upstream_id': two['id']}), self.update(self.other('ann'), two, {'upstream_id': one['id']}))
        self.assertEqual((True, 'ACCOUNT_UPSTREAM_LOOP'), (self.has_waited, outcome))

    def test_the_same_tie_and_the_same_end_twice(self):
        acme = self.add_account('ann', 'Acme')['id']
        one, two = (self.add_contact('ann', name, acme) for name in ('Li', 'Wang'))
        tie = lambda a, b: ('ContactService/AddTie', {'tie': {'from_contact_id': a['id'], 'to_contact_id': b['id'], 'kind': 'kinship'}})     # noqa: E731
        self.assertEqual('contact_tie_mutual', self.race_writes((self.call('ann'), *tie(one, two)), (self.call('north'), *tie(two, one))))
        end = 'ContactService/EndPosition', {'id': one['positions[].id'][0], 'version': 1}
        self.assertEqual('VERSION_CONFLICT', self.race_writes((self.call('ann'), *end), (self.call('north'), *end)))

    def create(self, caller, name, **fields):
        return caller, 'AccountService/CreateAccount', {'account': {'name': name, **fields}}

    def test_nearly_the_same_name_at_once(self):
        outcome = self.race_writes(self.create(self.call('ann'), 'Northern Precision Instruments'), self.create(self.call('sue'), 'Northern Precison Instruments'))
        self.assertEqual('ACCOUNT_DUPLICATE', outcome)

    def test_the_same_number_written_otherwise_at_once(self):
        outcome = self.race_writes(self.create(self.call('ann'), 'Alpha', registration_number='REG-12 34'), self.create(self.call('sue'), 'Zulu', registration_number='reg 1234'))
        self.assertEqual('ACCOUNT_DUPLICATE', outcome)

    def test_renamed_to_what_is_being_made(self):
        account = self.add_account('sue', 'Zulu')
        outcome = self.race_writes(self.create(self.call('ann'), 'Alpha'), self.update(self.call('sue'), account, {'name': 'Alpha Ltd'}))
        self.assertEqual('ACCOUNT_DUPLICATE', outcome)

    def test_reporting_to_each_other(self):
        account = self.add_account('ann', 'Alpha')
        people = [self.add_contact('ann', name, account['id']) for name in ('Li', 'Wang')]
        positions = self.query('select id, version from position order by id')

        def report(caller, position, contact):
            return caller, 'ContactService/UpdatePosition', {'position': {'id': position[0], 'version': position[1], 'reports_to_id': contact['_record_id']},
                                                             'update_mask': ['reports_to_id']}
        of = dict(self.query('select contact_id, id from position'))
        version = dict(positions)
        first, second = ((of[person['_record_id']], version[of[person['_record_id']]]) for person in people)
        outcome = self.race_writes(report(self.call('ann'), first, people[1]), report(self.other('ann'), second, people[0]))
        self.assertEqual('REPORTS_TO_LOOP', outcome)


class ActivityPartsRaceTest(Race):
    def setUp(self):
        super().setUp()
        self.acme = self.add_account('ann', 'Acme')['id']
        self.done = self.log_activity('ann', self.acme)['id']

    def correction(self, caller):
        return caller, 'ActivityService/CorrectActivity', {'id': self.done, 'version': 1, 'reason': 'typo',
                                                           'activity': {'account_id': self.acme, 'kind': 'visit', 'subject': 'Corrected'}}

    def comment(self, caller):
        return caller, 'CommentService/AddComment', {'comment': {'activity_id': self.done, 'text': 'Who?'}}

    def sheet(self, caller, text):
        return caller, 'VisitService/UpdateSpin', {'spin': {'activity_id': self.done, 'version': 0, 'problem_answers': text}, 'update_mask': ['problem_answers']}

    def test_a_comment_before_a_correction_is_taken_along(self):
        correction = self.race_writes(self.comment(self.call('north')), self.correction(self.call('ann')))
        self.assertTrue(self.has_waited)
        self.assertEqual([(correction['id'],)], self.query('select activity_id from activity_comment'))

    def test_a_comment_during_a_correction_is_sent_there(self):
        self.assertEqual('ACTIVITY_CORRECTED', self.race_writes(self.correction(self.call('ann')), self.comment(self.call('north'))))
        self.assertEqual([(0,)], self.query('select count(*) from activity_comment'))

    def test_two_first_sheets(self):
        self.assertEqual('VERSION_CONFLICT', self.race_writes(self.sheet(self.call('ann'), 'a'), self.sheet(self.call('north'), 'b')))
        self.assertEqual([('a', 1)], self.query('select problem_answers, version from activity_spin'))


if __name__ == '__main__':
    unittest.main()
