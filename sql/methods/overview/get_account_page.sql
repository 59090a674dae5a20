-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.OverviewService/GetAccountPage
-- kind: read
-- roles: rep, manager
-- into: .
with planned as materialized (
    select min(x.time) as soonest, coalesce(bool_or({{overdue}}), false) as is_overdue
      from activity x where x.account_id = {{page_account}} and x.state = 'planned')
select a.id as "account.id", (select count(*)::int from kam.map_people({{page_account}})) as contact_count,
       case when a.retire_time is null and a.status not in ('lost', 'rejected')
            then array(select w.kind from kam.people_warnings({{page_account}}) with ordinality w (kind, contact_id, days, insider_id, place) group by w.kind order by min(w.place))
                 || array_remove(array[
                        case when (select soonest from planned) is null then 'no_next_step' end,
                        case when (select is_overdue from planned) then 'overdue' end,
                        case when a.create_time < (select kam.day_start(-30))
                                  and not exists (select from activity x
                                                   where x.account_id = {{page_account}} and x.state = 'done' and x.kind <> 'note' and x.time >= (select kam.day_start(-30)))
                             then 'quiet' end],
                    null) end as warnings
  from account a
 where a.id = {{page_account}};
-- into: account
select {{account_columns}}, {{account_state_columns}}
  from {{account_tables}}
  {{account_state_tables}}
 where a.id = {{page_account}};
-- into: contacts
select c.id, c.name, c.other_names, c.phones, c.emails, c.messaging_ids, c.version, array[p.id] as "positions[].id", array[p.account_id] as "positions[].account_id",
       array[p.title] as "positions[].title", array[p.department] as "positions[].department", array[p.level] as "positions[].level",
       array[p.reports_to_id] as "positions[].reports_to_id", array[r.name] as "positions[].reports_to_name",
       array[array_to_string(p.buying_roles, ',')] as "positions[].buying_roles", array[p.stance] as "positions[].stance",
       array[p.is_insider] as "positions[].is_insider", array[p.influence] as "positions[].influence", array[p.relationship] as "positions[].relationship",
       array[p.version] as "positions[].version"
  from position p
  join contact c on c.id = p.contact_id and c.retire_time is null
  left join contact r on r.id = p.reports_to_id
 where p.account_id = {{page_account}} and p.ended_on is null
 order by p.influence desc nulls last, p.level nulls last, c.name, c.id
 limit 30;
-- into: planned
select {{overview_activity}}
  from (select {{activity_row}} from activity x where x.account_id = {{page_account}} and x.state = 'planned' order by x.time, x.id limit 8) x
  {{overview_activity_joins}}
 order by x.time, x.id;
-- into: latest
select {{overview_activity}}, x.result
  from (select {{activity_row}} from activity x where x.account_id = {{page_account}} and x.state = 'done' order by x.time desc, x.id desc limit 8) x
  {{overview_activity_joins}}
 order by x.time desc, x.id desc;
-- into: needs
select {{need_columns}}
 where n.account_id = {{page_account}} and n.state = 'open' and n.retire_time is null
 order by n.create_time desc, n.id desc
 limit 8;
-- into: supplies
select {{supply_columns}}
 where s.account_id = {{page_account}} and s.ended_on is null
 order by s.supplier, s.id
 limit 8;
-- into: figures
select {{figures_columns}}
  join account_figures f on f.account_id = a.id and f.retire_time is null
  left join app_user e on e.id = f.updated_by
 where a.id = {{page_account}}
 order by f.year desc
 limit 3;
-- into: objections
select {{objection_columns}}
 where o.account_id = {{page_account}} and o.outcome = 'open'
 order by o.create_time desc, o.id desc
 limit 5;
-- into: ideas
select {{idea_columns}}
 where i.account_id = {{page_account}} and i.state = 'open'
 order by i.impact * i.confidence * i.ease desc, i.id desc
 limit 5;
-- into: opportunities
select {{opportunity_columns}}
  from {{opportunity_tables}}
 where o.account_id = {{page_account}} and o.state = 'open'
 order by o.purchase_rank desc, o.id desc
 limit 8;
-- roles: service
-- into: .
select a.id as "account.id", a.code as "account.code", a.name as "account.name", a.phone as "account.phone",
       a.registered_address as "account.registered_address", a.delivery_address as "account.delivery_address", a.owner_id as "account.owner_id",
       o.name as "account.owner_name", a.version as "account.version"
  from account a join app_user o on o.id = a.owner_id
 where a.id = {{page_account}};
-- into: contacts
select c.id, c.name, c.phones, c.emails, array[p.account_id] as "positions[].account_id", array[p.title] as "positions[].title"
  from position p join contact c on c.id = p.contact_id
 where p.account_id = {{page_account}}
 order by c.name, c.id
 limit 30;
