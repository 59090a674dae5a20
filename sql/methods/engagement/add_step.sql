-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.EngagementService/AddEngagementStep
-- kind: write
-- record: step.id
-- roles: rep, manager
-- do:
select kam.add_engagement_step(:record.id, :step.plan_id, :step.position, :step.contact_id, :step.user_id, :step.by_on, :step.relationship, :step.note);
-- answer:
select {{engagement_step_columns}}
 where s.id = :record.id;
