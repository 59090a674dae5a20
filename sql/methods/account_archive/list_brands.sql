-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.AccountArchiveService/ListBrands
-- kind: read
-- roles: rep, manager
-- into: brands
select b.name as "page.1", b.id as "page.2", {{brand_columns}}
 where b.account_id = :account_id and (:include_retired or b.retire_time is null)
   and (b.name, b.id) > ((select coalesce(:page.1, '')), (select coalesce(:page.2::uuid, '00000000-0000-0000-0000-000000000000')))
 order by b.name, b.id
 limit :page.limit;
