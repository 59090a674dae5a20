-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.ScoringService/ListAssessments
-- kind: read
-- roles: rep, manager
-- into: assessments
with page as materialized (
    (select y.id from assessment y
      where y.opportunity_id = :opportunity_id
        and {{assessment_page}})
    union all
    (select y.id from assessment y
      where :opportunity_id::uuid is null and y.account_id = :account_id
        and {{assessment_page}}))
select x.assessed_on as "page.1", x.create_time as "page.2", x.id as "page.3", {{assessment_columns}}
  from page join assessment x on x.id = page.id
  {{assessment_tables}}
 order by x.assessed_on desc, x.create_time desc, x.id desc;
