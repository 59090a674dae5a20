-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.ScoringService/GetScoringModel
-- kind: read
-- roles: rep, manager
-- into: .
select {{scoring_model_columns}}, {{scoring_model_parts}}
 where m.key = :key and (v.number = :number or :number = 0)
 order by v.number desc
 limit 1;
