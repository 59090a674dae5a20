-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.AnalysisService/ListCarePhases
-- kind: read
-- roles: rep, manager
-- into: phases
select {{care_columns}}
 where p.account_id = :account_id
 order by p.starts_on, p.id
 limit 100;
