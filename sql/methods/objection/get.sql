-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.ObjectionService/GetObjection
-- kind: read
-- roles: rep, manager
-- into: .
select {{objection_columns}}
 where o.id = :id;
