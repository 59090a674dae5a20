-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.AnalysisService/ListCarePhases
-- kind: read
-- roles: rep, manager
-- into: phases
select {{care_columns}}
 where p.id in (select x.id from care_phase x where x.account_id = :account_id order by x.starts_on desc, x.id desc limit 100)
 order by p.starts_on, p.id;
