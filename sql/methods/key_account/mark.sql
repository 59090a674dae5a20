-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.KeyAccountService/MarkKeyAccounts
-- kind: write
-- record: id
-- roles: manager
-- do:
select kam.mark_key_accounts(:record.id);
-- answer:
select k.id, k.create_time, u.name as created_by, k.buyer_count, k.key_count, k.added_count, k.removed_count, k.left_out_count
  from key_marking k
  left join app_user u on u.id = k.created_by
 where k.id = :record.id;
