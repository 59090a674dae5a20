-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.TargetService/HandTargetAccounts
-- kind: write
-- record: list_id
-- roles: manager
-- do:
select kam.hand_target_accounts(:record.id, :account_ids, :user_id);
-- answer:
select {{target_list_columns}}
  from target_list l
  {{target_list_people}}
 cross join lateral (
    select {{target_counts}}
      from (select {{target_progress}} as progress
              from {{target_entries}}) y) n
 where l.id = :record.id;
