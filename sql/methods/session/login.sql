-- SPDX-License-Identifier: Apache-2.0
-- The steps are in server/methods: find_user, which counts the attempt, check the password on the thread pool, then open_session.
-- method: kam.v1.SessionService/Login
-- kind: write
-- handler: login
-- roles: auth
-- statement: find_user
select user_id, password_hash, role, wait_ms from kam.login_lookup(:login, :arg.address::text);
-- statement: open_session
select *, kam.feed_epoch() as "user.feed_epoch" from kam.open_session(:arg.user_id::uuid, :arg.checked_hash::text, :arg.token_hash::bytea, :device, :arg.address::text, :arg.ttl_seconds::int8);
