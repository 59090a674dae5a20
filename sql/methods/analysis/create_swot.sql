-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.AnalysisService/CreateSwot
-- kind: write
-- record: swot.id
-- roles: rep, manager
-- do:
insert into swot (id, account_id, opportunity_id, strengths, weaknesses, opportunities, threats, conclusion)
select :record.id, a.id, :swot.opportunity_id, :swot.strengths, :swot.weaknesses, :swot.opportunities, :swot.threats, :swot.conclusion
  from account a
 where a.id = :swot.account_id;
-- answer:
select {{swot_columns}}
 where s.id = :record.id;
