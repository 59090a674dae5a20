-- SPDX-License-Identifier: Apache-2.0
x.id, x.account_id, a.name as account_name, x.opportunity_id, o.code as opportunity_code, o.name as opportunity_name, m.key as model_key, v.number as model_number,
       m.kind, x.assessed_on, x.total::float8 as total, x.grade, x.note, x.expected_expenses_currency_code as "expected_expenses.currency_code",
       x.expected_expenses_minor_units as "expected_expenses.minor_units", x.obstacles, u.name as assessed_by, x.create_time, b.id as previous_id,
       b.assessed_on as previous_on, b.total::float8 as previous_total, b.grade as previous_grade, (x.total - b.total)::float8 as difference
