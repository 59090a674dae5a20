-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.ActivityService/PlanActivity
-- kind: write
-- record: activity.id
-- roles: rep, manager
-- do:
select kam.require(:activity.time is not null, 3, 'FIELD_REQUIRED', 'A planned activity needs a time.',
                   '{"violations": [{"field": "activity.time", "description": "must be set"}]}');
-- do:
insert into activity (id, account_id, kind, state, subject, time, duration_minutes, place, owner_id, cost_currency_code, cost_minor_units, description)
select :record.id, a.id, :activity.kind, 'planned', :activity.subject, :activity.time, :activity.duration_minutes, :activity.place,
       coalesce(:activity.owner_id, kam.caller_id()), :activity.cost.currency_code, :activity.cost.minor_units, :activity.description
  from account a
 where a.id = :activity.account_id;
-- do:
select kam.add_activity_people(:record.id, :activity.contact_ids, :activity.user_ids);
-- answer:
select {{activity_columns}}
  from activity x
  {{activity_joins}}
 where x.id = :record.id;
