-- SPDX-License-Identifier: Apache-2.0
-- Texts of errors with values in them, of functions that came since: the values go by name (docs/methods.md, "A reason").
set local search_path = kam, pg_temp;

create or replace function set_rhythm(rhythm_id uuid, replaces int, reason text, kinds text[], applies_to text[], from_days int[], to_days int[], follow_up_kinds text[],
                           follow_up_subjects text[], repeat_days int[]) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_number int;
begin
    perform require(caller_role() = 'manager' and caller_team_id() = root_team_id(), 7, 'NOT_ROOT_MANAGER',
                    'Only managers of the root team set the follow-up rhythm.');
    for i in 1 .. cardinality(kinds) loop
        perform require(from_days[i] <= to_days[i], 3, 'RHYTHM_DAYS', 'A follow-up cannot be overdue before it is due.',
                        jsonb_build_object('violations', jsonb_build_array(jsonb_build_object(
                            'field', 'rhythm.rules[' || i - 1 || '].to_days', 'description', 'must not be less than from_days, in the rule for {kind}',
                            'values', jsonb_build_object('kind', kinds[i])))));
        perform require(not exists (select from generate_series(1, i - 1) j
                                     where kinds[j] = kinds[i] and coalesce(applies_to[j], 'every') = coalesce(applies_to[i], 'every')),
                        3, 'RHYTHM_RULE_TWICE', 'Two rules are for the same kind of activity.',
                        jsonb_build_object('violations', jsonb_build_array(jsonb_build_object(
                            'field', 'rhythm.rules[' || i - 1 || '].kind', 'description', 'there is another rule for {kind} that applies to the same',
                            'values', jsonb_build_object('kind', kinds[i])))));
    end loop;
    perform take_turn('rhythm');
    select max(r.number) into v_number from rhythm r;
    if replaces <> 0 and replaces <> v_number then
        perform refuse(10, 'VERSION_CONFLICT', 'Somebody set another rhythm since you saw it.',
                       jsonb_build_object('metadata', jsonb_build_object('current_version', v_number::text)));
    end if;
    insert into rhythm (id, number, reason, created_by) values (rhythm_id, v_number + 1, set_rhythm.reason, caller_id());
    insert into rhythm_rule (rhythm_id, kind, applies_to, from_days, to_days, follow_up_kind, follow_up_subject, repeat_days)
    select set_rhythm.rhythm_id, n.kind, coalesce(n.applies, 'every'), n.from_days, n.to_days, n.follow_up_kind, n.subject, n.repeats
      from unnest(kinds, set_rhythm.applies_to, set_rhythm.from_days, set_rhythm.to_days, follow_up_kinds, follow_up_subjects, set_rhythm.repeat_days)
           n (kind, applies, from_days, to_days, follow_up_kind, subject, repeats);
end
$$;

create or replace function hold_activity(activity_id uuid, contact_id uuid, must_be_done boolean) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_activity activity;
begin
    select * into v_activity from activity a where a.id = activity_id for no key update;
    if not found or not reaches_account(v_activity.account_id) then
        perform refuse_not_found('activity');
    end if;
    if v_activity.state = 'corrected' then
        perform refuse(9, 'ACTIVITY_CORRECTED', 'The activity was corrected; this belongs to the correction.',
                       jsonb_build_object('metadata', jsonb_build_object('corrected_by_id', (select a.id from activity a where a.corrects_id = v_activity.id))));
    end if;
    perform require(not must_be_done or v_activity.state = 'done', 9, 'ACTIVITY_NOT_DONE',
                    'The activity is {state}; feedback is given on one that is done only.',
                    jsonb_build_object('metadata', jsonb_build_object('state', v_activity.state)));
    perform require(contact_id is null
                    or exists (select from position p where p.contact_id = hold_activity.contact_id and p.account_id = v_activity.account_id),
                    5, 'CONTACT_NOT_AT_ACCOUNT', 'The contact has no position at the account of the activity.');
end
$$;

create or replace function end_supply(supply_id uuid, seen_version bigint, ended_on date) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_supply account_supply;
begin
    select * into v_supply from account_supply s where s.id = supply_id for no key update;
    if not found or not reaches_account(v_supply.account_id) then
        perform refuse_not_found('supply');
    end if;
    if v_supply.version <> seen_version then
        return;
    end if;
    perform require(v_supply.ended_on is null, 9, 'SUPPLY_ENDED', 'The supply has ended already.');
    perform require(v_supply.since is null or v_supply.since <= coalesce(end_supply.ended_on, today()), 3, 'ENDED_BEFORE_SINCE',
                    'The supply cannot end before it began.',
                    jsonb_build_object('violations', jsonb_build_array(jsonb_build_object(
                        'field', 'ended_on', 'reason', 'ENDED_BEFORE_SINCE', 'description', 'must not be before {since}, when the supply began',
                        'values', jsonb_build_object('since', v_supply.since::text)))));
    update account_supply s set ended_on = coalesce(end_supply.ended_on, today()) where s.id = supply_id;
end
$$;

create or replace function require_target_worker(user_id uuid, account_ids uuid[]) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_user app_user := require_account_worker(user_id);
    v_names text;
