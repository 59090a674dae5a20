-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.ScoringService/RecordAssessment
-- kind: write
-- record: assessment.id
-- roles: rep, manager
-- do:
select kam.record_assessment(:record.id, :assessment.model_key, :assessment.opportunity_id, :assessment.account_id, :assessment.assessed_on,
                             :assessment.scores[].factor_key, :assessment.scores[].score, :assessment.scores[].note, :assessment.note,
                             :assessment.expected_expenses.currency_code, :assessment.expected_expenses.minor_units, :assessment.obstacles,
                             :assessment.steps[].action, :assessment.steps[].people, :assessment.steps[].support, :assessment.steps[].by_on);
-- answer:
select {{assessment_columns}}, {{assessment_parts}}
  {{assessment_tables}}
  {{assessment_scores}}
 where x.id = :record.id;
