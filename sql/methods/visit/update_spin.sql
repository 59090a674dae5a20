-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.VisitService/UpdateSpin
-- kind: write
-- record: spin.activity_id
-- roles: rep, manager
-- do:
select kam.hold_activity(:record.id, null, false);
-- do:
insert into activity_spin (activity_id, account_id, situation_questions, situation_answers, problem_questions, problem_answers, implication_questions, implication_answers, need_payoff_questions, need_payoff_answers)
select x.id, x.account_id,
       case when 'situation_questions' = any (:update_mask) then :spin.situation_questions else '' end,
       case when 'situation_answers' = any (:update_mask) then :spin.situation_answers else '' end,
       case when 'problem_questions' = any (:update_mask) then :spin.problem_questions else '' end,
       case when 'problem_answers' = any (:update_mask) then :spin.problem_answers else '' end,
       case when 'implication_questions' = any (:update_mask) then :spin.implication_questions else '' end,
       case when 'implication_answers' = any (:update_mask) then :spin.implication_answers else '' end,
       case when 'need_payoff_questions' = any (:update_mask) then :spin.need_payoff_questions else '' end,
       case when 'need_payoff_answers' = any (:update_mask) then :spin.need_payoff_answers else '' end
  from activity x
 where x.id = :record.id and :spin.version = 0 and not exists (select from activity_spin p where p.activity_id = x.id);
-- do:
update activity_spin set @set(spin: situation_questions, situation_answers, problem_questions, problem_answers, implication_questions, implication_answers, need_payoff_questions, need_payoff_answers)
 where activity_id = :record.id and version = :spin.version;
-- answer:
select {{spin_columns}}
 where x.id = :record.id;
