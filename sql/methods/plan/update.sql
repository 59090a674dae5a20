-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.VisitPlanService/UpdateVisitPlan
-- kind: write
-- record: visit_plan.id
-- roles: rep, manager
-- do:
select kam.save_visit_plan(:record.id, :visit_plan.version, :update_mask, null, null, :visit_plan.owner_id, :visit_plan.kind, :visit_plan.subject,
                           :visit_plan.repeat, :visit_plan.every, :visit_plan.weekdays, :visit_plan.month_day, :visit_plan.starts_on, :visit_plan.ends_on,
                           :visit_plan.time_of_day, :visit_plan.duration_minutes)
       @mask(owner_id, kind, subject, repeat, every, weekdays, month_day, starts_on, ends_on, time_of_day, duration_minutes);
-- answer:
select {{plan_columns}}
 where p.id = :record.id;
