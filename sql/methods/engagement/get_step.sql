-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.EngagementService/GetEngagementStep
-- kind: read
-- roles: rep, manager
-- into: .
select {{engagement_step_columns}}
 where s.id = :id and s.remove_time is null;
