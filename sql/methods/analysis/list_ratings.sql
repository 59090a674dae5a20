-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.AnalysisService/ListCompetitionRatings
-- kind: read
-- roles: rep, manager
-- into: ratings
select {{rating_columns}}
 where r.account_id = :account_id and r.retire_time is null
 order by r.competitor, r.id
 limit 50;
