-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.TeamService/CreateTeam
-- kind: write
-- record: team.id
-- roles: manager
-- do:
select kam.require(:team.name <> '', 3, 'FIELD_REQUIRED', 'A team needs a name.', '{"violations": [{"field": "team.name", "description": "must be set"}]}'),
       kam.require(:team.parent_id is not null, 3, 'FIELD_REQUIRED', 'A team needs a team above it.',
                   '{"violations": [{"field": "team.parent_id", "description": "must be set"}]}');
-- do:
insert into team (id, name, parent_id)
select :record.id, :team.name, p.id
  from team p join team_closure c on c.descendant_id = p.id and c.ancestor_id = kam.caller_team_id()
 where p.id = :team.parent_id and p.retire_time is null;
-- answer:
select {{team_columns}}
 where t.id = :record.id;
