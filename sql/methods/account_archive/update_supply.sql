-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.AccountArchiveService/UpdateSupply
-- kind: write
-- record: supply.id
-- roles: rep, manager
-- do:
update account_supply set @set(supply: supplier, product, since, won_by, shortcomings, willingness, share)
 where id = :record.id and version = :supply.version;
-- answer:
select {{supply_columns}}
 where s.id = :record.id;
