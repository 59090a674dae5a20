-- SPDX-License-Identifier: Apache-2.0
-- Standing in: a manager who is away hands over to another one from a day to a day, who then reaches what the first one reaches and decides there on their behalf.
-- Not handed over is the keeping of users and teams: a stand-in could otherwise set passwords, and make the standing in last.
set local search_path = kam, pg_temp;

create table delegation (
    id uuid primary key default uuid7(),
    from_user_id uuid not null references app_user,
    to_user_id uuid not null references app_user,
    starts_on date not null,            -- both included, days of the company
    ends_on date not null,
    reason text not null default '',
    end_time timestamptz,               -- ended early
    create_time timestamptz not null default now(),
    update_time timestamptz not null default now(),
    updated_by uuid references app_user,
    version bigint not null default 1,
    constraint delegation_to_another check (from_user_id <> to_user_id),
    constraint delegation_ends_after_start check (ends_on >= starts_on and ends_on - starts_on <= 366),
    constraint delegation_reason_length check (octet_length(reason) <= 1000)
);
-- Without the days: today() is then asked only where there is a row at all, and begin_read() asks here in each call of a manager.
create index delegation_to on delegation (to_user_id) where end_time is null;
create index delegation_from on delegation (from_user_id, ends_on);
create index delegation_ends on delegation (ends_on desc, id desc);
create trigger zz_record before insert or update on delegation for each row execute function record_change('delegation', 'id', '', '');

alter table delegation enable row level security;
grant select on delegation to kam_rep, kam_manager;
-- Who decides while somebody is away concerns everybody who asks them.
create policy delegation_read on delegation for select to kam_rep, kam_manager using ((select caller_id()) is not null);
create policy change_delegation_read on change for select to kam_rep, kam_manager using (
    entity = 'delegation' and exists (select from delegation d where d.id = change.record_id offset 0));

-- ---- the identity of a call ----

create or replace function begin_read(token_hash bytea) returns table (user_id uuid)
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_session_id uuid;
    v_team_id uuid;
    v_set text;
    v_users uuid[];
    v_teams uuid[];
begin
    select s.id, s.user_id, u.team_id
      into v_session_id, user_id, v_team_id
      from session s join app_user u on u.id = s.user_id
     where s.token_hash = begin_read.token_hash and s.revoke_time is null and s.expire_time > now()
       and u.disable_time is null and u.role = substr(current_setting('role'), 5);
    if found then
        v_set := set_config('kam.user_id', user_id::text, true);
        v_set := set_config('kam.session_id', v_session_id::text, true);
        v_set := set_config('kam.team_id', v_team_id::text, true);
        if current_setting('role') = 'kam_manager' then
            -- Not beyond one step: who stands in for a stand-in stands in for that one alone. The days are looked at where there is a row only.
            select array_agg(d.from_user_id), array_agg(u.team_id)
              into v_users, v_teams
              from delegation d join app_user u on u.id = d.from_user_id
             where d.to_user_id = begin_read.user_id and d.end_time is null and u.role = 'manager' and u.disable_time is null
               and today() between d.starts_on and d.ends_on;
            v_set := set_config('kam.other_user_ids', coalesce(v_users::text, ''), true);
            v_set := set_config('kam.other_team_ids', coalesce(v_teams::text, ''), true);
        end if;
        return next;
    else
        v_set := set_config('kam.user_id', '', true);
        v_set := set_config('kam.session_id', '', true);
        v_set := set_config('kam.team_id', '', true);
        v_set := set_config('kam.other_user_ids', '', true);
        v_set := set_config('kam.other_team_ids', '', true);
    end if;
end
$$;

-- The caller and those for whom the caller stands in today; their teams. As caller_id() without a SET clause. {NULL} without a session.
create function caller_ids() returns uuid[] language sql stable as $$
    select pg_catalog.array_append(nullif(pg_catalog.current_setting('kam.other_user_ids', true), '')::pg_catalog.uuid[],
                                   nullif(pg_catalog.current_setting('kam.user_id', true), '')::pg_catalog.uuid)
$$;
create function caller_team_ids() returns uuid[] language sql stable as $$
    select pg_catalog.array_append(nullif(pg_catalog.current_setting('kam.other_team_ids', true), '')::pg_catalog.uuid[],
                                   nullif(pg_catalog.current_setting('kam.team_id', true), '')::pg_catalog.uuid)
$$;
grant execute on function caller_ids(), caller_team_ids() to kam_rep, kam_manager, kam_service;

-- ---- reach ----

-- The caller is a manager, and the team is theirs, or that of somebody for whom they stand in, or below it.
create or replace function manages_team(team_id uuid) returns boolean language sql stable security definer set search_path = kam, pg_temp as $$
    select caller_role() = 'manager'
       and exists (select from team_closure c where c.ancestor_id = any (caller_team_ids()) and c.descendant_id = manages_team.team_id)
$$;

-- The caller is a manager who keeps the users and teams there: theirs or below it.
create function keeps_team(team_id uuid) returns boolean language sql stable security definer set search_path = kam, pg_temp as $$
    select caller_role() = 'manager'
       and exists (select from team_closure c where c.ancestor_id = caller_team_id() and c.descendant_id = keeps_team.team_id)
