-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.SearchService/Search
-- kind: read
-- page: 20
-- roles: rep, manager, service
-- into: results
select kind, id, code, title, snippet, account_id, account_name, time, activity_kind, rank as "page.1", sort_time as "page.2", id as "page.3"
  from kam.search(:text, :kind, :page.limit, :page.1, :page.2, :page.3)
 order by rank, sort_time desc, id desc;
