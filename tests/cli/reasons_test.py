# SPDX-License-Identifier: Apache-2.0
# builds: dev asan
"""What a server refuses with is said in the user's language: every reason of sql/ and server/ has its Chinese, with the values that go along."""
import gettext
import io
import pathlib
import re
import subprocess
import sys
import unittest

from client import Client
from fake_server import FakeServer
from support import stubs

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'client' / 'po'))
import reasons  # noqa: E402

ID = '0190b0c0-0000-7000-8000-000000000001'
MORE = 'docs/methods.md, "A reason"'


def chinese():
    compiled = subprocess.run(['msgfmt', '-o', '-', str(ROOT / 'client' / 'po' / 'zh_CN.po')], check=True, capture_output=True).stdout
    return gettext.GNUTranslations(io.BytesIO(compiled))


class Sources(unittest.TestCase):
    def setUp(self):
        self.present = [one for one in reasons.refusals() if not one.is_old]

    def test_reasons_are_found_where_they_are(self):
        found = {(one.reason, one.place.split(':')[0]) for one in self.present}
        for known in (('TOO_LONG', 'server/methods/validate.c'), ('MESSAGE_TOO_LARGE', 'server/rpc/request.c'), ('LOCKED', 'server/db/sqlstate.c'),
                      ('OWNER_UNCHANGED', '0010_account_functions.sql'), ('FIELD_REQUIRED', 'sql/methods/account/create.sql')):
            self.assertIn(known, found)
        # Whatever the patterns of reasons.py miss, this one finds: a word in quotes after a status.
        mentioned = set()
        for path in sorted((ROOT / 'sql').rglob('*.sql')):
            if '_operator' not in path.name:
                mentioned |= set(re.findall(r"(?:refuse|require)\s*\([^;]*?,\s*\d+,\s*'([A-Z_]+)'", path.read_text(encoding='utf-8')))
        self.assertEqual(mentioned - {one.reason for one in reasons.refusals()}, set())

    def test_values_have_names(self):
        for one in self.present:
            with self.subTest(one.place):
                self.assertTrue(one.text, f'{one.reason} in {one.place}: values are joined into the text; give them by name ({MORE})')
                self.assertNotRegex(one.text, r'%[-0-9.]*l*[dsuzx]', f'{one.reason} in {one.place}: use error_refuse() and ERROR_VALUES ({MORE})')
                missing = set(reasons.PLACE.findall(one.text)) - one.given
                self.assertEqual(missing, set(), f'{one.reason} in {one.place}: the text has places for values that do not go along ({MORE})')

    def test_all_have_their_chinese(self):
        catalogue = chinese()
        for one in {one.text: one for one in self.present if one.text}.values():
            said = catalogue.gettext(one.text)
            with self.subTest(one.text):
                self.assertNotEqual(said, one.text, f'{one.reason} in {one.place}: run "ninja kam_pot", then translate it in client/po/zh_CN.po')
                self.assertEqual(set(reasons.PLACE.findall(said)), set(reasons.PLACE.findall(one.text)), f'{one.reason}: the Chinese has other places')

    def test_what_is_not_found_has_a_chinese_name(self):
        catalogue, names = chinese(), set()
        for path in (ROOT / 'sql').rglob('*.sql'):
            names |= set(re.findall(r"refuse_not_found\('([^']+)'", path.read_text(encoding='utf-8')))
        self.assertIn('contact', names)
        for name in names:
            self.assertNotEqual(catalogue.pgettext('value', name), name, f'add NC_("value", "{name}") to the words of client/cli/reason.c, and its Chinese')

    def test_a_slip_is_found(self):
        body = """perform refuse(9, 'A_B', 'It is ' || v_name || ' already.');
                  perform require(x = 1, 9, 'C_D', 'Only {limit} of {most}.', jsonb_build_object('metadata', jsonb_build_object('limit', 5)));
                  perform refuse(3, 'E_F', 'No way.', jsonb_build_object('violations', jsonb_build_array(jsonb_build_object('field', 'x', 'description', 'not ' || v_x))));"""
        first, second, third = reasons.of_sql_body(body, '', False)
        self.assertEqual((first.reason, first.text), ('A_B', ''))
        self.assertEqual((second.text, set(reasons.PLACE.findall(second.text)) - second.given), ('Only {limit} of {most}.', {'most'}))
        self.assertEqual(third.text, 'No way.')
        self.assertEqual([one.text for one in reasons.descriptions(body, '', False)], [''])


