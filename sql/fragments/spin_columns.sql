-- SPDX-License-Identifier: Apache-2.0
x.id as activity_id, x.subject, a.name as account_name, s.situation_questions, s.situation_answers, s.problem_questions, s.problem_answers,
       s.implication_questions, s.implication_answers, s.need_payoff_questions, s.need_payoff_answers, s.create_time, s.update_time, e.name as updated_by,
       coalesce(s.version, 0) as version
  from activity x
  join account a on a.id = x.account_id
  left join activity_spin s on s.activity_id = x.id
  left join app_user e on e.id = s.updated_by
