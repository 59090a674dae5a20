-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.IdeaService/ListIdeas
-- kind: read
-- roles: rep, manager
-- into: ideas
select i.impact * i.confidence * i.ease as "page.1", i.id as "page.2", {{idea_columns}}
 where i.account_id = :account_id
   and (:state::text is null or i.state = :state)
   and (i.impact * i.confidence * i.ease, i.id) < ((select coalesce(:page.1::int, 1001)), (select coalesce(:page.2::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')))
 order by i.impact * i.confidence * i.ease desc, i.id desc
 limit :page.limit;
