-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.KeyAccountService/ListKeyAccounts
-- kind: read
-- roles: rep, manager
-- into: accounts
select k.place as "page.1", case when k.amount is not null then k.place end as position, a.id as account_id, a.code as account_code, a.name as account_name,
       o.name as owner_name, t.name as team_name, a.region, k.year, k.currency_code as "purchases.currency_code", k.minor_units as "purchases.minor_units",
       case when k.amount is not null then f.currency_code end as "amount.currency_code", k.amount as "amount.minor_units", k.share, k.cumulative,
       case when k.belongs then 'a' when k.cumulative - k.share < 9500 then 'b' when k.amount is not null then 'c' end as abc_class, a.is_key
  from kam.key_account_curve() k
  join account a on a.id = k.account_id
  join app_user o on o.id = a.owner_id
  join team t on t.id = a.team_id
 cross join company f
 where k.place > (select coalesce(:page.1, 0)) and (not :only_key or a.is_key)
 order by k.place
 limit :page.limit;
