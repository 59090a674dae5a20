# SPDX-License-Identifier: Apache-2.0
# builds: dev asan
"""The embedded default: kamd with nothing but a data directory, and how it gets on after a violent end."""
import os
import pathlib
import pwd
import signal
import unittest
import uuid

import grpc

from support.kam import PASSWORD, Caller, Kamd, Refused, wait_for


class Embedded(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kamd = Kamd()
        cls.addClassCleanup(cls.kamd.destroy)
        # Before any kamd has served here: the command makes the cluster, and stops it again.
        cls.kamd.make_company()
        if cls.postgres_pid(cls.kamd) is not None:
            raise AssertionError('the operator command left PostgreSQL running')
        cls.kamd.start()

    def setUp(self):
        if self.kamd.process is None:
            self.kamd.start()

    @staticmethod
    def postgres_pid(kamd):
        path = kamd.data / 'postgresql' / 'data' / 'postmaster.pid'
        try:
            pid = int(path.read_text(encoding='ascii').split('\n', 1)[0])
            os.kill(pid, 0)
            return pid
        except (FileNotFoundError, ProcessLookupError, ValueError):
            return None  # there is none, or it is just being written

    def create(self, caller):
        record = str(uuid.uuid4())
        caller.call('AccountService/CreateAccount', {'account': {'id': record, 'name': f'Embedded {record}'}, 'duplicate_reason': 'x'})
        return record

    def test_nothing_is_open_to_others(self):
        pid = self.postgres_pid(self.kamd)
        command = pathlib.Path(f'/proc/{pid}/status').read_text(encoding='ascii')
        uid = int(next(line for line in command.splitlines() if line.startswith('Uid')).split()[1])
        self.assertNotEqual(uid, 0)
        self.assertEqual(os.stat(self.kamd.data).st_mode & 0o077, 0)
        own = {os.readlink(path) for path in pathlib.Path(f'/proc/{pid}/fd').iterdir()}
        for table in ('tcp', 'tcp6'):
            for line in pathlib.Path(f'/proc/{pid}/net/{table}').read_text(encoding='ascii').splitlines()[1:]:
                words = line.split()
                if words[3] == '0A':  # listening
                    self.assertNotIn(f'socket:[{words[9]}]', own)

    def test_operator_commands_join_the_running_one(self):
        self.kamd.login('boss')
        self.kamd.add_user('joined', 'rep', 'North', 'Jo Ined')
        self.kamd.login('joined')
        self.assertIn('joined', self.kamd.operate('user', 'list').out)
        self.kamd.login('nora').call('AccountService/ListAccounts')

    def test_orderly_end_and_new_start(self):
        record = self.create(self.kamd.login('nora'))
        self.assertEqual(self.kamd.stop(), 0)
        self.assertIsNone(self.postgres_pid(self.kamd))
        self.kamd.start()
        self.kamd.login('nora').call('AccountService/GetAccount', {'id': record})

    def test_kill_kamd_then_start_again(self):
        record = self.create(self.kamd.login('nora'))
        self.kamd.kill()
        self.kamd.start()
        self.kamd.login('nora').call('AccountService/GetAccount', {'id': record})

    def test_kill_postgres_and_it_comes_back(self):
        caller = self.kamd.login('nora')
        record = self.create(caller)
        pid = self.postgres_pid(self.kamd)
        os.kill(pid, signal.SIGKILL)

        def works(step):
            try:
                return step()
            except Refused as refused:
                self.assertIn(refused.code, (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED))
                return None
        # Reads, writes and logins have connections of their own, each with its own pace of trying again.
        for step in (lambda: caller.call('AccountService/GetAccount', {'id': record}, timeout=5), lambda: self.create(caller),
                     lambda: self.kamd.login('nora')):
            wait_for(lambda step=step: works(step), 'PostgreSQL to come back')
        self.assertNotIn(self.postgres_pid(self.kamd), (None, pid))
        # The other worker may still be waiting to try again; the next test begins afresh.
        self.assertEqual(self.kamd.stop(), 0)

    def test_kamd_drops_root(self):
        if os.geteuid() != 0:
            self.skipTest('only root can drop to another user')
        kamd = Kamd()
        kamd.prefix = []
        try:
            kamd.start()
            status = pathlib.Path(f'/proc/{kamd.process.pid}/status').read_text(encoding='ascii')
            uids = next(line for line in status.splitlines() if line.startswith('Uid')).split()[1:]
            self.assertEqual(set(uids), {uids[0]})
            self.assertIn(pwd.getpwuid(int(uids[0])).pw_name, ('kam', 'postgres'))
            self.assertIn('CapEff:\t0000000000000000', status)
            self.assertEqual(kamd.stop(), 0)
        finally:
            kamd.destroy()

    def test_damage_is_reported(self):
        kamd = Kamd()
        try:
            # Another major version's data is refused, not touched.
            folder = kamd.data / 'postgresql' / 'data'
            folder.mkdir(parents=True)
            (folder / 'PG_VERSION').write_text('9\n', encoding='ascii')
            for path in (folder.parent, folder, folder / 'PG_VERSION'):
                if kamd.prefix:
                    os.chown(path, pwd.getpwnam('postgres').pw_uid, pwd.getpwnam('postgres').pw_gid)
                path.chmod(0o700)
            process = kamd.spawn()
            self.assertEqual(process.wait(timeout=60), 1)
            self.assertRegex(kamd.log(), r'(?m)^kamd: .*\b9\b')
            self.assertEqual((folder / 'PG_VERSION').read_text(encoding='ascii'), '9\n')
        finally:
            kamd.destroy()

    def test_first_login_of_a_new_server(self):
        kamd = Kamd()
        try:
            kamd.start()
            self.assertIn('There is no user yet', kamd.log())
            ran = kamd.operate('user', 'add', '--role', 'manager', '--company', 'New', '--password-stdin', 'first', text=PASSWORD)
            self.assertEqual(ran.code, 0, ran.err)
            first = kamd.login('first')
            self.assertIsInstance(first, Caller)
            self.assertEqual(first.user.team_name, 'New')
            self.assertEqual(kamd.stop(), 0)
        finally:
            kamd.destroy()


if __name__ == '__main__':
    unittest.main()
