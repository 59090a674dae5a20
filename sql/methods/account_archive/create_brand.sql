-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.AccountArchiveService/CreateBrand
-- kind: write
-- record: brand.id
-- roles: rep, manager
-- do:
select kam.require(:brand.name <> '', 3, 'FIELD_REQUIRED', 'A brand needs a name.', '{"violations": [{"field": "brand.name", "description": "must be set"}]}');
-- do:
insert into account_brand (id, account_id, name, relation, note)
select :record.id, a.id, :brand.name, :brand.relation, :brand.note
  from account a
 where a.id = :brand.account_id;
-- answer:
select {{brand_columns}}
 where b.id = :record.id;
