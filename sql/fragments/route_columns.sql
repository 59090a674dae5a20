-- SPDX-License-Identifier: Apache-2.0
r.id, r.name, r.note, r.owner_id, o.name as owner_name, s.ids as account_ids, s.names as account_names, r.retire_time, r.create_time, r.update_time,
       e.name as updated_by, r.version
  from route r
  join app_user o on o.id = r.owner_id
  left join app_user e on e.id = r.updated_by
  left join lateral (select array_agg(t.account_id order by t.place) as ids, array_agg(n.name order by t.place) as names
                       from route_stop t join account n on n.id = t.account_id where t.route_id = r.id) s on true
