-- SPDX-License-Identifier: Apache-2.0
chosen p
 cross join company f
 cross join (
    select count(*)::int as count, least(coalesce(sum(x.worth), 0), 9223372036854775807)::bigint as amount,
           least(coalesce(round(sum(x.worth::numeric * x.chance) / 100), 0), 9223372036854775807)::bigint as weighted,
           (count(*) filter (where x.is_stalled))::int as stalled_count, (count(*) filter (where x.amount_minor_units is null))::int as without_amount_count
      from valued x) t
 cross join (
    select array_agg(g.key) as key, array_agg(g.name_en) as name_en, array_agg(g.name_zh) as name_zh, array_agg(g.currency_code) as currency_code,
           array_agg(g.count) as count, array_agg(g.amount) as amount, array_agg(g.weighted) as weighted, array_agg(g.stalled_count) as stalled_count
      from (select d.key, d.name_en, d.name_zh, c.currency_code, coalesce(y.count, 0) as count, coalesce(y.amount, 0) as amount, coalesce(y.weighted, 0) as weighted,
                   coalesce(y.stalled_count, 0) as stalled_count
              from stages d
             cross join company c
              left join (select x.stage_key, count(*)::int as count, least(coalesce(sum(x.worth), 0), 9223372036854775807)::bigint as amount,
                                least(coalesce(round(sum(x.worth::numeric * x.chance) / 100), 0), 9223372036854775807)::bigint as weighted,
                                (count(*) filter (where x.is_stalled))::int as stalled_count
                           from valued x group by x.stage_key) y on y.stage_key = d.key
             order by d.place) g) s
 cross join (
    select array_agg(g.count) as count, array_agg(g.currency_code) as currency_code, array_agg(g.amount) as amount
      from (select x.amount_currency_code as currency_code, count(*)::int as count, least(sum(x.amount_minor_units), 9223372036854775807)::bigint as amount
              from valued x group by x.amount_currency_code, x.worth is null
            having bool_and(x.worth is null and x.amount_minor_units is not null) order by 1) g) u
 cross join (
    select array_agg(g.key) as key, array_agg(g.name_en) as name_en, array_agg(g.name_zh) as name_zh, array_agg(g.count) as count
      from (select l.key, v.name_en, v.name_zh, d.count::int as count
              from found d join pipeline l on l.id = d.pipeline_id
             cross join lateral (select x.name_en, x.name_zh from pipeline_version x where x.pipeline_id = l.id order by x.number desc limit 1) v
             order by d.count desc, l.key) g) n
