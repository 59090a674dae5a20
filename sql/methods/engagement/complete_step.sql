-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.EngagementService/CompleteEngagementStep
-- kind: write
-- record: id
-- roles: rep, manager
-- do:
select kam.complete_engagement_step(:record.id, :version, :activity_id);
-- answer:
select {{engagement_step_columns}}
 where s.id = :record.id;
