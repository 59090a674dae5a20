-- SPDX-License-Identifier: Apache-2.0
-- Not found where the model scores the other of the two.
-- method: kam.v1.ScoringService/GetScoringSheet
-- kind: read
-- roles: rep, manager
-- into: .
select {{sheet_columns}}
  from {{sheet_tables}};
-- into: factors
select f.key, f.name_en, f.name_zh, f.weight, f.is_inverse, c.score as last_score, p.score as proposed_score, p.basis
  from {{sheet_tables}}
  join scoring_factor f on f.version_id = v.id
  left join assessment_score c on c.assessment_id = l.id and c.factor_key = f.key
  left join lateral (select s.factor_key, s.score, s.basis from kam.proposed_scores(a.id) s where m.kind = 'contribution') p on p.factor_key = f.key
 order by f.position;
