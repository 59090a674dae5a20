join account a on a.id = x.account_id
  join app_user o on o.id = x.owner_id
  left join app_user m on m.id = x.created_by
  left join app_user e on e.id = x.updated_by
  left join lateral (select array_agg(l.user_id order by n.name, n.id) as ids, array_agg(n.name order by n.name, n.id) as names
                       from activity_user l join app_user n on n.id = l.user_id
                      where l.activity_id = x.id) u on true
  left join lateral (select array_agg(l.contact_id order by n.name, n.id) as ids, array_agg(n.name order by n.name, n.id) as names
                       from activity_contact l join contact n on n.id = l.contact_id
                      where l.activity_id = x.id) k on true
