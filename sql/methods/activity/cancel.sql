-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.ActivityService/CancelActivity
-- kind: write
-- record: id
-- roles: rep, manager
-- do:
select kam.cancel_activity(:record.id, :version, :reason);
-- answer:
select {{activity_columns}}
  from activity x
  {{activity_joins}}
 where x.id = :record.id;
