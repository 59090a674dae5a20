-- SPDX-License-Identifier: Apache-2.0
o.id, o.activity_id, o.account_id, a.name as account_name, o.objection, o.contact_id, c.name as contact_name, o.listen, o.share, o.clarify, o.present, o.ask,
       o.outcome, o.entry_id, m.name as created_by, o.create_time, o.update_time, e.name as updated_by, o.version
  from objection o
  join account a on a.id = o.account_id
  left join contact c on c.id = o.contact_id
  left join app_user m on m.id = o.created_by
  left join app_user e on e.id = o.updated_by
