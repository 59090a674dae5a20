-- SPDX-License-Identifier: Apache-2.0
s.id, s.plan_id, s.account_id, b.name as account_name, s.position, s.contact_id, c.name as contact_name, q.title as contact_title, s.user_id, u.name as user_name, s.by_on,
       s.relationship, q.relationship as present_relationship, s.note, s.activity_id, x.time as done_time, s.version
  from engagement_step s
  join account b on b.id = s.account_id
  join contact c on c.id = s.contact_id
  join app_user u on u.id = s.user_id
  left join position q on q.contact_id = s.contact_id and q.account_id = s.account_id and q.ended_on is null
  left join activity x on x.id = s.activity_id
