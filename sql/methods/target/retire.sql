-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.TargetService/RetireTargetList
-- kind: write
-- record: id
-- roles: manager
-- do:
select kam.retire_target_list(:record.id, :version, :reason);
-- answer:
select {{target_list_columns}}
  from target_list l
  {{target_list_people}}
 cross join lateral (
    select {{target_counts}}
      from (select {{target_progress}} as progress
              from {{target_entries}}) y) n
 where l.id = :record.id;
