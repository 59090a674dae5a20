-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.SessionService/Logout
-- kind: write
-- roles: rep, manager, service
-- do:
select kam.end_own_session();
