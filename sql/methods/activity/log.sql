-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.ActivityService/LogActivity
-- kind: write
-- record: activity.id
-- roles: rep, manager
-- do:
insert into activity (id, account_id, kind, state, subject, time, duration_minutes, place, owner_id, cost_currency_code, cost_minor_units, description,
                      customer_reaction, result, next_activity_id)
select :record.id, a.id, :activity.kind, 'done', :activity.subject, coalesce(:activity.time, now()), :activity.duration_minutes, :activity.place,
       coalesce(:activity.owner_id, kam.caller_id()), :activity.cost.currency_code, :activity.cost.minor_units, :activity.description,
       :activity.customer_reaction, :activity.result, case when :next_step.kind::text is not null then :new.id end
  from account a
 where a.id = :activity.account_id;
-- do:
insert into activity (id, account_id, kind, state, subject, time, owner_id, previous_activity_id)
select :new.id, x.account_id, :next_step.kind, 'planned', :next_step.subject, :next_step.time, coalesce(:next_step.owner_id, kam.caller_id()), x.id
  from activity x
 where x.id = :record.id and :next_step.kind::text is not null;
-- do:
select kam.add_activity_people(:record.id, :activity.contact_ids, :activity.user_ids),
       case when :next_step.kind::text is not null
            then kam.add_activity_people(:new.id, coalesce(nullif(:next_step.contact_ids, '{}'), :activity.contact_ids), '{}') end;
-- answer:
select {{activity_columns}}
  from activity x
  {{activity_joins}}
 where x.id = :record.id;
