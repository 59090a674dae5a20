-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.GradeService/ReturnGrade
-- kind: write
-- record: id
-- roles: manager
-- do:
select kam.return_grade(:record.id, :version, :reason);
-- answer:
select {{grade_columns}}
  from account_grade g
  {{grade_tables}}
 where g.id = :record.id;
