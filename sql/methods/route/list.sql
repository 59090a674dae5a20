-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.RouteService/ListRoutes
-- kind: read
-- roles: rep, manager
-- into: routes
select r.name as "page.1", r.id as "page.2", {{route_columns}}
 where (:owner_id::uuid is null or r.owner_id = :owner_id)
   and (:include_retired or r.retire_time is null)
   and (r.name, r.id) > ((select coalesce(:page.1, '')), (select coalesce(:page.2::uuid, '00000000-0000-0000-0000-000000000000')))
 order by r.name, r.id
 limit :page.limit;
