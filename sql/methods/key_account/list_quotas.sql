-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.KeyAccountService/ListMarketQuotas
-- kind: read
-- roles: rep, manager
-- into: quotas
select q.id, q.team_id, t.name as team_name, q.region, q.most, kam.key_accounts_of_market(q.team_id, q.region) as used
  from market_quota q
  left join team t on t.id = q.team_id
 where q.retire_time is null
 order by t.name nulls last, q.region, q.id
 limit 1000;
