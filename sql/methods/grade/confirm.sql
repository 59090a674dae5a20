-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.GradeService/ConfirmGrade
-- kind: write
-- record: id
-- roles: manager
-- do:
select kam.confirm_grade(:record.id, :version, :review_on, :reason);
-- answer:
select {{grade_columns}}
  from account_grade g
  {{grade_tables}}
 where g.id = :record.id;
