-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.ObjectionService/CreateObjection
-- kind: write
-- record: objection.id
-- roles: rep, manager
-- do:
select kam.hold_activity(:objection.activity_id, :objection.contact_id, false);
-- do:
select kam.require(:objection.entry_id::uuid is null or exists (select from objection_entry x where x.id = :objection.entry_id), 5, 'ENTRY_NOT_FOUND',
                   'There is no such entry in the library.');
-- do:
insert into objection (id, activity_id, account_id, contact_id, objection, listen, share, clarify, present, ask, outcome, entry_id)
select :record.id, x.id, x.account_id, :objection.contact_id, :objection.objection, :objection.listen, :objection.share, :objection.clarify,
       :objection.present, :objection.ask, coalesce(:objection.outcome, 'open'), :objection.entry_id
  from activity x
 where x.id = :objection.activity_id;
-- answer:
select {{objection_columns}}
 where o.id = :record.id;
