# SPDX-License-Identifier: Apache-2.0
"""A kamd of a test's own, callers that speak to it through a stock gRPC client, and the client kam.

    with Cluster() as cluster, Kamd(make_company(cluster)) as kamd:
        rep = kamd.login('nora')
        account = rep.call('AccountService/CreateAccount', {'account': {'name': 'ACME'}})
        print(kamd.kam('nora', 'account', 'list').out)

Kamd(None) runs on its embedded default.
"""
import contextlib
import dataclasses
import json
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request
import uuid

import grpc
from google.protobuf import json_format

from support import stubs
from support.cluster import COMPANY as COMPANY_DATABASE

BUILD = stubs.BUILD
KAMD = BUILD / 'server' / 'kamd' / 'kamd'
KAM = BUILD / 'client' / 'cli' / 'kam'
IS_SANITIZED = 'asan' in os.environ.get('KAM_BUILD_NAME', BUILD.name)
PASSWORD = 'correct horse battery'
PATIENCE_SECONDS = 120  # for what must come sooner or later; never what a test measures

# login, role, team, name: two branches, so that everything has an own and a foreign side.
COMPANY = [
    ('boss', 'manager', 'Company', 'Berta Boss'),
    ('nadia', 'manager', 'North', 'Nadia Nord'),
    ('sofia', 'manager', 'South', 'Sofia Sued'),
    ('nora', 'rep', 'North', 'Nora Nilsen'),
    ('nils', 'rep', 'North', 'Nils Nagel'),
    ('sam', 'rep', 'South', '孙伟'),
    ('desk', 'service', 'Company', 'Dora Desk'),
]


def wait_for(condition, what, seconds=PATIENCE_SECONDS):
    """Polls until the condition gives something true, and returns it."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f'waited {seconds} s in vain for {what}')
        time.sleep(0.02)


def _may_run(user, path):
    """Whether another user can get at a program."""
    return subprocess.run(['setpriv', f'--reuid={user}', f'--regid={user}', '--init-groups', 'test', '-x', str(path)],
                          check=False).returncode == 0


def as_unprivileged():
    """Words before a command that make root an ordinary user."""
    if os.geteuid() != 0:
        return []
    return ['setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups']


class Refused(Exception):
    """A call that did not end with OK."""

    def __init__(self, error):
        self.code = error.code()
        self.text = error.details()
        self.trailers = dict(error.trailing_metadata() or ())
        self.status = None
        self.info = None
        self.details = []
        raw = self.trailers.get('grpc-status-details-bin')
        if raw:
            self.status = stubs.message('google.rpc.Status')()
            self.status.ParseFromString(raw)
            for any_message in self.status.details:
                detail = stubs.message(any_message.type_url.rpartition('/')[2])()
                any_message.Unpack(detail)
                self.details.append(detail)
                if detail.DESCRIPTOR.name == 'ErrorInfo':
                    self.info = detail
        super().__init__(f'{self.code.name} {self.reason}: {self.text}')

    @property
    def reason(self):
        return self.info.reason if self.info else ''

    def detail(self, name):
        """The first detail of this message name ('Conflict', 'BadRequest'), or None."""
        return next((one for one in self.details if one.DESCRIPTOR.name == name), None)


class Caller:
    """Calls methods over one channel, with or without a session."""

    def __init__(self, channel, token=None, user=None):
        self.channel = channel
        self.token = token
        self.user = user

    def start(self, path, request=None, request_id=None, timeout=60, metadata=()):
        """Begins a unary call; the future's result() raises grpc.RpcError. Returns (future, request id)."""
        path = path if path.startswith('kam.') else 'kam.v1.' + path
        method = stubs.method(path)
        message = stubs.message(method.input_type.full_name)()
        if isinstance(request, dict):
            json_format.ParseDict(request, message)
        elif request is not None:
            message = request
        request_id = request_id or str(uuid.uuid4())
        headers = [('kam-request-id', request_id), *metadata]
        if self.token:
            headers.append(('authorization', f'Bearer {self.token}'))
        invoke = self.channel.unary_unary('/' + path, request_serializer=lambda one: one.SerializeToString(),
                                          response_deserializer=stubs.message(method.output_type.full_name).FromString)
        return invoke.future(message, timeout=timeout, metadata=headers), request_id

    def call(self, path, request=None, **options):
        """The response, or Refused."""
        future, _ = self.start(path, request, **options)
        try:
            return future.result()
        except grpc.RpcError as error:
            raise Refused(error) from None

    def refusal(self, path, request=None, **options):
        """The Refused that the call must end with."""
        try:
            response = self.call(path, request, **options)
        except Refused as refused:
            return refused
        raise AssertionError(f'{path} was not refused: {response}')


