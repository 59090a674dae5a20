-- SPDX-License-Identifier: Apache-2.0
-- One statement per section, each along an index of one person's activities or accounts. The first says whose day it may be; without its row
-- the answer is NOT_FOUND, whatever the others found.
-- method: kam.v1.OverviewService/GetToday
-- kind: read
-- roles: rep, manager
-- into: .
select u.id as user_id, u.name as user_name, kam.today() as date, late.number::int as overdue_count, due.number::int as due_count
  from app_user u
 cross join lateral (select count(*) as number
                       from (select from activity x where {{planned_of_day}} and {{overdue}} limit 1000) y) late
 cross join lateral (select count(*) as number
                       from (select from activity x where {{planned_of_day}} and {{due_today}} limit 1000) y) due
 where u.id = (select coalesce(:user_id, kam.caller_id()))
   and (u.id = (select kam.caller_id())
        or (select kam.caller_role()) = 'manager'
           and exists (select from team_closure c where c.ancestor_id = any ((select kam.caller_team_ids())::uuid[]) and c.descendant_id = u.team_id));
-- into: overdue
select {{overview_activity}}
  from (select {{activity_row}} from activity x where {{planned_of_day}} and {{overdue}} order by x.time, x.id limit 15) x
  {{overview_activity_joins}}
 order by x.time, x.id;
-- into: due
select {{overview_activity}}
  from (select {{activity_row}} from activity x where {{planned_of_day}} and {{due_today}} order by x.time, x.id limit 20) x
  {{overview_activity_joins}}
 order by x.time, x.id;
-- into: coming
select {{overview_activity}}
  from (select {{activity_row}} from activity x where {{planned_of_day}} and x.time >= (select kam.day_start(1)) and x.time < (select kam.day_start(8))
         order by x.time, x.id limit 10) x
  {{overview_activity_joins}}
 order by x.time, x.id;
-- into: unreported
select {{overview_activity}}
  from (select {{activity_row}} from activity x
         where x.owner_id = (select coalesce(:user_id, kam.caller_id()))
           and x.time >= (select kam.day_start(-14)) and x.time < now()
           and x.state = 'done' and x.customer_reaction = '' and x.result = ''
           and x.kind in ('visit', 'technical_exchange', 'demonstration', 'site_visit', 'senior_meeting', 'negotiation', 'service_visit')
         order by x.time, x.id limit 10) x
  {{overview_activity_joins}}
 order by x.time, x.id;
-- into: birthdays
with mine as materialized (
    select a.id, a.name from account a where a.owner_id = (select coalesce(:user_id, kam.caller_id())) and a.retire_time is null
    union
    select a.id, a.name from account_member m join account a on a.id = m.account_id
     where m.user_id = (select coalesce(:user_id, kam.caller_id())) and a.retire_time is null)
select c.id as contact_id, c.name as contact_name, b.account_id, b.account_name, b.title, b.day as date,
       case when b.birthday >= date '1901-01-01' then (extract(year from b.day) - extract(year from b.birthday))::int end as age
  from (select distinct on (f.contact_id) p.contact_id, mine.id as account_id, mine.name as account_name, p.title, f.birthday,
               case when kam.anniversary(f.birthday, extract(year from d.today)::int) >= d.today
                    then kam.anniversary(f.birthday, extract(year from d.today)::int)
                    else kam.anniversary(f.birthday, extract(year from d.today)::int + 1) end as day
          from (select kam.today() as today offset 0) d
         cross join mine
          join position p on p.account_id = mine.id and p.ended_on is null
          join contact_profile f on f.contact_id = p.contact_id
         where f.birthday is not null
         order by f.contact_id, mine.name) b
  join contact c on c.id = b.contact_id and c.retire_time is null
 where b.day <= kam.today() + 7
 order by b.day, c.name, c.id
 limit 15;
-- into: quiet_accounts
select a.id as account_id, a.code as account_code, a.name as account_name, a.status,
       (l.time at time zone (select time_zone from company))::date as last_activity_on
  from account a
  left join lateral (select x.time from activity x where x.account_id = a.id and x.state = 'done' and x.kind <> 'note' order by x.time desc, x.id desc limit 1) l on true
 where a.owner_id = (select coalesce(:user_id, kam.caller_id()))
   and a.retire_time is null and a.status in ('developing', 'trial', 'active')
   and coalesce(l.time, a.create_time) < (select kam.day_start(-30))
   and not exists (select from activity x where x.account_id = a.id and x.state = 'planned')
 order by l.time nulls first, a.name, a.id
 limit 10;
-- into: team
select d.user_id, u.name as user_name, t.name as team_name, d.overdue_count, d.due_count, d.done_count
  from kam.team_days() d join app_user u on u.id = d.user_id join team t on t.id = u.team_id
 where :user_id::uuid is null or :user_id = (select kam.caller_id())
 order by d.overdue_count desc, d.done_count, u.name, u.id;
-- into: comments
select {{comment_columns}}
 where m.recipient_id = (select coalesce(:user_id, kam.caller_id())) and m.seen_time is null
 order by m.create_time desc, m.id desc
 limit 10;
