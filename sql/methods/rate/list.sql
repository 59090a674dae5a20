-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.RateService/ListExchangeRates
-- kind: read
-- roles: rep, manager
-- into: rates
select r.currency_code as "page.1", r.from_on as "page.2", {{rate_columns}}
  from exchange_rate r
  left join app_user u on u.id = r.created_by
 where r.reporting_currency_code = (select c.currency_code from company c) and r.retire_time is null
   and (:currency_code = '' or r.currency_code = :currency_code)
   and (:on_date::date is null
        or r.from_on = (select max(x.from_on) from exchange_rate x
                         where x.reporting_currency_code = r.reporting_currency_code and x.currency_code = r.currency_code and x.retire_time is null
                           and x.from_on <= :on_date))
   and r.currency_code >= (select coalesce(:page.1, ''))
   and (r.currency_code > (select coalesce(:page.1, '')) or r.from_on < (select coalesce(:page.2::date, 'infinity')))
 order by r.currency_code, r.from_on desc
 limit :page.limit;
