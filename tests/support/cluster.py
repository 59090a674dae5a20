# SPDX-License-Identifier: Apache-2.0
"""A throw-away PostgreSQL cluster for tests.

    with Cluster() as cluster:
        database = cluster.create_migrated()      # clone of a template that has all migrations
        owner = database.connect()                # psycopg2, as kam_owner
        rep = database.connect('kam_rep')         # as kam_login, after SET ROLE kam_rep
        database.conninfo('kam_login')            # for a kamd

Unix socket only, trust authentication behind a directory of mode 0700, fsync off unless asked for. The server runs as an unprivileged user
when the caller is root. Everything is gone after stop(); a killed test run leaves at most a directory and a postgres that
ends itself when its data directory is removed.
"""
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile
import threading

import psycopg2

MIGRATIONS = pathlib.Path(__file__).resolve().parents[2] / 'sql' / 'migrations'
OWNER = 'kam_owner'
TEMPLATE = 'kam_template'
COMPANY = 'kam_company'     # see kam.make_company()
# Where there is room in memory, clusters that may be lost are kept there.
SHARED_MEMORY, ROOM = '/dev/shm', 8 << 30
# The data directory of a cluster that has both already, at rest. Whoever runs many suites makes it once: prepare.py.
PREPARED = os.environ.get('KAM_TEST_PREPARED')


def place_for_clusters():
    """None: where temporary files are."""
    return SHARED_MEMORY if os.path.isdir(SHARED_MEMORY) and shutil.disk_usage(SHARED_MEMORY).free >= ROOM else None


def find_binaries():
    """The newest PostgreSQL installed, or the one of KAM_TEST_POSTGRES."""
    named = os.environ.get('KAM_TEST_POSTGRES')
    if named:
        return pathlib.Path(named)
    found = sorted(pathlib.Path('/usr/lib/postgresql').glob('*/bin/initdb'), key=lambda path: int(path.parents[1].name))
    if found:
        return found[-1].parent
    initdb = shutil.which('initdb')
    if initdb is None:
        raise RuntimeError('no PostgreSQL server found: install the package postgresql, or set KAM_TEST_POSTGRES to its bin directory')
    return pathlib.Path(initdb).resolve().parent


class Database:
    """One database of a cluster."""

    def __init__(self, cluster, name):
        self.cluster = cluster
        self.name = name

    def conninfo(self, user=OWNER):
        return f'host={self.cluster.socket_directory} port={self.cluster.port} dbname={self.name} user={user}'

    def connect(self, role=None):
        """A connection as the owner; with a role as kam_login after SET ROLE. Autocommit is off."""
        connection = psycopg2.connect(self.conninfo(OWNER if role is None else 'kam_login'),
                                      options='-c search_path=kam,pg_temp -c timezone=UTC')
        if role is not None:
            with connection.cursor() as cursor:
                cursor.execute(f'set role {role}')
            connection.commit()
        return connection

    def migrate(self, directory=MIGRATIONS):
        """Applies all migrations with psql, as kam_owner."""
        self.psql('create schema if not exists kam')
        for path in sorted(directory.glob('[0-9]*.sql')):
            head = path.read_text(encoding='utf-8').split('\n\n', 1)[0]
            self.psql_file(path, single_transaction='-- no-transaction' not in head)

    def psql(self, text, user=OWNER):
        return self.cluster.run_client('psql', '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-d', self.conninfo(user), '-c', text)

    def psql_file(self, path, user=OWNER, single_transaction=True):
        mode = ['-1'] if single_transaction else []
        return self.cluster.run_client('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', *mode, '-d', self.conninfo(user), '-f', str(path))

    def drop(self):
        self.cluster.run_sql(f'drop database if exists "{self.name}" with (force)')


