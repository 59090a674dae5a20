-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.EngagementService/UpdateEngagementStep
-- kind: write
-- record: step.id
-- roles: rep, manager
-- do:
select kam.update_engagement_step(:record.id, :step.version, :update_mask, :step.position, :step.contact_id, :step.user_id, :step.by_on, :step.relationship, :step.note)
       @mask(position, contact_id, user_id, by_on, relationship, note);
-- answer:
select {{engagement_step_columns}}
 where s.id = :record.id;
