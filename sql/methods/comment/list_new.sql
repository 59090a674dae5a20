-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.CommentService/ListNewComments
-- kind: read
-- roles: rep, manager
-- into: comments
select m.create_time as "page.1", m.id as "page.2", {{comment_columns}}
 where m.recipient_id = (select kam.caller_id()) and m.seen_time is null
   and (m.create_time, m.id) < ((select coalesce(:page.1::timestamptz, 'infinity')), (select coalesce(:page.2::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')))
 order by m.create_time desc, m.id desc
 limit :page.limit;
