-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.ObjectionLibraryService/UpdateObjectionEntry
-- kind: write
-- record: entry.id
-- roles: rep, manager
-- do:
update objection_entry set @set(entry: objection, topic)
 where id = :record.id and version = :entry.version;
-- answer:
select {{objection_entry_columns}}
 where x.id = :record.id;
