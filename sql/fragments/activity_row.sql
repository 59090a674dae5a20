-- SPDX-License-Identifier: Apache-2.0
x.id, x.account_id, x.kind, x.state, x.subject, x.time, x.duration_minutes, x.place, x.owner_id, x.cost_currency_code, x.cost_minor_units, x.description,
            x.customer_reaction, x.result, x.next_activity_id, x.previous_activity_id, x.corrects_id, x.correction_reason, x.cancel_reason, x.created_by,
            x.create_time, x.update_time, x.updated_by, x.version, x.rhythm_rule_id, x.rhythm_version, x.due_time, x.is_answered, x.visit_plan_id
