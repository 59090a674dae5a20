-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.OpportunityService/GetOpportunity
-- kind: read
-- roles: rep, manager
-- into: .
select {{opportunity_columns}}, {{opportunity_texts}}
  from {{opportunity_tables}}
 where o.id = {{opportunity_meant}};
-- into: people
select {{opportunity_person_columns}}
 where o.id = {{opportunity_meant}}
 order by p.influence desc nulls last, c.name, p.id;
-- into: team
select {{opportunity_user_columns}}
 where o.id = {{opportunity_meant}}
 order by u.name, p.id;
-- into: products
select {{opportunity_product_columns}}
 where o.id = {{opportunity_meant}}
 order by p.id;
-- into: competitors
select {{opportunity_competitor_columns}}
 where o.id = {{opportunity_meant}}
 order by p.name, p.id;
-- into: criteria
select {{decision_criterion_columns}}
 where o.id = {{opportunity_meant}}
 order by p.rank, p.id;
-- into: answers
select {{opportunity_answer_columns}}
 where o.id = {{opportunity_meant}}
 order by p.question;
