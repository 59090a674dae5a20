-- SPDX-License-Identifier: Apache-2.0
g.id, g.account_id, a.code as account_code, a.name as account_name, g.kind, g.grade,
       case g.kind when 'potential' then a.potential_grade when 'contribution' then a.contribution_grade else a.credit_grade end as present_grade,
       g.credit_limit_currency_code as "credit_limit.currency_code", g.credit_limit_minor_units as "credit_limit.minor_units", g.terms_days, g.reason, g.assessment_id,
       g.state, s.name as suggested_by, g.create_time, d.name as decided_by, g.decide_time, g.decision_reason, g.review_on, g.version, x.total::float8 as total
