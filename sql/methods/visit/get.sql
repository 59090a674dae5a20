-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.VisitService/GetVisit
-- kind: read
-- roles: rep, manager
-- into: .
select {{visit_columns}}
 where x.id = :activity_id;
