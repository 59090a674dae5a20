-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.AnalysisService/CreateCompetitionRating
-- kind: write
-- record: rating.id
-- roles: rep, manager
-- do:
insert into competition_rating (id, account_id, competitor, price, product, operations, people, service, brand, promotion, channel, note)
select :record.id, a.id, :rating.competitor, :rating.price, :rating.product, :rating.operations, :rating.people, :rating.service, :rating.brand, :rating.promotion, :rating.channel,
       :rating.note
  from account a
 where a.id = :rating.account_id;
-- answer:
select {{rating_columns}}
 where r.id = :record.id;
