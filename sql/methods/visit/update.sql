-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.VisitService/UpdateVisit
-- kind: write
-- record: visit.activity_id
-- roles: rep, manager
-- do:
select kam.hold_activity(:record.id, case when 'contact_id' = any (:update_mask) then :visit.contact_id end,
                         :update_mask && '{reaction,customer_class,next_step}');
-- do:
insert into activity_visit (activity_id, account_id, contact_id, appointment, address, route, material, reaction, customer_class, next_step)
select x.id, x.account_id,
       case when 'contact_id' = any (:update_mask) then :visit.contact_id end,
       case when 'appointment' = any (:update_mask) then :visit.appointment end,
       case when 'address' = any (:update_mask) then :visit.address else '' end,
       case when 'route' = any (:update_mask) then :visit.route else '' end,
       case when 'material' = any (:update_mask) then :visit.material else '' end,
       case when 'reaction' = any (:update_mask) then :visit.reaction else '' end,
       case when 'customer_class' = any (:update_mask) then :visit.customer_class end,
       case when 'next_step' = any (:update_mask) then :visit.next_step else '' end
  from activity x
 where x.id = :record.id and :visit.version = 0 and not exists (select from activity_visit p where p.activity_id = x.id);
-- do:
update activity_visit set @set(visit: contact_id, appointment, address, route, material, reaction, customer_class, next_step)
 where activity_id = :record.id and version = :visit.version;
-- answer:
select {{visit_columns}}
 where x.id = :record.id;
