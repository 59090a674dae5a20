# SPDX-License-Identifier: Apache-2.0
# builds: dev asan
"""kamd as a process: settings, signals, the second one, readiness, metrics."""
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import threading
import time
import unittest

import grpc

from support import stubs
from support.cluster import Cluster
from support.kam import KAMD, Caller, Kamd, make_company, wait_for


METRICS = pathlib.Path(__file__).resolve().parents[2] / 'docs' / 'metrics.md'


def run_kamd(*words, environment=None):
    return subprocess.run([str(KAMD), *words], capture_output=True, text=True, check=False,
                          env={'PATH': '/usr/bin:/bin', 'HOME': '/nonexistent', **(environment or {})})


class Settings(unittest.TestCase):
    def test_help_explains_every_setting(self):
        ran = run_kamd('--help')
        self.assertEqual(ran.returncode, 0)
        names = re.findall(r'^  --([a-z-]+) ', ran.stdout, re.MULTILINE)
        self.assertGreater(len(names), 25)
        self.assertEqual(len(names), len(set(names)))
        shown = run_kamd('config', '--data', '/tmp/x')
        for name in names:
            self.assertRegex(shown.stdout, rf'(?m)^(# )?{name} = ')

    def test_every_command_has_help(self):
        for line in re.findall(r'^  ([a-z]+(?: [a-z]+)?)  +[a-z]', run_kamd('--help').stdout, re.MULTILINE):
            ran = run_kamd(*line.split(), '--help')
            self.assertEqual(ran.returncode, 0, line)
            self.assertIn(f'kamd {line}', ran.stdout)

    def test_version(self):
        self.assertRegex(run_kamd('--version').stdout, r'^kamd \d+\.\d+\.\d+\n$')

    def test_usage_errors_exit_with_2(self):
        for words in ([], ['dance'], ['user'], ['serve', '--port', 'x'], ['serve', '--nope'], ['user', 'add', 'x'],
                      ['config', 'superfluous'], ['serve', '--database', 'x', '--database-file', '/dev/null']):
            ran = run_kamd(*words)
            self.assertEqual(ran.returncode, 2, (words, ran.stderr))
            self.assertTrue(ran.stderr.startswith('kamd: '), ran.stderr)

    def test_no_secret_is_printed(self):
        ran = run_kamd('config', '--database', 'postgresql://kamd:topsecret@db/kam', '--data', '/tmp/x',
                       environment={'KAM_DATABASE_OWNER': 'host=db password=topsecret'})
        self.assertNotIn('topsecret', ran.stdout)
        self.assertIn('postgresql://kamd:***@db/kam', ran.stdout)
        self.assertRegex(ran.stdout, r'(?m)^database-owner = .*KAM_DATABASE_OWNER$')


