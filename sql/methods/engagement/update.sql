-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.EngagementService/UpdateEngagementPlan
-- kind: write
-- record: plan.id
-- roles: rep, manager
-- do:
select kam.save_engagement_plan(:record.id, :plan.version, :update_mask, null, :plan.opportunity_id, :plan.approach, :plan.note)
       @mask(opportunity_id, approach, note);
-- answer:
select {{engagement_plan_columns}}
 where p.id = :record.id;
