-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.SessionService/GetCaller
-- kind: read
-- roles: rep, manager, service
-- into: .
select (select c.feed_epoch from company c) as feed_epoch, {{user_columns}}
 where u.id = kam.caller_id();
