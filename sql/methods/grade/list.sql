-- SPDX-License-Identifier: Apache-2.0
-- What is open: a rep's from their accounts, a manager's along the short index of what is open anywhere, by kind.
-- method: kam.v1.GradeService/ListGrades
-- kind: read
-- roles: rep
-- into: grades
with page as materialized (
    (select y.id, y.create_time from account_grade y
      where y.account_id = :account_id and {{grade_page}})
    union all
    (select y.id, y.create_time from account_reach r join account_grade y on y.account_id = r.account_id
      where :account_id::uuid is null and r.user_id = kam.caller_id() and y.state = 'suggested' and {{grade_page}}))
select g.create_time as "page.1", g.id as "page.2", {{grade_columns}}
  from page join account_grade g on g.id = page.id
  {{grade_tables}}
 order by g.create_time desc, g.id desc;
-- roles: manager
-- into: grades
with found as materialized (
    (select y.id, y.create_time from account_grade y
      where y.account_id = :account_id and {{grade_page}})
    union all
    (select y.id, y.create_time
       from unnest(case when :kind::text is null then array['potential', 'contribution', 'credit'] else array[:kind] end) k (kind)
      cross join lateral (
        select y.id, y.create_time from account_grade y
         where y.kind = k.kind and y.state = 'suggested' and {{grade_page}}) y
      where :account_id::uuid is null)),
page as materialized (select id from found order by create_time desc, id desc limit :page.limit)
select g.create_time as "page.1", g.id as "page.2", {{grade_columns}}
  from page join account_grade g on g.id = page.id
  {{grade_tables}}
 order by g.create_time desc, g.id desc;
