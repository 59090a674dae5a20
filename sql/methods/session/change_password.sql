-- SPDX-License-Identifier: Apache-2.0
-- The steps are in server/methods: find_password, which counts the attempt, check it on the thread pool, then change_password.
-- method: kam.v1.SessionService/ChangePassword
-- kind: write
-- handler: change_password
-- roles: rep, manager, service
-- statement: find_password
select password_hash, wait_ms from kam.own_password(:arg.address::text);
-- statement: change_password
select kam.change_own_password(:arg.checked_hash::text, :new_password, :arg.address::text)::text as nothing;
