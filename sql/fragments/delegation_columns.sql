-- SPDX-License-Identifier: Apache-2.0
d.id, d.from_user_id, f.name as from_user_name, d.to_user_id, t.name as to_user_name, d.starts_on, d.ends_on, d.reason, d.end_time, d.create_time, d.update_time,
       e.name as updated_by, d.version
  from delegation d
  join app_user f on f.id = d.from_user_id
  join app_user t on t.id = d.to_user_id
  left join app_user e on e.id = d.updated_by