class Cluster:
    def __init__(self, durable=False, settings=None):
        self.binaries = find_binaries()
        self.durable = durable
        self.settings = dict(settings or {})
        self.directory = None
        self.process = None
        self.port = 5432
        self._lock = threading.Lock()
        self._count = 0
        self._is_prepared = PREPARED is not None and not durable
        self._has_template = self._is_prepared
        self.company = Database(self, COMPANY) if self._is_prepared else None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *unused):
        self.stop()

    # ---- life ----

    def start(self):
        """Makes the cluster and starts it; after crash() or halt() starts it again."""
        if self.directory is None:
            self.directory = pathlib.Path(tempfile.mkdtemp(prefix='kam-pg-', dir=None if self.durable else place_for_clusters()))
            self.socket_directory = self.directory / 's'
            self.data_directory = self.directory / 'data'
            self.socket_directory.mkdir(mode=0o700)
            if os.geteuid() == 0:
                user = pwd.getpwnam('postgres')
                os.chown(self.directory, user.pw_uid, user.pw_gid)
                os.chown(self.socket_directory, user.pw_uid, user.pw_gid)
            try:
                if self._is_prepared:
                    subprocess.run(['cp', '-a', '--reflink=auto', PREPARED, str(self.data_directory)], check=True)
                    self._write_settings()
                    self._launch()
                else:
                    self._run_server_side('initdb', '-D', str(self.data_directory), '-E', 'UTF8', '--locale=C.UTF-8', '-U', 'postgres',
                                          '--auth=trust', '--no-sync')
                    self._write_settings()
                    self._launch()
                    self.run_sql(f'create role {OWNER} login createrole createdb')
            except BaseException:
                self.stop()
                raise
        else:
            self._launch()

    def stop(self):
        """Stops the server and removes everything."""
        if self.process is not None:
            self.halt('immediate')
        if self.directory is not None:
            shutil.rmtree(self.directory, ignore_errors=True)
            self.directory = None

    def halt(self, mode='fast'):
        """Stops the server, keeps the data."""
        how = {'smart': signal.SIGTERM, 'fast': signal.SIGINT, 'immediate': signal.SIGQUIT}[mode]
        self._signal_postmaster(how)
        self.process.wait(timeout=60)
        self.process = None

    def crash(self):
        """kill -9 of the postmaster and every backend: what a power cut looks like to clients."""
        postmaster = self._postmaster_pid()
        children = subprocess.run(['ps', '-o', 'pid=', '--ppid', str(postmaster)], capture_output=True, text=True, check=False).stdout.split()
        for pid in [postmaster, *map(int, children)]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait(timeout=60)
        self.process = None

    # ---- databases ----

    def create_database(self, name=None):
        """An empty database owned by kam_owner."""
        return self._create(name, 'template0', "encoding 'UTF8'")

    def create_migrated(self, name=None):
        """A database with all migrations applied: a clone of a template made on first use."""
        with self._lock:
            if not self._has_template:
                self._create(TEMPLATE, 'template0', "encoding 'UTF8'").migrate()
                self._has_template = True
        return self._create(name, TEMPLATE)

    def clone(self, database, name=None):
        """A copy of a database nobody is connected to."""
        return self._create(name, database.name)

    def _create(self, name, template, options=''):
        if name is None:
            with self._lock:
                self._count += 1
                name = f'test{self._count}'
        self.run_sql(f'create database "{name}" owner {OWNER} template "{template}" {options}')
        return Database(self, name)

    # ---- commands ----

    def run_sql(self, text, database='postgres'):
        """As the superuser."""
        conninfo = f'host={self.socket_directory} port={self.port} dbname={database} user=postgres'
        return self.run_client('psql', '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-d', conninfo, '-c', text)

    def run_client(self, program, *arguments):
        result = self._run_server_side(program, *arguments)
        return result.stdout

    # ---- inside ----

    def _as_server_user(self):
        if os.geteuid() != 0:
            return []
        return ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups']

    def _run_server_side(self, program, *arguments):
        command = [*self._as_server_user(), str(self.binaries / program), *arguments]
        if program == 'psql':
            # psql reads files of the working tree, which the server's user may not see.
            command = command[len(self._as_server_user()):]
        environment = {name: value for name, value in os.environ.items() if not name.startswith('PG')}
        environment['LC_ALL'] = 'C.UTF-8'
        result = subprocess.run(command, capture_output=True, text=True, check=False, cwd='/', env=environment, encoding='utf-8')
        if result.returncode != 0:
            raise RuntimeError(f'{program} failed: {result.stderr.strip()}')
        return result

    def _write_settings(self):
        settings = {
            'listen_addresses': "''",
            'unix_socket_directories': f"'{self.socket_directory}'",
            'unix_socket_permissions': '0777',      # the directory above it is closed
            'max_connections': '200',
            'max_locks_per_transaction': '256',
            'shared_buffers': "'128MB'",
            'min_wal_size': "'32MB'",
            'jit': 'off',
            'autovacuum': 'off',
            'timezone': "'UTC'",
            'log_timezone': "'UTC'",
            'logging_collector': 'off',
        }
        if not self.durable:
            settings.update({'fsync': 'off', 'synchronous_commit': 'off', 'full_page_writes': 'off'})
        settings.update(self.settings)
        with open(self.data_directory / 'postgresql.conf', 'a', encoding='utf-8') as file:
            for name, value in settings.items():
                file.write(f'{name} = {value}\n')

    def _launch(self):
        log = open(self.directory / 'log', 'ab')
        with log:
            self.process = subprocess.Popen([*self._as_server_user(), str(self.binaries / 'postgres'), '-D', str(self.data_directory)],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd='/', start_new_session=True)
        for _ in range(600):
            ready = subprocess.run([str(self.binaries / 'pg_isready'), '-q', '-h', str(self.socket_directory), '-p', str(self.port)], check=False)
            if ready.returncode == 0:
                return
            if self.process.poll() is not None:
                break
            threading.Event().wait(0.05)
        raise RuntimeError('PostgreSQL did not start: ' + self.log()[-2000:])

    def log(self):
        """What the server wrote so far."""
        return (self.directory / 'log').read_text(encoding='utf-8', errors='replace')

    def _postmaster_pid(self):
        return int((self.data_directory / 'postmaster.pid').read_text(encoding='ascii').split('\n', 1)[0])

    def _signal_postmaster(self, number):
        try:
            os.kill(self._postmaster_pid(), number)
        except (FileNotFoundError, ProcessLookupError):
            pass
