-- SPDX-License-Identifier: Apache-2.0
-- Names are joined by a character that no name holds and that sorts before all others, so that a team stands right after the one above it.
-- method: kam.v1.TeamService/ListTeams
-- kind: read
-- page: 200
-- roles: rep, manager, service
-- into: teams
select p.sort_key collate "C" as "page.1", t.id as "page.2", {{team_columns}}
 where (:include_retired or t.retire_time is null)
   and (p.sort_key collate "C", t.id) > ((select coalesce(:page.1, '')), (select coalesce(:page.2::uuid, '00000000-0000-0000-0000-000000000000')))
 order by p.sort_key collate "C", t.id
 limit :page.limit;
