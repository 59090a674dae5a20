-- SPDX-License-Identifier: Apache-2.0
-- Objections, then the archive, then opportunities come last, so they are looked for only where the page has room.
-- method: kam.v1.SearchService/Search
-- kind: read
-- page: 20
-- roles: rep, manager, service
-- into: results
with found as materialized (
    select * from kam.search(:text, :kind, :page.limit, :page.1, :page.2, :page.3) where coalesce(:page.1, 0) <= 3),
more as materialized (
    select * from kam.search_objections(:text, :kind, :page.limit, :page.1, :page.2, :page.3)
     where coalesce(:page.1, 0) <= 5 and (select count(*) from found) < :page.limit),
archive as materialized (
    select * from kam.search_archive(:text, :kind, :page.limit, :page.1, :page.2, :page.3)
     where coalesce(:page.1, 0) <= 9 and (select count(*) from found) + (select count(*) from more) < :page.limit)
select x.kind, x.id, x.code, x.title, x.snippet, x.account_id, x.account_name, x.time, x.activity_kind, x.rank as "page.1", x.sort_time as "page.2", x.id as "page.3"
  from (select * from found
        union all
        select * from more
        union all
        select * from archive
        union all
        select * from kam.search_opportunities(:text, :kind, :page.limit, :page.1, :page.2, :page.3)
         where (select count(*) from found) + (select count(*) from more) + (select count(*) from archive) < :page.limit) x
 order by x.rank, x.sort_time desc, x.id desc
 limit :page.limit;
