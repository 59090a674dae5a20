-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.OpportunityService/SetOpportunityPerson
-- kind: write
-- record: person.opportunity_id
-- version: person.version
-- roles: rep, manager
-- do:
select kam.hold_opportunity(:record.id);
-- do:
insert into opportunity_person (opportunity_id, account_id, contact_id, buying_roles, stance, influence, is_connection, note)
select o.id, o.account_id, :person.contact_id,
       case when 'buying_roles' = any (:update_mask) then :person.buying_roles else '{}' end,
       case when 'stance' = any (:update_mask) then :person.stance end,
       case when 'influence' = any (:update_mask) then :person.influence end,
       case when 'is_connection' = any (:update_mask) then :person.is_connection else false end,
       case when 'note' = any (:update_mask) then :person.note else '' end
  from opportunity o
 where o.id = :record.id and :person.version = 0 and not exists (select from opportunity_person p where p.opportunity_id = o.id and p.contact_id = :person.contact_id);
-- do:
update opportunity_person set @set(person: buying_roles, stance, influence, is_connection, note) @mask(contact_id)
 where opportunity_id = :record.id and contact_id = :person.contact_id and version = :person.version;
-- answer:
select {{opportunity_person_columns}}
 where o.id = :record.id and p.contact_id = :person.contact_id;
