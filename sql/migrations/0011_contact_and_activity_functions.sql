-- SPDX-License-Identifier: Apache-2.0
-- What is decided about contacts and activities: leaving, retiring, the level of a relationship, what became of a plan.
set local search_path = kam, pg_temp;

create function reaches_contact(contact_id uuid) returns boolean language sql stable security definer set search_path = kam, pg_temp as $$
    select exists (select from position p where p.contact_id = reaches_contact.contact_id and reaches_account(p.account_id))
$$;

-- A position may be given to a contact within reach, and to one that this caller has just made and that is nowhere yet. With any other contact it
-- would be a way to read it. A function, because policies of position that ask contact, which asks position, would never end.
create function may_place_contact(contact_id uuid) returns boolean language sql stable security definer set search_path = kam, pg_temp as $$
    select reaches_contact(may_place_contact.contact_id)
        or (exists (select from contact c where c.id = may_place_contact.contact_id and c.created_by = caller_id())
            and not exists (select from position p where p.contact_id = may_place_contact.contact_id))
$$;
grant execute on function may_place_contact(uuid) to kam_rep, kam_manager;

create policy position_rep_insert on position for insert to kam_rep with check (
    exists (select from account_reach r where r.account_id = position.account_id) and may_place_contact(contact_id));
create policy position_manager_insert on position for insert to kam_manager with check (
    exists (select from account a where a.id = position.account_id offset 0) and may_place_contact(contact_id));

create function retire_contact(contact_id uuid, seen_version bigint, reason text) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_contact contact;
begin
    select * into v_contact from contact c where c.id = contact_id for no key update;
    if not found or not reaches_contact(contact_id) then
        perform refuse_not_found('contact');
    end if;
    if v_contact.version <> seen_version then
        return;
    end if;
    perform require(v_contact.retire_time is null, 9, 'CONTACT_RETIRED', 'The contact is retired already.');
    perform give_reason(reason);
    update contact c set retire_time = now() where c.id = contact_id;
end
$$;

create function end_position(position_id uuid, seen_version bigint, ended_on date) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_position kam.position;
begin
    select * into v_position from position p where p.id = position_id for no key update;
    if not found or not reaches_account(v_position.account_id) then
        perform refuse_not_found('position');
    end if;
    if v_position.version <> seen_version then
        return;
    end if;
    perform require(v_position.ended_on is null, 9, 'POSITION_ENDED', 'The position has ended already.');
    perform require(v_position.since is null or v_position.since <= coalesce(end_position.ended_on, today()), 3, 'ENDED_BEFORE_SINCE',
                    'The position cannot end before it began.',
                    jsonb_build_object('violations', jsonb_build_array(jsonb_build_object(
                        'field', 'ended_on', 'description', 'must not be before ' || v_position.since || ', when the position began'))));
    update position p set ended_on = coalesce(end_position.ended_on, today()) where p.id = position_id;
end
$$;

-- The position keeps the level of the latest date.
create function record_relationship(position_id uuid, level int, changed_on date, activity_id uuid, note text) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_position kam.position;
    v_level int;
begin
    select * into v_position from position p where p.id = position_id for no key update;
    if not found or not reaches_account(v_position.account_id) then
        perform refuse_not_found('position');
    end if;
    if activity_id is not null then
        perform require(exists (select from activity a where a.id = activity_id and a.account_id = v_position.account_id), 5, 'ACTIVITY_NOT_FOUND',
                        'There is no such activity at this account.');
    end if;
    perform require(changed_on is null or changed_on <= today() + 1, 3, 'DATE_IN_FUTURE', 'The relationship cannot change in the future.',
                    '{"violations": [{"field": "changed_on", "description": "must not be in the future"}]}');
    insert into relationship_change (position_id, account_id, level, changed_on, activity_id, note, recorded_by)
    values (v_position.id, v_position.account_id, level, coalesce(changed_on, today()), activity_id, coalesce(note, ''), caller_id());
    select c.level into v_level from relationship_change c where c.position_id = v_position.id order by c.changed_on desc, c.id desc limit 1;
    update position p set relationship = v_level where p.id = v_position.id;
end
$$;

-- ---- activities ----

