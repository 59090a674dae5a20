-- SPDX-License-Identifier: Apache-2.0
-- Made where the year has none and none was seen, changed otherwise.
-- method: kam.v1.AnalysisService/SetAccountPlan
-- kind: write
-- record: plan.account_id
-- roles: rep, manager
-- do:
insert into account_plan (account_id, year, goals, actions, resources, review)
select a.id, :plan.year,
       case when 'goals' = any (:update_mask) then :plan.goals else '' end,
       case when 'actions' = any (:update_mask) then :plan.actions else '' end,
       case when 'resources' = any (:update_mask) then :plan.resources else '' end,
       case when 'review' = any (:update_mask) then :plan.review else '' end
  from account a
 where a.id = :record.id and :plan.version = 0
   and not exists (select from account_plan p where p.account_id = a.id and p.year = :plan.year);
-- do:
update account_plan
   set @set(plan: goals, actions, resources, review)
 where account_id = :record.id and year = :plan.year and version = :plan.version;
-- answer:
select :plan.year::int as year, {{account_plan_columns}}
  left join account_plan p on p.account_id = a.id and p.year = :plan.year
  left join app_user e on e.id = p.updated_by
 where a.id = :record.id;
