-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.SessionService/RevokeSession
-- kind: write
-- record: id
-- roles: rep, manager, service
-- do:
select kam.revoke_session(:record.id);
