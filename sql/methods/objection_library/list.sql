-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.ObjectionLibraryService/ListObjectionEntries
-- kind: read
-- roles: rep, manager
-- into: entries
select x.create_time as "page.1", x.id as "page.2", {{objection_entry_columns}}
 where (:text::text = '' or x.id in (select kam.find_objection_entries(:text)))
   and (x.state = :state or (:state::text is null and x.state in ('proposed', 'published')))
   and (x.create_time, x.id) < ((select coalesce(:page.1::timestamptz, 'infinity')), (select coalesce(:page.2::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')))
 order by x.create_time desc, x.id desc
 limit :page.limit;
