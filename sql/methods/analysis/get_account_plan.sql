-- SPDX-License-Identifier: Apache-2.0
-- A year without a plan has an empty one of version 0.
-- method: kam.v1.AnalysisService/GetAccountPlan
-- kind: read
-- roles: rep, manager
-- into: .
select :year::int as year, {{account_plan_columns}}
  left join account_plan p on p.account_id = a.id and p.year = :year
  left join app_user e on e.id = p.updated_by
 where a.id = :account_id;
