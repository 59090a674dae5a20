-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.AnalysisService/RetireCompetitionRating
-- kind: write
-- record: id
-- roles: rep, manager
-- do:
select kam.retire_competition_rating(:record.id, :version, :reason);
-- answer:
select {{rating_columns}}
 where r.id = :record.id;
