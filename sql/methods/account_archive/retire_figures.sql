-- SPDX-License-Identifier: Apache-2.0
-- The answer is the year that was taken back, or the one that stands in the way of it.
-- method: kam.v1.AccountArchiveService/RetireAccountFigures
-- kind: write
-- record: account_id
-- roles: rep, manager
-- do:
select kam.retire_figures(:record.id, :year, :version, :reason);
-- answer:
select {{figures_columns}}
  join account_figures f on f.account_id = a.id and f.year = :year
  left join app_user e on e.id = f.updated_by
 where a.id = :record.id
 order by f.retire_time desc nulls first
 limit 1;
