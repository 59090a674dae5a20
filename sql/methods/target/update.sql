-- SPDX-License-Identifier: Apache-2.0
-- A period keeps its days where none is given.
-- method: kam.v1.TargetService/UpdateTargetList
-- kind: write
-- record: list.id
-- roles: manager
-- do:
update target_list
   set @set(list: name, note),
       starts_on = case when 'starts_on' = any (:update_mask) then coalesce(:list.starts_on, starts_on) else starts_on end,
       ends_on = case when 'ends_on' = any (:update_mask) then coalesce(:list.ends_on, ends_on) else ends_on end @mask(starts_on, ends_on)
 where id = :record.id and version = :list.version;
-- answer:
select {{target_list_columns}}
  from target_list l
  {{target_list_people}}
 cross join lateral (
    select {{target_counts}}
      from (select {{target_progress}} as progress
              from {{target_entries}}) y) n
 where l.id = :record.id;
