-- SPDX-License-Identifier: Apache-2.0
s.id, s.account_id, a.name as account_name, s.opportunity_id, o.name as opportunity_name, s.strengths, s.weaknesses, s.opportunities, s.threats, s.conclusion,
       m.name as created_by, s.create_time, s.update_time, e.name as updated_by, s.version
  from swot s
  join account a on a.id = s.account_id
  left join opportunity o on o.id = s.opportunity_id
  left join app_user m on m.id = s.created_by
  left join app_user e on e.id = s.updated_by
