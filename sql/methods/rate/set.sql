-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.RateService/SetExchangeRate
-- kind: write
-- record: rate.id
-- roles: manager
-- do:
select kam.set_exchange_rate(:record.id, :rate.currency_code, :rate.from_on, :rate.rate, :rate.note, :replace);
-- answer:
select {{rate_columns}}
  from exchange_rate r
  left join app_user u on u.id = r.created_by
 where r.id = :record.id;
