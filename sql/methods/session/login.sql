-- SPDX-License-Identifier: Apache-2.0
-- The steps are in server/methods: find_user, check the password on the thread pool, then open_session or record_failure.
-- method: kam.v1.SessionService/Login
-- kind: write
-- handler: login
-- roles: auth
-- statement: find_user
select user_id, password_hash, role, wait_ms from kam.login_lookup(:login, :arg.address::text);
-- statement: record_failure
select kam.login_failed(:login, :arg.address::text)::text as nothing;
-- statement: open_session
select * from kam.open_session(:arg.user_id::uuid, :arg.token_hash::bytea, :device, :arg.address::text, :arg.ttl_seconds::int8);
