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
select kam.require(not exists (select from unnest(:activity.contact_ids) i
                                where not exists (select from position p where p.contact_id = i and p.account_id = x.account_id)),
                   5, 'CONTACT_NOT_AT_ACCOUNT', 'A contact of the activity has no position at its account.')
  from activity x where x.id = :record.id;
-- do:
insert into activity_contact (activity_id, contact_id, account_id)
select distinct x.id, i, x.account_id from activity x, unnest(:activity.contact_ids) i where x.id = :record.id;
-- do:
insert into activity_user (activity_id, user_id, account_id)
select distinct x.id, i, x.account_id from activity x, unnest(:activity.user_ids) i where x.id = :record.id;
-- answer:
select {{activity_columns}}
  from activity x
  {{activity_joins}}
 where x.id = :record.id;
