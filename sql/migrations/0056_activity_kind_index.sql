-- SPDX-License-Identifier: Apache-2.0
-- The newest done activities of a kind at an account, and the planned visits of an account by day: what exit criteria ask for, also where there are thousands.
-- no-transaction

drop index concurrently if exists kam.activity_account_kind;
create index concurrently activity_account_kind on kam.activity (account_id, kind, time desc, id desc) where state = 'done';
drop index concurrently if exists kam.activity_account_plan;
create index concurrently activity_account_plan on kam.activity (account_id, plan_date) where visit_plan_id is not null;
