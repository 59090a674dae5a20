-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.RhythmService/ListRhythms
-- kind: read
-- roles: rep, manager
-- into: rhythms
select h.number as "page.1", h.id, h.number, h.reason, u.name as created_by, h.create_time
  from rhythm h
  left join app_user u on u.id = h.created_by
 where h.number < (select coalesce(:page.1, 2147483647))
 order by h.number desc
 limit :page.limit;
