-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.ContactService/AddTie
-- kind: write
-- record: tie.id
-- roles: rep, manager
-- do:
insert into contact_tie (id, kind, from_contact_id, to_contact_id, note)
select :record.id, :tie.kind, f.id, t.id, :tie.note
  from contact f, contact t
 where f.id = :tie.from_contact_id and t.id = :tie.to_contact_id;
-- answer:
select {{tie_columns}}
 where t.id = :record.id;
