-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.KeyAccountService/ListKeyMarkings
-- kind: read
-- roles: rep, manager
-- into: markings
select k.create_time as "page.1", k.id as "page.2", k.id, k.create_time, u.name as created_by, k.buyer_count, k.key_count, k.added_count, k.removed_count, k.left_out_count
  from key_marking k
  left join app_user u on u.id = k.created_by
 where (k.create_time, k.id) < ((select coalesce(:page.1::timestamptz, 'infinity')), (select coalesce(:page.2::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')))
 order by k.create_time desc, k.id desc
 limit :page.limit;
