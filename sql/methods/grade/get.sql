-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.GradeService/GetGrade
-- kind: read
-- roles: rep, manager
-- into: .
select {{grade_columns}}
  from account_grade g
  {{grade_tables}}
 where g.id = :id;
