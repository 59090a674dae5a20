-- SPDX-License-Identifier: Apache-2.0
t.id, t.kind, t.from_contact_id, f.name as from_contact_name, t.to_contact_id, o.name as to_contact_name, t.note, u.name as created_by, t.create_time
  from contact_tie t
  join contact f on f.id = t.from_contact_id
  join contact o on o.id = t.to_contact_id
  left join app_user u on u.id = t.created_by
