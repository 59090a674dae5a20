-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.AccountService/ReassignAccount
-- kind: write
-- record: id
-- roles: manager
-- do:
select kam.reassign_account(:record.id, :version, :owner_id, :reason);
-- answer:
select {{account_columns}}
  from {{account_tables}}
 where a.id = :record.id;
