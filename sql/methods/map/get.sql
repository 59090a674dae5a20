-- SPDX-License-Identifier: Apache-2.0
-- Without the first statement's row the answer is NOT_FOUND, whatever the others found.
-- method: kam.v1.MapService/GetPowerMap
-- kind: read
-- roles: rep, manager
-- into: .
select a.id as account_id, a.code as account_code, a.name as account_name, o.id as opportunity_id, o.name as opportunity_name,
       kam.map_coverage(a.id, o.id) as coverage_percent, (select count(*)::int from kam.map_people(a.id)) as person_count,
       kam.untouched_days() as untouched_days
  from account a
  left join opportunity o on o.id = :opportunity_id and o.account_id = a.id
 where a.id = {{map_account}} and (:opportunity_id::uuid is null or o.id is not null);
-- into: people
with people as materialized (select * from kam.map_people({{map_account}}, :opportunity_id))
select p.contact_id, c.name, p.title, p.department, p.level, r.id as reports_to_id, r.name as reports_to_name, p.buying_roles, p.stance, p.is_insider, p.influence,
       p.relationship, t.last_time as last_touch_time, p.counterpart_id, w.name as counterpart_name, p.is_in_committee,
       coalesce(t.last_time < (select kam.day_start(-kam.untouched_days())), true) as is_untouched
  from people p
  join contact c on c.id = p.contact_id
  left join contact r on r.id = p.reports_to_id and r.id in (select s.contact_id from people s)
  left join app_user w on w.id = p.counterpart_id
  left join kam.last_touches({{map_account}}, array(select s.contact_id from people s)) t on t.contact_id = p.contact_id
 order by p.level nulls last, p.influence desc nulls last, c.name, c.id
 limit 500;
-- into: ties
with people as materialized (select s.contact_id from kam.map_people({{map_account}}) s)
select t.kind, t.from_contact_id, f.name as from_name, t.to_contact_id, g.name as to_name
  from people p
  join contact_tie t on t.from_contact_id = p.contact_id and t.to_contact_id in (select s.contact_id from people s)
  join contact f on f.id = t.from_contact_id
  join contact g on g.id = t.to_contact_id
 order by t.kind, f.name, g.name, t.id
 limit 1000;
-- into: warnings
select w.kind, w.contact_id, c.name as contact_name, w.days, w.insider_id, i.name as insider_name
  from kam.people_warnings({{map_account}}, :opportunity_id) with ordinality w (kind, contact_id, days, insider_id, place)
  left join contact c on c.id = w.contact_id
  left join contact i on i.id = w.insider_id
 order by w.place;
