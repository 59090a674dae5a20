-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.EngagementService/RemoveEngagementStep
-- kind: write
-- record: id
-- roles: rep, manager
-- do:
select kam.remove_engagement_step(:record.id, :version);
-- answer:
select {{engagement_step_columns}}
 where s.id = :record.id;
