-- SPDX-License-Identifier: Apache-2.0
p.id, o.id as opportunity_id, p.contact_id, coalesce(c.name, kam.contact_of_opportunity(p.id)) as contact_name, x.title, p.buying_roles, p.stance, p.influence, p.is_connection, p.note, x.relationship,
       p.update_time, e.name as updated_by, coalesce(p.version, 0) as version
  from opportunity o
  join opportunity_person p on p.opportunity_id = o.id
  left join contact c on c.id = p.contact_id
  left join lateral (
    select y.title, y.relationship from position y
     where y.contact_id = p.contact_id and y.account_id = p.account_id order by y.ended_on is not null, y.id limit 1) x on true
  left join app_user e on e.id = p.updated_by
