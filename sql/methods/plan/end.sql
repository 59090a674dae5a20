-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.VisitPlanService/EndVisitPlan
-- kind: write
-- record: id
-- roles: rep, manager
-- do:
select kam.end_visit_plan(:record.id, :version, :reason);
-- answer:
select {{plan_columns}}
 where p.id = :record.id;
