-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.AnalysisService/ListSwots
-- kind: read
-- roles: rep, manager
-- into: swots
select s.create_time as "page.1", s.id as "page.2", {{swot_columns}}
 where s.account_id = :account_id and (:opportunity_id::uuid is null or s.opportunity_id = :opportunity_id)
   and (s.create_time, s.id) < ((select coalesce(:page.1::timestamptz, 'infinity')), (select coalesce(:page.2::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')))
 order by s.create_time desc, s.id desc
 limit :page.limit;
