-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.ObjectionLibraryService/RemoveObjectionAnswer
-- kind: write
-- record: id
-- roles: rep, manager
-- do:
select kam.require(:number <= cardinality(x.features), 5, 'ANSWER_NOT_FOUND', 'The entry has no such answer.')
  from objection_entry x
 where x.id = :record.id and x.version = :version;
-- do:
update objection_entry
   set features = features[1 : :number - 1] || features[:number + 1 : 20],
       advantages = advantages[1 : :number - 1] || advantages[:number + 1 : 20],
       benefits = benefits[1 : :number - 1] || benefits[:number + 1 : 20],
       evidence = evidence[1 : :number - 1] || evidence[:number + 1 : 20]
 where id = :record.id and version = :version;
-- answer:
select {{objection_entry_columns}}
 where x.id = :record.id;
