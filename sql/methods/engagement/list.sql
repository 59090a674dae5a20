-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.EngagementService/ListEngagementPlans
-- kind: read
-- roles: rep, manager
-- into: plans
select p.create_time as "page.1", p.id as "page.2", {{engagement_plan_columns}}
 where (:account_id::uuid is null or p.account_id = :account_id) and (:opportunity_id::uuid is null or p.opportunity_id = :opportunity_id)
   and (:include_ended or p.state = 'open')
   and (p.create_time, p.id) < ((select coalesce(:page.1::timestamptz, 'infinity')), (select coalesce(:page.2::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')))
 order by p.create_time desc, p.id desc
 limit :page.limit;
