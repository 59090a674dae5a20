-- SPDX-License-Identifier: Apache-2.0
x.id, x.objection, x.topic, x.state, x.features as "answers[].feature", x.advantages as "answers[].advantage", x.benefits as "answers[].benefit",
       x.evidence as "answers[].evidence", m.name as created_by, x.create_time, x.update_time, e.name as updated_by, x.version
  from objection_entry x
  left join app_user m on m.id = x.created_by
  left join app_user e on e.id = x.updated_by
