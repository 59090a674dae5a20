-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.OpportunityService/ReopenOpportunity
-- kind: write
-- record: id
-- roles: rep, manager
-- do:
select kam.reopen_opportunity(:record.id, :version, :reason);
-- answer:
select {{opportunity_columns}}, {{opportunity_texts}}
  from {{opportunity_tables}}
 where o.id = :record.id;
