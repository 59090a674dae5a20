-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.AccountArchiveService/RetireAccountEvent
-- kind: write
-- record: id
-- roles: rep, manager
-- do:
select kam.retire_account_event(:record.id, :version, :reason);
-- answer:
select {{event_columns}}
 where x.id = :record.id;
