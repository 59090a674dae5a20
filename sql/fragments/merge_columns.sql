-- SPDX-License-Identifier: Apache-2.0
g.id, g.survivor_id, s.code as survivor_code, s.name as survivor_name, g.merged_id, m.code as merged_code, m.name as merged_name, g.reason, g.merge_time,
       w.name as merged_by, g.merge_time + interval '30 days' as undo_before, g.undo_time, z.name as undone_by, g.filled_fields,
       g.part_entities as "parts[].entity", g.part_moved as "parts[].moved_count", g.part_kept as "parts[].kept_count"
  from account_merge g
  left join account s on s.id = g.survivor_id
  left join account m on m.id = g.merged_id
  left join app_user w on w.id = g.merged_by
  left join app_user z on z.id = g.undone_by
