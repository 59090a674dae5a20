-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.ContactService/ListRelationshipChanges
-- kind: read
-- roles: rep, manager
-- into: changes
select r.id, r.position_id, r.level, r.changed_on, r.activity_id, r.note, u.name as recorded_by, r.record_time, r.changed_on as "page.1", r.id as "page.2"
  from relationship_change r left join app_user u on u.id = r.recorded_by
 where r.position_id = :position_id
   and (r.changed_on, r.id) < ((select coalesce(:page.1::date, 'infinity')), (select coalesce(:page.2::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')))
 order by r.changed_on desc, r.id desc
 limit :page.limit;
