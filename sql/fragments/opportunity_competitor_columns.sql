-- SPDX-License-Identifier: Apache-2.0
p.id, o.id as opportunity_id, p.name, p.product, p.price_currency_code as "price.currency_code", p.price_minor_units as "price.minor_units", p.share_percent,
       p.strengths, p.weaknesses, p.relationship, p.satisfaction,
       p.update_time, e.name as updated_by, coalesce(p.version, 0) as version
  from opportunity o
  join opportunity_competitor p on p.opportunity_id = o.id
  left join app_user e on e.id = p.updated_by
