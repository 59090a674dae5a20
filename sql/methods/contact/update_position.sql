-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.ContactService/UpdatePosition
-- kind: write
-- record: position.id
-- roles: rep, manager
-- do:
update position set @set(position: title, department, level, reports_to_id, buying_roles, stance, is_insider, influence, since, counterpart_id, trust, commitment,
                         switching_cost)
 where id = :record.id and version = :position.version;
-- answer:
select {{position_columns}}
 where p.id = :record.id;
