-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.ActivityService/CorrectActivity
-- kind: write
-- record: activity.id
-- version: version
-- roles: rep, manager
-- do:
select kam.mark_activity_corrected(:id, :version, :reason);
-- do:
insert into activity (id, account_id, kind, state, subject, time, duration_minutes, place, owner_id, cost_currency_code, cost_minor_units, description,
                      customer_reaction, result, next_activity_id, previous_activity_id, corrects_id, correction_reason)
select :record.id, x.account_id, :activity.kind, 'done', :activity.subject, coalesce(:activity.time, x.time), :activity.duration_minutes, :activity.place,
       coalesce(:activity.owner_id, x.owner_id), :activity.cost.currency_code, :activity.cost.minor_units, :activity.description,
       :activity.customer_reaction, :activity.result, x.next_activity_id, x.previous_activity_id, x.id, :reason
  from activity x
 where x.id = :id and x.state = 'corrected' and x.update_time = now();
-- do:
select kam.add_activity_people(:record.id, :activity.contact_ids, :activity.user_ids);
-- do:
select kam.carry_activity_parts(:id, :record.id);
-- answer:
select {{activity_columns}}
  from activity x
  {{activity_joins}}
 where x.id = :record.id;
