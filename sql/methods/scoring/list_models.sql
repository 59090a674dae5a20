-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.ScoringService/ListScoringModels
-- kind: read
-- roles: rep, manager
-- into: models
select m.key as "page.1", {{scoring_model_columns}}
  from scoring_model m
  join scoring_model_version v on v.id = kam.newest_scoring_version(m.key)
  left join app_user u on u.id = v.created_by
 where m.key > (select coalesce(:page.1, ''))
 order by m.key
 limit :page.limit;
