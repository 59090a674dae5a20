-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.NeedService/GetNeed
-- kind: read
-- roles: rep, manager
-- into: .
select {{need_columns}}
 where n.id = :id;
