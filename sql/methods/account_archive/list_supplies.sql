-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.AccountArchiveService/ListSupplies
-- kind: read
-- roles: rep, manager
-- into: supplies
select s.supplier as "page.1", s.id as "page.2", {{supply_columns}}
 where s.account_id = :account_id and (:include_past or s.ended_on is null)
   and (s.supplier, s.id) > ((select coalesce(:page.1, '')), (select coalesce(:page.2::uuid, '00000000-0000-0000-0000-000000000000')))
 order by s.supplier, s.id
 limit :page.limit;
