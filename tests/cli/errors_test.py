# SPDX-License-Identifier: Apache-2.0
# builds: dev asan
"""kam and the bad days of a server: refusals, conflicts, outages, changed keys, texts that would command the terminal."""
import json
import os
import subprocess
import time
import unittest

import grpc

from client import Client
from fake_server import FakeServer
from support import stubs
from support.kam import KAM

ID = '0190b0c0-0000-7000-8000-000000000001'
PAGE = 'OverviewService/GetAccountPage'


def message(kind, /, **fields):
    return stubs.message(kind)(**fields)


class Errors(unittest.TestCase):
    def setUp(self):
        self.server = self.enterContext(FakeServer())
        self.client = self.enterContext(Client(self.server.name))
        self.account = message('kam.v1.Account', id=ID, code='K-000001', name='Acme', version=3)
        self.server.on('AccountService/GetAccount', lambda request, context: self.account)
        self.server.on(PAGE, lambda request, context: message('kam.v1.AccountPage', account=self.account))
        self.server.on('AccountService/UpdateAccount', lambda request, context: self.account)
        self.server.on('AccountService/CreateAccount', lambda request, context: self.account)

    def run_kam(self, *words, **options):
        return self.client.run(*words, **{'KAM_TOKEN': 't', **options})

    def calls(self, name):
        return [call for call in self.server.calls if call[0].endswith('/' + name)]

    def check(self, code, status, text, **options):
        self.server.refuse(PAGE, status, 'server says no', **options)
        ran = self.run_kam('account', 'show', ID)
        self.assertEqual(ran.code, code, ran.err)
        self.assertIn(text, ran.err)
        self.assertEqual(ran.out, '')
        return ran

    def test_exit_codes(self):
        self.check(1, 3, 'server says no')
        self.check(3, 5, 'server says no')
        self.check(4, 7, 'server says no')
        self.check(4, 16, 'not logged in')
        self.check(5, 9, 'server says no')
        self.check(6, 10, 'server says no')
        self.check(1, 13, 'server says no')
        self.check(1, 12, 'server says no')

    def test_a_row_without_any_field_is_no_crash(self):
        empty = message('kam.v1.ListAccountsResponse')
        empty.accounts.add()
        self.server.on('AccountService/ListAccounts', lambda request, context: empty)
        ran = self.run_kam('account', 'list')
        self.assertEqual((ran.code, ran.out.strip()), (0, ''), ran.err)

    def test_violations_are_told_by_field(self):
        bad = message('google.rpc.BadRequest')
        bad.field_violations.add(field='account.phone', description='must be a telephone number')
        bad.field_violations.add(field='account.founded_on', description='must be a date')
        ran = self.check(1, 3, 'not right', details=[bad])
        self.assertIn('phone: must be a telephone number', ran.err)
        self.assertIn('founded-on: must be a date', ran.err)

    def test_preconditions_are_listed(self):
        failure = message('google.rpc.PreconditionFailure')
        failure.violations.add(type='CRITERION', subject='insider', description='needs a contact that is our insider')
        ran = self.check(5, 9, 'server says no', details=[failure])
        self.assertIn('needs a contact that is our insider', ran.err)

    def test_duplicates_are_listed(self):
        match = message('google.rpc.ResourceInfo', resource_type='Account', resource_name='K-000007 Acme Ltd', owner='Nora, North', description='92% alike')
        self.server.refuse('AccountService/CreateAccount', 6, 'x', reason='ACCOUNT_DUPLICATE', details=[match])
        ran = self.run_kam('account', 'add', '--name', 'Acme')
        self.assertEqual(ran.code, 1)
        self.assertIn('K-000007 Acme Ltd', ran.err)
        self.assertIn('--duplicate-reason', ran.err)

    def test_a_conflict_shows_both_sides(self):
        conflict = message('kam.v1.Conflict', current_version=4, updated_by='Nora')
        conflict.fields.add(field='phone', yours='123', theirs='456')
        self.server.refuse('AccountService/UpdateAccount', 10, 'x', reason='VERSION_CONFLICT', details=[conflict])
        ran = self.run_kam('account', 'edit', ID, '--phone', '123')
        self.assertEqual(ran.code, 6)
        self.assertRegex(ran.err, r'(?s)version 4, by Nora.*phone.*123.*456')

    def test_an_outage_is_repeated_with_the_same_request_id(self):
        self.server.refuse('AccountService/CreateAccount', 14, 'away', times=2)
        ran = self.run_kam('account', 'add', '--name', 'Acme')
        self.assertEqual(ran.code, 0, ran.err)
        ids = [metadata['kam-request-id'] for _, _, metadata in self.calls('CreateAccount')]
        self.assertEqual(len(ids), 3)
        self.assertEqual(len(set(ids)), 1)

    def test_a_long_outage_ends(self):
        self.server.refuse('AccountService/CreateAccount', 14, 'the database is away')
        ran = self.run_kam('account', 'add', '--name', 'Acme')
        self.assertEqual(ran.code, 7)
        self.assertIn('the database is away', ran.err)
        self.assertIn('look before you repeat', ran.err)
        self.assertEqual(len(self.calls('CreateAccount')), 5)

    def test_a_refusal_is_not_repeated(self):
        self.server.refuse('AccountService/CreateAccount', 3, 'no')
        self.run_kam('account', 'add', '--name', 'Acme')
        self.assertEqual(len(self.calls('CreateAccount')), 1)

    def test_a_deadline_holds_here_and_is_told_there(self):
        remaining = []

        def sleep(request, context):
            remaining.append(context.time_remaining())
            time.sleep(5)
            return self.account

        self.server.on(PAGE, sleep)
        began = time.monotonic()
        ran = self.run_kam('account', 'show', ID, '--timeout', '1')
        self.assertEqual(ran.code, 7)
        self.assertLess(time.monotonic() - began, 5)
        self.assertLess(remaining[0], 1.5)

    def test_no_server(self):
        self.server.server.stop(0).wait()
        ran = self.run_kam('account', 'show', ID)
        self.assertEqual(ran.code, 7)
        self.assertIn('cannot connect', ran.err)
        self.assertEqual(self.run_kam('account', 'show', ID, '--server', 'no-such-host.invalid').code, 7)
        self.assertEqual(self.run_kam('account', 'show', ID, '--server', 'a b').code, 1)

    def test_no_server_named(self):
        with Client() as client:
            ran = client.run('account', 'list')
            self.assertEqual(ran.code, 4)
            self.assertIn('kam login', ran.err)

    def test_a_changed_key_is_refused_before_anything_is_said(self):
        first = self.run_kam('account', 'show', ID)
        self.assertEqual(first.code, 0, first.err)
        self.assertIn('SHA256:', first.err)
        self.assertEqual(self.run_kam('account', 'show', ID).err, '')
        port = self.server.port
        self.server.server.stop(0).wait()
        with FakeServer(port) as other:
            other.on(PAGE, lambda request, context: message('kam.v1.AccountPage', account=self.account))
            ran = self.run_kam('account', 'show', ID)
            self.assertEqual(ran.code, 7)
            self.assertIn('not the one seen before', ran.err)
            self.assertIn('--forget-key', ran.err)
            self.assertEqual(other.calls, [])
            other.on('SessionService/Login', lambda request, context: message(
                'kam.v1.LoginResponse', token='t', user=message('kam.v1.User', id=ID, login='nora', name='Nora', role=1)))
            ran = self.client.run('login', '--user', 'nora', '--password-stdin', text='secret secret\n')
            self.assertEqual(ran.code, 7)
            self.assertEqual(other.calls, [])
            ran = self.client.run('login', '--forget-key', '--user', 'nora', '--password-stdin', text='secret secret\n')
            self.assertEqual(ran.code, 0, ran.err)
            self.assertIn('SHA256:', ran.err)
            self.assertEqual(self.run_kam('account', 'show', ID).code, 0)
            self.assertEqual(self.run_kam('account', 'show', ID, LANG='zh_CN.UTF-8').err, '')

    def test_a_verified_chain_needs_no_pin(self):
        path = self.client.home / 'ca.pem'
        path.write_bytes(self.server.certificate)
        ran = self.run_kam('account', 'show', ID, '--ca', path)
        self.assertEqual(ran.code, 0, ran.err)
        self.assertEqual(ran.err, '')
        self.assertFalse((self.client.home / 'kam' / 'known_servers').exists())
        with FakeServer() as other:
            other.on(PAGE, lambda request, context: message('kam.v1.AccountPage', account=self.account))
            ran = self.run_kam('account', 'show', ID, '--ca', path, '--server', other.name)
            self.assertEqual(ran.code, 7)
            self.assertIn('does not verify', ran.err)
        self.assertEqual(self.run_kam('account', 'show', ID, '--ca', '/nonexistent').code, 1)

    def test_the_certificates_of_the_system_count(self):
        bundle, folder = self.client.home / 'bundle.pem', self.client.home / 'certificates'
        bundle.write_bytes(self.server.certificate)
        folder.mkdir()
        digest = subprocess.run(['openssl', 'x509', '-hash', '-noout', '-in', str(bundle)], check=True, capture_output=True, text=True).stdout.strip()
        (folder / f'{digest}.0').write_bytes(self.server.certificate)
        for settings in ({'SSL_CERT_FILE': str(bundle), 'SSL_CERT_DIR': '/nonexistent'}, {'SSL_CERT_DIR': str(folder), 'SSL_CERT_FILE': '/nonexistent'}):
            ran = self.run_kam('account', 'show', ID, **settings)
            self.assertEqual((ran.code, ran.err), (0, ''))
            self.assertFalse((self.client.home / 'kam' / 'known_servers').exists())
        with FakeServer() as other:
            other.on('AccountService/GetAccount', lambda request, context: self.account)
            self.assertIn('is new here', self.run_kam('account', 'show', ID, '--server', other.name, SSL_CERT_FILE=str(bundle)).err)
        # A name that is not the certificate's is not vouched for.
        self.assertIn('is new here', self.run_kam('account', 'show', ID, '--server', f'127.1:{self.server.port}', SSL_CERT_FILE=str(bundle)).err)

    def test_texts_cannot_command_the_terminal(self):
        hostile = 'Ac\x1b]0;owned\x07me\u202e\x9b2J'
        self.account.name = self.account.note = hostile
        self.account.phone = hostile
        answer = message('kam.v1.ListAccountsResponse', accounts=[self.account])
        self.server.on('AccountService/ListAccounts', lambda request, context: answer)
        for words in (('account', 'show', ID), ('account', 'list'), ('account', 'list', '--csv'), ('account', 'list', '--json'),
                      ('account', 'show', ID, '--json'), ('account', 'edit', ID, '--phone', '1')):
            for output in (self.run_kam(*words).out if '--csv' not in words else '', self.client.screen(*words, KAM_TOKEN='t', NO_COLOR='1')[0]):
                shown = set(output) & {'\x1b', '\x07', '\x9b', '\u202e'}
                self.assertEqual(shown, set(), (words, output))
        self.server.refuse(PAGE, 5, hostile)
        self.assertNotIn('\x1b', self.run_kam('account', 'show', ID).err)

    def test_nonsense_on_the_wire(self):
        original = self.server.service

        def garbage(details):
            if details.method.endswith('/GetAccountPage'):
                return grpc.unary_unary_rpc_method_handler(lambda request, context: b'\xff\xff\xff\xff')
            return original(details)

        self.server.service = garbage
        ran = self.run_kam('account', 'show', ID)
        self.assertEqual(ran.code, 1)
        self.assertIn('not a kam.v1.AccountPage', ran.err)

    def test_the_token_goes_to_its_own_server_only(self):
        folder = self.client.home / 'kam'
        folder.mkdir(mode=0o700, parents=True)
        (folder / 'session').write_text(json.dumps({'server': 'elsewhere:7443', 'token': 'secret'}), encoding='utf-8')
        self.client.run('account', 'show', ID)
        self.assertNotIn('authorization', self.calls('GetAccountPage')[0][2])

    def test_api_speaks_json(self):
        ran = self.run_kam('api', 'GetAccount', '{"code": "K-000001"}')
        self.assertEqual(ran.json, {'id': ID, 'code': 'K-000001', 'name': 'Acme', 'version': '3'})
        ran = self.run_kam('api', 'kam.v1.AccountService/GetAccount', '-', text='{"code": "K-000001"}')
        self.assertEqual(ran.code, 0)
        ran = self.run_kam('api', 'GetAccount', '{"cod": 1}')
        self.assertEqual(ran.code, 2)
        self.assertIn('cod: is not a field', ran.err)
        ran = self.run_kam('api', 'GetAcount')
        self.assertEqual(ran.code, 2)
        self.assertIn('GetAccount', ran.err)
        self.assertIn('kam.v1.AccountService/GetAccount', self.run_kam('api', '--list').out)

    def test_a_closed_pipe_ends_quietly(self):
        accounts = [message('kam.v1.Account', id=ID, code=f'K-{at:06}', name='x' * 100) for at in range(2000)]
        answer = message('kam.v1.ListAccountsResponse', accounts=accounts)
        self.server.on('AccountService/ListAccounts', lambda request, context: answer)
        self.run_kam('account', 'list')  # learns the key
        reading, writing = os.pipe()
        child = subprocess.Popen([str(KAM), 'account', 'list', '--all'], stdout=writing, stderr=subprocess.PIPE,
                                 env=self.client.environment(KAM_TOKEN='t', ASAN_OPTIONS='detect_leaks=0'))
        os.close(writing)
        os.read(reading, 100)
        os.close(reading)
        _, err = child.communicate(timeout=60)
        self.assertEqual(err, b'')

    def into_a_full_disk(self, *words):
        with open('/dev/full', 'wb') as full:
            done = subprocess.run([str(KAM), *words], stdout=full, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, check=False,
                                  env=self.client.environment(KAM_TOKEN='t'))
        return done.returncode, done.stderr.decode()

    def test_output_that_is_lost_is_no_success(self):
        for count in (1, 3000):  # less and more than stdio keeps
            answer = message('kam.v1.ListAccountsResponse', accounts=[message('kam.v1.Account', id=ID, code='K-000001', name='x')] * count)
            self.server.on('AccountService/ListAccounts', lambda request, context, answer=answer: answer)
            self.run_kam('account', 'list')  # learns the key
            said = 'kam: the output could not be written: No space left on device\n'
            for words in (['account', 'list'], ['account', 'list', '--json'], ['account', 'list', '--csv'], ['export', 'accounts', '-'], ['--version'], ['help'],
                          ['api', 'ListAccounts', '{}']):
                self.assertEqual(self.into_a_full_disk(*words), (1, said), words)
        closed = subprocess.run(['sh', '-c', 'exec "$0" account list >&-', str(KAM)], stderr=subprocess.PIPE, check=False, env=self.client.environment(KAM_TOKEN='t'))
        self.assertEqual((closed.returncode, closed.stderr), (1, b'kam: the output could not be written: Bad file descriptor\n'))
        # What went wrong before keeps its own exit code.
        self.server.refuse('AccountService/GetAccount', 5, 'gone')
        self.assertEqual(self.into_a_full_disk('api', 'GetAccount', '{"code": "K-9"}')[0], 3)


if __name__ == '__main__':
    unittest.main()
