-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.TeamService/GetTeam
-- kind: read
-- roles: rep, manager, service
-- into: .
select {{team_columns}}
 where t.id = :id;
