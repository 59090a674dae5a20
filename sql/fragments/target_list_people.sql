-- SPDX-License-Identifier: Apache-2.0
join app_user o on o.id = l.owner_id
  left join app_user e on e.id = l.updated_by
