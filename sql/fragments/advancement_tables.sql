-- SPDX-License-Identifier: Apache-2.0
-- Whoever decided a step keeps the request and may not read the opportunity any more.
advancement v
  join app_user r on r.id = v.requested_by
  left join app_user e on e.id = v.ended_by
  left join opportunity o on o.id = v.opportunity_id
  left join account a on a.id = o.account_id
  left join app_user w on w.id = o.owner_id
  left join pipeline_stage f on f.version_id = o.pipeline_version_id and f.key = v.from_stage
  left join pipeline_stage t on t.version_id = o.pipeline_version_id and t.key = v.to_stage
  left join lateral kam.approval_deciders(v.id) d on v.state = 'waiting'
