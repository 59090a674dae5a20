-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.ProcessService/GetAdvancement
-- kind: read
-- roles: rep, manager
-- into: .
select {{advancement_columns}}
  from {{advancement_tables}}
 where v.id = :id;
-- into: steps
select {{advancement_steps}}
 where s.advancement_id = :id
 order by s.position;
-- into: evidence
select {{advancement_evidence}}
 where x.advancement_id = :id
 order by x.step, x.position;
