-- SPDX-License-Identifier: Apache-2.0
p.id, p.account_id, a.name as account_name, p.route_id, r.name as route_name, p.owner_id, o.name as owner_name, p.kind, p.subject, p.repeat, p.every, p.weekdays,
       p.month_day, p.starts_on, p.ends_on, to_char(p.time_of_day, 'HH24:MI') as time_of_day, p.duration_minutes, kam.next_visit_day(p) as next_on,
       kam.visit_problem(p) as problem,
       (select array_agg(n.name order by s.place) from unnest(kam.skipped_accounts(p)) with ordinality s (id, place) join account n on n.id = s.id) as skipped_account_names,
       p.end_time, p.create_time, p.update_time, e.name as updated_by, p.version
  from visit_plan p
  left join account a on a.id = p.account_id
  left join route r on r.id = p.route_id
  join app_user o on o.id = coalesce(p.owner_id, a.owner_id, r.owner_id)
  left join app_user e on e.id = p.updated_by
