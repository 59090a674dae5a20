-- SPDX-License-Identifier: Apache-2.0
  from pipeline p
  join lateral (select * from pipeline_version n where n.pipeline_id = p.id order by n.number desc limit 1) v on true
  left join app_user u on u.id = v.created_by
