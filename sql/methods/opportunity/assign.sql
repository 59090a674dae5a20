-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.OpportunityService/AssignOpportunity
-- kind: write
-- record: id
-- roles: rep, manager
-- do:
select kam.assign_opportunity(:record.id, :version, :owner_id, :reason);
-- answer:
select {{opportunity_columns}}, {{opportunity_texts}}
  from {{opportunity_tables}}
 where o.id = :record.id;
