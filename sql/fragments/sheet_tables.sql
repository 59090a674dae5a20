-- SPDX-License-Identifier: Apache-2.0
scoring_model m
  join scoring_model_version v on v.id = kam.newest_scoring_version(m.key) and m.key = :model_key and (m.kind in ('value', 'dealer')) = (:opportunity_id::uuid is not null)
  join account a on a.id = (select case when :opportunity_id::uuid is null then :account_id else (select o.account_id from opportunity o where o.id = :opportunity_id) end)
  left join lateral (
    (select x.id, x.assessed_on, x.grade from assessment x join scoring_model_version w on w.id = x.model_version_id
      where x.opportunity_id = :opportunity_id and w.model_id = m.id
      order by x.assessed_on desc, x.create_time desc, x.id desc limit 1)
    union all
    (select x.id, x.assessed_on, x.grade from assessment x join scoring_model_version w on w.id = x.model_version_id
      where :opportunity_id::uuid is null and x.account_id = a.id and x.opportunity_id is null and w.model_id = m.id
      order by x.assessed_on desc, x.create_time desc, x.id desc limit 1)) l on true
