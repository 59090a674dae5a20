-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.TargetService/GetTargetList
-- kind: read
-- roles: rep, manager
-- into: .
select {{target_list_columns}}
  from target_list l
  {{target_list_people}}
 cross join lateral (
    select {{target_counts}}
      from (select {{target_progress}} as progress
              from {{target_entries}}) y) n
 where l.id = :id;
-- into: shares
select w.user_id, u.name as user_name, w.entries as "counts.entries", w.untouched as "counts.untouched", w.contacted as "counts.contacted",
       w.developing as "counts.developing", w.won as "counts.won"
  from (select y.user_id, {{target_counts}}
          from (select t.user_id, {{target_progress}} as progress
                  from target_list l
                 cross join company f
                  join target_entry t on t.list_id = l.id and t.remove_time is null
                  join account a on a.id = t.account_id and a.retire_time is null
                 where l.id = :id) y
         group by y.user_id) w
  join app_user u on u.id = w.user_id
 order by w.entries desc, u.name, w.user_id
 limit 2000;
