-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.ProcessService/ListWantedVerdicts
-- kind: read
-- roles: rep, manager
-- into: opportunities
with page as materialized (
    select x.id, x.stage_since from kam.verdicts_for_caller(:page.1::timestamptz, :page.2::uuid, :page.limit) x)
select r.stage_since as "page.1", r.id as "page.2", x.*
  from page r
 cross join lateral (
    select {{opportunity_columns}}
      from {{opportunity_tables}}
     where o.id = r.id
    offset 0) x
 order by r.stage_since, r.id;
