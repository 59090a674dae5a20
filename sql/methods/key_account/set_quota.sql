-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.KeyAccountService/SetMarketQuota
-- kind: write
-- record: quota.id
-- roles: manager
-- do:
select kam.set_market_quota(:record.id, :quota.team_id, :quota.region, :quota.most);
-- answer:
select q.id, q.team_id, t.name as team_name, q.region, case when q.retire_time is null then q.most end as most, kam.key_accounts_of_market(q.team_id, q.region) as used
  from market_quota q
  left join team t on t.id = q.team_id
 where q.team_id = :quota.team_id or kam.territory_key(q.region) = kam.territory_key(nullif(:quota.region, ''))
 order by q.retire_time desc nulls first, q.create_time desc
 limit 1;
