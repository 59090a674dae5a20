-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.ObjectionLibraryService/GetObjectionEntry
-- kind: read
-- roles: rep, manager
-- into: .
select {{objection_entry_columns}}
 where x.id = :id;
