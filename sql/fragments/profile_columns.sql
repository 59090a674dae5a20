-- SPDX-License-Identifier: Apache-2.0
c.id as contact_id, p.home_town, p.birthday, p.hobbies, p.temperament, p.family, p.education, p.career, p.motives, p.update_time, e.name as updated_by,
       coalesce(p.version, 0) as version
  from contact c
  left join contact_profile p on p.contact_id = c.id
  left join app_user e on e.id = p.updated_by
