# SPDX-License-Identifier: Apache-2.0
# builds: dev asan
"""kam export and vCards: all pages, what spreadsheets and telephones read, whole files or none, no more memory for more rows."""
import csv
import io
import json
import os
import pathlib
import signal
import subprocess
import threading
import time
import unittest

from client import Client
from fake_server import FakeServer
from support import stubs
from support.kam import IS_SANITIZED, KAM

ID = '0190b0c0-0000-7000-8000-%012d'
HOSTILE = ['=cmd|\'/C calc\'!A0', '+SUM(A1:A9)', '-x', '@import', '\tx', 'plain', '"quoted", and\nbroken', '+86 25 5550 2001', '-12.5', '𠀀 rare']


def message(kind, /, **fields):
    return stubs.message(kind)(**fields)


def unfold(card):
    return card.replace('\r\n ', '').split('\r\n')


class Export(unittest.TestCase):
    def setUp(self):
        self.server = self.enterContext(FakeServer())
        self.client = self.enterContext(Client(self.server.name))
        self.pages = [[message('kam.v1.Account', id=ID % at, code=f'K-{at:06}', name=name, phone='+86 25 5550', other_names=['A', 'B; C'], status=2, version=3, owner_id=ID % 9,
                               owner_name='Nora', founded_on={'year': 2009, 'month': 5, 'day': 1}, registered_capital={'currency_code': 'CNY', 'minor_units': 12345},
                               create_time={'seconds': 1500000000}) for at, name in enumerate(names)] for names in (HOSTILE[:4], HOSTILE[4:8], HOSTILE[8:])]
        self.server.on('AccountService/ListAccounts', self.list_accounts)
        self.contact = message('kam.v1.Contact', id=ID % 70, name='张伟', other_names=['David'], phones=['138 0013 8000', '+86 25 5550 2001'], emails=['zhang@example.com'],
                               note='likes tea', positions=[
                                   message('kam.v1.Position', account_name='华北机床; 股份, 公司', title='总工程师', department='技术部', stance=1, is_insider=True, buying_roles=[1, 3]),
                                   message('kam.v1.Position', account_name='Acme', title='Adviser', ended_on={'year': 2020, 'month': 1, 'day': 1})])
        self.server.on('ContactService/ListContacts', lambda request, context: message('kam.v1.ListContactsResponse', contacts=[self.contact]))
        self.server.on('ContactService/GetContact', lambda request, context: self.contact)
        self.client.run('account', 'list', KAM_TOKEN='t')  # learns the key
        self.file = self.client.home / '客户 out.csv'

    def list_accounts(self, request, context):
        page = int(request.page_token or 0)
        more = page + 1 < len(self.pages)
        return message('kam.v1.ListAccountsResponse', accounts=self.pages[page], next_page_token=str(page + 1) if more else '')

    def export(self, *words, code=0, **more):
        ran = self.client.run('export', *words, KAM_TOKEN='t', **more)
        self.assertEqual(ran.code, code, ran.err)
        return ran

    def rows(self, encoding='utf-8-sig'):
        return list(csv.DictReader(io.StringIO(self.file.read_bytes().decode(encoding), newline='')))

    def left(self):
        return [path.name for path in self.client.home.iterdir() if path.name not in ('kam', self.file.name)]

    def test_it_says_why_the_file_was_not_written(self):
        for pages in (self.pages, [self.pages[0] * 100]):      # when it is closed, and on the way
            self.pages = pages
            self.assertEqual(self.export('accounts', '/dev/full', code=1).err, 'kam: /dev/full: No space left on device\n')

    def test_all_pages_and_all_fields(self):
        ran = self.export('accounts', self.file)
        self.assertIn('10 written to', ran.out)
        rows = self.rows()
        self.assertTrue(self.file.read_bytes().startswith(b'\xef\xbb\xbf'))
        self.assertEqual(self.file.stat().st_mode & 0o777, 0o600)
        self.assertEqual([row['code'] for row in rows], [f'K-{at:06}' for size in (4, 4, 2) for at in range(size)])
        row = rows[0]
        self.assertEqual((row['owner'], row['status'], row['founded_on'], row['registered_capital'], row['other_names'], row['create_time']),
                         ('Nora', 'developing', '2009-05-01', 'CNY 123.45', 'A; B; C', '2017-07-14 02:40'))
        self.assertFalse({'id', 'owner_id', 'version', 'members'} & set(row))
        self.assertEqual(self.left(), [])

    def test_formulas_are_defused(self):
        self.export('accounts', self.file)
        self.assertEqual([row['name'] for row in self.rows()], ["'" + name for name in HOSTILE[:5]] + HOSTILE[5:])
        for cell in (cell for row in self.rows() for cell in row.values()):
            self.assertFalse(cell[:1] in '=@\t' and cell, cell)

    def test_encodings(self):
        for encoding, codec in (('gb18030', 'gb18030'), ('utf-8', 'utf-8'), ('utf-8-bom', 'utf-8-sig')):
            self.export('accounts', self.file, '--encoding', encoding)
            self.assertEqual(self.rows(codec)[-1]['name'], '𠀀 rare')
        self.export('accounts', self.file, '--encoding', 'latin1', code=2)

    def test_json_and_the_standard_output(self):
        ran = self.export('accounts', '-', '--json')
        self.assertEqual([one['name'] for one in json.loads(ran.out)['accounts']], HOSTILE)
        self.assertEqual(len(self.export('accounts', '-').out.split('\r\n')), 12)

    def test_a_file_is_needed(self):
        for words in (['accounts'], ['contacts'], ['contacts', '--vcard'], ['opportunities'], ['activities', '--json']):
            self.assertIn('FILE', self.export(*words, code=2).err)
        self.assertEqual(self.left(), [])

    def test_filters(self):
        self.export('accounts', self.file, '--status', 'active')
        self.assertEqual(self.server.calls[-1][1].status, 4)
        self.export('accounts', self.file, '--limit', '3', code=2)

    def test_contacts_have_a_row_for_each_account(self):
        self.export('contacts', self.file)
        rows = self.rows()
        self.assertEqual([(row['name'], row['account'], row['title'], row['stance'], row['buying_roles']) for row in rows],
                         [('张伟', '华北机床; 股份, 公司', '总工程师', 'ally', 'initiator; influencer'), ('张伟', 'Acme', 'Adviser', '', '')])
        self.assertEqual(rows[0]['phones'], '138 0013 8000; +86 25 5550 2001')

    def test_nothing_is_left_of_what_fails(self):
        self.file.write_text('before', encoding='utf-8')
        answers = iter([message('kam.v1.ListAccountsResponse', accounts=self.pages[0], next_page_token='1')])

        def second_fails(request, context):
            answer = next(answers, None)
            if answer is None:
                context.abort(__import__('grpc').StatusCode.PERMISSION_DENIED, 'no')
            return answer

        self.server.on('AccountService/ListAccounts', second_fails)
        self.export('accounts', self.file, code=4)
        self.assertEqual((self.file.read_text(encoding='utf-8'), self.left()), ('before', []))
        self.export('accounts', self.client.home / 'no-such-folder' / 'x.csv', code=1)
        self.server.on('AccountService/ListAccounts', self.list_accounts)
        self.assertEqual(self.export('accounts', '/dev/full', code=1).out, '')
        self.assertTrue(pathlib.Path('/dev/full').is_char_device())

    def test_signals_leave_nothing_behind(self):
        self.file.write_text('before', encoding='utf-8')
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            reached, release = threading.Event(), threading.Event()

            def wait(request, context):
                if request.page_token:
                    reached.set()
                    release.wait(60)
                return self.list_accounts(request, context)

            self.server.on('AccountService/ListAccounts', wait)
            child = subprocess.Popen([str(KAM), 'export', 'accounts', str(self.file)], env=self.client.environment(KAM_TOKEN='t'), stdout=subprocess.DEVNULL)
            self.assertTrue(reached.wait(60))
            self.assertEqual(len(self.left()), 1)
            child.send_signal(number)
            self.assertEqual(child.wait(60), -number)
            release.set()
            self.assertEqual((self.file.read_text(encoding='utf-8'), self.left()), ('before', []))

    def test_more_rows_take_no_more_memory(self):
        rows = [message('kam.v1.Account', id=ID % at, code=f'K-{at:06}', name='x' * 150, note='n' * 2000) for at in range(500)]
        peaks = []
        for count in (10, 60):
            def page(request, context, count=count):
                at = int(request.page_token or 0) + 1
                return message('kam.v1.ListAccountsResponse', accounts=rows, next_page_token=str(at) if at < count else '')

            self.server.on('AccountService/ListAccounts', page)
            child = subprocess.Popen([str(KAM), 'export', 'accounts', str(self.file)], env=self.client.environment(KAM_TOKEN='t'), stdout=subprocess.DEVNULL)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            self.assertEqual(child.returncode, 0)
            peaks.append(usage.ru_maxrss)
        self.assertEqual(len(self.rows()), 30000)
        if not IS_SANITIZED:  # which keeps what was freed
            self.assertLess(peaks[1] - peaks[0], 16384, peaks)  # KiB; the rows alone are 55 MB

    def test_progress_on_a_terminal(self):
        out, code = self.client.screen('export', 'accounts', self.file, KAM_TOKEN='t')
        self.assertEqual(code, 0)
        self.assertIn('exporting: 4', out)
        out, code = self.client.screen('export', 'accounts', self.file, KAM_TOKEN='t', LANG='zh_CN.UTF-8')
        self.assertIn('正在导出：4', out)

    def test_vcards(self):
        ran = self.client.run('contact', 'vcard', ID % 70, KAM_TOKEN='t')
        self.assertEqual(ran.code, 0, ran.err)
        self.assertTrue(ran.out.endswith('END:VCARD\r\n'))
        self.assertEqual(unfold(ran.out)[:-1], [
            'BEGIN:VCARD', 'VERSION:3.0', 'FN:张伟', 'N:张;伟;;;', 'NICKNAME:David', 'ORG:华北机床\\; 股份\\, 公司;技术部', 'TITLE:总工程师', 'TEL;TYPE=CELL:138 0013 8000',
            'TEL;TYPE=WORK,VOICE:+86 25 5550 2001', 'EMAIL;TYPE=INTERNET:zhang@example.com', f'UID:urn:uuid:{ID % 70}', 'END:VCARD'])
        self.assertNotIn('tea', ran.out)

    def test_vcards_of_odd_people(self):
        for name, parts in (('欧阳修', 'N:欧阳;修;;;'), ('欧阳', 'N:欧;阳;;;'), ('张 伟', 'N:张;伟;;;'), ('Ann Mary Lee', 'N:Lee;Ann Mary;;;'), ('Prince', 'N:Prince;;;;'), ('买买提·艾力', 'N:买买提·艾力;;;;'),
                            ('Semi; Colon, Jr\\', 'N:Jr\\\\;Semi\\; Colon\\,;;;')):
            self.contact.name = name
            lines = unfold(self.client.run('contact', 'vcard', ID % 70, KAM_TOKEN='t').out)
            self.assertIn(parts, lines)
        self.contact.name = '很长的名字' * 30 + '\nBEGIN:VCARD'
        raw = self.client.run('contact', 'vcard', ID % 70, KAM_TOKEN='t').out
        for line in raw.split('\r\n'):
            self.assertLessEqual(len(line.encode()), 75)
        self.assertEqual(unfold(raw).count('BEGIN:VCARD'), 1)
        self.assertIn('FN:' + '很长的名字' * 30 + '\\nBEGIN:VCARD', unfold(raw))

    def test_export_of_vcards(self):
        for name, *more in (('people.vcf',), ('PEOPLE.VCF',), ('people.txt', '--vcard')):
            path = self.client.home / name
            self.export('contacts', *more, path)
            self.assertEqual(path.read_bytes().decode().count('BEGIN:VCARD\r\n'), 1, name)


if __name__ == '__main__':
    unittest.main()
