-- SPDX-License-Identifier: Apache-2.0
x.id, x.opportunity_id, x.stage_key, x.criterion_key, c.name_en, c.name_zh, u.name as waived_by, b.name as on_behalf_of, r.name as requested_by, x.reason, x.time,
       x.withdrawn_time, e.name as withdrawn_by, x.version
  from criterion_waiver x
  join opportunity o on o.id = x.opportunity_id
  join app_user u on u.id = x.waived_by
  join app_user r on r.id = x.requested_by
  left join app_user b on b.id = x.on_behalf_of
  left join app_user e on e.id = x.withdrawn_by
  left join stage_criterion c on c.version_id = o.pipeline_version_id and c.stage_key = x.stage_key and c.key = x.criterion_key
