-- SPDX-License-Identifier: Apache-2.0
-- There are few lists, so all that the caller may see are looked at.
-- method: kam.v1.TargetService/ListTargetLists
-- kind: read
-- page: 20
-- roles: rep, manager
-- into: lists
with page as materialized (
    select l.id
      from target_list l
     where (:owner_id::uuid is null or l.owner_id = :owner_id)
       and (:include_ended or l.ends_on >= kam.today()) and (:include_retired or l.retire_time is null)
       and (l.ends_on, l.id) < ((select coalesce(:page.1::date, 'infinity')), (select coalesce(:page.2::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')))
     order by l.ends_on desc, l.id desc
     limit :page.limit)
select l.ends_on as "page.1", l.id as "page.2", {{target_list_columns}}
  from page join target_list l on l.id = page.id
  {{target_list_people}}
 cross join lateral (
    select {{target_counts}}
      from (select {{target_progress}} as progress
              from {{target_entries}}) y) n
 order by l.ends_on desc, l.id desc;
