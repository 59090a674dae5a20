-- SPDX-License-Identifier: Apache-2.0
s.id, s.account_id, a.name as account_name, s.supplier, s.product, s.since, s.won_by, s.shortcomings, s.willingness, s.share, s.ended_on, s.create_time, s.update_time,
       u.name as updated_by, s.version
  from account_supply s
  join account a on a.id = s.account_id
  left join app_user u on u.id = s.updated_by
