-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.GradeService/ListGradeReviews
-- kind: read
-- roles: rep, manager
-- into: reviews
select a.grade_review_on as "page.1", a.id as "page.2", a.id as account_id, a.code as account_code, a.name as account_name, a.potential_grade, a.contribution_grade,
       a.credit_grade, a.grade_review_on as review_on
  from account a
 where a.owner_id = (select coalesce(:owner_id, kam.caller_id())) and a.grade_review_on <= (select coalesce(:until, kam.today())) and a.retire_time is null
   and (a.grade_review_on, a.id) > ((select coalesce(:page.1::date, '-infinity')), (select coalesce(:page.2::uuid, '00000000-0000-0000-0000-000000000000')))
 order by a.grade_review_on, a.id
 limit :page.limit;
