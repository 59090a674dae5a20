-- SPDX-License-Identifier: Apache-2.0
x.id, x.account_id, a.name as account_name, x.kind, x.state, x.subject, x.time, x.duration_minutes, x.place, x.owner_id, o.name as owner_name,
       u.ids as user_ids, u.names as user_names, k.ids as contact_ids, k.names as contact_names,
       x.cost_currency_code as "cost.currency_code", x.cost_minor_units as "cost.minor_units", x.description, x.customer_reaction, x.result,
       x.next_activity_id, x.previous_activity_id, x.corrects_id, case when x.state = 'corrected' then (select r.id from activity r where r.corrects_id = x.id) end as corrected_by_id,
        x.correction_reason, x.cancel_reason, m.name as created_by, x.create_time,
       x.update_time, e.name as updated_by, x.version,
       case when x.rhythm_rule_id is not null then 'rhythm' when x.visit_plan_id is not null then 'plan' end as origin, x.rhythm_rule_id, x.rhythm_version, x.due_time, x.is_answered, x.visit_plan_id
