-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.ActivityService/GetActivity
-- kind: read
-- roles: rep, manager
-- into: .
select {{activity_columns}}
  from activity x
  {{activity_joins}}
 where x.id = :id;
-- into: visit
select {{visit_columns}}
 where v.activity_id = :id;
-- into: spin
select {{spin_columns}}
 where s.activity_id = :id;
-- into: comments
select {{comment_columns}}
 where m.activity_id = :id
 order by m.create_time, m.id
 limit 1000;
-- into: objections
select {{objection_columns}}
 where o.activity_id = :id
 order by o.create_time, o.id
 limit 100;
-- into: ideas
select {{idea_columns}}
 where i.activity_id = :id
 order by i.impact * i.confidence * i.ease desc, i.id desc
 limit 100;
