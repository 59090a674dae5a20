-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.NeedService/CreateNeed
-- kind: write
-- record: need.id
-- roles: rep, manager
-- do:
insert into need (id, account_id, contact_id, kind, scope, level, expression, text, activity_id, state)
select :record.id, a.id, :need.contact_id, :need.kind, :need.scope, :need.level, :need.expression, :need.text, :need.activity_id, coalesce(:need.state, 'open')
  from account a
 where a.id = :need.account_id;
-- answer:
select {{need_columns}}
 where n.id = :record.id;
