-- SPDX-License-Identifier: Apache-2.0
day as materialized (
    select kam.today() as today, f.currency_code from company f),
found as materialized (
    select v.pipeline_id, count(*) as count
      from open o join pipeline_version v on v.id = o.pipeline_version_id
     group by v.pipeline_id),
chosen as materialized (
    select p.id, p.key, p.name_en, p.name_zh, p.newest_id
      from (select l.id, l.key, l.is_default, v.name_en, v.name_zh, v.id as newest_id
              from pipeline l
             cross join lateral (select x.id, x.name_en, x.name_zh from pipeline_version x where x.pipeline_id = l.id order by x.number desc limit 1) v
             where :pipeline_key = '' or l.key = :pipeline_key) p
      left join found f on f.pipeline_id = p.id
     order by f.count desc nulls last, p.is_default desc, p.key
     limit 1),
valued as materialized (
    select y.*, not y.is_deferred and coalesce(y.age > make_interval(days => y.allowed_days), false) as is_stalled
      from (
        select o.*, g.allowed_days, coalesce(o.probability, g.probability) as chance, w.worth, r.currency_code,
               coalesce(o.verdict = 'defer' and o.review_on > r.today, false) as is_deferred,
               -- Not asked where nothing was ever deferred: a call takes longer than all the rest of a row.
               case when o.verdict = 'defer' then kam.time_in_stage(o.stage_since, null, o.verdict, o.verdict_time, o.review_on)
                    else greatest(now() - o.stage_since, interval '0') end as age
          from open o
          join pipeline_version v on v.id = o.pipeline_version_id and v.pipeline_id = (select id from chosen)
          join pipeline_stage g on g.version_id = o.pipeline_version_id and g.key = o.stage_key
         cross join day r
         cross join lateral (
            select case when o.amount_currency_code = r.currency_code then o.amount_minor_units
                        else kam.in_reporting_currency_or_null(o.amount_minor_units, o.amount_currency_code, r.today) end as worth
            offset 0) w) y),
stages as materialized (
    select d.key, d.name_en, d.name_zh, row_number() over (order by d.position, d.number, d.key) as place
      from (select distinct on (z.key) z.key, z.name_en, z.name_zh, z.position, e.number
              from pipeline_version e join pipeline_stage z on z.version_id = e.id
             where e.pipeline_id = (select id from chosen)
               and (e.id = (select newest_id from chosen)
                    or exists (select from valued x where x.pipeline_version_id = e.id and x.stage_key = z.key))
             order by z.key, e.number desc) d)