$$;

-- Who approves must not be the puppet of who asks: for a user whom the caller keeps, when that one is, or is to be, a manager there. A manager is made, shut out, moved and
-- given a password by managers of teams above theirs; a member of the key account group, like a manager of the root team, by managers of the root team.
create function require_manager_below(role text, team_id uuid, is_key_account_group boolean) returns void language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    perform require(role <> 'manager' or caller_team_id() = root_team_id() or (team_id <> caller_team_id() and is_key_account_group is not true), 7, 'MANAGER_KEPT_ABOVE',
                    'Managers are kept by managers of a team above theirs, those of the key account group and of the root team by managers of the root team.');
end
$$;

create or replace function reaches_account(account_id uuid) returns boolean language plpgsql stable security definer set search_path = kam, pg_temp as $$
begin
    return caller_role() in ('rep', 'manager')
       and exists (select from account a
                    where a.id = reaches_account.account_id
                      and (a.owner_id = caller_id()
                           or exists (select from account_reach r where r.user_id = any (caller_ids()) and r.account_id = a.id)
                           or (caller_role() = 'manager'
                               and exists (select from team_closure c where c.ancestor_id = any (caller_team_ids()) and c.descendant_id = a.team_id))));
end
$$;

drop policy account_reach_own on account_reach;
create policy account_reach_rep_own on account_reach for select to kam_rep using (user_id = (select caller_id()));
create policy account_reach_manager_own on account_reach for select to kam_manager using (user_id = any ((select caller_ids())::uuid[]));

alter policy account_manager_read on account using (
    exists (select from team_closure c where c.ancestor_id = any ((select caller_team_ids())::uuid[]) and c.descendant_id = account.team_id)
    or exists (select from account_reach r where r.account_id = account.id));
alter policy account_manager_update on account using (
    exists (select from team_closure c where c.ancestor_id = any ((select caller_team_ids())::uuid[]) and c.descendant_id = account.team_id)
    or exists (select from account_reach r where r.account_id = account.id));
alter policy account_manager_insert on account with check (
    owner_id = (select caller_id())
    or exists (select from team_closure c where c.ancestor_id = any ((select caller_team_ids())::uuid[]) and c.descendant_id = account.team_id));

alter policy route_manager_read on route using (
    owner_id = (select caller_id())
    or exists (select from app_user u join team_closure c on c.descendant_id = u.team_id and c.ancestor_id = any ((select caller_team_ids())::uuid[])
                where u.id = route.owner_id));
alter policy target_list_manager_read on target_list using (
    owner_id = (select caller_id())
    or exists (select from app_user u join team_closure c on c.descendant_id = u.team_id
                where u.id = target_list.owner_id and c.ancestor_id = any ((select caller_team_ids())::uuid[]))
    or exists (select from target_entry e where e.list_id = target_list.id and e.remove_time is null offset 0));
alter policy target_list_manager_update on target_list using (
    owner_id = (select caller_id())
    or exists (select from app_user u join team_closure c on c.descendant_id = u.team_id
                where u.id = target_list.owner_id and c.ancestor_id = any ((select caller_team_ids())::uuid[])));

-- What looks from the caller's teams and accounts, word for word but for these; and what keeps users and teams, which asks for that, and of managers for more.
do $$
declare
    v_case record;
    v_text text;
    v_new text;
