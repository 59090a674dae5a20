# SPDX-License-Identifier: Apache-2.0
# builds: dev asan
"""vCards come in as contacts: from telephones and Outlook, from our own export, from nobody's friend."""
import csv
import json
import unittest

from client import Client
from support.cluster import Cluster
from support.kam import PASSWORD, Kamd, make_company

CARDS = (b'BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=GBK;ENCODING=QUOTED-PRINTABLE:=D5=C5;=CE=\r\n=B0;;;\r\nORG;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=E5=8D=8E=E5=8C=97=E6=9C=BA=E5=BA=8A\r\n'
         b'TEL;CELL:138-0013-8000\r\nBDAY:1980-01-02\r\nEND:VCARD\r\n'
         b'BEGIN:VCARD\r\nVERSION:3.0\r\nF\r\n N\r\n :A\r\n nn\r\nORG:Nobody Known\r\nitem1.TEL:+49 30 1\r\nEND:VCARD\r\n'
         b'BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Bob\r\nTEL:tel:+49-30-2\r\nEND:VCARD\r\n'
         b'BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Eve\r\nTEL:ask Berta\r\nORG:\xe5\x8d\x8e\xe5\x8c\x97\xe6\x9c\xba\xe5\xba\x8a\r\nEND:VCARD\r\n')


class Cards(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(Cluster())

    def setUp(self):
        self.kamd = self.enterContext(Kamd(make_company(self.cluster)))
        self.boss = self.enterContext(Client(f'localhost:{self.kamd.port}')).login('boss', PASSWORD)
        for name in ('华北机床', 'Semi; Colon, Co'):
            self.assertEqual(self.boss.run('account', 'add', '--name', name).code, 0)
        self.path = self.boss.home / 'people.vcf'

    def contacts(self):
        found = {}
        for one in self.boss.run('contact', 'list', '--json').json['contacts']:
            found[one['name']] = self.boss.run('contact', 'show', one['id'], '--json').json
            found[one['name']] = found[one['name']].get('contact', found[one['name']])
        return found

    def test_import(self):
        self.path.write_bytes(CARDS)
        report, failed = self.boss.home / 'report.csv', self.boss.home / 'failed.csv'
        dry = self.boss.run('import', 'contacts', self.path, '--dry-run')
        self.assertEqual(dry.code, 1, dry.err)
        self.assertIn('line 1: 张伟: would be added', dry.out)
        self.assertIn('left out: BDAY', dry.out)
        self.assertEqual(self.contacts(), {})
        ran = self.boss.run('import', 'contacts', self.path, '--report', report, '--failed', failed)
        self.assertEqual(ran.code, 1, ran.err)
        self.assertRegex(ran.out, "line 9: Ann: failed: account 'Nobody Known': There is no account called 'Nobody Known'")
        self.assertRegex(ran.out, 'line 18: Bob: failed: names no account')
        self.assertRegex(ran.out, "line 23: Eve: failed: phone 'ask Berta': must be a telephone number")
        with open(report, encoding='utf-8', newline='') as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([(row['line'], row['outcome']) for row in rows], [('1', 'added'), ('9', 'failed'), ('18', 'failed'), ('23', 'failed')])
        self.assertIn('left out: BDAY', rows[0]['changed'])
        self.assertEqual(self.contacts()['张伟']['phones'], ['138-0013-8000'])
        again = self.boss.run('import', 'contacts', self.path, '--json').json
        self.assertEqual((again['added'], again['alreadyThere'], again['failed']), (0, 1, 3))
        # What did not come in is a table that can be repaired.
        text = failed.read_text(encoding='utf-8-sig').replace('Nobody Known', '华北机床').replace('ask Berta', '+49 30 3').replace('Bob,', 'Bob,华北机床')
        failed.write_text(text, encoding='utf-8')
        self.assertEqual(self.boss.run('import', 'contacts', failed).code, 0)
        self.assertEqual(sorted(self.contacts()), ['Ann', 'Bob', 'Eve', '张伟'])

    def test_one_account_for_all(self):
        self.path.write_bytes(CARDS.replace(b'ask Berta', b'+49 30 3'))
        ran = self.boss.run('import', 'contacts', self.path, '--account', '华北机床')
        self.assertEqual(ran.code, 0, ran.out + ran.err)
        self.assertIn('4 added', ran.out)
        table = self.boss.home / 'people.csv'
        table.write_text('name\nZoe\n')
        self.assertEqual(self.boss.run('import', 'contacts', table, '--account', '华北机床').code, 0)
        self.assertEqual({one['positions'][0]['accountName'] for one in self.contacts().values()}, {'华北机床'})

    def test_export_comes_back(self):
        name = '很长的名字' * 12 + ' Lee; Ann, Jr\\'
        for words in (('Semi; Colon, Co', '--name', name, '--title', 'a;b,c\\d', '--department', 'x, y; z', '--other-name', 'A, B; C', '--other-name', '老、张',
                       '--phone', '138 0013 8000', '--phone', '+86 25 5550 2001', '--email', 'a@example.com', '--messaging-id', 'wechat:a', '--messaging-id', 'odd; id, 1'),
                      ('华北机床', '--name', '欧阳修')):
            added = self.boss.run('contact', 'add', *words)
            self.assertEqual(added.code, 0, added.err)
        before = self.contacts()
        self.assertEqual(self.boss.run('export', 'contacts', '--vcard', self.path).code, 0)
        with Kamd(make_company(self.cluster)) as kamd, Client(f'localhost:{kamd.port}') as client:
            self.boss = client.login('boss', PASSWORD)
            for account in ('华北机床', 'Semi; Colon, Co'):
                self.boss.run('account', 'add', '--name', account)
            ran = self.boss.run('import', 'contacts', self.path)
            self.assertEqual(ran.code, 0, ran.out + ran.err)
            after = self.contacts()
        self.assertEqual(sorted(after), sorted(before))
        for one, other in ((before[each], after[each]) for each in before):
            for field in ('otherNames', 'phones', 'emails', 'messagingIds'):
                self.assertEqual(one.get(field), other.get(field), json.dumps(other, ensure_ascii=False))
            for field in ('accountName', 'title', 'department'):
                self.assertEqual(one['positions'][0].get(field), other['positions'][0].get(field))

    def test_refusals(self):
        self.path.write_bytes(CARDS)
        for more in (('--map', 'a=name'), ('--heading-rows', '2'), ('--write-mapping', self.boss.home / 'm')):
            ran = self.boss.run('import', 'contacts', self.path, *more)
            self.assertEqual(ran.code, 2, ran.out)
            self.assertIn('is for tables', ran.err)
        for text in (b'', b'FN:x\n', b'BEGIN:VCARD\nEND:VCARD\nEND:VCARD\n', b'BEGIN:VCARD\n\0'):
            self.path.write_bytes(text)
            ran = self.boss.run('import', 'contacts', self.path)
            self.assertEqual(ran.code, 1, ran.out)
        self.assertEqual(self.contacts(), {})


if __name__ == '__main__':
    unittest.main()
