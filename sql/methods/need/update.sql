-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.NeedService/UpdateNeed
-- kind: write
-- record: need.id
-- roles: rep, manager
-- do:
update need set @set(need: contact_id, kind, scope, level, expression, text, activity_id, state)
 where id = :record.id and version = :need.version;
-- answer:
select {{need_columns}}
 where n.id = :record.id;
