-- SPDX-License-Identifier: Apache-2.0
r.id, r.account_id, a.name as account_name, r.competitor, r.price, r.product, r.operations, r.people, r.service, r.brand, r.promotion, r.channel, r.note,
       r.create_time, r.update_time, e.name as updated_by, r.retire_time, r.version
  from competition_rating r
  join account a on a.id = r.account_id
  left join app_user e on e.id = r.updated_by
