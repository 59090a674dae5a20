#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What an activity carries: preparation and feedback of a visit, the SPIN sheet, comments, and that a correction takes them over."""
import unittest

from stage import Stage, new_id


class ActivityPartsTest(Stage):
    def setUp(self):
        super().setUp()
        self.acme = self.add_account('ann', 'Acme')['id']
        self.done = self.log_activity('ann', self.acme, 'First visit')['id']

    def get(self, activity_id, login='ann'):
        answer = self.call(login).read('ActivityService/GetActivity', {'id': activity_id})
        return {**answer['.'], **{name: answer[name] for name in ('visit', 'spin', 'comments')}}

    def update_visit(self, login, activity_id, version, **fields):
        return self.call(login).write('VisitService/UpdateVisit', {'visit': {'activity_id': activity_id, 'version': version, **fields}, 'update_mask': list(fields)})

    def update_spin(self, login, activity_id, version, **fields):
        return self.call(login).write('VisitService/UpdateSpin', {'spin': {'activity_id': activity_id, 'version': version, **fields}, 'update_mask': list(fields)})

    def comment(self, login, activity_id, text):
        return self.call(login).write('CommentService/AddComment', {'comment': {'activity_id': activity_id, 'text': text}})

    def new_for(self, login):
        return [row['text'] for row in self.call(login).read('CommentService/ListNewComments', {})['comments']]

    def correct(self, activity_id, version=1, login='ann'):
        return self.call(login).write('ActivityService/CorrectActivity', {
            'id': activity_id, 'version': version, 'reason': 'typo', 'activity': {'account_id': self.acme, 'kind': 'visit', 'subject': 'Corrected'}})

    # ---- visits ----

    def test_prepare_then_feedback(self):
        contact = self.add_contact('ann', 'Li', self.acme)['id']
        plan = self.plan_activity('ann', self.acme)['id']
        empty = self.call('ann').read('VisitService/GetVisit', {'activity_id': plan})['.']
        self.assertEqual((0, 'Visit', 'Acme', None), tuple(empty[name] for name in ('version', 'subject', 'account_name', 'address')))
        self.assertFalse(self.get(plan)['visit'])
        answer = self.update_visit('ann', plan, 0, contact_id=contact, appointment='confirmed', address='Gate 3', route='Line 2', material='Catalogue')
        self.assertEqual((1, 'Li', 'confirmed', 'Gate 3', 'Line 2', 'Catalogue', None), tuple(answer[name] for name in (
            'version', 'contact_name', 'appointment', 'address', 'route', 'material', 'customer_class')))
        feedback = {'reaction': 'keen', 'customer_class': 'a', 'next_step': 'send a sample'}
        self.refused('FAILED_PRECONDITION', 'ACTIVITY_NOT_DONE', self.update_visit, 'ann', plan, 1, **feedback)
        self.call('ann').write('ActivityService/CompleteActivity', {'id': plan, 'version': 1, 'next_step': {
            'kind': 'call', 'subject': 'Call', 'time': '2030-01-01 00:00:00+00'}})
        answer = self.update_visit('north', plan, 1, **feedback)
        self.assertEqual((2, 'Gate 3', 'a', 'keen', 'send a sample', 'North'), tuple(answer[name] for name in (
            'version', 'address', 'customer_class', 'reaction', 'next_step', 'updated_by')))
        seen = self.get(plan)
        self.assertEqual((seen['next_activity_id'], 'Li'), tuple(seen['visit'][0][name] for name in ('follow_up_call_id', 'contact_name')))
        self.assertEqual(['activity_visit', 'activity', 'activity_visit', 'activity'], [change['entity'] for change in self.changes(plan)])

    def test_stale_and_out_of_reach(self):
        self.update_visit('ann', self.done, 0, address='x')
        self.refused('ABORTED', 'VERSION_CONFLICT', self.update_visit, 'ann', self.done, 0, address='y')
        self.refused('ABORTED', 'VERSION_CONFLICT', self.update_visit, 'ann', self.done, 7, address='y')
        self.update_spin('ann', self.done, 0, problem_questions='x')
        self.refused('ABORTED', 'VERSION_CONFLICT', self.update_spin, 'ann', self.done, 0, problem_questions='y')
        other = self.add_account('sue', 'Other')['id']
        stranger = self.add_contact('sue', 'Zhao', other)['id']
        self.refused('NOT_FOUND', 'CONTACT_NOT_AT_ACCOUNT', self.update_visit, 'ann', self.done, 1, contact_id=stranger)
        self.refused('NOT_FOUND', 'CONTACT_NOT_AT_ACCOUNT', self.update_visit, 'ann', self.done, 1, contact_id=new_id())
        for login in ('sue', 'bob', 'south'):
            self.refused('NOT_FOUND', 'NOT_FOUND', self.update_visit, login, self.done, 1, address='y')
            self.refused('NOT_FOUND', 'NOT_FOUND', self.update_spin, login, self.done, 1, problem_questions='y')
            self.refused('NOT_FOUND', 'NOT_FOUND', self.comment, login, self.done, 'y')
            self.refused('NOT_FOUND', 'NOT_FOUND', self.call(login).write, 'CommentService/MarkCommentsSeen', {'activity_id': self.done})
            self.refused('NOT_FOUND', 'NOT_FOUND', self.call(login).read, 'VisitService/GetSpin', {'activity_id': self.done})
        self.refused('NOT_FOUND', 'NOT_FOUND', self.comment, 'ann', new_id(), 'y')

    def test_spin(self):
        fields = {f'{part}_{what}': f'{part} {what}' for part in ('situation', 'problem', 'implication', 'need_payoff') for what in ('questions', 'answers')}
        self.update_spin('ann', self.done, 0, situation_questions='who', problem_answers='late')
        self.update_spin('ann', self.done, 1, **fields)
        sheet = self.call('boss').read('VisitService/GetSpin', {'activity_id': self.done})['.']
        self.assertEqual({**fields, 'version': 2}, {name: sheet[name] for name in (*fields, 'version')})

    # ---- comments ----

    def test_comment_answer_seen(self):
        first = self.comment('north', self.done, 'Who decides there?')
        self.assertEqual(('North', 'Ann', 'First visit', 'Acme', None),
                         tuple(first[name] for name in ('author_name', 'recipient_name', 'subject', 'account_name', 'seen_time')))
        self.comment('boss', self.done, 'Well done')
        self.assertEqual(['Well done', 'Who decides there?'], self.new_for('ann'))
        self.assertEqual([], self.new_for('north'))
        # An answer goes to who spoke last, and shows that the questions were seen.
        answer = self.comment('ann', self.done, 'Mr Li does')
        self.assertEqual(('Boss', []), (answer['recipient_name'], self.new_for('ann')))
        self.assertEqual(['Mr Li does'], self.new_for('boss'))
        self.call('boss').write('CommentService/MarkCommentsSeen', {'activity_id': self.done})
        self.assertEqual([], self.new_for('boss'))
        self.call('boss').write('CommentService/MarkCommentsSeen', {'activity_id': self.done})
        seen = self.get(self.done)['comments']
        self.assertEqual(['Who decides there?', 'Well done', 'Mr Li does'], [row['text'] for row in seen])
        self.assertTrue(all(row['seen_time'] for row in seen))

    def test_who_comments_and_who_is_told(self):
        self.call('ann').write('AccountService/AddAccountMember', {'id': self.acme, 'user_id': self.users['bob']})
        self.refused('PERMISSION_DENIED', 'NOT_YOURS_TO_COMMENT', self.comment, 'bob', self.done, 'x')
        self.refused('PERMISSION_DENIED', 'ROLE', self.comment, 'desk', self.done, 'x')
        self.assertEqual(None, self.comment('ann', self.done, 'A remark of my own')['recipient_id'])
        # Marking what was said to others changes nothing.
        self.comment('north', self.done, 'For Ann')
        self.call('boss').write('CommentService/MarkCommentsSeen', {'activity_id': self.done})
        self.assertEqual(['For Ann'], self.new_for('ann'))
        # The account went to another: its new owner is told.
        self.call('boss').write('AccountService/ReassignAccount', {'id': self.acme, 'version': 1, 'owner_id': self.users['sue'], 'reason': 'x'})
        self.assertEqual([], self.new_for('ann'), 'what is out of reach is not shown')
        self.assertEqual('Sue', self.comment('boss', self.done, 'Take over')['recipient_name'])
        self.assertEqual(['Take over'], self.new_for('sue'))

    def test_comments_stay_as_they_were_written(self):
        comment = self.comment('north', self.done, 'Truth')
        for login in ('ann', 'north', 'boss'):
            caller = self.call(login)
            for sql in ("update activity_comment set text = 'Lie'", 'update activity_comment set seen_time = now()', 'delete from activity_comment'):
                with caller.connection.cursor() as cursor:
                    caller.begin_read(cursor)
                    with self.assertRaisesRegex(Exception, 'permission denied'):
                        cursor.execute(sql)
                caller.connection.rollback()
        self.assertEqual([('Truth',)], self.query('select text from activity_comment where id = %s', comment['id']))

    def test_pages_of_new_comments(self):
        for number in range(5):
            self.comment('north', self.done, f'C{number}')
        seen, page = [], None
        while True:
            answer = self.call('ann').read('CommentService/ListNewComments', {}, page=page, page_size=2)
            seen += [row['text'] for row in answer['comments']]
            page = answer['next']
            if page is None:
                break
        self.assertEqual(['C4', 'C3', 'C2', 'C1', 'C0'], seen)

    # ---- corrections ----

    def test_a_correction_takes_everything_over(self):
        self.update_visit('ann', self.done, 0, reaction='keen')
        self.update_spin('ann', self.done, 0, problem_answers='late')
        self.comment('north', self.done, 'Who?')
        first = self.correct(self.done)['id']
        second = self.correct(first)['id']
        seen = self.get(second)
        self.assertEqual(('keen', 'late', ['Who?']), (seen['visit'][0]['reaction'], seen['spin'][0]['problem_answers'], [row['text'] for row in seen['comments']]))
        self.assertEqual(['Corrected'], [row['subject'] for row in self.call('ann').read('CommentService/ListNewComments', {})['comments']])
        for old in (self.done, first):
            seen = self.get(old)
            self.assertFalse(seen['visit'] or seen['spin'] or seen['comments'])
        refusal = self.refused('FAILED_PRECONDITION', 'ACTIVITY_CORRECTED', self.comment, 'north', first, 'late')
        self.assertEqual(second, refusal.detail['metadata']['corrected_by_id'])
        self.refused('FAILED_PRECONDITION', 'ACTIVITY_CORRECTED', self.update_visit, 'ann', first, 0, reaction='late')
        # By hand nothing can be carried elsewhere.
        other = self.log_activity('ann', self.acme, 'Other')['id']
        caller = self.call('ann')
        with caller.connection.cursor() as cursor:
            caller.begin_read(cursor)
            cursor.execute('select kam.carry_activity_parts(%s, %s)', (second, other))
        caller.connection.commit()
        self.assertEqual([(second,)], self.query('select activity_id from activity_visit'))


if __name__ == '__main__':
    unittest.main()
