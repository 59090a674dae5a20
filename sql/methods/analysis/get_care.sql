-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.AnalysisService/GetCarePhase
-- kind: read
-- roles: rep, manager
-- into: .
select {{care_columns}}
 where p.id = :id;
