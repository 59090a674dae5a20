-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.RouteService/GetRoute
-- kind: read
-- roles: rep, manager
-- into: .
select {{route_columns}}
 where r.id = :id;