-- When it was done lies behind us; a day is left for clocks and time zones.
create function refuse_done_in_future() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    perform refuse(3, 'TIME_IN_FUTURE', 'Something done cannot lie in the future; plan it instead.',
                   jsonb_build_object('violations', jsonb_build_array(jsonb_build_object(
                       'field', case tg_op when 'INSERT' then 'activity.time' else 'time' end, 'description', 'must not be in the future'))));
    return null;
end
$$;
create trigger check_time before insert or update of state, time on activity for each row
    when (new.state = 'done' and new.time > now() + interval '1 day') execute function refuse_done_in_future();

-- An activity belongs to somebody who can see it. A correction may leave it with whom it belonged to, whatever became of them. Whom the caller
-- does not reach the account with is left to the policies, so that nobody learns here who reaches it.
create function check_activity_owner() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_owner app_user;
begin
    if not reaches_account(new.account_id)
       or exists (select from activity a where a.id = new.corrects_id and a.account_id = new.account_id and a.owner_id = new.owner_id) then
        return new;
    end if;
    select * into v_owner from app_user u where u.id = new.owner_id;
    if not found then
        perform refuse(5, 'USER_NOT_FOUND', 'There is no such user.');
    end if;
    perform require(v_owner.disable_time is null, 9, 'OWNER_OUT_OF_REACH', v_owner.name || ' is disabled and cannot be given an activity.');
    perform require(v_owner.role in ('rep', 'manager'), 9, 'OWNER_OUT_OF_REACH', v_owner.name || ' is of the service desk and cannot be given an activity.');
    perform require(exists (select from account_reach r where r.account_id = new.account_id and r.user_id = v_owner.id)
                    or (v_owner.role = 'manager'
                        and exists (select from account a join team_closure c on c.descendant_id = a.team_id
                                     where a.id = new.account_id and c.ancestor_id = v_owner.team_id)),
                    9, 'OWNER_OUT_OF_REACH', v_owner.name || ' does not work on this account. Make them a member of the account first, or choose somebody else.');
    return new;
end
$$;
-- The caller, who is let in by the policies, costs nothing here.
create trigger check_owner before insert on activity for each row when (new.owner_id <> caller_id()) execute function check_activity_owner();
create trigger check_new_owner before update of owner_id on activity for each row
    when (new.owner_id <> old.owner_id and new.owner_id <> caller_id()) execute function check_activity_owner();

-- The activity, locked; NULL when somebody changed it since, so that the caller gets both sides.
create function lock_activity(activity_id uuid, seen_version bigint, wanted_state text) returns activity
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_activity activity;
begin
    select * into v_activity from activity a where a.id = activity_id for no key update;
    if not found or not reaches_account(v_activity.account_id) then
        perform refuse_not_found('activity');
    end if;
    if v_activity.version <> seen_version then
        return null;
    end if;
    if v_activity.state <> wanted_state then
        perform refuse(9, case wanted_state when 'planned' then 'ACTIVITY_NOT_PLANNED' else 'ACTIVITY_NOT_DONE' end,
                       'The activity is ' || v_activity.state || '; this can be done to one that is ' || wanted_state || ' only.');
    end if;
    return v_activity;
end
$$;

-- Empty texts keep what was planned.
create function complete_activity(activity_id uuid, seen_version bigint, done_time timestamptz, duration_minutes int, description text, customer_reaction text,
                                  result text, cost_currency_code text, cost_minor_units bigint, next_activity_id uuid) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_activity activity := lock_activity(activity_id, seen_version, 'planned');
begin
    if v_activity.id is null then
        return;
    end if;
    update activity a
       set state = 'done',
           time = coalesce(done_time, least(a.time, now())),
           duration_minutes = coalesce(complete_activity.duration_minutes, a.duration_minutes),
           description = coalesce(nullif(complete_activity.description, ''), a.description),
           customer_reaction = coalesce(complete_activity.customer_reaction, ''),
           result = coalesce(complete_activity.result, ''),
           cost_currency_code = case when complete_activity.cost_minor_units is null then a.cost_currency_code else complete_activity.cost_currency_code end,
           cost_minor_units = coalesce(complete_activity.cost_minor_units, a.cost_minor_units),
           next_activity_id = complete_activity.next_activity_id
     where a.id = activity_id;
end
$$;

