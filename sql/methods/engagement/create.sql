-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.EngagementService/CreateEngagementPlan
-- kind: write
-- record: plan.id
-- roles: rep, manager
-- do:
select kam.save_engagement_plan(:record.id, null, '{}', :plan.account_id, :plan.opportunity_id, :plan.approach, :plan.note);
-- answer:
select {{engagement_plan_columns}}
 where p.id = :record.id;
