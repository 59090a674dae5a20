-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.RouteService/UpdateRoute
-- kind: write
-- record: route.id
-- roles: rep, manager
-- do:
select kam.save_route(:record.id, :route.version, :update_mask, :route.name, :route.note, :route.owner_id, :route.account_ids)
       @mask(name, note, owner_id, account_ids);
-- answer:
select {{route_columns}}
 where r.id = :record.id;
