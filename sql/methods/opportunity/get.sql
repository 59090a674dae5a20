-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.OpportunityService/GetOpportunity
-- kind: read
-- roles: rep, manager
-- into: .
select {{opportunity_columns}}, {{opportunity_texts}}, q.id as waiting_request_id, q.create_time as waiting_since, d.names as waiting_for
  from {{opportunity_tables}}
  left join advancement q on q.opportunity_id = o.id and q.state = 'waiting'
  left join lateral kam.approval_deciders(q.id) d on q.id is not null
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
