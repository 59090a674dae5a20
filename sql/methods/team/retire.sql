-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.TeamService/RetireTeam
-- kind: write
-- record: id
-- roles: manager
-- do:
select kam.retire_team(:record.id, :version);
-- answer:
select {{team_columns}}
 where t.id = :record.id;
