-- SPDX-License-Identifier: Apache-2.0
-- A year without figures has empty ones of version 0.
-- method: kam.v1.AccountArchiveService/GetAccountFigures
-- kind: read
-- roles: rep, manager
-- into: .
select {{figures_columns}}
  left join account_figures f on f.account_id = a.id and f.year = :year and f.retire_time is null
  left join app_user e on e.id = f.updated_by
 where a.id = :account_id;
