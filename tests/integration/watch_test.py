#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# builds: dev asan
"""Watch, from the commit to the stream: order, late commits, several workers and servers, reach, sessions, slow readers, restarts."""
import base64
import struct
import threading
import unittest
import uuid

import grpc

from support.cluster import Cluster
from support.kam import IS_SANITIZED, Caller, Kamd, Refused, make_company, wait_for
from support.watch import Watcher


def place(cursor):
    """(epoch, transaction, sequence) of a cursor: opaque to clients, but this test wants to see that it moves."""
    return struct.unpack('>16sqq', base64.urlsafe_b64decode(cursor + '='))


def make_cursor(epoch, transaction, sequence):
    return base64.urlsafe_b64encode(struct.pack('>16sqq', epoch, transaction, sequence)).decode().rstrip('=')


class WatchCase(unittest.TestCase):
    workers = 2

    def setUp(self):
        self.cluster = self.enterContext(Cluster())
        self.database = make_company(self.cluster)
        self.kamd = self.start()
        self.callers = {}

    def start(self, *arguments):
        return self.enterContext(Kamd(self.database, ['--workers', self.workers, *arguments]))

    def login(self, name, kamd=None):
        """A caller with a channel of its own, and so with a worker by chance, and one session for each user."""
        kamd = kamd or self.kamd
        if name not in self.callers:
            self.callers[name] = kamd.login(name)
        return Caller(kamd.channel(), self.callers[name].token, self.callers[name].user)

    def watch(self, name, cursor='', kamd=None, **options):
        watcher = Watcher(self.login(name, kamd), cursor, **options)
        self.addCleanup(watcher.close)
        return watcher.wait_begun() if options.get('reads', True) and not cursor else watcher

    def add_account(self, who='nora', name=None, kamd=None, **fields):
        return self.login(who, kamd).call('AccountService/CreateAccount',
                                          {'account': {'name': name or f'Account {uuid.uuid4()}', **fields}, 'duplicate_reason': 'test'})

    def rename(self, account, who='nora', kamd=None):
        return self.login(who, kamd).call('AccountService/UpdateAccount', {
            'account': {'id': account.id, 'version': account.version, 'name': f'Account {uuid.uuid4()}'}, 'update_mask': 'name'})

    def sql(self, text, *parameters):
        connection = self.database.connect()
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(text, parameters or None)
                return cursor.fetchall() if cursor.description else None
        finally:
            connection.close()


