-- SPDX-License-Identifier: Apache-2.0
n.id, n.account_id, a.name as account_name, n.contact_id, c.name as contact_name, n.kind, n.scope, n.level, n.expression, n.text, n.activity_id, n.state,
       m.name as created_by, n.create_time, n.update_time, e.name as updated_by, n.retire_time, n.version
  from need n
  join account a on a.id = n.account_id
  left join contact c on c.id = n.contact_id
  left join app_user m on m.id = n.created_by
  left join app_user e on e.id = n.updated_by
