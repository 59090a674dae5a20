-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.AnalysisService/GetSwot
-- kind: read
-- roles: rep, manager
-- into: .
select {{swot_columns}}
 where s.id = :id;
