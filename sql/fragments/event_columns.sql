-- SPDX-License-Identifier: Apache-2.0
x.id, x.account_id, a.name as account_name, x.happened_on, x.description, x.retire_time, x.create_time, x.update_time,
       u.name as updated_by, x.version
  from account_event x
  join account a on a.id = x.account_id
  left join app_user u on u.id = x.updated_by
