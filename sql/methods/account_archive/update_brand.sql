-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.AccountArchiveService/UpdateBrand
-- kind: write
-- record: brand.id
-- roles: rep, manager
-- do:
update account_brand set @set(brand: name, relation, note)
 where id = :record.id and version = :brand.version;
-- answer:
select {{brand_columns}}
 where b.id = :record.id;
