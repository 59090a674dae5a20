-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.ActivityService/UpdateActivity
-- kind: write
-- record: activity.id
-- roles: rep, manager
-- do:
select kam.require(x.state = 'planned', 9, 'ACTIVITY_NOT_PLANNED', 'The activity is {state}; only planned ones can be changed. Correct it instead.',
                   jsonb_build_object('metadata', jsonb_build_object('state', x.state)))
  from activity x
 where x.id = :record.id and x.version = :activity.version;
-- do:
update activity set @set(activity: kind, subject, time, duration_minutes, place, description, owner_id, cost)
 where id = :record.id and version = :activity.version;
-- do:
select kam.set_activity_people(x.id, case when 'contact_ids' = any (:update_mask) then :activity.contact_ids end,
                               case when 'user_ids' = any (:update_mask) then :activity.user_ids end) @mask(contact_ids, user_ids)
  from activity x
 where x.id = :record.id and x.version = :activity.version + 1 and x.update_time = now();
-- answer:
select {{activity_columns}}
  from activity x
  {{activity_joins}}
 where x.id = :record.id;
