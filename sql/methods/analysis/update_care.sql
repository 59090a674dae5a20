-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.AnalysisService/UpdateCarePhase
-- kind: write
-- record: phase.id
-- roles: rep, manager
-- do:
update care_phase set @set(phase: starts_on, ends_on, note)
 where id = :record.id and version = :phase.version;
-- answer:
select {{care_columns}}
 where p.id = :record.id;
