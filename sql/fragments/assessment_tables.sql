-- SPDX-License-Identifier: Apache-2.0
  join scoring_model_version v on v.id = x.model_version_id
  join scoring_model m on m.id = v.model_id
  left join account a on a.id = x.account_id
  left join opportunity o on o.id = x.opportunity_id
  left join app_user u on u.id = x.assessed_by
  left join lateral (
    (select p.id, p.assessed_on, p.total, p.grade from assessment p join scoring_model_version pv on pv.id = p.model_version_id
      where p.opportunity_id = x.opportunity_id and pv.model_id = m.id and (p.assessed_on, p.create_time, p.id) < (x.assessed_on, x.create_time, x.id)
      order by p.assessed_on desc, p.create_time desc, p.id desc limit 1)
    union all
    (select p.id, p.assessed_on, p.total, p.grade from assessment p join scoring_model_version pv on pv.id = p.model_version_id
      where x.opportunity_id is null and p.account_id = x.account_id and p.opportunity_id is null and pv.model_id = m.id and (p.assessed_on, p.create_time, p.id) < (x.assessed_on, x.create_time, x.id)
      order by p.assessed_on desc, p.create_time desc, p.id desc limit 1)) b on true