class Client_(unittest.TestCase):
    def setUp(self):
        self.server = self.enterContext(FakeServer())
        self.client = self.enterContext(Client(self.server.name))
        self.client.run('contact', 'show', ID, KAM_TOKEN='t')  # learns the key

    def said(self, status, text, language='zh_CN.UTF-8', **more):
        self.server.refuse('ContactService/GetContact', status, text, **more)
        return self.client.run('contact', 'show', ID, KAM_TOKEN='t', LANG=language).err

    def test_a_text_with_values(self):
        told = {'reason': 'TEAM_NAME', 'values': {'name': '华东', 'parent': 'Company'}}
        text = 'There is a team called 华东 below Company already.'
        self.assertIn('Company下面已有名为华东的团队。', self.said(6, text, **told))
        self.assertIn(text, self.said(6, text, 'C.UTF-8', **told))

    def test_words_of_the_server_are_translated_as_well(self):
        self.assertIn('没有这个联系人', self.said(5, 'There is no such contact within your reach.', reason='NOT_FOUND', values={'what': 'contact'}))

    def test_one_reason_with_several_texts(self):
        told = {'reason': 'OWNER_OUT_OF_REACH', 'values': {'name': 'Nora'}}
        self.assertIn('Nora已停用', self.said(9, 'Nora is disabled and cannot be given an activity.', **told))
        self.assertIn('Nora属于客服', self.said(9, 'Nora is of the service desk and cannot be given an activity.', **told))
        # Which of them a text that is not known means cannot be told.
        self.assertIn('Nora is away', self.said(9, 'Nora is away', **told))

    def test_a_newer_server_has_other_words(self):
        self.assertIn('Company下面已有名为华东的团队。', self.said(6, 'A team has this name.', reason='TEAM_NAME', values={'name': '华东', 'parent': 'Company'}))
        self.assertIn('A team has this name.', self.said(6, 'A team has this name.', 'C.UTF-8', reason='TEAM_NAME', values={'name': '华东', 'parent': 'Company'}))

    def test_an_older_server_sends_no_values(self):
        text = 'There is a team called 华东 below Company already.'
        self.assertIn(text, self.said(6, text, reason='TEAM_NAME'))
        self.assertIn('A reason nobody knows', self.said(9, 'A reason nobody knows', reason='NOBODY_KNOWS'))

    def test_violations(self):
        bad = stubs.message('google.rpc.BadRequest')()
        bad.field_violations.add(field='account.name', reason='TOO_LONG', description='must have at most 200 bytes, has 201 (a Chinese character takes 3)')
        values = {'violations_0_limit': '200', 'violations_0_actual': '201'}
        text = self.said(3, 'account.name: ...', reason='INVALID_FIELD', details=[bad], values=values)
        self.assertIn('至多 200 字节，现有 201 字节', text)
        bad.field_violations.add(field='account.phone', reason='OUT_OF_RANGE', description='has to be in 1 to 5')
        values.update(violations_1_min='1', violations_1_max='5', violations_1_actual='9')
        text = self.said(3, 'x', reason='INVALID_FIELD', details=[bad], values=values)
        self.assertIn('phone: 必须在 1 至 5 之间，收到的是 9', text)
        self.assertIn('has to be in 1 to 5', self.said(3, 'x', 'C.UTF-8', reason='INVALID_FIELD', details=[bad], values=values))

    def test_matches(self):
        match = stubs.message('google.rpc.ResourceInfo')(resource_type='Account', resource_name='K-000007 Acme', owner='Nora', description='similar name, 92% alike')
        text = self.said(6, 'x', reason='ACCOUNT_DUPLICATE', details=[match], values={'resources_0_similarity': '92'})
        self.assertIn('名称相似，相似度 92%', text)

    def test_hostile_values(self):
        text = self.said(6, 'x', reason='TEAM_NAME', values={'name': '\x1b[2J{parent}', 'parent': '{name}%s'})
        self.assertNotIn('\x1b', text)
        self.assertIn('{name}%s下面已有名为', text)


if __name__ == '__main__':
    unittest.main()
