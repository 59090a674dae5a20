-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.IdeaService/CreateIdea
-- kind: write
-- record: idea.id
-- roles: rep, manager
-- do:
select kam.require(exists (select from activity x where x.id = :idea.activity_id and x.account_id = :idea.account_id), 5, 'ACTIVITY_NOT_FOUND',
                   'There is no such activity at this account.'),
       kam.hold_activity(:idea.activity_id, null, false)
 where :idea.activity_id::uuid is not null;
-- do:
insert into idea (id, account_id, activity_id, subject, impact, confidence, ease, state, note)
select :record.id, a.id, :idea.activity_id, :idea.subject, :idea.impact, :idea.confidence, :idea.ease, coalesce(:idea.state, 'open'), :idea.note
  from account a
 where a.id = :idea.account_id;
-- answer:
select {{idea_columns}}
 where i.id = :record.id;