class Watch(WatchCase):
    def test_names_what_changes(self):
        watcher = self.watch('nora')
        first = watcher.messages[0]
        self.assertTrue(first.cursor)
        self.assertEqual(len(first.changes), 0)
        account = self.add_account()
        change = watcher.wait_told(account.id)
        self.assertEqual((change.entity, change.account_id, change.version, change.operation, change.actor_id),
                         ('account', account.id, 1, 1, self.callers['nora'].user.id))
        self.assertGreater(change.time.seconds, 1_600_000_000)
        renamed = self.rename(account)
        change = watcher.wait_told(account.id, 2)
        self.assertEqual((change.entity, change.operation, renamed.version), ('account', 2, 2))
        contact = self.login('nora').call('ContactService/CreateContact', {
            'contact': {'name': 'Li Wei', 'positions': [{'account_id': account.id}]}})
        watcher.wait_told(contact.id)
        watcher.wait_told(contact.positions[0].id)
        # From a cursor: all of it again, in the same order, and nothing else.
        self.assertLess(place(first.cursor)[1:], place(watcher.cursor)[1:])
        again = self.watch('nora', cursor=first.cursor)
        again.wait_told(contact.positions[0].id)
        wait_for(lambda: again.messages[-1].is_current, 'the stream to catch up')
        self.assertEqual([str(change) for change in again.changes], [str(change) for change in watcher.changes])

    def test_every_worker_and_both_servers_wake_each_other(self):
        """No poll of its own would come within the time of this test: the safety poll takes longer than all of it together."""
        other = self.start()
        watchers = [self.watch('nora', kamd=kamd) for kamd in (self.kamd, other) for _ in range(8)]
        wait_for(lambda: self.kamd.metric('kamd_watch_listening') + other.metric('kamd_watch_listening') == 2, 'both to listen')
        self.assertEqual(self.kamd.metric('kamd_watches'), 8)
        for kamd in (self.kamd, other):
            for _ in range(6):
                account = self.add_account(kamd=kamd)
                for watcher in watchers:
                    watcher.wait_told(account.id)
        # Exactly once each, in one order.
        self.assertEqual({tuple(change.record_id for change in watcher.told(entity='account')) for watcher in watchers},
                         {tuple(change.record_id for change in watchers[0].told(entity='account'))})
        self.assertEqual(len(watchers[0].told(entity='account')), 12)

    def test_a_late_commit_is_not_missed(self):
        """A transaction that began first ends last: what was committed meanwhile waits for it, and comes after it."""
        account, late = self.add_account(), self.add_account()
        watcher = self.watch('nora')
        connection = self.database.connect()
        self.addCleanup(connection.close)
        with connection.cursor() as cursor:
            cursor.execute('update account set note = %s where id = %s', ('late', late.id))
        for _ in range(3):
            account = self.rename(account)
        wait_for(lambda: self.kamd.metric('kamd_watch_lag_seconds') > 0, 'the lag to be seen')
        self.assertEqual(watcher.changes, [])
        # Nor does a stream that begins now step over it.
        second = self.watch('nora')
        connection.commit()
        for one in (watcher, second):
            one.wait_told(account.id, account.version)
            self.assertEqual([(change.record_id, change.version) for change in one.told()],
                             [(late.id, 2), (account.id, 2), (account.id, 3), (account.id, 4)])
        wait_for(lambda: self.kamd.metric('kamd_watch_lag_seconds') == 0, 'the lag to be gone')

    def test_many_writers_at_once(self):
        """Every change of every record, once, with rising versions, whatever order they commit in, on several streams."""
        watchers = [self.watch('nora') for _ in range(4)]
        accounts = [self.add_account() for _ in range(8)]

        def write(account):
            for _ in range(15):
                account = self.rename(account)

        callers = [threading.Thread(target=write, args=(account,)) for account in accounts]
        for thread in callers:
            thread.start()
        for thread in callers:
            thread.join()
        for watcher in watchers:
            for account in accounts:
                watcher.wait_told(account.id, 16)
                self.assertEqual([change.version for change in watcher.told(account.id)], list(range(1, 17)))

    # ---- who may see ----

    def test_reach(self):
        watchers = {name: self.watch(name) for name in ('nora', 'nils', 'sam', 'nadia', 'sofia', 'boss')}
        account = self.add_account('nora')
        mark = self.add_account('sam')   # what comes after it in the order of the log was told, or will never be
        for name in ('nora', 'nadia', 'boss'):
            watchers[name].wait_told(account.id)
        for name in ('sam', 'sofia', 'boss'):
            watchers[name].wait_told(mark.id)
        # Members, then not any more.
        nils = self.callers['nils'].user.id
        self.login('nora').call('AccountService/AddAccountMember', {'id': account.id, 'user_id': nils})
        watchers['nils'].wait_told(account.id)
        account = self.rename(self.login('nora').call('AccountService/GetAccount', {'id': account.id}))
        watchers['nils'].wait_told(account.id, account.version)
        # To the other branch: the former owner hears no more of it, the new one does, and the member stays.
        account = self.login('boss').call('AccountService/ReassignAccount',
                                          {'id': account.id, 'owner_id': self.callers['sam'].user.id, 'reason': 'moves', 'version': account.version})
        watchers['sam'].wait_told(account.id, account.version)
        before = {name: len(watchers[name].told(account.id)) for name in ('nora', 'nadia')}
        account = self.rename(account, 'sam')
        for name in ('nils', 'sam', 'sofia', 'boss'):
            watchers[name].wait_told(account.id, account.version)
        last = {name: self.add_account(name) for name in ('nora', 'sam')}
        for name in ('nora', 'nadia'):
            watchers[name].wait_told(last['nora'].id)
            self.assertEqual(len(watchers[name].told(account.id)), before[name], name)
        watchers['sofia'].wait_told(last['sam'].id)
        self.assertEqual([name for name in ('nora', 'nils', 'nadia') if watchers[name].told(mark.id)], [])
        self.assertEqual([name for name in ('nils', 'sam', 'sofia') if watchers[name].told(last['nora'].id)], [])

    def test_the_service_desk_and_nobody(self):
        for caller, code in ((self.login('desk'), grpc.StatusCode.PERMISSION_DENIED), (self.kamd.anonymous(), grpc.StatusCode.UNAUTHENTICATED)):
            self.assertEqual(Watcher(caller).wait_end().code, code)

    # ---- cursors ----

    def test_cursors_that_are_none(self):
        epoch, transaction, _ = place(self.watch('nora').cursor)
        for cursor in ('x', 'A' * 44, 'A' * 42, '=' * 43, make_cursor(epoch, -1, 0), make_cursor(epoch, 1, -1)):
            refused = Watcher(self.login('nora'), cursor).wait_end()
            self.assertEqual((refused.code, refused.detail('BadRequest').field_violations[0].field), (grpc.StatusCode.INVALID_ARGUMENT, 'cursor'), cursor)
        # Of another log, and of a place that this one has not reached.
        for cursor in (make_cursor(uuid.uuid4().bytes, transaction, 0), make_cursor(epoch, transaction + 1_000_000, 0), make_cursor(epoch, 2 ** 62, 0)):
            refused = Watcher(self.login('nora'), cursor).wait_end()
            self.assertEqual((refused.code, refused.reason), (grpc.StatusCode.FAILED_PRECONDITION, 'FEED_EPOCH'), cursor)

    def test_a_new_epoch(self):
        account = self.add_account()
        watcher = self.watch('nora')
        old = watcher.cursor
        self.sql('select operator_begin_epoch(null)')
        self.rename(account)
        refused = watcher.wait_end()
        self.assertEqual((refused.code, refused.reason), (grpc.StatusCode.FAILED_PRECONDITION, 'FEED_EPOCH'))
        self.assertEqual(Watcher(self.login('nora'), old).wait_end().reason, 'FEED_EPOCH')
        # The new one begins after all that the other one had.
        fresh = self.watch('nora')
        epoch = place(fresh.cursor)[0]
        new = self.add_account()
        self.assertEqual(fresh.wait_told(new.id).record_id, new.id)
        again = self.watch('nora', cursor=make_cursor(epoch, 1, 0))
        again.wait_told(new.id)
        self.assertEqual(again.told(account.id)[0].version, 2)

    # ---- sessions and limits ----

    def test_an_ended_session_ends_its_streams(self):
        self.add_account()
        nora, nadia = self.login('nora'), self.login('nadia')

        def current(session):
            return next(one.id for one in session.call('SessionService/ListSessions').sessions if one.is_current)

        for end in (lambda session: session.call('SessionService/Logout'),
                    lambda session: nadia.call('SessionService/RevokeSession', {'id': current(session)}),
                    lambda session: self.sql("update session set expire_time = create_time + interval '1 ms' where id = %s", current(session))):
            session = self.kamd.login('nora')
            watcher = Watcher(session).wait_begun()
            end(session)
            # Whatever is told to the user next finds it out: nothing goes over the stream any more.
            account = self.add_account()
            refused = watcher.wait_end()
            self.assertEqual((refused.code, refused.reason, watcher.told(account.id)), (grpc.StatusCode.UNAUTHENTICATED, 'NO_SESSION', []))
        # Nothing concerns the user: it is found all the same.
        watcher = self.watch('nora')
        nadia.call('UserService/DisableUser', {'id': nora.user.id})
        self.assertEqual(watcher.wait_end().code, grpc.StatusCode.UNAUTHENTICATED)

    def test_a_session_that_ends_in_silence(self):
        watcher = self.watch('nora')
        self.sql('update session set revoke_time = now()')
        self.assertEqual(watcher.wait_end().code, grpc.StatusCode.UNAUTHENTICATED)

    def test_too_many_streams_of_a_user(self):
        watchers = [self.watch('nora') for _ in range(32)]
        refused = Watcher(self.login('nora')).wait_end()
        self.assertEqual((refused.code, refused.reason), (grpc.StatusCode.RESOURCE_EXHAUSTED, 'TOO_MANY_WATCHES'))
        self.watch('nils')
        watchers[0].close()
        wait_for(lambda: self.kamd.metric('kamd_watches') == 32, 'the stream to be forgotten')
        self.watch('nora')

    # ---- faults ----

    def test_the_database_restarts(self):
        watcher = self.watch('nora')
        account = self.add_account()
        watcher.wait_told(account.id)
        self.cluster.halt()
        wait_for(lambda: 'cannot read the change log' in self.kamd.log() or self.kamd.metric('kamd_watch_listening') == 0, 'kamd to notice')
        self.cluster.start()

        def rename():
            try:
                return self.rename(self.login('nora').call('AccountService/GetAccount', {'id': account.id}))
            except Refused:  # until the database is back
                return None
        renamed = wait_for(rename, 'the database to be back')
        # The same stream, that was never broken.
        watcher.wait_told(account.id, renamed.version)
        wait_for(lambda: self.kamd.metric('kamd_watch_listening') == 1, 'kamd to listen again')

    def test_the_listening_connection_is_lost(self):
        other = self.start()
        watcher = self.watch('nora')
        self.add_account(kamd=other)
        for round_ in range(3):
            wait_for(lambda: self.sql("""select count(*) from pg_stat_activity where application_name = 'kamd listener'""")[0][0] == 2, 'both to listen')
            self.cluster.run_sql("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'kamd listener'")
            account = self.add_account(kamd=other, name=f'Round {round_}')
            watcher.wait_told(account.id)
        wait_for(lambda: other.metric('kamd_watch_listening') == 1, 'the other one to listen again')

    def test_shutdown_tells(self):
        """Also streams whose page is on its way at that moment."""
        kamd = self.start()
        watchers = [self.watch('nora', kamd=kamd) for _ in range(30)]
        account = self.add_account(kamd=kamd)
        stop = threading.Event()

        other = self.login('nora')  # of the one that stays: its commits wake the one that stops

        def write():
            changed = account
            while not stop.is_set():
                changed = other.call('AccountService/UpdateAccount', {
                    'account': {'id': account.id, 'version': changed.version, 'name': f'Account {uuid.uuid4()}'}, 'update_mask': 'name'})

        writer = threading.Thread(target=write)
        writer.start()
        for watcher in watchers:
            watcher.wait_told(account.id)
        kamd.process.terminate()
        self.assertEqual({watcher.wait_end().code for watcher in watchers}, {grpc.StatusCode.UNAVAILABLE})
        stop.set()
        writer.join()
        self.assertEqual(kamd.process.wait(60), 0)


