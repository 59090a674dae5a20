-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.OpportunityService/UpdateOpportunity
-- kind: write
-- record: opportunity.id
-- roles: rep, manager
-- do:
update opportunity
   set @set(opportunity: name, amount, purchase_on, decision_on, buying_stage, source, source_note, fund_source, fund_state, purchase_trigger, probability, worth_pursuing, worth_reason, positioning, customer_value, purchase_influences, cost_and_benefit, sales_plan, insider_view, note)
 where id = :record.id and version = :opportunity.version;
-- answer:
select {{opportunity_columns}}, {{opportunity_texts}}
  from {{opportunity_tables}}
 where o.id = :record.id;
