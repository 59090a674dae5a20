-- SPDX-License-Identifier: Apache-2.0
p.id, p.account_id, a.name as account_name, p.opportunity_id, o.name as opportunity_name, p.kind, p.starts_on, p.ends_on, p.note, p.activity_id, p.end_time,
       p.create_time, p.update_time, e.name as updated_by, p.version
  from care_phase p
  join account a on a.id = p.account_id
  left join opportunity o on o.id = p.opportunity_id
  left join app_user e on e.id = p.updated_by
