-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.VisitPlanService/GetVisitPlan
-- kind: read
-- roles: rep, manager
-- into: .
select {{plan_columns}}
 where p.id = :id;
