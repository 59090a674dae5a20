-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.AccountMergeService/MergeAccounts
-- kind: write
-- record: id
-- roles: manager
-- do:
select kam.merge_accounts(:record.id, :survivor_id, :survivor_version, :merged_id, :merged_version, :reason);
-- answer:
select {{merge_columns}}
 where g.id = :record.id;
