-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.EngagementService/EndEngagementPlan
-- kind: write
-- record: id
-- roles: rep, manager
-- do:
select kam.end_engagement_plan(:record.id, :version, :is_dropped, :reason);
-- answer:
select {{engagement_plan_columns}}
 where p.id = :record.id;
