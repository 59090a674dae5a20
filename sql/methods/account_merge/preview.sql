-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.AccountMergeService/PreviewMerge
-- kind: read
-- roles: manager
-- into: .
select s.code as survivor_code, s.name as survivor_name, s.version as survivor_version, m.code as merged_code, m.name as merged_name, m.version as merged_version,
       p.filled_fields
  from kam.preview_merge(:survivor_id, :merged_id) p
  join account s on s.id = :survivor_id
  join account m on m.id = :merged_id
 where p.entity = 'account';
-- into: parts
select p.entity, p.moved as moved_count, p.kept as kept_count
  from kam.preview_merge(:survivor_id, :merged_id) p
 where p.entity <> 'account'
 order by p.moved desc, p.entity;
