-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.ObjectionLibraryService/AddObjectionAnswer
-- kind: write
-- record: id
-- roles: rep, manager
-- do:
update objection_entry
   set features = features || :answer.feature, advantages = advantages || :answer.advantage, benefits = benefits || :answer.benefit,
       evidence = evidence || :answer.evidence
 where id = :record.id and version = :version;
-- answer:
select {{objection_entry_columns}}
 where x.id = :record.id;
