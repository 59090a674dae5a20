-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.OpportunityService/SetOpportunityAnswer
-- kind: write
-- record: answer.opportunity_id
-- version: answer.version
-- roles: rep, manager
-- do:
select kam.hold_opportunity(:record.id);
-- do:
insert into opportunity_answer (opportunity_id, account_id, question, answer)
select o.id, o.account_id, :answer.question, :answer.answer
  from opportunity o
 where o.id = :record.id and :answer.version = 0 and not exists (select from opportunity_answer p where p.opportunity_id = o.id and p.question = :answer.question);
-- do:
update opportunity_answer set answer = :answer.answer @mask(question, answer)
 where opportunity_id = :record.id and question = :answer.question and version = :answer.version;
-- answer:
select {{opportunity_answer_columns}}
 where o.id = :record.id and p.question = :answer.question;