begin
    select string_agg(x.name, ', ' order by x.name) into v_names
      from (select a.name from account a where a.id = any (account_ids) and not user_reaches_account(v_user.id, a.id) order by a.name limit 5) x;
    perform require(v_names is null, 9, 'OWNER_OUT_OF_REACH',
                    '{name} does not work on {accounts}. Make them a member first, or choose somebody else.',
                    jsonb_build_object('metadata', jsonb_build_object('name', v_user.name, 'accounts', v_names)));
end
$$;

create or replace function add_target_accounts(list_id uuid, account_ids uuid[], has_segment boolean, industry text, region text, status text, least_employees int,
                                    most_employees int, team_id uuid, user_id uuid) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    c_most constant int := 2000;
    v_list target_list := lock_target_list(list_id, null);
    v_ids uuid[];
    v_teams uuid[] := array(select c.descendant_id from team_closure c where c.ancestor_id = caller_team_id());
    v_accounts uuid[] := array(select r.account_id from account_reach r where r.user_id = caller_id());
    v_count int;
begin
    perform require(cardinality(account_ids) > 0 or has_segment, 3, 'FIELD_REQUIRED', 'Say which accounts: by name, or by segment.',
                    '{"violations": [{"field": "account_ids", "description": "must be set, or a part of segment"}]}');
    perform require(not exists (select from unnest(account_ids) i where not reaches_account(i)), 5, 'NOT_FOUND', 'There is no such account within your reach.');
    perform require(not exists (select from account a where a.id = any (account_ids) and a.retire_time is not null), 9, 'ACCOUNT_RETIRED',
                    'An account of these is retired.');
    v_ids := array(
        select x.id
          from (select i as id from unnest(account_ids) i
                union
                (select a.id from account a
                  where has_segment and a.retire_time is null
                    and (a.team_id = any (v_teams) or a.id = any (v_accounts))
                    and (coalesce(add_target_accounts.industry, '') = '' or a.industry = add_target_accounts.industry)
                    and (coalesce(add_target_accounts.region, '') = '' or a.region = add_target_accounts.region)
                    and (add_target_accounts.status is null or a.status = add_target_accounts.status)
                    and (least_employees is null or a.employees >= least_employees)
                    and (most_employees is null or a.employees <= most_employees)
                    and (add_target_accounts.team_id is null
                         or exists (select from team_closure c where c.ancestor_id = add_target_accounts.team_id and c.descendant_id = a.team_id))
                    and not exists (select from target_entry e where e.list_id = v_list.id and e.account_id = a.id and e.remove_time is null)
                  limit c_most + 1)) x
         where not exists (select from target_entry e where e.list_id = v_list.id and e.account_id = x.id and e.remove_time is null));
    select count(*) + cardinality(v_ids) into v_count from target_entry e where e.list_id = v_list.id and e.remove_time is null;
    perform require(v_count <= c_most, 9, 'TARGET_LIST_FULL',
                    'A target list holds at most {most} accounts; with these it would be more. Narrow the segment, or make another list.',
                    jsonb_build_object('metadata', jsonb_build_object('most', c_most::text)));
    -- In an order that is the same for all; whoever gives an account to another owner waits, and their trigger then sees the entry.
    perform from account a where a.id = any (v_ids) order by a.id for share;
    if user_id is not null then
        perform require_target_worker(user_id, v_ids);
    end if;
    insert into target_entry (list_id, account_id, user_id)
    select v_list.id, a.id, coalesce(add_target_accounts.user_id, a.owner_id) from account a where a.id = any (v_ids);
    update target_list l set last_addition_time = now() where l.id = v_list.id;
end
$$;

create or replace function check_duplicates(account_id uuid, account_name text, registration_number text, given_reason text, what text) returns text
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_matches jsonb;
    v_is_same boolean;
begin
    -- An import holds its names already.
    if coalesce(current_setting('kam.names_held', true), '') = '' then
        perform hold_account_names(array[account_name], array[registration_number]);
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

create or replace function set_entry_state(entry_id uuid, seen_version bigint, state text, reason text) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_entry objection_entry;
begin
    select * into v_entry from objection_entry e where e.id = entry_id for no key update;
    if not found or caller_role() is null
       or (caller_role() <> 'manager' and v_entry.state <> 'published' and v_entry.created_by is distinct from caller_id()) then
        perform refuse_not_found('entry');
    end if;
    perform require(caller_role() = 'manager' or (set_entry_state.state = 'retired' and v_entry.state = 'proposed'), 7, 'MANAGERS_ONLY',
                    'Managers keep the library; a rep may withdraw a proposal of their own.');
    if v_entry.version <> seen_version then
        return;
    end if;
    if v_entry.state = set_entry_state.state then
        perform refuse(9, case v_entry.state when 'proposed' then 'ENTRY_PROPOSED' when 'published' then 'ENTRY_PUBLISHED' else 'ENTRY_RETIRED' end,
                       'The entry is {state} already.', jsonb_build_object('metadata', jsonb_build_object('state', v_entry.state)));
    end if;
    perform give_reason(reason);
    update objection_entry e set state = set_entry_state.state where e.id = entry_id;
end
$$;
