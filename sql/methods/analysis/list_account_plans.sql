-- SPDX-License-Identifier: Apache-2.0
-- No pages: an account has 200 years at most.
-- method: kam.v1.AnalysisService/ListAccountPlans
-- kind: read
-- roles: rep, manager
-- into: plans
select p.year, {{account_plan_columns}}
  join account_plan p on p.account_id = a.id
  left join app_user e on e.id = p.updated_by
 where a.id = :account_id
 order by p.year desc;
