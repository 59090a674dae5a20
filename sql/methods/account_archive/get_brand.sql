-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.AccountArchiveService/GetBrand
-- kind: read
-- roles: rep, manager
-- into: .
select {{brand_columns}}
 where b.id = :id;
