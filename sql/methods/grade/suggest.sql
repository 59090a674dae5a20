-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.GradeService/SuggestGrade
-- kind: write
-- record: grade.id
-- roles: rep, manager
-- do:
select kam.suggest_grade(:record.id, :grade.account_id, :grade.kind, :grade.grade, :grade.credit_limit.currency_code, :grade.credit_limit.minor_units, :grade.terms_days, :grade.reason);
-- answer:
select {{grade_columns}}
  from account_grade g
  {{grade_tables}}
 where g.id = :record.id;
