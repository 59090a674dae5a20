-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.AccountArchiveService/CreateSupply
-- kind: write
-- record: supply.id
-- roles: rep, manager
-- do:
select kam.require(:supply.supplier <> '', 3, 'FIELD_REQUIRED', 'A supply needs a supplier.', '{"violations": [{"field": "supply.supplier", "description": "must be set"}]}');
-- do:
insert into account_supply (id, account_id, supplier, product, since, won_by, shortcomings, willingness, share)
select :record.id, a.id, :supply.supplier, :supply.product, :supply.since, :supply.won_by, :supply.shortcomings, :supply.willingness, :supply.share
  from account a
 where a.id = :supply.account_id;
-- answer:
select {{supply_columns}}
 where s.id = :record.id;
