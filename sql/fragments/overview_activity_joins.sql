-- SPDX-License-Identifier: Apache-2.0
join account a on a.id = x.account_id
  join app_user o on o.id = x.owner_id
  left join lateral (select array_agg(y.contact_id) as ids, array_agg(y.name) as names
                       from (select l.contact_id, n.name from activity_contact l join contact n on n.id = l.contact_id
                              where l.activity_id = x.id order by l.contact_id) y) k on true
