-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.ActivityService/GetActivity
-- kind: read
-- roles: rep, manager
-- into: .
select {{activity_columns}}
  from activity x
  {{activity_joins}}
 where x.id = :id;
