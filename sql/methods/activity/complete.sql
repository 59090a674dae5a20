-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.ActivityService/CompleteActivity
-- kind: write
-- record: id
-- roles: rep, manager
-- do:
select kam.give_answer(:is_answered);
-- do:
select kam.complete_activity(:record.id, :version, :time, :duration_minutes, :description, :customer_reaction, :result, :cost.currency_code,
                             :cost.minor_units, case when :next_step.kind::text is not null then :new.id end);
-- do:
insert into activity (id, account_id, kind, state, subject, time, owner_id, previous_activity_id)
select :new.id, x.account_id, :next_step.kind, 'planned', :next_step.subject, :next_step.time, coalesce(:next_step.owner_id, kam.caller_id()), x.id
  from activity x
 where x.id = :record.id and x.next_activity_id = :new.id;
-- do:
select kam.add_activity_people(x.id, coalesce(nullif(:next_step.contact_ids, '{}'),
                                              array(select l.contact_id from activity_contact l where l.activity_id = x.previous_activity_id)), '{}')
  from activity x
 where x.id = :new.id and x.previous_activity_id = :record.id;
-- answer:
select {{activity_columns}}
  from activity x
  {{activity_joins}}
 where x.id = :record.id;
