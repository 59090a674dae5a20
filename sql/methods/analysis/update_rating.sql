-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.AnalysisService/UpdateCompetitionRating
-- kind: write
-- record: rating.id
-- roles: rep, manager
-- do:
update competition_rating set @set(rating: competitor, price, product, operations, people, service, brand, promotion, channel, note)
 where id = :record.id and version = :rating.version;
-- answer:
select {{rating_columns}}
 where r.id = :record.id;
