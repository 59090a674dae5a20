# SPDX-License-Identifier: Apache-2.0
# builds: dev asan
"""kamd backup and kamd restore: the same company again, whatever happens meanwhile."""
import hashlib
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import threading
import unittest
import uuid

import grpc
import psycopg2

from support.cluster import Cluster
from support.kam import Kamd, Refused, make_company, wait_for

HEADER_BYTES = 4096
NOT_RESTORED = ('session', 'login_failure')


def content(connection):
    """{table: (rows, checksum)} of everything that a restore must bring back."""
    found = {}
    with connection.cursor() as cursor:
        cursor.execute("select relname from pg_class where relnamespace = 'kam'::regnamespace and relkind = 'r' order by 1")
        for (table,) in cursor.fetchall():
            if table in NOT_RESTORED:
                continue
            # The transactions of another cluster are no place in this one's feed.
            columns = ('is_only, name, time_zone, account_code_prefix' if table == 'company' else
                       'sequence, time, actor_id, entity, record_id, account_id, version, operation, old_values, new_values, guarded_old_values, '
                       'guarded_new_values, reason, request_id' if table.startswith('change') else 't')
            cursor.execute(f'''select count(*), md5(coalesce(string_agg(md5(line), '' order by line collate "C"), ''))
                                 from (select row({columns})::text as line from kam."{table}" t) x''')
            found[table] = cursor.fetchone()
    return found


def catalogue(connection):
    """What of the schema is no content: rights, policies, constraints, functions, default rights, sequences."""
    questions = [
        "select relname, relkind, relrowsecurity, (select array_agg(a::text order by a::text)"
        " from unnest(coalesce(relacl, acldefault(case relkind when 'S' then 's' else 'r' end::\"char\", relowner))) a)::text from pg_class"
        " where relnamespace = 'kam'::regnamespace",
        "select attrelid::regclass::text, attname, (select array_agg(a::text order by a::text) from unnest(attacl) a)::text from pg_attribute"
        " where attacl is not null and attrelid in (select oid from pg_class where relnamespace = 'kam'::regnamespace)",
        "select oid::regprocedure::text, prosecdef, proconfig::text, md5(prosrc),"
        " (select array_agg(a::text order by a::text) from unnest(proacl) a)::text from pg_proc where pronamespace = 'kam'::regnamespace",
        "select tablename, policyname, roles::text, cmd, qual, with_check from pg_policies where schemaname = 'kam'",
        "select conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated from pg_constraint"
        " where connamespace = 'kam'::regnamespace",
        "select indexname, indexdef from pg_indexes where schemaname = 'kam'",
        "select tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) from pg_trigger where not tgisinternal",
        "select defaclrole::regrole::text, defaclobjtype, defaclacl::text from pg_default_acl",
        "select nspacl::text from pg_namespace where nspname = 'kam'",
        "select sequencename, last_value from pg_sequences where schemaname = 'kam' and sequencename not like 'change%'",
    ]
    found = []
    with connection.cursor() as cursor:
        for question in questions:
            cursor.execute(question)
            # Parentheses come and go as PostgreSQL parses its own text again: "(a AND b) AND c" is "a AND b AND c".
            found.append(sorted(str(row).translate({ord(sign): None for sign in '() '}) for row in cursor.fetchall()))
    return found


def with_header(raw, **changes):
    """The backup with other values in its header, its checksum right again."""
    lines = dict(line.split(' = ') for line in raw[:HEADER_BYTES].decode().splitlines()[1:] if line)
    lines.pop('header-checksum')
    lines.update({name.replace('_', '-'): str(value) for name, value in changes.items()})
    head = 'kam-backup 1\n' + ''.join(f'{name} = {value}\n' for name, value in lines.items())
    head += f'header-checksum = {hashlib.blake2b(head.encode(), digest_size=32).hexdigest()}\n'
    return head.encode().ljust(HEADER_BYTES, b'\n') + raw[HEADER_BYTES:]


def with_dump(raw, dump):
    return with_header(raw[:HEADER_BYTES] + dump, dump_bytes=len(dump), dump_checksum=hashlib.blake2b(dump, digest_size=32).hexdigest())


