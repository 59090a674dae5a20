-- SPDX-License-Identifier: Apache-2.0
b.id, b.account_id, a.name as account_name, b.name, b.relation, b.note, b.retire_time, b.create_time, b.update_time,
       u.name as updated_by, b.version
  from account_brand b
  join account a on a.id = b.account_id
  left join app_user u on u.id = b.updated_by