-- Looked at one after the other until ten are found.
-- into: targets
select t.id, t.list_id, t.list_name, a.id as account_id, a.code as account_code, a.name as account_name, a.status as account_status, 'untouched' as progress, t.ends_on
  from (select e.id, e.list_id, e.account_id, l.name as list_name, l.starts_on, l.ends_on
          from target_entry e join target_list l on l.id = e.list_id
         where e.user_id = (select coalesce(:user_id, kam.caller_id())) and e.remove_time is null
           and l.retire_time is null and kam.today() between l.starts_on and l.ends_on
         order by l.ends_on, e.id offset 0) t
 cross join lateral (select t.starts_on, t.ends_on) l
 cross join company f
  join account a on a.id = t.account_id and a.retire_time is null
 where ({{target_progress}}) = 'untouched'
 limit 10;
-- into: engagement_steps
select {{engagement_step_columns}}
 where {{engagement_due}}
 order by s.by_on, s.id
 limit 10;
-- into: budget_windows
select {{budget_window_columns}}
 where a.owner_id = (select coalesce(:user_id, kam.caller_id())) and a.retire_time is null and a.budget_month is not null
   and b.closes_on - coalesce(a.budget_lead_days, 60) <= (select kam.today())
   and not exists (select from opportunity o where o.account_id = a.id and o.state = 'open')
 order by b.closes_on, a.name, a.id
 limit 10;
-- into: approvals
with page as materialized (
    select x.id from kam.approvals_for_caller(null, null, 20) x where :user_id::uuid is null or :user_id = (select kam.caller_id()))
select {{advancement_columns}}
  from page join {{advancement_tables}} on v.id = page.id
 order by v.create_time, v.id;
-- into: verdicts
with page as materialized (
    select x.id, x.stage_since from kam.verdicts_for_caller(null, null, 10) x where :user_id::uuid is null or :user_id = (select kam.caller_id()))
select x.*
  from page r
 cross join lateral (
    select {{opportunity_columns}}
      from {{opportunity_tables}}
     where o.id = r.id
    offset 0) x
 order by r.stage_since, r.id;
-- into: grades
with page as materialized (
    select y.id
      from unnest(array['potential', 'contribution', 'credit']) k (kind)
     cross join lateral (
        select z.id, z.create_time
          from account_grade z join account a on a.id = z.account_id
         where z.kind = k.kind and z.state = 'suggested' and a.retire_time is null and kam.decides_grade(z.account_id, z.suggested_by, z.assessment_id)
         order by z.create_time desc, z.id desc
         limit 10) y
     where (select kam.caller_role()) = 'manager' and (:user_id::uuid is null or :user_id = (select kam.caller_id()))
     order by y.create_time desc, y.id desc
     limit 10)
select {{grade_columns}}
  from page join account_grade g on g.id = page.id
  {{grade_tables}}
 order by g.create_time desc, g.id desc;
-- into: returned
with page as materialized (
    select x.id, x.end_time
      from ((select v.id, v.end_time, v.opportunity_id, v.create_time from advancement v
              where v.requested_by = (select coalesce(:user_id, kam.caller_id())) and v.state = 'returned' and v.end_time >= (select kam.day_start(-14)))
            union
            (select v.id, v.end_time, v.opportunity_id, v.create_time from opportunity o join advancement v on v.opportunity_id = o.id
              where o.owner_id = (select coalesce(:user_id, kam.caller_id())) and o.state = 'open' and v.state = 'returned' and v.end_time >= (select kam.day_start(-14)))) x
     where exists (select from opportunity o join account a on a.id = o.account_id where o.id = x.opportunity_id and o.state = 'open' and a.retire_time is null)
       and not exists (select from advancement l where l.opportunity_id = x.opportunity_id and l.create_time > x.create_time)
     order by x.end_time desc, x.id desc
     limit 10)
select x.*
  from page n
 cross join lateral (
    select {{advancement_columns}}
      from {{advancement_tables}}
     where v.id = n.id
    offset 0) x
 order by n.end_time desc, n.id desc;
-- into: reviews
select {{opportunity_columns}}
  from {{opportunity_tables}}
 where o.owner_id = (select coalesce(:user_id, kam.caller_id())) and o.state = 'open' and o.verdict = 'defer' and o.verdict_time >= o.stage_since and o.review_on <= (select kam.today())
   and a.retire_time is null
 order by o.review_on, o.id
 limit 10;
-- into: stalled
select {{opportunity_columns}}
  from {{opportunity_tables}}
 where o.owner_id = (select coalesce(:user_id, kam.caller_id())) and o.state = 'open'
   and a.retire_time is null
   and kam.is_stalled(o.state, greatest(o.stage_since, o.clock_since), o.verdict, o.verdict_time, o.review_on, s.allowed_days)
 order by o.stage_since, o.id
 limit 10;
-- into: grade_reviews
select a.id as account_id, a.code as account_code, a.name as account_name, a.potential_grade, a.contribution_grade, a.credit_grade, a.grade_review_on as review_on
  from account a
 where a.owner_id = (select coalesce(:user_id, kam.caller_id())) and a.grade_review_on <= (select kam.today()) and a.retire_time is null
 order by a.grade_review_on, a.id
 limit 10;
