-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.AnalysisService/GetCompetitionRating
-- kind: read
-- roles: rep, manager
-- into: .
select {{rating_columns}}
 where r.id = :id;
