-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.AnalysisService/UpdateSwot
-- kind: write
-- record: swot.id
-- roles: rep, manager
-- do:
update swot set @set(swot: strengths, weaknesses, opportunities, threats, conclusion)
 where id = :record.id and version = :swot.version;
-- answer:
select {{swot_columns}}
 where s.id = :record.id;
