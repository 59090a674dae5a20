-- SPDX-License-Identifier: Apache-2.0
-- Where it came from is where the account came from, unless something else is said.
-- method: kam.v1.OpportunityService/CreateOpportunity
-- kind: write
-- record: opportunity.id
-- roles: rep, manager
-- do:
select kam.require(:opportunity.name <> '', 3, 'FIELD_REQUIRED', 'An opportunity needs a name.', '{"violations": [{"field": "opportunity.name", "description": "must be set"}]}'),
       kam.require(:opportunity.account_id is not null, 3, 'FIELD_REQUIRED', 'Whose opportunity is it? Name the account.',
                   '{"violations": [{"field": "opportunity.account_id", "description": "must be set"}]}'),
       kam.require(:opportunity.pipeline_key = '' or exists (select from pipeline p where p.key = :opportunity.pipeline_key), 5, 'PIPELINE_NOT_FOUND',
                   'There is no such pipeline.');
-- do:
insert into opportunity (id, account_id, owner_id, name, pipeline_version_id, amount_currency_code, amount_minor_units, purchase_on, decision_on, buying_stage, source,
                         source_note, fund_source, fund_state, purchase_trigger, probability, worth_pursuing, worth_reason, positioning, customer_value,
                         purchase_influences, cost_and_benefit, sales_plan, insider_view, note)
select :record.id, a.id, :opportunity.owner_id, :opportunity.name,
       (select v.id from pipeline p join pipeline_version v on v.pipeline_id = p.id where p.key = :opportunity.pipeline_key order by v.number desc limit 1),
       :opportunity.amount.currency_code, :opportunity.amount.minor_units, :opportunity.purchase_on, :opportunity.decision_on, :opportunity.buying_stage,
       coalesce(:opportunity.source, a.source), case when :opportunity.source is null and :opportunity.source_note = '' then a.source_note else :opportunity.source_note end,
       :opportunity.fund_source, :opportunity.fund_state, :opportunity.purchase_trigger, :opportunity.probability,
       :opportunity.worth_pursuing, :opportunity.worth_reason, :opportunity.positioning, :opportunity.customer_value, :opportunity.purchase_influences,
       :opportunity.cost_and_benefit, :opportunity.sales_plan, :opportunity.insider_view, :opportunity.note
  from account a
 where a.id = :opportunity.account_id;
-- answer:
select {{opportunity_columns}}, {{opportunity_texts}}
  from {{opportunity_tables}}
 where o.id = :record.id;
