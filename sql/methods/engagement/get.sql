-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.EngagementService/GetEngagementPlan
-- kind: read
-- roles: rep, manager
-- into: .
select {{engagement_plan_columns}}
 where p.id = :id;
-- into: steps
select {{engagement_step_columns}}
 where s.plan_id = :id and s.remove_time is null
 order by s.position;