create function cancel_activity(activity_id uuid, seen_version bigint, reason text) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_activity activity := lock_activity(activity_id, seen_version, 'planned');
begin
    if v_activity.id is null then
        return;
    end if;
    perform give_reason(reason);
    update activity a set state = 'cancelled', cancel_reason = reason where a.id = activity_id;
end
$$;

-- The original steps back; the correction is inserted next, by the same call.
create function mark_activity_corrected(activity_id uuid, seen_version bigint, reason text) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_activity activity := lock_activity(activity_id, seen_version, 'done');
begin
    if v_activity.id is null then
        perform refuse(10, 'VERSION_CONFLICT', 'Somebody changed the activity since you saw it.',
                       jsonb_build_object('metadata', jsonb_build_object('current_version', (select a.version::text from activity a where a.id = activity_id))));
    end if;
    perform give_reason(reason);
    update activity a set state = 'corrected' where a.id = activity_id;
end
$$;

-- Who takes part in a new activity. Nothing where the activity was not recorded by this very transaction.
create function add_activity_people(activity_id uuid, contact_ids uuid[], user_ids uuid[]) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_account_id uuid;
begin
    if contact_ids = '{}' and user_ids = '{}' then
        return;
    end if;
    select a.account_id into v_account_id from activity a
     where a.id = activity_id and a.create_time = now() and a.created_by = caller_id() and reaches_account(a.account_id);
    if not found then
        return;
    end if;
    perform require(not exists (select from unnest(contact_ids) i
                                 where not exists (select from position p where p.contact_id = i and p.account_id = v_account_id)),
                    5, 'CONTACT_NOT_AT_ACCOUNT', 'A contact of the activity has no position at its account.');
    perform require(not exists (select from unnest(user_ids) i where not exists (select from app_user u where u.id = i)),
                    5, 'USER_NOT_FOUND', 'A user of the activity does not exist.');
    insert into activity_contact (activity_id, contact_id, account_id) select distinct add_activity_people.activity_id, i, v_account_id from unnest(contact_ids) i;
    insert into activity_user (activity_id, user_id, account_id) select distinct add_activity_people.activity_id, i, v_account_id from unnest(user_ids) i;
end
$$;

-- Exactly these people take part in a planned activity; NULL leaves them as they are.
create function set_activity_people(activity_id uuid, contact_ids uuid[], user_ids uuid[]) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_activity activity;
begin
    select * into v_activity from activity a where a.id = activity_id;
    if not found or v_activity.state <> 'planned' or not reaches_account(v_activity.account_id) then
        return;
    end if;
    if contact_ids is not null then
        perform require(not exists (select from unnest(contact_ids) i
                                     where not exists (select from position p where p.contact_id = i and p.account_id = v_activity.account_id)),
                        5, 'CONTACT_NOT_AT_ACCOUNT', 'A contact of the activity has no position at its account.');
        delete from activity_contact c where c.activity_id = v_activity.id and c.contact_id <> all (contact_ids);
        insert into activity_contact (activity_id, contact_id, account_id)
        select distinct v_activity.id, i, v_activity.account_id from unnest(contact_ids) i
         where not exists (select from activity_contact c where c.activity_id = v_activity.id and c.contact_id = i);
    end if;
    if user_ids is not null then
        perform require(not exists (select from unnest(user_ids) i where not exists (select from app_user u where u.id = i)),
                        5, 'USER_NOT_FOUND', 'A user of the activity does not exist.');
        delete from activity_user u where u.activity_id = v_activity.id and u.user_id <> all (user_ids);
        insert into activity_user (activity_id, user_id, account_id)
        select distinct v_activity.id, i, v_activity.account_id from unnest(user_ids) i
         where not exists (select from activity_user u where u.activity_id = v_activity.id and u.user_id = i);
    end if;
end
$$;

grant execute on function retire_contact(uuid, bigint, text), end_position(uuid, bigint, date), record_relationship(uuid, int, date, uuid, text),
                          complete_activity(uuid, bigint, timestamptz, int, text, text, text, text, bigint, uuid), cancel_activity(uuid, bigint, text),
                          mark_activity_corrected(uuid, bigint, text), add_activity_people(uuid, uuid[], uuid[]), set_activity_people(uuid, uuid[], uuid[])
    to kam_rep, kam_manager;
