-- SPDX-License-Identifier: Apache-2.0
account a
  join app_user o on o.id = a.owner_id
  join team t on t.id = a.team_id
  left join account p on p.id = a.parent_id
  left join account s on s.id = a.upstream_id
  left join app_user e on e.id = a.updated_by
  left join lateral (select array_agg(x.user_id) as user_ids, array_agg(x.name) as user_names, array_agg(x.create_time) as since
                       from (select am.user_id, au.name, am.create_time
                               from account_member am join app_user au on au.id = am.user_id
                              where am.account_id = a.id order by am.create_time, am.user_id) x) m on true