@dataclasses.dataclass
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


class Kamd:
    """kamd serve with a port, a data directory and a log of its own."""

    def __init__(self, database=None, arguments=(), program=KAMD, directory=None):
        self.database = database
        self.arguments = [str(word) for word in arguments]
        self.program = str(program)
        self.owns_directory = directory is None
        self.directory = pathlib.Path(directory or tempfile.mkdtemp(prefix='kam-test-', dir='/tmp'))
        self.data = self.directory / 'data'
        self.ready_file = self.directory / 'run' / 'ready'
        self.process = None
        self.port = self.metrics_port = 0
        self.channels = []
        self.prefix = as_unprivileged()
        if self.prefix:
            os.chmod(self.directory, 0o755)
            if not _may_run('postgres', self.program):
                # The tests live where only root may go: a copy that the unprivileged user can start.
                copy = self.directory / 'kamd'
                shutil.copy2(self.program, copy)
                os.chmod(copy, 0o755)
                self.program = str(copy)
        for folder in (self.data, self.directory / 'run'):
            folder.mkdir(mode=0o700, exist_ok=True)
            if self.prefix:
                user = pwd.getpwnam('postgres')
                os.chown(folder, user.pw_uid, user.pw_gid)

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.destroy()
            raise

    def __exit__(self, kind, *unused):
        code = self.stop()
        log = self.log()
        self.destroy()
        if kind is None:
            if code != 0 or 'ERROR: AddressSanitizer' in log or 'runtime error:' in log or 'LeakSanitizer' in log:
                raise AssertionError(f'kamd ended with {code}:\n{log[-8000:]}')

    # ---- life ----

    def settings(self):
        words = ['--data', str(self.data), '--port', '0', '--metrics', '127.0.0.1:0', '--ready-file', str(self.ready_file),
                 '--workers', '2']
        if self.database is not None:
            words += ['--database', self.database.conninfo('kam_login'), '--database-owner', self.database.conninfo()]
        return words + self.arguments

    def environment(self):
        kept = {name: value for name, value in os.environ.items() if not name.startswith(('KAM_', 'PG'))}
        return dict(kept, LC_ALL='C.UTF-8', HOME=str(self.directory))

    def spawn(self):
        """Starts the process without waiting for it to serve."""
        with contextlib.suppress(FileNotFoundError):
            self.ready_file.unlink()
        with open(self.directory / 'log', 'ab') as log:
            self.process = subprocess.Popen([*self.prefix, self.program, 'serve', *self.settings()], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, cwd='/', env=self.environment(), start_new_session=True)
        return self.process

    def start(self):
        self.spawn()
        wait_for(lambda: self.ready_file.exists() or self.process.poll() is not None, 'kamd to serve')
        if self.process.poll() is not None:
            raise AssertionError(f'kamd ended with {self.process.returncode}:\n{self.log()}')
        self.port, self.metrics_port = map(int, self.ready_file.read_text(encoding='ascii').split())
        return self

    def stop(self):
        """SIGTERM; the exit code."""
        for channel in self.channels:
            channel.close()
        self.channels = []
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=PATIENCE_SECONDS)
        self.process = None
        return code

    def kill(self):
        """kill -9 of kamd alone; what it supervises lives on."""
        self.process.kill()
        self.process.wait()
        self.process = None

    def destroy(self):
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None
        if self.owns_directory:
            shutil.rmtree(self.directory, ignore_errors=True)

    def log(self):
        return (self.directory / 'log').read_text(encoding='utf-8', errors='replace')

    # ---- the operator ----

    def operate(self, *words, text=None):
        """Runs another command of kamd with the same settings; the Ran."""
        done = subprocess.run([*self.prefix, self.program, *words, *self.settings()], input=text, capture_output=True, text=True,
                              encoding='utf-8', check=False, cwd='/', env=self.environment(),
                              **({} if text is not None else {'stdin': None}))
        return Ran(done.returncode, done.stdout, done.stderr)

    def add_user(self, login, role, team, name, password=PASSWORD):
        ran = self.operate('user', 'add', '--role', role, '--team', team, '--name', name, '--password-stdin', login,
                           text=password + '\n')
        if ran.code != 0:
            raise AssertionError(f'user add {login}: {ran.err}')

    def make_company(self):
        """The teams and users of COMPANY."""
        login, role, team, name = COMPANY[0]
        ran = self.operate('user', 'add', '--role', role, '--company', team, '--name', name, '--password-stdin', login,
                           text=PASSWORD + '\n')
        if ran.code != 0:
            raise AssertionError(f'user add {login}: {ran.err}')
        for team in ('North', 'South'):
            ran = self.operate('team', 'add', '--parent', 'Company', team)
            if ran.code != 0:
                raise AssertionError(f'team add {team}: {ran.err}')
        for entry in COMPANY[1:]:
            self.add_user(*entry)
        return self

    # ---- callers ----

    def certificate(self):
        return (self.data / 'tls' / 'certificate.pem').read_bytes()

    def channel(self, options=()):
        credentials = grpc.ssl_channel_credentials(root_certificates=self.certificate())
        # Channels of one process share connections unless told otherwise.
        channel = grpc.secure_channel(f'localhost:{self.port}', credentials,
                                      options=[('grpc.use_local_subchannel_pool', 1), ('grpc.enable_http_proxy', 0), *options])
        self.channels.append(channel)
        return channel

    def anonymous(self):
        return Caller(self.channel())

    def login(self, login, password=PASSWORD, device='test'):
        channel = self.channel()
        response = Caller(channel).call('SessionService/Login', {'login': login, 'password': password, 'device': device})
        return Caller(channel, response.token, response.user)

    # ---- the client ----

    def home(self, name):
        folder = self.directory / 'homes' / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def kam(self, who, *words, text=None, language='C.UTF-8', environment=None):
        """Runs the client as a user with a home of their own; the Ran."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith('KAM_')}
        kept.update(KAM_HOME=str(self.home(who)), LC_ALL=language, LANG=language, TZ='UTC', **(environment or {}))
        done = subprocess.run([str(KAM), *map(str, words)], input=text if text is not None else '', capture_output=True, text=True,
                              encoding='utf-8', check=False, env=kept)
        return Ran(done.returncode, done.stdout, done.stderr)

    def kam_login(self, login, password=PASSWORD):
        """Logs the client of this user in."""
        ran = self.kam(login, 'login', f'localhost:{self.port}', '--user', login, '--password-stdin', text=password + '\n')
        if ran.code != 0:
            raise AssertionError(f'kam login {login} gave {ran.code}: {ran.err}{ran.out}')
        return ran

    # ---- figures ----

    def page(self, path='/metrics'):
        with urllib.request.urlopen(f'http://127.0.0.1:{self.metrics_port}{path}', timeout=60) as response:
            return response.read().decode('utf-8')

    def metric(self, name):
        """The sum of a metric over its labels."""
        total = 0.0
        for line in self.page().splitlines():
            if line.startswith((name + ' ', name + '{')):
                total += float(line.rpartition(' ')[2])
        return total

    def resident_bytes(self):
        status = pathlib.Path(f'/proc/{self.process.pid}/status').read_text(encoding='ascii')
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith('VmRSS'))


def make_company(cluster):
    """A database with the schema and COMPANY in it: a clone of one made on first use, so that it costs little."""
    template = cluster.company
    if template is None:
        template = cluster.create_database(COMPANY_DATABASE)
        kamd = Kamd(template)
        try:
            ran = kamd.operate('migrate')
            if ran.code != 0:
                raise AssertionError(f'kamd migrate: {ran.err}')
            kamd.make_company()
        finally:
            kamd.destroy()
        cluster.company = template
    return cluster.clone(template)
