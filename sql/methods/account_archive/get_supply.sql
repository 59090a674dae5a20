-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.AccountArchiveService/GetSupply
-- kind: read
-- roles: rep, manager
-- into: .
select {{supply_columns}}
 where s.id = :id;
