-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.ProcessService/SetVerdict
-- kind: write
-- record: id
-- roles: manager
-- do:
select kam.set_verdict(:record.id, :version, :verdict, :review_on, :stage_key, :reason);
-- answer:
select {{opportunity_columns}}, {{opportunity_texts}}
  from {{opportunity_tables}}
 where o.id = :record.id;
