-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.AccountMergeService/UndoMerge
-- kind: write
-- record: merged_id
-- roles: manager
-- do:
select kam.undo_merge(:record.id, :reason);
-- answer:
select {{merge_columns}}
 where g.merged_id = :record.id
 order by g.merge_time desc
 limit 1;
