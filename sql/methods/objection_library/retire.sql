-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.ObjectionLibraryService/RetireObjectionEntry
-- kind: write
-- record: id
-- roles: rep, manager
-- do:
select kam.set_entry_state(:record.id, :version, 'retired', :reason);
-- answer:
select {{objection_entry_columns}}
 where x.id = :record.id;
