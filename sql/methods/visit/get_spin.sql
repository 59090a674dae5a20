-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.VisitService/GetSpin
-- kind: read
-- roles: rep, manager
-- into: .
select {{spin_columns}}
 where x.id = :activity_id;
