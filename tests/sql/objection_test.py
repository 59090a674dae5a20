#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Objections met in activities, the library of objections and answers, and ideas ranked by ICE."""
import unittest

from stage import Stage, new_id


class ObjectionTest(Stage):
    def setUp(self):
        super().setUp()
        self.acme = self.add_account('ann', 'Acme')['id']
        self.done = self.log_activity('ann', self.acme, 'First visit', next_step={'kind': 'call', 'subject': 'x', 'time': '2030-01-01 00:00:00+00'})['id']

    def add_objection(self, login, text='Too expensive', **fields):
        return self.call(login).write('ObjectionService/CreateObjection', {
            'objection': {'activity_id': self.done, 'objection': text, 'listen': 'Compares with last year', **fields}})

    def update_objection(self, login, objection_id, version, **fields):
        return self.call(login).write('ObjectionService/UpdateObjection', {'objection': {'id': objection_id, 'version': version, **fields},
                                                                          'update_mask': list(fields)})

    def add_entry(self, login, text='价格太贵', *answers, objection_id=None, **fields):
        request = {'entry': {'objection': text, 'answers': [dict(zip(('feature', 'advantage', 'benefit', 'evidence'), answer)) for answer in answers], **fields}}
        return self.call(login).write('ObjectionLibraryService/CreateObjectionEntry', {**request, **({'objection_id': objection_id} if objection_id else {})})

    def entries(self, login, text='', **more):
        return [row['objection'] for row in self.call(login).read('ObjectionLibraryService/ListObjectionEntries', {'text': text, **more})['entries']]

    def library(self, login, verb, entry_id, version, **more):
        return self.call(login).write(f'ObjectionLibraryService/{verb}', {'id': entry_id, 'version': version, **more})

    def test_history_of_an_entry_is_for_whoever_reads_it(self):
        proposal = self.add_entry('ann')['id']
        published = self.add_entry('boss')['id']
        seen = {login: [len(self.changes(entry, login)) for entry in (proposal, published)] for login in ('ann', 'bob', 'sue', 'north', 'south', 'boss')}
        self.assertEqual({'ann': [1, 1], 'bob': [0, 1], 'sue': [0, 1], 'north': [1, 1], 'south': [1, 1], 'boss': [1, 1]}, seen)

    # ---- objections ----

    def test_handle_an_objection(self):
        contact = self.add_contact('ann', 'Li', self.acme)['id']
        objection = self.add_objection('ann', contact_id=contact)
        self.assertEqual(('Acme', 'Li', 'open', 'Ann'), tuple(objection[name] for name in ('account_name', 'contact_name', 'outcome', 'created_by')))
        steps = {'share': 'I would ask that too', 'clarify': 'Price or cost?', 'present': 'Half the stoppages', 'ask': 'Try one line', 'outcome': 'resolved'}
        changed = self.update_objection('north', objection['id'], 1, **steps)
        self.assertEqual({**steps, 'version': 2}, {name: changed[name] for name in (*steps, 'version')})
        self.refused('ABORTED', 'VERSION_CONFLICT', self.update_objection, 'ann', objection['id'], 1, ask='x')
        answer = self.call('ann').read('ActivityService/GetActivity', {'id': self.done})
        self.assertEqual(['Too expensive'], [row['objection'] for row in answer['objections']])
        self.assertEqual(2, len(self.changes(objection['id'])))

    def test_out_of_reach(self):
        objection = self.add_objection('ann')['id']
        stranger = self.add_contact('sue', 'Zhao', self.add_account('sue', 'Other')['id'])['id']
        self.refused('NOT_FOUND', 'CONTACT_NOT_AT_ACCOUNT', self.add_objection, 'ann', contact_id=stranger)
        self.refused('NOT_FOUND', 'CONTACT_NOT_AT_ACCOUNT', self.update_objection, 'ann', objection, 1, contact_id=stranger)
        self.refused('NOT_FOUND', 'ENTRY_NOT_FOUND', self.add_objection, 'ann', entry_id=new_id())
        self.refused('NOT_FOUND', 'ENTRY_NOT_FOUND', self.update_objection, 'ann', objection, 1, entry_id=self.add_entry('sue')['id'])
        for login in ('sue', 'bob', 'south'):
            self.refused('NOT_FOUND', 'NOT_FOUND', self.add_objection, login)
            self.refused('NOT_FOUND', 'NOT_FOUND', self.update_objection, login, objection, 1, ask='x')
            self.refused('NOT_FOUND', 'NOT_FOUND', self.call(login).read, 'ObjectionService/GetObjection', {'id': objection})
            self.refused('NOT_FOUND', 'OBJECTION_NOT_FOUND', self.add_entry, login, 'x', objection_id=objection)

    def test_list(self):
        for number in range(5):
            self.add_objection('ann' if number % 2 else 'north', f'O{number}', outcome='lost' if number == 3 else 'open')
        newest = ['O4', 'O3', 'O2', 'O1', 'O0']
        for request, wanted in (({'account_id': self.acme}, newest), ({}, ['O3', 'O1']), ({'account_id': self.acme, 'outcome': 'lost'}, ['O3'])):
            seen, page = [], None
            while True:
                answer = self.call('ann').read('ObjectionService/ListObjections', request, page=page, page_size=2)
                seen += [row['objection'] for row in answer['objections']]
                page = answer['next']
                if page is None:
                    break
            self.assertEqual(wanted, seen, request)
        self.assertEqual([], self.call('sue').read('ObjectionService/ListObjections', {'account_id': self.acme})['objections'])

    def test_a_correction_takes_objections_and_ideas_over(self):
        self.add_objection('ann')
        self.call('ann').write('IdeaService/CreateIdea', {'idea': {'account_id': self.acme, 'activity_id': self.done, 'subject': 'I', 'impact': 1, 'confidence': 1, 'ease': 1}})
        correction = self.call('ann').write('ActivityService/CorrectActivity', {
            'id': self.done, 'version': 1, 'reason': 'typo', 'activity': {'account_id': self.acme, 'kind': 'visit', 'subject': 'Corrected'}})['id']
        answer = self.call('ann').read('ActivityService/GetActivity', {'id': correction})
        self.assertEqual((1, 1), (len(answer['objections']), len(answer['ideas'])))
        self.refused('FAILED_PRECONDITION', 'ACTIVITY_CORRECTED', self.add_objection, 'ann')

    # ---- the library ----

    def test_propose_and_publish(self):
        objection = self.add_objection('ann', '比去年贵')['id']
        entry = self.add_entry('ann', '', ('免维护轴承', '少停机', '每年省十万', '华北机床的记录'), objection_id=objection, topic='轴承')
        self.assertEqual(('比去年贵', 'proposed', '轴承', ['免维护轴承'], 'Ann'),
                         tuple(entry[name] for name in ('objection', 'state', 'topic', 'answers[].feature', 'created_by')))
        self.assertEqual([(entry['id'],)], self.query('select entry_id from objection'))
        self.assertEqual(([], ['比去年贵'], ['比去年贵']), (self.entries('bob'), self.entries('ann'), self.entries('south')))
        self.refused('NOT_FOUND', 'NOT_FOUND', self.call('bob').read, 'ObjectionLibraryService/GetObjectionEntry', {'id': entry['id']})
        self.refused('PERMISSION_DENIED', 'MANAGERS_ONLY', self.library, 'ann', 'PublishObjectionEntry', entry['id'], 1)
        self.refused('NOT_FOUND', 'NOT_FOUND', self.library, 'bob', 'PublishObjectionEntry', entry['id'], 1)
        self.library('ann', 'AddObjectionAnswer', entry['id'], 1, answer={'feature': 'F2', 'advantage': '', 'benefit': 'B2', 'evidence': ''})
        published = self.library('north', 'PublishObjectionEntry', entry['id'], 2)
        self.assertEqual(('published', ['免维护轴承', 'F2'], ['每年省十万', 'B2'], ['少停机', '']),
                         tuple(published[name] for name in ('state', 'answers[].feature', 'answers[].benefit', 'answers[].advantage')))
        self.refused('FAILED_PRECONDITION', 'ENTRY_PUBLISHED', self.library, 'north', 'PublishObjectionEntry', entry['id'], 3)
        self.assertEqual(['比去年贵'], self.entries('bob'))
        # What is published is the managers'.
        for verb, more in (('AddObjectionAnswer', {'answer': {'feature': 'x', 'advantage': '', 'benefit': '', 'evidence': ''}}), ('RemoveObjectionAnswer', {'number': 1}),
                           ('RetireObjectionEntry', {'reason': 'x'})):
            with self.assertRaises(Exception) as caught:
                self.library('ann', verb, entry['id'], 3, **more)
            self.assertEqual('PERMISSION_DENIED', caught.exception.status, verb)
        self.refused('NOT_FOUND', 'ANSWER_NOT_FOUND', self.library, 'north', 'RemoveObjectionAnswer', entry['id'], 3, number=3)
        left = self.library('north', 'RemoveObjectionAnswer', entry['id'], 3, number=1)
        self.assertEqual((['F2'], ['B2']), (left['answers[].feature'], left['answers[].benefit']))
        self.library('north', 'RetireObjectionEntry', entry['id'], 4, reason='old')
        self.assertEqual(([], [], ['比去年贵']), (self.entries('bob'), self.entries('north'), self.entries('north', state='retired')))
        self.refused('ABORTED', 'VERSION_CONFLICT', self.library, 'north', 'PublishObjectionEntry', entry['id'], 1)

    def test_a_manager_writes_for_all(self):
        self.refused('INVALID_ARGUMENT', 'FIELD_REQUIRED', self.add_entry, 'south', '')
        entry = self.add_entry('south', 'No budget')
        self.assertEqual('published', entry['state'])
        edited = self.call('north').write('ObjectionLibraryService/UpdateObjectionEntry', {'entry': {'id': entry['id'], 'version': 1, 'topic': 'Money'},
                                                                                          'update_mask': ['topic']})
        self.assertEqual(('No budget', 'Money', 2), tuple(edited[name] for name in ('objection', 'topic', 'version')))
        own = self.add_entry('ann', 'Mine')
        self.assertEqual('retired', self.library('ann', 'RetireObjectionEntry', own['id'], 1, reason='nonsense')['state'])
        self.refused('PERMISSION_DENIED', 'ROLE', self.entries, 'desk')

    def test_search_in_chinese_and_english(self):
        self.add_entry('boss', '价格太贵了', ('Ceramic bearings', 'last twice as long', '', '检测报告'), topic='轴承')
        self.add_entry('boss', 'Delivery takes too long', ('Stock in Tianjin',))
        self.add_entry('ann', '价格比别人贵')
        for words, wanted in (('价格 太贵', ['价格太贵了']), ('太贵', ['价格太贵了']), ('价格', ['价格太贵了']), ('ceramic', ['价格太贵了']), ('CERAMIC bear', ['价格太贵了']),
                              ('检测', ['价格太贵了']), ('轴承', ['价格太贵了']), ('delivery', ['Delivery takes too long']), ('天津', []), ('!', [])):
            self.assertEqual(wanted, self.entries('bob', words), words)
        self.assertEqual(['价格比别人贵', '价格太贵了'], self.entries('ann', '价格'))
        self.assertEqual(['价格比别人贵', '价格太贵了'], self.entries('north', '价格'))

    # ---- ideas ----

    def test_ideas_by_score(self):
        def add(subject, impact, confidence, ease, login='ann', **more):
            return self.call(login).write('IdeaService/CreateIdea', {'idea': {'account_id': self.acme, 'subject': subject, 'impact': impact, 'confidence': confidence,
                                                                             'ease': ease, **more}})
        self.assertEqual(120, add('Middle', 4, 5, 6)['score'])
        add('Best', 10, 10, 10)
        add('Least', 1, 1, 1, login='north', activity_id=self.done)
        add('Also middle', 6, 5, 4)

        def listed(login='ann', **more):
            seen, page = [], None
            while True:
                answer = self.call(login).read('IdeaService/ListIdeas', {'account_id': self.acme, **more}, page=page, page_size=2)
                seen += [(row['subject'], row['score']) for row in answer['ideas']]
                page = answer['next']
                if page is None:
                    return seen
        ties = [(subject, 120) for subject, in self.query("select subject from idea where subject ilike '%%middle' order by id desc")]
        self.assertEqual([('Best', 1000), *ties, ('Least', 1)], listed())
        self.assertEqual([], listed('sue'))
        best = self.query("select id from idea where subject = 'Best'")[0][0]
        update = {'idea': {'id': best, 'version': 1, 'state': 'done', 'ease': 2}, 'update_mask': ['state', 'ease']}
        self.refused('NOT_FOUND', 'NOT_FOUND', self.call('sue').write, 'IdeaService/UpdateIdea', update)
        changed = self.call('ann').write('IdeaService/UpdateIdea', update)
        self.assertEqual(('done', 200), (changed['state'], changed['score']))
        self.assertEqual([('Best', 200)], listed(state='done'))
        other = self.log_activity('sue', self.add_account('sue', 'Other')['id'])['id']
        for activity in (other, new_id()):
            self.refused('NOT_FOUND', 'ACTIVITY_NOT_FOUND', add, 'x', 1, 1, 1, activity_id=activity)
        self.refused('NOT_FOUND', 'NOT_FOUND', add, 'x', 1, 1, 1, login='sue')
        self.refused('INVALID_ARGUMENT', 'idea_ease_range', add, 'x', 1, 1, 11)


if __name__ == '__main__':
    unittest.main()
