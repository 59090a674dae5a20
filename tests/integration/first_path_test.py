# SPDX-License-Identifier: Apache-2.0
# builds: dev asan
"""The first whole path: log in, create, read, list, change; versions, request ids, masks."""
import unittest
import uuid

import grpc

from support.cluster import Cluster
from support.kam import Kamd, make_company


class FirstPath(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(Cluster())
        cls.kamd = cls.enterClassContext(Kamd(make_company(cls.cluster)))
        cls.nora = cls.kamd.login('nora')
        cls.boss = cls.kamd.login('boss')
        cls.sam = cls.kamd.login('sam')

    def create(self, name, **fields):
        return self.nora.call('AccountService/CreateAccount', {'account': {'name': name, **fields}})

    def test_create_get_list(self):
        account = self.create('滨江化工', industry='化工', phone='+86 25 5550 1000')
        self.assertRegex(account.code, r'^K-\d{6}$')
        self.assertEqual(account.version, 1)
        self.assertEqual(account.owner_id, self.nora.user.id)
        self.assertEqual(account.team_name, 'North')
        got = self.nora.call('AccountService/GetAccount', {'code': account.code})
        self.assertEqual(got, account)
        listed = self.nora.call('AccountService/ListAccounts', {'page_size': 500})
        self.assertIn(account.id, [one.id for one in listed.accounts])
        foreign = self.sam.call('AccountService/ListAccounts', {'page_size': 500})
        self.assertNotIn(account.id, [one.id for one in foreign.accounts])
        self.assertEqual(self.sam.refusal('AccountService/GetAccount', {'id': account.id}).code, grpc.StatusCode.NOT_FOUND)

    def test_id_made_by_the_client_is_kept(self):
        wanted = str(uuid.uuid4())
        self.assertEqual(self.create('Own Id Ltd', id=wanted).id, wanted)

    def test_update_changes_the_fields_of_the_mask_only(self):
        account = self.create('Maskenbau', phone='+49 1', website='https://maskenbau.example')
        changed = self.nora.call('AccountService/UpdateAccount', {
            'account': {'id': account.id, 'version': account.version, 'phone': '+49 2', 'website': ''}, 'update_mask': 'phone'})
        self.assertEqual((changed.phone, changed.website, changed.version), ('+49 2', 'https://maskenbau.example', 2))

    def test_unknown_path_in_mask_is_refused(self):
        account = self.create('Unbekannt AG')
        refused = self.nora.refusal('AccountService/UpdateAccount', {
            'account': {'id': account.id, 'version': 1}, 'update_mask': 'ownerId'})
        self.assertEqual(refused.code, grpc.StatusCode.INVALID_ARGUMENT)
        self.assertIn('update_mask', refused.detail('BadRequest').field_violations[0].field)

    def test_stale_version_gets_both_sides(self):
        account = self.create('Konflikt GmbH')
        mask = {'update_mask': 'phone'}
        self.nora.call('AccountService/UpdateAccount', {'account': {'id': account.id, 'version': 1, 'phone': '+1 1'}, **mask})
        refused = self.boss.refusal('AccountService/UpdateAccount', {'account': {'id': account.id, 'version': 1, 'phone': '+1 2'}, **mask})
        self.assertEqual(refused.code, grpc.StatusCode.ABORTED)
        self.assertEqual(refused.reason, 'VERSION_CONFLICT')
        conflict = refused.detail('Conflict')
        self.assertEqual(conflict.current_version, 2)
        self.assertEqual([(one.field, one.yours, one.theirs) for one in conflict.fields], [('phone', '+1 2', '+1 1')])
        self.assertEqual(self.nora.call('AccountService/GetAccount', {'id': account.id}).phone, '+1 1')

    def test_repeated_request_gives_the_first_outcome(self):
        request = {'account': {'name': 'Twice Ltd'}}
        request_id = str(uuid.uuid4())
        first = self.nora.call('AccountService/CreateAccount', request, request_id=request_id)
        future, _ = self.nora.start('AccountService/CreateAccount', request, request_id=request_id)
        self.assertEqual(future.result().id, first.id)
        self.assertEqual(dict(future.trailing_metadata()).get('kam-replayed'), 'true')
        listed = self.nora.call('AccountService/ListAccounts', {'page_size': 500})
        self.assertEqual([one.name for one in listed.accounts].count('Twice Ltd'), 1)

    def test_request_id_with_another_payload_is_refused(self):
        request_id = str(uuid.uuid4())
        self.nora.call('AccountService/CreateAccount', {'account': {'name': 'Original Ltd'}}, request_id=request_id)
        refused = self.nora.refusal('AccountService/CreateAccount', {'account': {'name': 'Forged Ltd'}}, request_id=request_id)
        self.assertEqual(refused.code, grpc.StatusCode.INVALID_ARGUMENT)
        self.assertEqual(refused.reason, 'REQUEST_ID_REUSED')

    def test_request_ids_of_users_are_apart(self):
        request_id = str(uuid.uuid4())
        first = self.nora.call('AccountService/CreateAccount', {'account': {'name': 'Apart One'}}, request_id=request_id)
        second = self.sam.call('AccountService/CreateAccount', {'account': {'name': 'Apart Two'}}, request_id=request_id)
        self.assertNotEqual(first.id, second.id)

    def test_history_tells_who_changed_what(self):
        account = self.create('Chronik KG', phone='+49 10')
        self.boss.call('AccountService/UpdateAccount', {'account': {'id': account.id, 'version': 1, 'phone': '+49 11'},
                                                        'update_mask': 'phone'})
        changes = self.nora.call('HistoryService/ListChanges', {'record_id': account.id}).changes
        newest = changes[0]
        self.assertEqual(newest.actor_name, 'Berta Boss')
        self.assertEqual([(one.field, one.old_value, one.new_value) for one in newest.fields], [('phone', '+49 10', '+49 11')])

    def test_bad_fields_are_named(self):
        refused = self.nora.refusal('AccountService/CreateAccount', {'account': {'name': 'Bad', 'website': 'ftp://x', 'employees': -1}})
        self.assertEqual(refused.code, grpc.StatusCode.INVALID_ARGUMENT)
        self.assertEqual(sorted(one.field for one in refused.detail('BadRequest').field_violations),
                         ['account.employees', 'account.website'])

    def test_paging_gives_every_row_once(self):
        names = [f'Paged {number:03}' for number in range(23)]
        for name in names:
            self.sam.call('AccountService/CreateAccount', {'account': {'name': name}, 'duplicate_reason': 'paging'})
        seen, token = [], ''
        while True:
            page = self.sam.call('AccountService/ListAccounts', {'page_size': 5, 'page_token': token})
            self.assertLessEqual(len(page.accounts), 5)
            seen.extend(one.name for one in page.accounts)
            token = page.next_page_token
            if not token:
                break
        self.assertEqual([name for name in seen if name.startswith('Paged')], names)
        self.assertEqual(len(seen), len(set(seen)))

    def test_duplicates_are_refused_with_their_matches(self):
        self.create('Nordsee Pumpen GmbH')
        refused = self.sam.refusal('AccountService/CreateAccount', {'account': {'name': 'NORDSEE PUMPEN gmbh'}})
        self.assertEqual((refused.code, refused.reason), (grpc.StatusCode.ALREADY_EXISTS, 'ACCOUNT_DUPLICATE'))
        self.assertIn('Nordsee Pumpen GmbH', refused.detail('ResourceInfo').resource_name)
        insisted = self.sam.call('AccountService/CreateAccount', {'account': {'name': 'NORDSEE PUMPEN gmbh'},
                                                                  'duplicate_reason': 'another firm of that name in Kiel'})
        self.assertEqual(insisted.duplicate_reason, 'another firm of that name in Kiel')

    def test_search_finds_two_chinese_characters(self):
        account = self.create('苏州河水泵厂')
        found = self.nora.call('SearchService/Search', {'text': '水泵'})
        self.assertIn(account.id, [one.id for one in found.results])
        self.assertEqual(list(self.sam.call('SearchService/Search', {'text': '苏州河'}).results), [])


if __name__ == '__main__':
    unittest.main()
