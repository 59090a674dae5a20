-- SPDX-License-Identifier: Apache-2.0
x.id as activity_id, x.subject, a.name as account_name, v.contact_id, c.name as contact_name, v.appointment, v.address, v.route, v.material, v.reaction,
       v.customer_class, v.next_step,
       (select f.id from activity f
         where f.kind = 'call' and f.state in ('planned', 'done') and (f.id = x.next_activity_id or f.previous_activity_id in (x.id, x.corrects_id))
         order by f.id limit 1) as follow_up_call_id,
       v.create_time, v.update_time, e.name as updated_by, coalesce(v.version, 0) as version
  from activity x
  join account a on a.id = x.account_id
  left join activity_visit v on v.activity_id = x.id
  left join contact c on c.id = v.contact_id
  left join app_user e on e.id = v.updated_by
