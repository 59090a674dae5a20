-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.SessionService/ListSessions
-- kind: read
-- roles: rep, manager, service
-- into: sessions
select s.id, s.user_id, s.device, s.address, s.create_time, s.expire_time, s.revoke_time, s.id = kam.caller_session_id() as is_current,
       s.create_time as "page.1", s.id as "page.2"
  from session s
 where s.user_id = (select coalesce(:user_id, kam.caller_id()))
   and (s.create_time, s.id) < ((select coalesce(:page.1::timestamptz, 'infinity')), (select coalesce(:page.2::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')))
 order by s.create_time desc, s.id desc
 limit :page.limit;
