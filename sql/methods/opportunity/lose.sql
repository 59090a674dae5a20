-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.OpportunityService/LoseOpportunity
-- kind: write
-- record: id
-- roles: rep, manager
-- do:
select kam.lose_opportunity(:record.id, :version, :lost_reason, :lost_to, :note);
-- answer:
select {{opportunity_columns}}, {{opportunity_texts}}
  from {{opportunity_tables}}
 where o.id = :record.id;
