-- SPDX-License-Identifier: Apache-2.0
p.id, o.id as opportunity_id, p.user_id, u.name as user_name, p.role,
       p.update_time, e.name as updated_by, coalesce(p.version, 0) as version
  from opportunity o
  join opportunity_user p on p.opportunity_id = o.id
  left join app_user u on u.id = p.user_id
  left join app_user e on e.id = p.updated_by
