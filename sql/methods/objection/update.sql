-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.ObjectionService/UpdateObjection
-- kind: write
-- record: objection.id
-- roles: rep, manager
-- do:
select kam.hold_activity(o.activity_id, case when 'contact_id' = any (:update_mask) then :objection.contact_id end, false)
  from objection o
 where o.id = :record.id;
-- do:
select kam.require(exists (select from objection_entry x where x.id = :objection.entry_id), 5, 'ENTRY_NOT_FOUND', 'There is no such entry in the library.')
 where 'entry_id' = any (:update_mask) and :objection.entry_id::uuid is not null;
-- do:
update objection
   set outcome = case when 'outcome' = any (:update_mask) then coalesce(:objection.outcome, 'open') else outcome end @mask(outcome),
       @set(objection: objection, contact_id, listen, share, clarify, present, ask, entry_id)
 where id = :record.id and version = :objection.version;
-- answer:
select {{objection_columns}}
 where o.id = :record.id;
