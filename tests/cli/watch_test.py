#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# builds: dev asan
"""kam watch: what others do appears, by name; in lines for people and for programs; a server that stops and comes back is taken up again."""
import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading
import unittest
import uuid

import pexpect

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'sql'))

from process_stage import make_pipeline     # noqa: E402
from support.cluster import Cluster     # noqa: E402
from support.kam import KAM, Caller, Kamd, make_company, wait_for     # noqa: E402
from support.watch import Watcher     # noqa: E402


CHINESE_TEXTS = {'KAM_LOCALEDIR': str(KAM.parents[1] / 'po' / 'locale')}
CHINESE = {'language': 'zh_CN.UTF-8', **CHINESE_TEXTS}


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
        if not words:
            # Lines do not say that it has begun, so it goes on from a place that is known and misses nothing.
            with Watcher(self.kamd.login(who)) as watcher:
                words = '--cursor', watcher.cursor
            wait_for(lambda: self.kamd.metric('kamd_watches') == before, 'the other stream to end')
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

    def test_requests_for_advancement(self):
        """One line for each decision: of which opportunity, from where to where, and what was done."""
        for login, team in (('max', 'Company'), ('nell', 'North')):
            self.kamd.add_user(login, 'manager', team, login.title())
        with contextlib.closing(self.database.connect()) as connection, connection, connection.cursor() as cursor:
            make_pipeline(cursor, {'begin': ([], ['team_manager']), 'judge': ([], ['team_manager', 'key_account_group'])})
            cursor.execute("update app_user set is_key_account_group = true where login in ('boss', 'max')")
        nadia, boss = self.kamd.login('nadia'), self.kamd.login('boss')
        account = self.nora.call('AccountService/CreateAccount', {'account': {'name': 'Acme'}})
        opportunity = self.nora.call('OpportunityService/CreateOpportunity', {'opportunity': {
            'account_id': account.id, 'name': 'Pumps', 'pipeline_key': 'short', 'amount': {'currency_code': 'CNY', 'minor_units': 500_000_000}}})
        english, chinese, piped = self.watch('nadia'), self.watch('nadia', **CHINESE), self.watch('nadia', '--json')
        named = f'{opportunity.code} Pumps'

        def told(verb, verb_zh, stages, *more):
            found = english.wait_for('request for advancement: ' + verb, f'{named}: {stages}', account.code, *more)
            chinese.wait_for('推进申请: ' + verb_zh, f'{named}: ' + stages.replace('won', '赢单'), account.code)
            return found

        request = self.nora.call('ProcessService/AskAdvancement', {'opportunity_id': opportunity.id})
        self.assertIn('Nora Nilsen', told('asked', '已提出', 'begin > judge', 'waits for you'))
        chinese.wait_for('待您审批')
        piped.wait_for(request.id, '"advancement"')
        request = nadia.call('ProcessService/ReturnStep', {'id': request.id, 'version': request.version, 'reason': 'when?'})
        told('returned', '已退回', 'begin > judge', 'Nadia Nord')
        request = self.nora.call('ProcessService/AskAdvancement', {'opportunity_id': opportunity.id})
        self.nora.call('ProcessService/WithdrawAdvancement', {'id': request.id, 'version': request.version})
        told('withdrawn', '已撤回', 'begin > judge')
        request = self.nora.call('ProcessService/AskAdvancement', {'opportunity_id': opportunity.id})
        nadia.call('ProcessService/ApproveStep', {'id': request.id, 'version': request.version})
        told('approved', '已批准', 'begin > judge', 'Nadia Nord')
        request = self.nora.call('ProcessService/AskAdvancement', {'opportunity_id': opportunity.id})
        request = nadia.call('ProcessService/ApproveStep', {'id': request.id, 'version': request.version})
        told('approved, goes on waiting', '本步已批准，待下一步审批', 'judge > won', 'Nadia Nord')
        boss.call('ProcessService/ApproveStep', {'id': request.id, 'version': request.version})
        told('approved', '已批准', 'judge > won', 'Boss')
        # Nothing of it twice, and no step by itself: five decisions, four requests.
        for lines in (english, chinese):
            wait_for(lambda: [line for line in lines.out if 'judge > ' in line and 'Boss' in line], 'the last one')
            self.assertEqual(len([line for line in lines.out if named + ': ' in line]), 9, lines.out)
            lines.end()
        piped.end()

    def test_parts_say_their_opportunity(self):
        account = self.nora.call('AccountService/CreateAccount', {'account': {'name': 'Acme'}})
        contact = self.nora.call('ContactService/CreateContact', {'contact': {'name': 'Li Wei', 'positions': [{'account_id': account.id}]}})
        opportunity = self.nora.call('OpportunityService/CreateOpportunity', {'opportunity': {'account_id': account.id, 'name': 'Pumps'}})
        lines = self.watch('nadia')
        self.nora.call('OpportunityService/SetOpportunityPerson', {'person': {'opportunity_id': opportunity.id, 'contact_id': contact.id}, 'update_mask': 'note'})
        lines.wait_for('person in the opportunity: added', f'{opportunity.code} Pumps', account.code)
        self.nora.call('OpportunityService/SetOpportunityProduct', {'product': {'opportunity_id': opportunity.id, 'product': 'P-100'}, 'update_mask': 'product'})
        lines.wait_for('product of the opportunity: added', f'{opportunity.code} Pumps')
        self.kamd.login('nadia').call('ProcessService/WaiveCriterion', {'opportunity_id': opportunity.id, 'criterion_key': 'worth-pursuing', 'reason': 'seen'})
        lines.wait_for('waiver of a criterion: added', f'{opportunity.code} Pumps: worth-pursuing')
        lines.end()
        self.kamd.kam_login('nora')
        history = self.kamd.kam('nora', 'history', account.code, '--with-children', '--all').out
        waiver = history[history.index('waiver of a criterion: added'):].split('\n20')[0]
        for text in (f'Opportunity: {opportunity.code} Pumps', 'Waived by: Nadia Nord', 'Asked by: Nora Nilsen', 'Reason: seen'):
            self.assertIn(text, waiver)

    def test_in_chinese(self):
        lines = self.watch('nadia', **CHINESE)
        account = self.nora.call('AccountService/CreateAccount', {'account': {'name': '华北机床有限公司'}})
        lines.wait_for('客户', account.name, 'Nora Nilsen')
        lines.end()

    def test_every_table_of_the_log_has_a_name(self):
        """Whatever the triggers can write into the change log is called something in both languages, in kam watch as in kam history."""
        account = self.nora.call('AccountService/CreateAccount', {'account': {'name': 'Acme'}})
        streams = [self.watch('nora'), self.watch('nora', **CHINESE)]
        with contextlib.closing(self.database.connect()) as connection, connection, connection.cursor() as cursor:
            cursor.execute('''select t.tgargs, p.prosrc from pg_trigger t join pg_proc p on p.oid = t.tgfoid
                               where not t.tgisinternal and t.tgparentid = 0 and p.prosrc ~ 'write_change' ''')
            tables = set()
            for arguments, source in cursor.fetchall():
                tables |= {bytes(arguments).split(b'\0')[0].decode()} | set(re.findall(r"write_change\('(\w+)'", source))
            tables = sorted(tables - {''})
            self.assertGreater(len(tables), 60)
            # Each at a time of its own: what one transaction does to one record is told at once.
            for number, table in enumerate(tables):
                cursor.execute('''insert into change (time, entity, record_id, account_id, version, operation)
                                  values (now() + make_interval(secs => %s), %s, %s, %s, 1, 'update')''', (number, table, str(uuid.uuid4()), account.id))
        self.kamd.kam_login('nora')
        for lines, word, options in zip(streams, ('changed', '修改'), ({}, {'language': 'zh_CN.UTF-8', 'environment': CHINESE_TEXTS})):
            wait_for(lambda: len(lines.out) >= len(tables), 'all to be told')
            history = self.kamd.kam('nora', 'history', account.code, '--with-children', '--all', **options).out
            for text in ('\n'.join(lines.out), history):
                said = [found.split('  ')[-1] for found in re.findall(rf'  ([^ \d][^:：]*)[:：] ?{word}', text)]
                self.assertEqual(len(said), len(tables), text)
                raw = [name for name in said if '_' in name or options and name.isascii() and name != 'SWOT']
                self.assertEqual(raw, [], 'client/cli/history.c has no name for these')
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
        child.expect('Watching what changes; Ctrl-C ends.')     # and from here on
        self.nora.call('AccountService/CreateAccount', {'account': {'name': 'Terminal Ltd'}})
        child.expect('Terminal Ltd')
        child.sendintr()
        child.expect(pexpect.EOF)
        child.close()
        self.assertEqual(child.signalstatus, signal.SIGINT)
        wait_for(lambda: self.kamd.metric('kamd_watches') == 0, 'the server to notice')


if __name__ == '__main__':
    unittest.main()
