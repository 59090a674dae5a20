-- SPDX-License-Identifier: Apache-2.0
m.id, m.activity_id, m.text, x.subject, m.account_id, a.name as account_name, m.author_id, u.name as author_name, m.recipient_id, r.name as recipient_name,
       m.create_time, m.seen_time
  from activity_comment m
  join activity x on x.id = m.activity_id
  join account a on a.id = m.account_id
  join app_user u on u.id = m.author_id
  left join app_user r on r.id = m.recipient_id
