#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# builds: dev asan
"""kam watch: what others do appears, by name; in lines for people and for programs; a server that stops and comes back is taken up again."""
import json
import os
import signal
import subprocess
import threading
import unittest

import pexpect

from support.cluster import Cluster
from support.kam import KAM, Caller, Kamd, make_company, wait_for


class Lines:
    """A kam that goes on, and the lines it has printed."""

    def __init__(self, kamd, who, *words, language='C.UTF-8', **environment):
        kept = {name: value for name, value in os.environ.items() if not name.startswith('KAM_')}
        kept.update(KAM_HOME=str(kamd.home(who)), LC_ALL=language, LANG=language, TZ='UTC', **environment)
        self.process = subprocess.Popen([str(KAM), *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        encoding='utf-8', env=kept)
        self.out, self.err = [], []
        self.threads = [threading.Thread(target=self.read, args=pair) for pair in ((self.process.stdout, self.out), (self.process.stderr, self.err))]
        for thread in self.threads:
            thread.start()

    @staticmethod
    def read(stream, lines):
        for line in stream:
            lines.append(line.rstrip('\n'))

    def wait_for(self, *texts, errors=False):
        """The first line that holds all of them."""
        lines = self.err if errors else self.out
        return wait_for(lambda: next((line for line in list(lines) if all(text in line for text in texts)), None), f'a line with {texts}')

    def end(self, number=signal.SIGINT):
        self.process.send_signal(number)
        code = self.process.wait(60)
        for thread in self.threads:
            thread.join()
        self.process.stdout.close()
        self.process.stderr.close()
        return code


class Watch(unittest.TestCase):
    def setUp(self):
        self.cluster = self.enterContext(Cluster())
        self.database = make_company(self.cluster)
        self.kamd = self.enterContext(Kamd(self.database))
        self.nora = self.kamd.login('nora')

    def watch(self, who, *words, **options):
        self.kamd.kam_login(who)
        before = self.kamd.metric('kamd_watches')
        lines = Lines(self.kamd, who, 'watch', *words, **options)
        self.addCleanup(lambda: lines.process.poll() is None and lines.end())
        wait_for(lambda: self.kamd.metric('kamd_watches') > before or lines.process.poll() is not None, 'kam to watch')
        return lines

    def test_people_read_what_happened(self):
        lines = self.watch('nadia')
        account = self.nora.call('AccountService/CreateAccount', {'account': {'name': '华北机床有限公司'}})
        lines.wait_for('Nora Nilsen', 'account: added', account.code, account.name)
        self.nora.call('ContactService/CreateContact', {'contact': {'name': 'Li Wei', 'positions': [{'account_id': account.id}]}})
        lines.wait_for('Nora Nilsen', 'contact: added', 'Li Wei')
        self.nora.call('AccountService/UpdateAccount', {'account': {'id': account.id, 'version': 1, 'note': 'red'}, 'update_mask': 'note'})
        lines.wait_for('account: changed', account.code)
        self.assertEqual(lines.end(), -signal.SIGINT)
        self.assertEqual(lines.err, [])

    def test_in_chinese(self):
        lines = self.watch('nadia', language='zh_CN.UTF-8', KAM_LOCALEDIR=str(KAM.parents[1] / 'po' / 'locale'))
        account = self.nora.call('AccountService/CreateAccount', {'account': {'name': '华北机床有限公司'}})
        lines.wait_for('客户', account.name, 'Nora Nilsen')
        lines.end()

    def test_programs_read_a_document_a_line_and_go_on_from_its_cursor(self):
        lines = self.watch('nora', '--json')
        first = json.loads(wait_for(lambda: lines.out and lines.out[0], 'the first line'))
        self.assertEqual(set(first), {'cursor', 'isCurrent'})
        account = self.nora.call('AccountService/CreateAccount', {'account': {'name': 'Acme'}})
        told = json.loads(lines.wait_for(account.id))
        self.assertEqual([(one['entity'], one['recordId'], one['operation'], one['version']) for one in told['changes'] if one['entity'] == 'account'],
                         [('account', account.id, 'OPERATION_INSERT', '1')])
        lines.end()
        again = self.watch('nora', '--json', '--cursor', first['cursor'])
        again.wait_for(account.id)
        again.end()

    def test_a_server_that_stops_is_taken_up_again(self):
        lines = self.watch('nadia')
        # It has begun once it told something; a stream that never began fails at once.
        before = self.nora.call('AccountService/CreateAccount', {'account': {'name': 'Before Ltd'}})
        lines.wait_for('account: added', before.name)
        self.kamd.arguments = ['--port', str(self.kamd.port)]
        self.kamd.stop()
        lines.wait_for('connection was lost', errors=True)
        # What happens meanwhile, on another server, is told as well.
        with Kamd(self.database) as other:
            account = other.login('nora').call('AccountService/CreateAccount', {'account': {'name': 'Meanwhile Ltd'}})
        self.kamd.start()
        lines.wait_for('account: added', account.name)
        lines.wait_for('connected again', errors=True)
        lines.end()

    def test_a_session_that_ends(self):
        lines = self.watch('nora')
        self.kamd.kam('nora', 'logout')
        Caller(self.kamd.channel(), self.nora.token).call('AccountService/CreateAccount', {'account': {'name': 'After'}})
        wait_for(lambda: lines.process.poll() is not None, 'kam to end')
        self.assertEqual(lines.end(), 4)
        self.assertIn('you are not logged in', '\n'.join(lines.err))

    def test_usage(self):
        self.kamd.kam_login('nora')
        self.assertEqual(self.kamd.kam('nora', 'watch', '--csv').code, 2)
        self.assertEqual(self.kamd.kam('nora', 'watch', '--cursor', 'nonsense').code, 1)
        self.kamd.kam_login('desk')
        self.assertEqual(self.kamd.kam('desk', 'watch').code, 4)

    def test_on_a_terminal(self):
        self.kamd.kam_login('nadia')
        environment = dict(os.environ, KAM_HOME=str(self.kamd.home('nadia')), LC_ALL='C.UTF-8', TERM='xterm', TZ='UTC')
        child = pexpect.spawn(str(KAM), ['watch'], dimensions=(24, 80), encoding='utf-8', timeout=60, env=environment)
        child.expect('Watching what changes; Ctrl-C ends.')
        wait_for(lambda: self.kamd.metric('kamd_watches') == 1, 'kam to watch')
        self.nora.call('AccountService/CreateAccount', {'account': {'name': 'Terminal Ltd'}})
        child.expect('Terminal Ltd')
        child.sendintr()
        child.expect(pexpect.EOF)
        child.close()
        self.assertEqual(child.signalstatus, signal.SIGINT)
        wait_for(lambda: self.kamd.metric('kamd_watches') == 0, 'the server to notice')


if __name__ == '__main__':
    unittest.main()
