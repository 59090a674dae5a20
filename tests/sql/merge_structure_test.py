#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Merging accounts reads from the catalogue what hangs on an account: every table must be such that it can."""
import unittest

from stage import Stage

# What does not simply move. A new entry here wants code in the merge.
EXCEPTIONS = {('account', 'merged_into_id'): 'kept', ('account_member', 'account_id'): 'member', ('account_merge', 'merged_id'): 'kept',
              ('account_merge', 'survivor_id'): 'kept', ('account_reach', 'account_id'): 'derived'}


class MergeStructureTest(Stage):
    def setUp(self):
        super().setUp()
        self.references = {(table, column): (depth, keys, treatment)
                           for table, column, depth, keys, treatment in self.query('select * from account_references()')}
        self.links = self.query('select * from account_links()')

    def test_every_foreign_key_to_account_is_known(self):
        keys = set(self.query("""
            select c.relname, a.attname from pg_constraint k join pg_class c on c.oid = k.conrelid
              join pg_attribute a on a.attrelid = k.conrelid and a.attnum = any (k.conkey)
             where k.contype = 'f' and k.confrelid = 'account'::regclass and not c.relispartition and cardinality(k.conkey) = 1"""))
        self.assertEqual(set(), keys - set(self.references))
        self.assertEqual(EXCEPTIONS, {key: treatment for key, (_, _, treatment) in self.references.items() if treatment != 'move'})
        for table in ('position', 'activity', 'activity_contact', 'activity_user', 'relationship_change', 'target_entry'):
            self.assertIn((table, 'account_id'), self.references)

    def test_columns_called_account_are_foreign_keys(self):
        """An account's id without a foreign key would be forgotten."""
        columns = set(self.query("""
            select c.relname, a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid
             where c.relnamespace = 'kam'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition and a.attname = 'account_id' and not a.attisdropped"""))
        self.assertEqual({('change', 'account_id')}, columns - set(self.references))

    def test_foreign_keys_within_an_account_can_be_followed(self):
        """Those of more columns have two, the account and the primary key of the other table, so that rows move together."""
        for name, table, width in self.query("""
                select k.conname, c.relname, cardinality(k.conkey) from pg_constraint k join pg_class c on c.oid = k.conrelid
                 where k.contype = 'f' and k.connamespace = 'kam'::regnamespace and cardinality(k.conkey) > 1 and not c.relispartition"""):
            columns = [column for column, in self.query("""
                select a.attname from pg_constraint k join pg_attribute a on a.attrelid = k.conrelid and a.attnum = any (k.conkey)
                 where k.conname = %s and k.conrelid = ('kam.' || %s)::regclass""", name, table)]
            if any((table, column) in self.references for column in columns):
                self.assertEqual(2, width, name)
                link, = [column for column in columns if (table, column) not in self.references]
                self.assertEqual(1, len([l for l in self.links if l[0] == table and l[2] == link]), name)
        for table, _, link, parent, parent_column, _ in self.links:
            self.assertEqual(['id'], self.references[parent, parent_column][1], f'{table}.{link}')
            action = self.query("""select confupdtype::text, condeferrable from pg_constraint k join pg_attribute a on a.attrelid = k.conrelid and a.attnum = any (k.conkey)
                                    where k.conrelid = ('kam.' || %s)::regclass and k.contype = 'f' and a.attname = %s and cardinality(k.conkey) = 2""", table, link)
            self.assertEqual({'a'}, {kind for kind, _ in action}, f'{table}.{link}: a foreign key ON UPDATE RESTRICT cannot be moved')

    def test_rows_can_be_named(self):
        """By a primary key of uuids and texts beside the account; found by an index, or from the row they belong to."""
        for (table, column), (depth, keys, treatment) in sorted(self.references.items()):
            if treatment != 'move':
                continue
            self.assertTrue(keys, f'{table} has no primary key beside {column}')
            indexed = self.query("""select 1 from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
                                     where i.indrelid = ('kam.' || %s)::regclass and a.attname = %s""", table, column)
            followed = [link for link in self.links if link[:2] == (table, column) and link[5]
                        and self.query("""select 1 from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
                                           where i.indrelid = ('kam.' || %s)::regclass and a.attname = %s""", table, link[2])]
            self.assertTrue(indexed or followed, f'{table}.{column} wants an index')
        self.assertEqual([], self.query("select conname from pg_constraint where contype = 'x' and connamespace = 'kam'::regnamespace"))

    def test_a_new_table_is_found(self):
        self.query('create table leaf (id uuid primary key, account_id uuid references account)')
        self.assertIn(('leaf', 'account_id', 0, ['id'], 'move'), self.query('select * from account_references()'))


if __name__ == '__main__':
    unittest.main()
