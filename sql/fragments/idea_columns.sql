-- SPDX-License-Identifier: Apache-2.0
i.id, i.account_id, a.name as account_name, i.subject, i.impact, i.confidence, i.ease, i.impact * i.confidence * i.ease as score, i.state, i.note,
       i.activity_id, m.name as created_by, i.create_time, i.update_time, e.name as updated_by, i.version
  from idea i
  join account a on a.id = i.account_id
  left join app_user m on m.id = i.created_by
  left join app_user e on e.id = i.updated_by
