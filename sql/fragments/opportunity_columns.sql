-- SPDX-License-Identifier: Apache-2.0
o.id, o.code, o.account_id, coalesce(a.name, kam.account_of_opportunity(o.id)) as account_name, o.owner_id, w.name as owner_name, o.name,
       l.key as pipeline_key, v.number as pipeline_number, v.name_en as pipeline_name_en, v.name_zh as pipeline_name_zh, o.state, o.stage_key,
       s.name_en as stage_name_en, s.name_zh as stage_name_zh, s.position as stage_number,
       (select count(*)::int from pipeline_stage n where n.version_id = o.pipeline_version_id) as stage_count, o.stage_since,
       extract(day from justify_hours(kam.time_in_stage(greatest(o.stage_since, o.clock_since), o.close_time, o.verdict, o.verdict_time, o.review_on)))::int as days_in_stage, s.allowed_days,
       kam.is_stalled(o.state, greatest(o.stage_since, o.clock_since), o.verdict, o.verdict_time, o.review_on, s.allowed_days) as is_stalled,
       o.close_time, o.lost_reason, o.lost_to, o.verdict, o.verdict_time, o.review_on, o.is_imported,
       o.amount_currency_code as "amount.currency_code", o.amount_minor_units as "amount.minor_units", o.purchase_on, o.decision_on, o.buying_stage, o.source,
       o.fund_source, o.fund_state, o.purchase_trigger, o.probability,
       case o.state when 'won' then 100 when 'lost' then 0 else coalesce(o.probability, s.probability) end as present_probability, o.worth_pursuing,
       k.name as key_person_name, nullif(o.person_rank, -1)::int as key_person_influence, o.create_time, o.update_time, o.version
