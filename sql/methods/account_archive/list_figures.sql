-- SPDX-License-Identifier: Apache-2.0
-- No pages: an account has 300 years at most.
-- method: kam.v1.AccountArchiveService/ListAccountFigures
-- kind: read
-- roles: rep, manager
-- into: figures
select {{figures_columns}}
  join account_figures f on f.account_id = a.id and f.retire_time is null
  left join app_user e on e.id = f.updated_by
 where a.id = :account_id
 order by f.year desc;
