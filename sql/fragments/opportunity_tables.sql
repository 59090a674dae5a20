-- SPDX-License-Identifier: Apache-2.0
opportunity o
  join pipeline_version v on v.id = o.pipeline_version_id
  join pipeline l on l.id = v.pipeline_id
  join pipeline_stage s on s.version_id = o.pipeline_version_id and s.key = o.stage_key
  join app_user w on w.id = o.owner_id
  left join account a on a.id = o.account_id
  left join app_user m on m.id = o.created_by
  left join app_user e on e.id = o.updated_by
  left join lateral (
    select coalesce(c.name, kam.contact_of_opportunity(p.id)) as name
      from opportunity_person p left join contact c on c.id = p.contact_id
     where p.opportunity_id = o.id and o.person_rank >= 0 and p.influence = o.person_rank and p.stance = 'ally' and 'decider' = any (p.buying_roles)
     order by p.id limit 1) k on true