class SlowReader(WatchCase):
    workers = 1
    CHANGES = 40_000

    def test_memory_is_bounded_and_nothing_is_missed(self):
        account = self.add_account()
        start = self.watch('nora').cursor
        # A long past, told faster than it is read.
        self.sql('''insert into change (actor_id, entity, record_id, account_id, version, operation)
                    select null, 'account', %s, %s, n, 'update' from generate_series(2, %s) n''', account.id, account.id, self.CHANGES)
        before = self.kamd.resident_bytes()
        slow = [self.watch('nora', cursor=start, reads=False) for _ in range(10)]
        quick = self.watch('nora', cursor=start)
        quick.wait_told(account.id, self.CHANGES)
        self.assertEqual([change.version for change in quick.told(account.id)], list(range(2, self.CHANGES + 1)))
        wait_for(lambda: self.kamd.metric('kamd_watch_reads_total') >= 11, 'all to be fed')
        grown = self.kamd.resident_bytes() - before
        # What all ten could hold is more than ten times as much. The sanitizer keeps what was freed for a while.
        if not IS_SANITIZED:
            self.assertLess(grown, 20 * 1024 * 1024)
        for one in slow[:3]:
            one.begin_to_read()
        for one in slow[:3]:
            one.wait_told(account.id, self.CHANGES)
            self.assertEqual([change.version for change in one.told(account.id)], list(range(2, self.CHANGES + 1)))


if __name__ == '__main__':
    unittest.main()
