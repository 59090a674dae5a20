-- SPDX-License-Identifier: Apache-2.0
join account a on a.id = g.account_id
  join app_user s on s.id = g.suggested_by
  left join app_user d on d.id = g.decided_by
  left join assessment x on x.id = g.assessment_id
