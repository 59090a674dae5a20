-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.RouteService/RetireRoute
-- kind: write
-- record: id
-- roles: rep, manager
-- do:
select kam.retire_route(:record.id, :version, :reason);
-- answer:
select {{route_columns}}
 where r.id = :record.id;
