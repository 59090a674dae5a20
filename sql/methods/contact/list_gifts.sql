-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.ContactService/ListGifts
-- kind: read
-- roles: rep, manager
-- into: gifts
select g.given_on as "page.1", g.id as "page.2", {{gift_columns}}
 where g.contact_id = :contact_id
   and (g.given_on, g.id) < ((select coalesce(:page.1::date, 'infinity')), (select coalesce(:page.2::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')))
 order by g.given_on desc, g.id desc
 limit :page.limit;
