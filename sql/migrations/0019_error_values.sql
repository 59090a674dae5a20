-- SPDX-License-Identifier: Apache-2.0
-- Texts of errors with values in them: the text has places, "{limit}", and the values go to the client by name, which says them in its
-- user's language.
set local search_path = kam, pg_temp;

-- The text with the values in their places. A place without a value stays as it is.
create function fill_in(template text, given jsonb) returns text language sql immutable set search_path = kam, pg_temp as $$
    select string_agg(part[1] || case part[2] when '' then '' else coalesce(given ->> part[2], '{' || part[2] || '}') end, '' order by n)
      from regexp_matches(template || '{}', '([^{]*)\{([a-z_]*)\}', 'g') with ordinality x (part, n)
$$;
revoke execute on function fill_in(text, jsonb) from public;
grant execute on function fill_in(text, jsonb) to kam_rep, kam_manager, kam_service;

-- Ends the transaction with a gRPC status. reason is the stable name for programs, message the sentence for people with places for the values of
-- detail's "metadata", detail holds any of metadata, violations, preconditions, resources, whose elements may have "values" for their descriptions
-- (docs/methods.md).
create or replace function refuse(status int, reason text, message text, detail jsonb default null) returns void
language plpgsql set search_path = kam, pg_temp as $$
begin
    if detail is null then
        raise exception using errcode = 'KA' || lpad(status::text, 3, '0'), message = message, hint = reason;
    end if;
    raise exception using errcode = 'KA' || lpad(status::text, 3, '0'), hint = reason,
                          message = fill_in(message, coalesce(detail -> 'metadata', '{}')),
                          detail = (select jsonb_object_agg(part.key,
                                           case jsonb_typeof(part.value)
                                           when 'array' then (select jsonb_agg(e || case when e ? 'values'
                                                                                         then jsonb_build_object('description', fill_in(e ->> 'description', e -> 'values'))
                                                                                         else '{}' end order by n)
                                                                from jsonb_array_elements(part.value) with ordinality x (e, n))
                                           else part.value end)::text
                                      from jsonb_each(detail) part);
end
$$;

create or replace function refuse_not_found(what text) returns void language sql volatile set search_path = kam, pg_temp as $$
    select refuse(5, 'NOT_FOUND', 'There is no such {what} within your reach.', jsonb_build_object('metadata', jsonb_build_object('what', what)))
$$;

create or replace function check_team_name() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_name text;
begin
    select t.name into v_name from team t
     where t.parent_id = new.parent_id and lower(t.name) = lower(new.name) and t.retire_time is null and t.id <> new.id;
    if found then
        perform refuse(6, 'TEAM_NAME', 'There is a team called {name} below {parent} already.',
                       jsonb_build_object('metadata', jsonb_build_object('name', v_name, 'parent', (select p.name from team p where p.id = new.parent_id)),
                                          'resources', jsonb_build_array(jsonb_build_object('type', 'Team', 'name', v_name))));
    end if;
    return new;
end
$$;

create or replace function check_activity_owner() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_owner app_user;
    v_values jsonb;
begin
    if not reaches_account(new.account_id)
       or exists (select from activity a where a.id = new.corrects_id and a.account_id = new.account_id and a.owner_id = new.owner_id) then
        return new;
    end if;
    select * into v_owner from app_user u where u.id = new.owner_id;
    if not found then
        perform refuse(5, 'USER_NOT_FOUND', 'There is no such user.');
    end if;
    v_values := jsonb_build_object('metadata', jsonb_build_object('name', v_owner.name));
    perform require(v_owner.disable_time is null, 9, 'OWNER_OUT_OF_REACH', '{name} is disabled and cannot be given an activity.', v_values);
    perform require(v_owner.role in ('rep', 'manager'), 9, 'OWNER_OUT_OF_REACH', '{name} is of the service desk and cannot be given an activity.', v_values);
    perform require(exists (select from account_reach r where r.account_id = new.account_id and r.user_id = v_owner.id)
                    or (v_owner.role = 'manager'
                        and exists (select from account a join team_closure c on c.descendant_id = a.team_id
                                     where a.id = new.account_id and c.ancestor_id = v_owner.team_id)),
                    9, 'OWNER_OUT_OF_REACH', '{name} does not work on this account. Make them a member of the account first, or choose somebody else.', v_values);
    return new;
end
$$;

create or replace function lock_activity(activity_id uuid, seen_version bigint, wanted_state text) returns activity
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
                       'The activity is {state}; this can be done to one that is {wanted} only.',
                       jsonb_build_object('metadata', jsonb_build_object('state', v_activity.state, 'wanted', wanted_state)));
    end if;
    return v_activity;
end
$$;

create or replace function end_position(position_id uuid, seen_version bigint, ended_on date) returns void
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
                        'field', 'ended_on', 'reason', 'ENDED_BEFORE_SINCE', 'description', 'must not be before {since}, when the position began',
                        'values', jsonb_build_object('since', v_position.since::text)))));
    update position p set ended_on = coalesce(end_position.ended_on, today()) where p.id = position_id;
end
$$;

create or replace function check_duplicates(account_id uuid, account_name text, registration_number text, given_reason text, what text) returns text
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_grams text[] := name_grams(name_key(account_name));
    v_matches jsonb;
    v_is_same boolean;
begin
    -- Who comes with nearly the same name waits, and then sees this one. Of two names that are 80 % alike at least two thirds of the pairs of either are
    -- in common; the first of these, in any order that is the same for all, is then within the first third, or one after it, of both. The order
    -- is that of the locks, so that nobody waits in a circle.
    perform pg_advisory_xact_lock(turn.number)
       from (select hashtextextended('kam: name of account: ' || g, 0) as number from unnest(v_grams) g order by 1 limit cardinality(v_grams) / 3 + 1) turn;
    if registration_key(registration_number) is not null then
        perform take_turn('number of account: ' || registration_key(registration_number));
    end if;
    select jsonb_agg(jsonb_build_object('type', 'Account', 'name', d.code || ' ' || d.name, 'owner', d.owner_name || ', ' || d.team_name,
                                        'description', case when d.similarity = 100 and d.is_retired then 'same name or registration number, {similarity}% alike, retired'
                                                            when d.similarity = 100 then 'same name or registration number, {similarity}% alike'
                                                            when d.is_retired then 'similar name, {similarity}% alike, retired'
                                                            else 'similar name, {similarity}% alike' end,
                                        'values', jsonb_build_object('similarity', d.similarity))
                     order by d.similarity desc, d.code),
           coalesce(bool_or(d.similarity = 100), false)
      into v_matches, v_is_same
      from find_duplicates(account_name, registration_number) d
     where d.id <> account_id;
    if v_matches is null then
        return '';
    end if;
    if coalesce(given_reason, '') = '' then
        perform refuse(6, 'ACCOUNT_DUPLICATE',
                       case when v_is_same then 'This account exists already. Give a reason to {what} all the same.'
                            else 'This account looks like one that exists. Give a reason to {what} all the same.' end,
                       jsonb_build_object('metadata', jsonb_build_object('what', what), 'resources', v_matches));
    end if;
    return given_reason;
end
$$;
