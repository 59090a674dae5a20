-- SPDX-License-Identifier: Apache-2.0
-- The steps are in server/methods: find_password as a read, check it on the thread pool, then change_password as a write or record_failure.
-- method: kam.v1.SessionService/ChangePassword
-- kind: write
-- handler: change_password
-- roles: rep, manager, service
-- statement: find_password
select password_hash, wait_ms from kam.own_password(:arg.address::text);
-- statement: record_failure
select kam.own_password_failed(:arg.address::text)::text as nothing;
-- statement: change_password
select kam.change_own_password(:arg.checked_hash::text, :new_password)::text as nothing;
