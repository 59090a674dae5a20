-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.VisitPlanService/ListVisitPlans
-- kind: read
-- roles: rep, manager
-- into: visit_plans
select p.id as "page.1", {{plan_columns}}
 where (:account_id::uuid is null or p.account_id = :account_id)
   and (:route_id::uuid is null or p.route_id = :route_id)
   and (:owner_id::uuid is null or o.id = :owner_id)
   and (:include_ended or (p.end_time is null and (p.ends_on is null or p.ends_on >= kam.today())))
   and p.id > (select coalesce(:page.1::uuid, '00000000-0000-0000-0000-000000000000'))
 order by p.id
 limit :page.limit;
