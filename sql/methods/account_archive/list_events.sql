-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.AccountArchiveService/ListAccountEvents
-- kind: read
-- roles: rep, manager
-- into: events
select x.happened_on as "page.1", x.id as "page.2", {{event_columns}}
 where x.account_id = :account_id and (:include_retired or x.retire_time is null)
   and (x.happened_on, x.id) < ((select coalesce(:page.1::date, 'infinity')), (select coalesce(:page.2::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')))
 order by x.happened_on desc, x.id desc
 limit :page.limit;
