-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.OpportunityService/SetOpportunityCompetitor
-- kind: write
-- record: competitor.opportunity_id
-- version: competitor.version
-- roles: rep, manager
-- do:
select kam.hold_opportunity(:record.id);
-- do:
insert into opportunity_competitor (opportunity_id, account_id, name, product, price_currency_code, price_minor_units, share_percent, strengths, weaknesses, relationship, satisfaction)
select o.id, o.account_id, :competitor.name,
       case when 'product' = any (:update_mask) then :competitor.product else '' end,
       case when 'price' = any (:update_mask) then :competitor.price.currency_code end,
       case when 'price' = any (:update_mask) then :competitor.price.minor_units end,
       case when 'share_percent' = any (:update_mask) then :competitor.share_percent end,
       case when 'strengths' = any (:update_mask) then :competitor.strengths else '' end,
       case when 'weaknesses' = any (:update_mask) then :competitor.weaknesses else '' end,
       case when 'relationship' = any (:update_mask) then :competitor.relationship else '' end,
       case when 'satisfaction' = any (:update_mask) then :competitor.satisfaction end
  from opportunity o
 where o.id = :record.id and :competitor.version = 0 and not exists (select from opportunity_competitor p where p.opportunity_id = o.id and p.name = :competitor.name);
-- do:
update opportunity_competitor set @set(competitor: product, price, share_percent, strengths, weaknesses, relationship, satisfaction) @mask(name)
 where opportunity_id = :record.id and name = :competitor.name and version = :competitor.version;
-- answer:
select {{opportunity_competitor_columns}}
 where o.id = :record.id and p.name = :competitor.name;
