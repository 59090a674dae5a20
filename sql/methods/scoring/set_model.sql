-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.ScoringService/SetScoringModel
-- kind: write
-- record: model.id
-- roles: manager
-- do:
select kam.set_scoring_model(:record.id, :model.key, :model.kind, :replaces, :model.name_en, :model.name_zh, :model.reason, :model.factors[].key, :model.factors[].weight,
                             :model.factors[].is_inverse, :model.factors[].name_en, :model.factors[].name_zh, :model.grades[].grade, :model.grades[].least,
                             :model.grades[].name_en, :model.grades[].name_zh, :model.grades[].limit_percent, :model.grades[].terms_days);
-- answer:
select {{scoring_model_columns}}, {{scoring_model_parts}}
 where v.id = :record.id;