class Process(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(Cluster())

    def start(self, arguments=(), database=None):
        return self.enterContext(Kamd(database or make_company(self.cluster), arguments))

    def test_says_what_it_serves(self):
        kamd = self.start()
        log = kamd.log()
        self.assertRegex(log, rf'address +\*:{kamd.port}')
        self.assertIn(f'data         {kamd.data}', log)
        self.assertRegex(log, r'fingerprint  SHA256:[A-Za-z0-9+/]{43}')
        self.assertRegex(log, rf'msg=serving port={kamd.port} ')
        self.assertNotIn('There is no user yet', log)

    def test_tells_how_to_create_the_first_manager(self):
        kamd = self.start(database=self.cluster.create_database())
        self.assertIn('There is no user yet', kamd.log())
        self.assertRegex(kamd.log(), r'(sudo )?kamd user add --data \S+ --role manager --company "YOUR COMPANY"')

    def test_metrics_and_health(self):
        kamd = self.start()
        caller = kamd.login('nora')
        caller.call('AccountService/ListAccounts')
        caller.refusal('AccountService/GetAccount', {'code': 'K-999999'})
        page = kamd.page()
        names = {line.split('{')[0].split(' ')[0] for line in page.splitlines() if line and not line.startswith('#')}
        for name in names:
            base = re.sub(r'_(bucket|sum|count)$', '', name)
            self.assertTrue(f'# HELP {name} ' in page or f'# HELP {base} ' in page, name)
            self.assertTrue(f'# TYPE {name} ' in page or f'# TYPE {base} ' in page, name)
        self.assertGreater(kamd.metric('kamd_db_batches_total'), 0)
        self.assertGreater(kamd.metric('process_resident_memory_bytes'), 1e6)
        self.assertIn('GetAccount', page)
        self.assertEqual(kamd.page('/healthz'), 'serving\n')
        documented = dict(re.findall(r'(?m)^\| `([a-z_]+)` \| (counter|gauge|histogram) \|', METRICS.read_text(encoding='utf-8')))
        self.assertEqual(documented, dict(re.findall(r'(?m)^# TYPE (\S+) (\S+)$', page)), 'docs/metrics.md and the page differ')
        dashboard = METRICS.with_name('grafana.json').read_text(encoding='utf-8')
        for name in re.findall(r'\b(?:kamd?|process)_[a-z_]+', dashboard):
            self.assertIn(re.sub(r'_(bucket|sum|count)$', '', name), documented)

    def test_kamd_health(self):
        kamd = self.start()
        for address in ('*', '127.0.0.1'):
            ran = run_kamd('health', '--address', address, '--port', str(kamd.port))
            self.assertEqual((ran.returncode, ran.stdout), (0, 'serving\n'), ran.stderr)
        ran = run_kamd('health', '--port', str(kamd.metrics_port))
        self.assertEqual(ran.returncode, 1)
        self.assertIn('does not answer in gRPC', ran.stderr)
        kamd.stop()
        ran = run_kamd('health', '--port', str(kamd.port))
        self.assertEqual(ran.returncode, 1)
        self.assertIn('nothing answers', ran.stderr)
        self.assertEqual(run_kamd('health', '--port', '0').returncode, 1)

    def test_kamd_health_without_a_database(self):
        with Cluster() as cluster:
            kamd = self.start(database=make_company(cluster))
            cluster.halt('immediate')
            wait_for(lambda: run_kamd('health', '--port', str(kamd.port)).stdout == 'not serving\n', 'health to say so')
            self.assertEqual(run_kamd('health', '--port', str(kamd.port)).returncode, 1)
            cluster.start()
            wait_for(lambda: run_kamd('health', '--port', str(kamd.port)).returncode == 0, 'the server to get well again')
            kamd.stop()

    def test_health_service(self):
        kamd = self.start()
        channel = kamd.channel()
        request = stubs.message('grpc.health.v1.HealthCheckRequest')
        response = stubs.message('grpc.health.v1.HealthCheckResponse')
        check = channel.unary_unary('/grpc.health.v1.Health/Check', request_serializer=request.SerializeToString,
                                    response_deserializer=response.FromString)
        self.assertEqual(check(request(service='')).status, 1)
        self.assertEqual(check(request(service='kam.v1.AccountService')).status, 1)
        with self.assertRaises(grpc.RpcError) as caught:
            check(request(service='nobody'))
        self.assertEqual(caught.exception.code(), grpc.StatusCode.NOT_FOUND)

    def test_terminate_lets_running_calls_finish(self):
        database = make_company(self.cluster)
        kamd = self.start(database=database)
        caller = kamd.login('nora')
        connection = database.connect()
        cursor = connection.cursor()
        cursor.execute('lock table account in access exclusive mode')
        future, _ = caller.start('AccountService/ListAccounts')
        wait_for(lambda: self.is_locked(database), 'the call to wait for the lock')
        kamd.process.send_signal(signal.SIGTERM)
        wait_for(lambda: 'msg=stopping' in kamd.log(), 'kamd to stop')
        time.sleep(0.3)
        self.assertIsNone(kamd.process.poll())
        with self.assertRaises((ConnectionRefusedError, ConnectionResetError, ssl.SSLError, OSError)):
            self.handshake(kamd.port)
        connection.rollback()
        connection.close()
        future.result(timeout=60)
        self.assertEqual(kamd.process.wait(timeout=60), 0)

    def test_terminate_is_bounded(self):
        database = make_company(self.cluster)
        kamd = self.start(['--drain-time', '1s'], database)
        caller = kamd.login('nora')
        connection = database.connect()
        cursor = connection.cursor()
        cursor.execute('lock table account in access exclusive mode')
        future, _ = caller.start('AccountService/ListAccounts')
        wait_for(lambda: self.is_locked(database), 'the call to wait for the lock')
        kamd.process.send_signal(signal.SIGTERM)
        self.assertEqual(kamd.process.wait(timeout=60), 0)
        with self.assertRaises(grpc.RpcError) as caught:
            future.result(timeout=60)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.UNAVAILABLE)
        connection.rollback()
        connection.close()

    @staticmethod
    def is_locked(database):
        connection = database.connect()
        try:
            with connection.cursor() as cursor:
                cursor.execute('select count(*) from pg_locks where not granted')
                return cursor.fetchone()[0] > 0
        finally:
            connection.close()

    @staticmethod
    def handshake(port):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.set_alpn_protocols(['h2'])
        with socket.create_connection(('127.0.0.1', port), timeout=30) as plain, context.wrap_socket(plain) as secure:
            return secure.getpeercert(binary_form=True)

    def test_hang_up_reloads_the_certificate(self):
        folder = self.enterContext(Folder())
        make_certificate(folder / 'c.pem', folder / 'k.pem', 'first')
        kamd = self.start(['--certificate', folder / 'c.pem', '--key', folder / 'k.pem'])
        first = self.handshake(kamd.port)
        make_certificate(folder / 'c.pem', folder / 'k.pem', 'second')
        kamd.process.send_signal(signal.SIGHUP)
        wait_for(lambda: self.handshake(kamd.port) != first, 'the new certificate')
        (folder / 'c.pem').write_text('nonsense', encoding='ascii')
        second = self.handshake(kamd.port)
        kamd.process.send_signal(signal.SIGHUP)
        wait_for(lambda: 'certificate not read' in kamd.log(), 'the complaint')
        self.assertEqual(self.handshake(kamd.port), second)

    def test_second_kamd_on_the_data_directory_is_refused(self):
        database = make_company(self.cluster)
        kamd = self.start(database=database)
        ran = kamd.operate('serve')
        self.assertEqual(ran.code, 1)
        self.assertRegex(ran.err, rf'another kamd \(process {kamd.process.pid}\) uses the data directory')

    def test_second_kamd_on_the_port_is_refused(self):
        database = make_company(self.cluster)
        kamd = self.start(database=database)
        other = Kamd(database, ['--port', kamd.port])
        try:
            process = other.spawn()
            self.assertEqual(process.wait(timeout=60), 1)
            self.assertIn(str(kamd.port), other.log())
        finally:
            other.destroy()

    def test_two_kamd_on_one_database(self):
        database = make_company(self.cluster)
        one, two = self.start(database=database), self.start(database=database)
        account = one.login('nora').call('AccountService/CreateAccount', {'account': {'name': 'Shared'}})
        self.assertEqual(two.login('nora').call('AccountService/GetAccount', {'id': account.id}).name, 'Shared')

    def test_without_the_schema_it_says_what_to_run(self):
        database = self.cluster.create_database()
        kamd = Kamd(database)
        try:
            words = [word for word in kamd.settings()]
            at = words.index('--database-owner')
            kamd.settings = lambda: words[:at] + words[at + 2:]
            process = kamd.spawn()
            self.assertEqual(process.wait(timeout=60), 1)
            self.assertIn('kamd migrate', kamd.log())
        finally:
            kamd.destroy()

    def test_it_waits_for_a_database_that_starts_later(self):
        with Cluster() as cluster:
            database = make_company(cluster)
            cluster.halt()
            kamd = Kamd(database)
            self.addCleanup(kamd.destroy)
            kamd.spawn()
            wait_for(lambda: 'waiting for the database' in kamd.log(), 'kamd to wait')
            self.assertIsNone(kamd.process.poll())
            cluster.start()
            wait_for(kamd.ready_file.exists, 'kamd to serve')
            self.assertEqual(kamd.stop(), 0)
            cluster.halt()
            kamd.spawn()
            wait_for(lambda: kamd.log().count('waiting for the database') == 2, 'kamd to wait')
            self.assertEqual(kamd.stop(), 0)

    def test_work_is_spread_over_workers(self):
        kamd = self.start(['--workers', '2'])
        token = kamd.login('nora').token

        def go():
            Caller(kamd.channel(), token).call('AccountService/ListAccounts')

        threads = [threading.Thread(target=go) for _ in range(24)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(kamd.metric('kamd_workers_serving'), 2)
        self.assertLessEqual(kamd.metric('kamd_db_connections'), 80)

    def test_logs_carry_no_personal_data(self):
        kamd = self.start()
        caller = kamd.login('nora')
        caller.call('AccountService/CreateAccount', {'account': {'name': 'Geheim GmbH', 'phone': '+49 123456'}})
        caller.call('SearchService/Search', {'text': 'Geheim'})
        log = kamd.log()
        self.assertIn('CreateAccount', log)
        for secret in ('Geheim', '123456', caller.token, 'nora'):
            self.assertNotIn(secret, log)


class Folder:
    """A directory that the unprivileged server may read."""

    def __enter__(self):
        import tempfile
        self.temporary = tempfile.TemporaryDirectory(prefix='kam-test-', dir='/tmp')
        path = pathlib.Path(self.temporary.name)
        path.chmod(0o755)
        return path

    def __exit__(self, *unused):
        self.temporary.cleanup()


def make_certificate(certificate, key, name):
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30',
                    '-subj', f'/CN={name}', '-addext', 'subjectAltName=DNS:localhost', '-keyout', str(key), '-out', str(certificate)],
                   check=True, capture_output=True)
    for path in (certificate, key):
        path.chmod(0o644)


if __name__ == '__main__':
    unittest.main()
