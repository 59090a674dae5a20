-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.OpportunityService/SetDecisionCriterion
-- kind: write
-- record: criterion.opportunity_id
-- version: criterion.version
-- roles: rep, manager
-- do:
select kam.set_decision_criterion(:record.id, :criterion.version, :update_mask, :criterion.text, :criterion.rank, :criterion.our_fit, :criterion.tactic)
       @mask(text, rank, our_fit, tactic);
-- answer:
select {{decision_criterion_columns}}
 where o.id = :record.id and p.text = :criterion.text;
