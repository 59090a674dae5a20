-- SPDX-License-Identifier: Apache-2.0
p.id, p.account_id, a.name as account_name, p.opportunity_id, o.name as opportunity_name, p.approach, p.note, p.state,
       (select count(*)::int from engagement_step s where s.plan_id = p.id and s.remove_time is null) as step_count,
       (select count(*)::int from engagement_step s where s.plan_id = p.id and s.remove_time is null and s.activity_id is not null) as done_count,
       (select c.name from engagement_step s join contact c on c.id = s.contact_id where s.plan_id = p.id and s.remove_time is null
         order by s.position desc limit 1) as goal_name,
       (select s.by_on from engagement_step s where s.plan_id = p.id and s.remove_time is null and s.activity_id is null order by s.position limit 1) as next_on,
       m.name as created_by, p.create_time, p.update_time, e.name as updated_by, p.end_time, p.version
  from engagement_plan p
  join account a on a.id = p.account_id
  left join opportunity o on o.id = p.opportunity_id
  left join app_user m on m.id = p.created_by
  left join app_user e on e.id = p.updated_by
