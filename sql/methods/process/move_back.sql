-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.ProcessService/MoveBack
-- kind: write
-- record: id
-- roles: rep, manager
-- do:
select kam.move_back(:record.id, :version, :stage_key, :reason);
-- answer:
select {{opportunity_columns}}, {{opportunity_texts}}
  from {{opportunity_tables}}
 where o.id = :record.id;
