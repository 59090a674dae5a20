-- SPDX-License-Identifier: Apache-2.0
a.id as account_id, a.code as account_code, a.name as account_name, b.closes_on
  from account a
 cross join lateral (select kam.budget_closes_on(a.budget_month, a.budget_day, (select kam.today())) as closes_on) b
