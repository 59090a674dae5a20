account a
  join app_user o on o.id = a.owner_id
  join team t on t.id = a.team_id
  left join account p on p.id = a.parent_id
  left join app_user e on e.id = a.updated_by
  left join lateral (select array_agg(am.user_id order by am.create_time, am.user_id) as user_ids,
                            array_agg(au.name order by am.create_time, am.user_id) as user_names,
                            array_agg(am.create_time order by am.create_time, am.user_id) as since
                       from account_member am join app_user au on au.id = am.user_id
                      where am.account_id = a.id) m on true