begin
    for v_case in
        select * from (values
            ('search(text, text, int, int, timestamptz, uuid)', array['ancestor_id = caller_team_id()', 'r.user_id = v_user_id'],
                                                                array['ancestor_id = any (caller_team_ids())', 'r.user_id = any (caller_ids())']),
            ('search_objections(text, text, int, int, timestamptz, uuid)', array['ancestor_id = caller_team_id()', 'r.user_id = v_user_id'],
                                                                           array['ancestor_id = any (caller_team_ids())', 'r.user_id = any (caller_ids())']),
            ('add_target_accounts(uuid, uuid[], boolean, text, text, text, int, int, uuid, uuid)', array['ancestor_id = caller_team_id()', 'r.user_id = caller_id()'],
                                                                                                   array['ancestor_id = any (caller_team_ids())', 'r.user_id = any (caller_ids())']),
            ('team_days()', array['from team_closure c join app_user u on u.team_id = c.descendant_id', 'c.ancestor_id = caller_team_id()'],
                            array['from (select distinct d.descendant_id from team_closure d where d.ancestor_id = any (caller_team_ids())) c join app_user u on u.team_id = c.descendant_id',
                                  'true']),
            ('require_team_in_reach(uuid)', array['manages_team('], array['keeps_team(']),
            ('lock_user_in_reach(uuid)', array['manages_team('], array['keeps_team(']),
            ('update_team(uuid, bigint, text[], text, uuid)', array['manages_team('], array['keeps_team(']),
            ('retire_team(uuid, bigint)', array['manages_team('], array['keeps_team(']),
            ('create_user(uuid, text, text, text, uuid, text, text, text, text, boolean, text)', array['if exists (select from app_user u where u.login'],
             array['perform require_manager_below(role, team_id, is_key_account_group);
    if exists (select from app_user u where u.login']),
            ('update_user(uuid, bigint, text[], text, text, text, text, text, text, uuid, boolean)', array['if v_role <> v_user.role then'],
             array['if (v_role, v_team_id, v_is_group) is distinct from (v_user.role, v_user.team_id, v_user.is_key_account_group) then
        perform require_manager_below(v_user.role, v_user.team_id, v_user.is_key_account_group);
        perform require_manager_below(v_role, v_team_id, v_is_group);
    end if;
    if v_role <> v_user.role then']),
            ('set_user_disabled(uuid, boolean, text)', array['if is_disabled then'],
             array['perform require_manager_below(v_user.role, v_user.team_id, v_user.is_key_account_group);
    if is_disabled then']),
            ('set_user_password(uuid, text)', array['perform set_password('],
             array['perform require_manager_below(v_user.role, v_user.team_id, v_user.is_key_account_group);
    perform set_password(']),
            ('revoke_session(uuid)', array['manages_team('], array['keeps_team('])) x (signature, olds, news)
    loop
        v_text := pg_get_functiondef(('kam.' || v_case.signature)::regprocedure);
        for i in 1 .. cardinality(v_case.olds) loop
            v_new := replace(v_text, v_case.olds[i], v_case.news[i]);
            if v_new = v_text then
                raise exception '% does not hold "%"', v_case.signature, v_case.olds[i];
            end if;
            v_text := v_new;
        end loop;
        execute v_text;
    end loop;
end
$$;

-- ---- decisions ----

create function create_delegation(delegation_id uuid, to_user_id uuid, starts_on date, ends_on date, reason text) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_starts_on date := coalesce(starts_on, today());
    v_ends_on date := ends_on;
    v_to app_user;
    v_other record;
begin
    perform require(caller_role() = 'manager', 7, 'NOT_MANAGER', 'Only a manager hands over to another one.');
    perform require(to_user_id <> caller_id(), 3, 'STAND_IN_IS_CALLER', 'Nobody stands in for themselves.',
                    '{"violations": [{"field": "delegation.to_user_id", "description": "must be another manager"}]}');
    perform require(v_starts_on >= today(), 3, 'DATE_IN_PAST', 'It begins today or later.',
                    '{"violations": [{"field": "delegation.starts_on", "description": "must not be before today"}]}');
    perform require(v_ends_on >= v_starts_on and v_ends_on - v_starts_on <= 366, 3, 'DELEGATION_DAYS', 'It lasts a day at least and a year at most.',
                    '{"violations": [{"field": "delegation.ends_on", "description": "must not be before starts_on, nor more than 366 days after it"}]}');
    perform take_turn('delegation of ' || caller_id());
    -- Held, so that nobody who is just being disabled gets it.
    select * into v_to from app_user u where u.id = to_user_id for share;
    if not found then
        perform refuse(5, 'USER_NOT_FOUND', 'There is no such user.');
    end if;
    perform require(v_to.disable_time is null, 9, 'USER_DISABLED', 'This user is disabled.');
    perform require(v_to.role = 'manager', 9, 'STAND_IN_NOT_MANAGER', 'Only a manager can stand in for a manager.');
    select d.starts_on, d.ends_on, u.name into v_other
      from delegation d join app_user u on u.id = d.to_user_id
     where d.from_user_id = caller_id() and d.end_time is null and d.starts_on <= v_ends_on and d.ends_on >= v_starts_on
     order by d.starts_on limit 1;
    if found then
        perform refuse(9, 'DELEGATION_OVERLAPS', '{name} stands in for you from {first} to {last} already.',
                       jsonb_build_object('metadata', jsonb_build_object('name', v_other.name, 'first', v_other.starts_on, 'last', v_other.ends_on)));
    end if;
    insert into delegation (id, from_user_id, to_user_id, starts_on, ends_on, reason)
    values (delegation_id, caller_id(), v_to.id, v_starts_on, v_ends_on, coalesce(create_delegation.reason, ''));
end
$$;

-- By either of the two, or by who keeps the users of the first one's team.
create function end_delegation(delegation_id uuid, seen_version bigint, reason text) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_delegation delegation;
begin
    select * into v_delegation from delegation d where d.id = delegation_id for no key update;
    if not found then
        perform refuse(5, 'NOT_FOUND', 'There is no such delegation.');
    end if;
    perform require(caller_id() in (v_delegation.from_user_id, v_delegation.to_user_id)
                    or exists (select from app_user u where u.id = v_delegation.from_user_id and keeps_team(u.team_id)),
                    7, 'NOT_ONES_DELEGATION', 'Only the two managers, or one above the first, can end it.');
    if v_delegation.version <> seen_version then
        return;
    end if;
    perform require(v_delegation.end_time is null and v_delegation.ends_on >= today(), 9, 'DELEGATION_OVER', 'It is over already.');
    perform give_reason(reason);
    update delegation d set end_time = now() where d.id = delegation_id;
end
$$;
grant execute on function create_delegation(uuid, uuid, date, date, text), end_delegation(uuid, bigint, text) to kam_manager;
