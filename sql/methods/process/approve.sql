-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.ProcessService/ApproveStep
-- kind: write
-- record: id
-- roles: manager
-- do:
select kam.approve_step(:record.id, :version, :reason);
-- answer:
select {{advancement_columns}}
  from {{advancement_tables}}
 where v.id = :record.id;
-- into: steps
select {{advancement_steps}}
 where s.advancement_id = :record.id
 order by s.position;
-- into: evidence
select {{advancement_evidence}}
 where x.advancement_id = :record.id
 order by x.step, x.position;
