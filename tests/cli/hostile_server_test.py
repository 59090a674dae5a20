# SPDX-License-Identifier: Apache-2.0
# builds: dev asan
"""kam and a server that means no good: texts that are no UTF-8, times that are none, answers without what belongs in them."""
import subprocess
import unittest

import grpc

from client import Client
from fake_server import FakeServer
from support import stubs
from support.kam import KAM, Ran

ID = '0190b0c0-0000-7000-8000-000000000001'
BROKEN = '@@@@'  # becomes bytes that are no UTF-8 on the wire
FIRST_SECOND, LAST_SECOND = -62135596800, 253402300799


def message(kind, /, **fields):
    return stubs.message('kam.v1.' + kind)(**fields)


class HostileServer(FakeServer):
    def service(self, details):
        method = stubs.method(details.method[1:])
        answer = self.answers.get(details.method, lambda request, context: stubs.message(method.output_type.full_name)())
        return grpc.unary_unary_rpc_method_handler(
            answer, request_deserializer=stubs.message(method.input_type.full_name).FromString,
            response_serializer=lambda one: one.SerializeToString().replace(BROKEN.encode(), b'\xff\xc3(\x80'))


class Hostile(unittest.TestCase):
    def setUp(self):
        self.server = self.enterContext(HostileServer())
        self.client = self.enterContext(Client(self.server.name))

    def answer(self, path, response):
        self.server.on(path, lambda request, context: response)

    def kam(self, *words, code=0):
        try:
            done = subprocess.run([str(KAM), *words], env=self.client.environment(KAM_TOKEN='t'), capture_output=True, check=False, timeout=60,
                                  stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            self.fail(f'{words} does not end')
        ran = Ran(done.returncode, done.stdout.decode(), done.stderr.decode())  # or it is no UTF-8
        self.assertEqual(code, ran.code, (words, ran.out, ran.err))
        self.assertNotIn('runtime error', ran.err, words)
        return ran

    def test_texts_that_are_no_utf_8(self):
        stage = message('PipelineStage', key='s', name_en='S', name_zh=BROKEN + '\n' + BROKEN)
        self.answer('PipelineService/GetPipeline', message('Pipeline', id=ID, key='p', number=1, name_en=BROKEN, name_zh='z', stages=[stage]))
        self.assertIn(r'\xff\xc3(\x80', self.kam('pipeline', 'show', 'p').out)
        for words in (('pipeline', 'export', 'p'), ('pipeline', 'show', 'p', '--csv')):
            self.assertIn('xff', self.kam(*words).out)
        self.answer('AccountService/ListAccounts', message('ListAccountsResponse', accounts=[message('Account', id=ID, code='K-1', name=BROKEN)]))
        for words in (('account', 'list', '--csv'), ('export', 'accounts', '-')):
            self.assertIn('xff', self.kam(*words).out)
        self.answer('ContactService/ListContacts', message('ListContactsResponse', contacts=[message('Contact', id=ID, name=BROKEN)]))
        self.assertIn('xff', self.kam('export', 'contacts', '-', '--vcard').out)

    def test_times_that_are_none(self):
        for seconds, nanos, code in ((-2 ** 63, 0, 1), (2 ** 63 - 1, 0, 1), (0, -1, 1), (FIRST_SECOND - 1, 0, 1), (LAST_SECOND + 1, 0, 1), (FIRST_SECOND, 0, 0),
                                     (LAST_SECOND, 999999999, 0)):
            time = {'seconds': seconds, 'nanos': nanos}
            self.answer('MapService/GetPowerMap', message('PowerMap', people=[message('MapPerson', contact_id=ID, name='x', last_touch_time=time)]))
            self.answer('OverviewService/GetToday', message('Today', overdue=[message('Activity', id=ID, time=time, due_time=time)]))
            for words in (('map', ID), ('today',), ('map', ID, '--json')):
                err = self.kam(*words, code=code).err
                self.assertEqual(code == 1, "the server's answer is not a kam.v1." in err, (words, err))

    def test_answers_without_what_belongs_in_them(self):
        self.answer('BoardService/GetBoard', message('Board', count=1, unrated=[message('UnratedAmount', count=3)], stages=[message('BoardStage', key='s', count=-2 ** 31)],
                                                     cards=[message('BoardCard', stage_key='s')]))
        self.kam('board')
        for words in (('account', 'show', ID), ('account', 'show', 'K-000001'), ('account', 'show', 'K-000001', '--csv')):
            self.assertIn('has no account', self.kam(*words, code=1).err)
        # One that was merged into itself.
        self.answer('OverviewService/GetAccountPage', message('AccountPage', account=message('Account', id=ID, code='K-1', name='x', merged_into_id=ID)))
        self.kam('account', 'show', 'K-000001')

    def test_numbers_beyond_all_measure(self):
        for number in (2 ** 31 - 1, -2 ** 31):
            self.answer('MapService/GetPowerMap', message('PowerMap', coverage_percent=number, person_count=number, people=[
                message('MapPerson', contact_id=ID, name='x', influence=number, relationship=number)]))
            for words in (('map', ID), ('map', ID, '--dot')):
                self.kam(*words)


if __name__ == '__main__':
    unittest.main()