class Backup(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(Cluster())

    def new_kamd(self, database):
        kamd = Kamd(database)
        self.addCleanup(kamd.destroy)
        return kamd

    def setUp(self):
        self.kamd = self.new_kamd(make_company(self.cluster))
        self.folder = self.kamd.directory / 'run'
        self.file = self.folder / 'company.backup'

    def ran(self, kamd, code, *words):
        ran = kamd.operate(*words)
        self.assertEqual(ran.code, code, ran.err + ran.out)
        self.assertNotIn('Sanitizer', ran.err)
        return ran.out if code == 0 else ran.err

    def create(self, caller, name=None):
        record = str(uuid.uuid4())
        return caller.call('AccountService/CreateAccount',
                           {'account': {'id': record, 'name': name or f'Backup {record}'}, 'duplicate_reason': 'x'})

    def backed_up(self, *more):
        self.ran(self.kamd, 0, 'backup', *more, str(self.file))
        return self.file.read_bytes()

    def forge(self, name, raw):
        path = self.folder / name
        path.write_bytes(raw)
        os.chmod(path, 0o644)
        return str(path)

    # ---- the same company ----

    def test_a_restored_company_is_the_same_company(self):
        self.kamd.start()
        nora = self.kamd.login('nora')
        old_epoch = nora.user.feed_epoch
        self.assertEqual(nora.call('SessionService/GetCaller').feed_epoch, old_epoch)
        self.assertEqual(uuid.UUID(old_epoch).version, 4)
        for number in range(5):
            self.create(nora, f'客户 {number} "quoted"\\')
        last_code = self.create(nora).code
        out = self.ran(self.kamd, 0, 'backup', str(self.file))
        self.assertIn('hashes of passwords', out)
        self.assertEqual(os.stat(self.file).st_mode & 0o777, 0o600)
        self.kamd.stop()
        source = self.kamd.database.connect()
        self.addCleanup(source.close)

        other = self.new_kamd(self.cluster.create_database())
        self.ran(other, 0, 'restore', str(self.file))
        target = other.database.connect()
        self.addCleanup(target.close)
        self.assertEqual(content(source), content(target))
        for before, after in zip(catalogue(source), catalogue(target), strict=True):
            self.assertEqual(before, after)
        target.rollback()
        with target.cursor() as cursor:
            cursor.execute('select count(*) from session')
            self.assertEqual(cursor.fetchone(), (0,))
            cursor.execute('select max(sequence), (select feed_epoch_start from company) from change')
            last, start = cursor.fetchone()
            self.assertGreaterEqual(start, last)
            cursor.execute("select count(*) from change where xid <> '0'")
            self.assertEqual(cursor.fetchone(), (0,))
        target.rollback()

        other.start()
        with self.assertRaises(Refused) as refused:
            type(nora)(other.channel(), nora.token).call('AccountService/ListAccounts')
        self.assertEqual(refused.exception.code, grpc.StatusCode.UNAUTHENTICATED)
        again = other.login('nora')
        self.assertNotEqual(again.user.feed_epoch, old_epoch)
        self.assertEqual(again.call('SessionService/GetCaller').feed_epoch, again.user.feed_epoch)
        self.assertEqual(again.call('UserService/GetUser', {'login': 'sam'}).feed_epoch, '')
        accounts = again.call('AccountService/ListAccounts').accounts
        self.assertIn('客户 3 "quoted"\\', [account.name for account in accounts])
        next_code = self.create(again).code
        self.assertEqual(int(next_code.rpartition('-')[2]), int(last_code.rpartition('-')[2]) + 1)
        with target.cursor() as cursor:
            cursor.execute('select min(sequence) > %s from change where sequence > %s', (start, last))
            self.assertEqual(cursor.fetchone(), (True,))
        target.rollback()
        self.assertRegex(other.operate('check').out, r'(?m)^ok +backup +the last one was made')
        other.stop()

    def test_a_repeated_request_is_still_done_once(self):
        self.kamd.start()
        nora = self.kamd.login('nora')
        request = {'account': {'id': str(uuid.uuid4()), 'name': 'Done before the backup'}, 'duplicate_reason': 'x'}
        request_id = str(uuid.uuid4())
        first = nora.call('AccountService/CreateAccount', request, request_id=request_id)
        self.backed_up()
        self.kamd.stop()
        other = self.new_kamd(self.cluster.create_database())
        self.ran(other, 0, 'restore', str(self.file))
        other.start()
        again = other.login('nora').call('AccountService/CreateAccount', request, request_id=request_id)
        self.assertEqual((again.id, again.code, again.version), (first.id, first.code, first.version))
        other.stop()

    def test_a_backup_made_while_writers_write(self):
        self.kamd.start()
        acknowledged, stop, failures = [], threading.Event(), []

        def write(login):
            caller = self.kamd.login(login)
            while not stop.is_set():
                try:
                    account = self.create(caller)
                    acknowledged.append(account.id)
                    caller.call('AccountService/UpdateAccount',
                                {'account': {'id': account.id, 'version': account.version, 'name': account.name + ' 2'},
                                 'update_mask': 'name', 'duplicate_reason': 'x'})
                except Refused as refused:
                    failures.append(refused)
                    return

        writers = [threading.Thread(target=write, args=(login,)) for login in ('nora', 'nils', 'sam', 'boss')]
        for writer in writers:
            writer.start()
        wait_for(lambda: len(acknowledged) > 40 or failures, 'writers to write')
        before = list(acknowledged)
        self.ran(self.kamd, 0, 'backup', str(self.file))
        after = len(acknowledged)
        stop.set()
        for writer in writers:
            writer.join()
        self.assertEqual(failures, [])
        self.assertGreater(after, len(before), 'nobody wrote during the backup')
        self.kamd.stop()

        other = self.new_kamd(None)  # a fresh data directory, with a PostgreSQL of its own
        self.ran(other, 0, 'restore', str(self.file))
        other.start()
        boss = other.login('boss')
        for record in before:
            boss.call('AccountService/GetAccount', {'id': record})
        run = other.data / 'postgresql' / 'run'
        connection = psycopg2.connect(f'host={run} user=kam_owner dbname=kam', options='-c search_path=kam')
        self.addCleanup(connection.close)
        source = self.kamd.database.connect()
        self.addCleanup(source.close)
        with connection.cursor() as cursor, source.cursor() as old:
            # One moment: each record is in the state that its last entry in the change log tells of, and each entry is one of the source's.
            cursor.execute('''select count(*) from account a where a.version is distinct from
                              (select max(c.version) from change c where c.record_id = a.id)''')
            self.assertEqual(cursor.fetchone(), (0,))
            cursor.execute("select count(*) from change c where entity = 'account' and not exists (select from account a where a.id = c.record_id)")
            self.assertEqual(cursor.fetchone(), (0,))
            cursor.execute('select count(*) from request_outcome o where not exists (select from account a where a.id = o.record_id)')
            self.assertEqual(cursor.fetchone(), (0,))
            cursor.execute("select sequence from change where entity = 'account'")
            restored = {row[0] for row in cursor.fetchall()}
            old.execute("select sequence from change where entity = 'account'")
            self.assertLessEqual(restored, {row[0] for row in old.fetchall()})
        other.stop()

    # ---- where to, and what is there ----

    def test_a_directory_gets_files_named_by_time(self):
        for day in (1, 2, 3):
            (self.folder / f'kam-2020010{day}T000000Z.backup').write_bytes(b'old')
        (self.folder / 'kam-notes.backup').write_bytes(b'not ours')
        (self.folder / '.kam-20200101T000000Z.backup.partial').write_bytes(b'of one that was killed')
        os.chmod(self.folder / '.kam-20200101T000000Z.backup.partial', 0o666)
        self.ran(self.kamd, 0, 'backup', '--keep', '2', str(self.folder))
        left = sorted(path.name for path in self.folder.iterdir())
        self.assertEqual(len(left), 3, left)
        self.assertEqual((left[0], left[-1]), ('kam-20200103T000000Z.backup', 'kam-notes.backup'))
        self.ran(self.kamd, 0, 'restore', '--verify', str(self.folder / left[1]))

    def test_what_is_there_stays(self):
        self.file.write_bytes(b'precious')
        self.assertIn('is there already', self.ran(self.kamd, 1, 'backup', str(self.file)))
        self.assertEqual(self.file.read_bytes(), b'precious')
        self.assertIn('--keep', self.ran(self.kamd, 2, 'backup', '--keep', '2', str(self.folder / 'x')))
        self.assertIn('1 to 10000', self.ran(self.kamd, 2, 'backup', '--keep', '0', str(self.folder)))
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()), ['company.backup'])

    def test_nothing_to_back_up(self):
        empty = self.new_kamd(self.cluster.create_database())
        self.assertIn('no company', self.ran(empty, 1, 'backup', str(self.file)))
        self.ran(empty, 0, 'migrate')
        self.assertIn('no company', self.ran(empty, 1, 'backup', str(self.file)))
        fresh = self.new_kamd(None)
        self.assertIn('no database', self.ran(fresh, 1, 'backup', str(self.file)))
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_a_company_is_replaced_only_when_told(self):
        self.backed_up()
        other = self.new_kamd(make_company(self.cluster))
        other.add_user('extra', 'rep', 'North', 'Only Here')
        self.assertIn('--replace', self.ran(other, 1, 'restore', str(self.file)))
        self.assertIn('extra', self.ran(other, 0, 'user', 'list'))
        other.start()
        other.login('extra')
        self.assertIn('stop every kamd', self.ran(other, 1, 'restore', '--replace', str(self.file)))
        other.login('extra')
        other.stop()
        self.ran(other, 0, 'restore', '--replace', str(self.file))
        self.assertNotIn('extra', self.ran(other, 0, 'user', 'list'))

    def test_an_empty_schema_is_an_empty_database(self):
        self.backed_up()
        other = self.new_kamd(self.cluster.create_database())
        self.ran(other, 0, 'migrate')
        self.ran(other, 0, 'restore', str(self.file))
        self.assertIn('nora', self.ran(other, 0, 'user', 'list'))

    def test_check_tells_of_the_last_backup(self):
        self.assertRegex(self.kamd.operate('check').out, r'(?m)^ok +backup +none was made')
        self.backed_up()
        self.assertRegex(self.kamd.operate('check').out, r'(?m)^ok +backup +the last one was made less than an hour ago')

    @unittest.skipIf(os.geteuid() != 0, 'about what root may do')
    def test_root_writes_where_only_root_may(self):
        private = self.new_kamd(None).make_company()
        folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, folder)
        os.chmod(folder, 0o700)
        for words in (['backup', str(folder / 'x')], ['restore', '--replace', str(folder / 'x')]):
            done = subprocess.run([private.program, *words, '--user', 'postgres', *private.settings()], capture_output=True, text=True,
                                  check=False, cwd='/', env=private.environment())
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual((os.stat(folder / 'x').st_uid, [path.name for path in folder.iterdir()]), (0, ['x']))

    # ---- damage ----

    def test_damaged_files_are_refused(self):
        raw = self.backed_up()
        other = self.new_kamd(self.cluster.create_database())
        bad = {'empty': b'', 'text': b'not a backup\n' * 1000, 'dump': raw[HEADER_BYTES:], 'header': raw[:HEADER_BYTES],
               'short header': raw[:1000], 'cut': raw[:-1], 'half': raw[:len(raw) // 2], 'longer': raw + b'\0',
               'newer form': raw.replace(b'kam-backup 1', b'kam-backup 2', 1)}
        for place in (0, 14, 60, 300, HEADER_BYTES - 1, HEADER_BYTES, HEADER_BYTES + 1000, len(raw) // 2, len(raw) - 1):
            bad[f'flipped at {place}'] = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1:]
        for what, damaged in bad.items():
            with self.subTest(what):
                path = self.forge('bad', damaged)
                self.assertRegex(self.ran(other, 1, 'restore', '--verify', path), 'damaged|no file that kamd backup made')
        self.assertRegex(self.ran(other, 1, 'restore', path), 'damaged')
        self.assertEqual(other.database.psql("select count(*) from pg_namespace where nspname like 'kam%'").strip(), '0')
        self.ran(other, 0, 'restore', '--verify', str(self.file))
        self.assertIn('FILE', self.ran(other, 2, 'restore'))
        self.assertIn('No such file', self.ran(other, 1, 'restore', str(self.folder / 'nothing')))

    def test_one_made_by_a_newer_kamd_is_refused(self):
        path = self.forge('newer', with_header(self.backed_up(), migration=9999, kam='9.9'))
        other = self.new_kamd(self.cluster.create_database())
        self.assertIn('restore with a newer one', self.ran(other, 1, 'restore', path))
        self.ran(other, 0, 'restore', '--verify', path)

    def test_a_restore_that_fails_leaves_what_was_there(self):
        raw = self.backed_up()
        dump = raw[HEADER_BYTES:]
        other = self.new_kamd(make_company(self.cluster))
        other.add_user('extra', 'rep', 'North', 'Only Here')
        before = self.content_of(other.database)
        for what, broken in {'garbage': b'PGDMP' + b'\1' * 5000, 'half': dump[:len(dump) // 2], 'almost all': dump[:-20]}.items():
            with self.subTest(what):
                path = self.forge('broken', with_dump(raw, broken))
                self.assertIn('pg_restore failed', self.ran(other, 1, 'restore', '--replace', path))
                self.assertEqual(self.content_of(other.database), before)
        other.start()
        other.login('extra')
        other.stop()

    def content_of(self, database):
        connection = database.connect()
        try:
            return content(connection)
        finally:
            connection.close()

    # ---- violence ----

    def spawn(self, kamd, *words):
        log = open(kamd.directory / 'command.log', 'ab')
        with log:
            return subprocess.Popen([*kamd.prefix, kamd.program, *words, *kamd.settings()], stdin=subprocess.DEVNULL, stdout=log,
                                    stderr=log, cwd='/', env=kamd.environment())

    def block(self):
        """A lock that pg_dump has to wait for; its connection."""
        connection = self.kamd.database.connect()
        self.addCleanup(connection.close)
        with connection.cursor() as cursor:
            cursor.execute('lock table kam.account in access exclusive mode')
        return connection

    def dumps(self):
        """Backends of pg_dump."""
        return self.cluster.run_sql("select count(*) from pg_stat_activity where application_name = 'pg_dump'").strip()

    def end_backup(self, number):
        lock = self.block()
        process = self.spawn(self.kamd, 'backup', str(self.file))
        wait_for(lambda: self.dumps() == '1', 'pg_dump to wait for the lock')
        process.send_signal(number)
        code = process.wait(timeout=120)
        lock.rollback()
        wait_for(lambda: self.dumps() == '0', 'pg_dump to end')
        self.assertFalse(self.file.exists())
        return code

    def test_a_backup_that_is_killed_leaves_no_backup(self):
        self.assertNotEqual(self.end_backup(signal.SIGKILL), 0)
        self.ran(self.kamd, 0, 'backup', str(self.file))  # in place of what the killed one left
        self.assertEqual([path.name for path in self.folder.iterdir()], [self.file.name])

    def test_a_backup_that_is_stopped_tidies_up(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            self.assertEqual(self.end_backup(number), 1)
            self.assertEqual(list(self.folder.iterdir()), [])

    def make_much(self, kamd):
        """Enough that restoring takes a while."""
        kamd.database.psql('''insert into kam.request_outcome (user_id, request_id, method, payload_hash)
                              select u.id, gen_random_uuid(), 'x', decode(repeat('00', 32), 'hex')
                                from kam.app_user u, generate_series(1, 30000)''')

    def kill_restore(self, other, *words):
        process = self.spawn(other, 'restore', *words, str(self.file))
        wait_for(lambda: self.cluster.run_sql("select count(*) from pg_stat_activity where application_name = 'pg_restore'"
                                              f" and datname = '{other.database.name}'").strip() == '1', 'pg_restore to begin')
        process.kill()
        process.wait()
        wait_for(lambda: self.cluster.run_sql(f"select count(*) from pg_stat_activity where datname = '{other.database.name}'").strip() == '0',
                 'pg_restore to give up')

    def test_a_restore_that_is_killed(self):
        self.make_much(self.kamd)
        self.backed_up()
        other = self.new_kamd(self.cluster.create_database())
        self.kill_restore(other)
        self.assertIn('was not finished', self.ran(other, 1, 'migrate'))
        self.assertIn('was not finished', self.ran(other, 1, 'backup', str(self.folder / 'half')))
        self.assertRegex(other.operate('check').out, r'(?m)^problem +schema +.*was not finished')
        process = other.spawn()
        self.assertNotEqual(process.wait(timeout=120), 0)
        other.process = None
        self.assertIn('was not finished', other.log())
        self.ran(other, 0, 'restore', str(self.file))
        with other:
            other.login('nora')

    def test_a_replacement_that_is_killed_can_be_undone(self):
        self.make_much(self.kamd)
        self.backed_up()
        other = self.new_kamd(make_company(self.cluster))
        other.add_user('extra', 'rep', 'North', 'Only Here')
        self.kill_restore(other, '--replace')
        self.assertIn('was not finished', self.ran(other, 1, 'migrate'))
        self.assertIn('is undone', self.ran(other, 0, 'restore', '--undo'))
        self.assertIn('there was no', self.ran(other, 0, 'restore', '--undo'))
        self.assertIn('extra', self.ran(other, 0, 'user', 'list'))
        other.start()
        other.login('extra')
        other.stop()

    def test_a_full_disk(self):
        self.make_much(self.kamd)
        small = self.kamd.directory / 'small'
        small.mkdir()
        if os.geteuid() == 0:
            subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=256k,mode=777', 'tmpfs', str(small)], check=True)
            self.addCleanup(subprocess.run, ['umount', str(small)], check=True)
            limit = []
        else:  # nearest to it that anybody can have
            limit = ['prlimit', '--fsize=262144']
        done = subprocess.run([*limit, *self.kamd.prefix, self.kamd.program, 'backup', str(small / 'x'), *self.kamd.settings()],
                              capture_output=True, text=True, check=False, cwd='/', env=self.kamd.environment())
        self.assertNotEqual(done.returncode, 0)
        if not limit:
            self.assertIn('No space left', done.stderr)
        self.assertEqual(list(small.iterdir()), [])
        wait_for(lambda: self.dumps() == '0', 'pg_dump to end')
        self.assertRegex(self.kamd.operate('check').out, r'(?m)^ok +backup +none was made')


if __name__ == '__main__':
    unittest.main()
