-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.ScoringService/GetAssessment
-- kind: read
-- roles: rep, manager
-- into: .
select {{assessment_columns}}, {{assessment_parts}}
  {{assessment_tables}}
  {{assessment_scores}}
 where x.id = :id;
