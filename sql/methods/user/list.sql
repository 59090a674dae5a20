-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.UserService/ListUsers
-- kind: read
-- roles: rep, manager, service
-- into: users
select u.login as "page.1", {{user_columns}}
 where (:team_id::uuid is null or u.team_id in (select c.descendant_id from team_closure c where c.ancestor_id = :team_id))
   and (:role::text is null or u.role = :role)
   and (:include_disabled or u.disable_time is null)
   and u.login > (select coalesce(:page.1, ''))
 order by u.login
 limit :page.limit;
