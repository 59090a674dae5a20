-- SPDX-License-Identifier: Apache-2.0
v.id, v.opportunity_id, o.code as opportunity_code, o.name as opportunity_name, v.account_id, coalesce(a.name, kam.account_of_opportunity(o.id)) as account_name,
       w.name as owner_name, o.amount_currency_code as "amount.currency_code", o.amount_minor_units as "amount.minor_units",
       v.from_stage, f.name_en as from_stage_en, f.name_zh as from_stage_zh, v.to_stage, t.name_en as to_stage_en, t.name_zh as to_stage_zh,
       v.requested_by, r.name as requested_by_name, v.note, v.state, v.end_cause, v.end_reason, e.name as ended_by, v.create_time, v.end_time,
       d.names as deciders, d.is_caller as is_mine, v.version
