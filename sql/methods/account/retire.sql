-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.AccountService/RetireAccount
-- kind: write
-- record: id
-- roles: rep, manager
-- do:
select kam.set_account_retired(:record.id, :version, true, :reason);
-- answer:
select {{account_columns}}
  from {{account_tables}}
 where a.id = :record.id;
