-- SPDX-License-Identifier: Apache-2.0
join account a on a.id = x.account_id
  join app_user o on o.id = x.owner_id
  left join app_user m on m.id = x.created_by
  left join app_user e on e.id = x.updated_by
  left join lateral (select array_agg(y.user_id) as ids, array_agg(y.name) as names
                       from (select l.user_id, n.name from activity_user l join app_user n on n.id = l.user_id
                              where l.activity_id = x.id order by l.user_id) y) u on true
  left join lateral (select array_agg(y.contact_id) as ids, array_agg(y.name) as names
                       from (select l.contact_id, n.name from activity_contact l join contact n on n.id = l.contact_id
                              where l.activity_id = x.id order by l.contact_id) y) k on true
