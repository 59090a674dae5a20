-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.AccountService/GetAccount
-- kind: read
-- roles: rep, manager
-- into: .
select {{account_columns}}
  from {{account_tables}}
 where a.id = (select coalesce(:id, (select id from account where code = :code)));
-- roles: service
-- into: .
select a.id, a.code, a.name, a.phone, a.registered_address, a.delivery_address, a.owner_id, o.name as owner_name, a.version
  from account a join app_user o on o.id = a.owner_id
 where a.id = (select coalesce(:id, (select id from account where code = :code)));
