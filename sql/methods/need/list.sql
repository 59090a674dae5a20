-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.NeedService/ListNeeds
-- kind: read
-- roles: rep, manager
-- into: needs
select n.create_time as "page.1", n.id as "page.2", {{need_columns}}
 where n.account_id = :account_id and (:contact_id::uuid is null or n.contact_id = :contact_id) and (:state::text is null or n.state = :state)
   and (:include_retired or n.retire_time is null)
   and (n.create_time, n.id) < ((select coalesce(:page.1::timestamptz, 'infinity')), (select coalesce(:page.2::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')))
 order by n.create_time desc, n.id desc
 limit :page.limit;
