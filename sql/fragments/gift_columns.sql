-- SPDX-License-Identifier: Apache-2.0
g.id, g.contact_id, g.given_on, g.what, g.value_currency_code as "value.currency_code", g.value_minor_units as "value.minor_units", g.given_by_id,
       b.name as given_by_name, g.activity_id, g.create_time, g.update_time, e.name as updated_by, g.version
  from contact_gift g
  join app_user b on b.id = g.given_by_id
  left join app_user e on e.id = g.updated_by
