-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.AccountService/RemoveAccountMember
-- kind: write
-- record: id
-- roles: rep, manager
-- do:
select kam.set_account_member(:record.id, :user_id, false);
-- answer:
select {{account_columns}}
  from {{account_tables}}
 where a.id = :record.id;
