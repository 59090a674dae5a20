-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.AccountArchiveService/GetAccountEvent
-- kind: read
-- roles: rep, manager
-- into: .
select {{event_columns}}
 where x.id = :id;
