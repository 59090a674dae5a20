-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.RouteService/CreateRoute
-- kind: write
-- record: route.id
-- roles: rep, manager
-- do:
select kam.save_route(:record.id, null, '{}', :route.name, :route.note, :route.owner_id, :route.account_ids);
-- answer:
select {{route_columns}}
 where r.id = :record.id;
