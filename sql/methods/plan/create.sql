-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.VisitPlanService/CreateVisitPlan
-- kind: write
-- record: visit_plan.id
-- roles: rep, manager
-- do:
select kam.save_visit_plan(:record.id, null, '{}', :visit_plan.account_id, :visit_plan.route_id, :visit_plan.owner_id, :visit_plan.kind, :visit_plan.subject,
                           :visit_plan.repeat, :visit_plan.every, :visit_plan.weekdays, :visit_plan.month_day, :visit_plan.starts_on, :visit_plan.ends_on,
                           :visit_plan.time_of_day, :visit_plan.duration_minutes);
-- answer:
select {{plan_columns}}
 where p.id = :record.id;
