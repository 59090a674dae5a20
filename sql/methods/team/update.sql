-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.TeamService/UpdateTeam
-- kind: write
-- record: team.id
-- roles: manager
-- do:
select kam.update_team(:record.id, :team.version, :update_mask, :team.name, :team.parent_id) @mask(name, parent_id);
-- answer:
select {{team_columns}}
 where t.id = :record.id;
