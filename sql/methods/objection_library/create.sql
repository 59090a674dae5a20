-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.ObjectionLibraryService/CreateObjectionEntry
-- kind: write
-- record: entry.id
-- roles: rep, manager
-- do:
select kam.require(exists (select from objection o where o.id = :objection_id), 5, 'OBJECTION_NOT_FOUND', 'There is no such objection within your reach.')
 where :objection_id::uuid is not null;
-- do:
select kam.require(:entry.objection <> '' or :objection_id::uuid is not null, 3, 'FIELD_REQUIRED', 'An entry needs an objection.',
                   '{"violations": [{"field": "entry.objection", "description": "must be set"}]}');
-- do:
insert into objection_entry (id, objection, topic, state, features, advantages, benefits, evidence)
select :record.id, coalesce(nullif(:entry.objection, ''), (select o.objection from objection o where o.id = :objection_id)), :entry.topic,
       case kam.caller_role() when 'manager' then 'published' else 'proposed' end,
       :entry.answers[].feature, :entry.answers[].advantage, :entry.answers[].benefit, :entry.answers[].evidence;
-- do:
update objection set entry_id = :record.id where id = :objection_id;
-- answer:
select {{objection_entry_columns}}
 where x.id = :record.id;
