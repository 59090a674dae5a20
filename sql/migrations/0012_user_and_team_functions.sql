-- SPDX-License-Identifier: Apache-2.0
-- What managers decide about teams and users. Managers of the root team reach all of them, others their own subtree; nobody changes their own
-- role, team or group.
set local search_path = kam, pg_temp;

create function root_team_id() returns uuid language sql stable security definer set search_path = kam, pg_temp as $$
    select id from team where parent_id is null
$$;

create function end_sessions(user_id uuid, except_session_id uuid default null) returns void
language sql volatile security definer set search_path = kam, pg_temp as $$
    update session s set revoke_time = now()
     where s.user_id = end_sessions.user_id and s.revoke_time is null and s.id is distinct from except_session_id
$$;

create function set_password(user_id uuid, hash text) returns void language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    update user_password p set hash = set_password.hash, change_time = now() where p.user_id = set_password.user_id;
    if not found then
        insert into user_password (user_id, hash) values (set_password.user_id, set_password.hash);
    end if;
    perform mark_changed();
end
$$;

-- Refuses to take the last manager of the root team away. The lock makes two that go at once wait for each other.
create function keep_a_root_manager(leaving_user_id uuid) returns void language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    perform from team where parent_id is null for no key update;
    perform require(exists (select from app_user u
                             where u.team_id = root_team_id() and u.role = 'manager' and u.disable_time is null and u.id <> leaving_user_id)
                    or not exists (select from app_user u
                                    where u.id = leaving_user_id and u.team_id = root_team_id() and u.role = 'manager' and u.disable_time is null),
                    9, 'LAST_ROOT_MANAGER', 'This is the last manager of the root team. Make another one first.');
end
$$;

-- ---- users ----

create function require_time_zone(name text) returns void language sql volatile set search_path = kam, pg_temp as $$
    select require(exists (select from pg_timezone_names z where z.name = require_time_zone.name), 3, 'TIME_ZONE_UNKNOWN',
                   'There is no such time zone.',
                   '{"violations": [{"field": "user.time_zone", "description": "must be an IANA name, such as Asia/Shanghai"}]}')
$$;

create function require_locale(name text) returns void language sql volatile set search_path = kam, pg_temp as $$
    select require(coalesce(name, '') in ('', 'en', 'zh_CN'), 3, 'LOCALE_UNKNOWN', 'There is no such language.',
                   '{"violations": [{"field": "user.locale", "description": "must be en or zh_CN"}]}')
$$;

-- The team, when the caller manages it and it can take somebody in.
create function require_team_in_reach(team_id uuid) returns void language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    if not manages_team(team_id) or not exists (select from team t where t.id = team_id for key share) then
        perform refuse(5, 'TEAM_NOT_FOUND', 'There is no such team within your reach.');
    end if;
    perform require(exists (select from team t where t.id = team_id and t.retire_time is null), 9, 'TEAM_RETIRED', 'The team is retired.');
end
$$;

-- For a user who comes back. Waits for whoever is retiring the team.
create function require_living_team(team_id uuid) returns void language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    perform from team t where t.id = team_id and t.retire_time is null for key share;
    perform require(found, 9, 'TEAM_RETIRED', 'The team of the user is retired. Put the user into another team first.');
end
$$;

-- The user, locked, when the caller manages their team.
create function lock_user_in_reach(user_id uuid) returns app_user language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_user app_user;
begin
    select * into v_user from app_user u where u.id = user_id for no key update;
    if not found then
        perform refuse(5, 'NOT_FOUND', 'There is no such user.');
    end if;
    perform require(manages_team(v_user.team_id), 7, 'USER_OUT_OF_REACH', 'Only a manager of the user''s team, or of one above it, can do this.');
    return v_user;
end
$$;

create function create_user(id uuid, login text, name text, role text, team_id uuid, email text, phone text, locale text, time_zone text,
                            is_key_account_group boolean, password_hash text) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    perform require_team_in_reach(team_id);
    if is_key_account_group then
        perform require(caller_team_id() = root_team_id(), 7, 'NOT_ROOT_MANAGER', 'Only managers of the root team choose the key account group.');
        perform require(role = 'manager', 9, 'NOT_MANAGER', 'Members of the key account group are managers.');
    end if;
    if exists (select from app_user u where u.login = create_user.login) then
        perform refuse(6, 'USER_LOGIN', 'This login is taken.',
                       jsonb_build_object('resources', jsonb_build_array(jsonb_build_object('type', 'User', 'name', login))));
    end if;
    perform require_locale(locale);
    if time_zone <> '' then
        perform require_time_zone(time_zone);
    end if;
    insert into app_user (id, login, name, role, team_id, email, phone, locale, time_zone, is_key_account_group)
    values (id, login, name, role, team_id, coalesce(email, ''), coalesce(phone, ''), coalesce(nullif(locale, ''), 'en'),
            coalesce(nullif(time_zone, ''), (select c.time_zone from company c)), coalesce(is_key_account_group, false));
    perform set_password(id, password_hash);
end
$$;

create function update_user(user_id uuid, seen_version bigint, mask text[], name text, email text, phone text, locale text, time_zone text, role text,
                            team_id uuid, is_key_account_group boolean) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_user app_user := lock_user_in_reach(user_id);
    v_role text := case when 'role' = any (mask) then role else v_user.role end;
    v_team_id uuid := case when 'team_id' = any (mask) then team_id else v_user.team_id end;
    v_is_group boolean := case when 'is_key_account_group' = any (mask) then coalesce(is_key_account_group, false) else v_user.is_key_account_group end;
begin
    if v_user.version <> seen_version then
        return;
    end if;
    if 'is_key_account_group' <> all (mask) and v_role <> 'manager' then
        v_is_group := false;
    end if;
    if (v_role, v_team_id, v_is_group) is distinct from (v_user.role, v_user.team_id, v_user.is_key_account_group) then
        perform require(user_id <> caller_id(), 7, 'OWN_ROLE', 'Nobody changes their own role, team or group.');
    end if;
    if v_is_group <> v_user.is_key_account_group and v_role = 'manager' then
        perform require(caller_team_id() = root_team_id(), 7, 'NOT_ROOT_MANAGER', 'Only managers of the root team choose the key account group.');
    end if;
    perform require(v_role = 'manager' or not v_is_group, 9, 'NOT_MANAGER', 'Members of the key account group are managers.');
    if v_team_id is distinct from v_user.team_id then
        perform require_team_in_reach(v_team_id);
    end if;
    if v_role <> v_user.role then
        perform require(v_role <> 'service' or not exists (select from account_reach r where r.user_id = v_user.id), 9, 'USER_HAS_ACCOUNTS',
                        'The user owns or works on accounts. Give these to others first.');
        perform end_sessions(v_user.id);
    end if;
    if v_role <> 'manager' or v_team_id <> v_user.team_id then
        perform keep_a_root_manager(v_user.id);
    end if;
    if 'locale' = any (mask) then
        perform require_locale(locale);
    end if;
    if 'time_zone' = any (mask) then
        perform require_time_zone(time_zone);
    end if;
    update app_user u
       set name = case when 'name' = any (mask) then update_user.name else u.name end,
           email = case when 'email' = any (mask) then update_user.email else u.email end,
           phone = case when 'phone' = any (mask) then update_user.phone else u.phone end,
           locale = case when 'locale' = any (mask) then update_user.locale else u.locale end,
           time_zone = case when 'time_zone' = any (mask) then update_user.time_zone else u.time_zone end,
           role = v_role, team_id = v_team_id, is_key_account_group = v_is_group
     where u.id = v_user.id;
    if v_team_id <> v_user.team_id then
        update account a set team_id = v_team_id where a.owner_id = v_user.id;
    end if;
end
$$;

create function set_user_disabled(user_id uuid, is_disabled boolean, reason text) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_user app_user := lock_user_in_reach(user_id);
begin
    if is_disabled then
        perform require(v_user.disable_time is null, 9, 'USER_DISABLED', 'The user is disabled already.');
        perform keep_a_root_manager(v_user.id);
        perform end_sessions(v_user.id);
    else
        perform require(v_user.disable_time is not null, 9, 'USER_NOT_DISABLED', 'The user is not disabled.');
        perform require_living_team(v_user.team_id);
    end if;
    perform give_reason(reason);
    update app_user u set disable_time = case when is_disabled then now() end where u.id = v_user.id;
end
$$;

create function set_user_password(user_id uuid, password_hash text) returns void language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_user app_user := lock_user_in_reach(user_id);
begin
    perform require(v_user.id <> caller_id(), 9, 'OWN_PASSWORD', 'Change your own password with ChangePassword, which asks for the present one.');
    perform set_password(v_user.id, password_hash);
    perform end_sessions(v_user.id);
    perform forget_login_attempts(v_user.login);
end
$$;

-- ---- teams ----

-- Moving a team moves everything below it. Both ends of the move must be the caller's.
create function update_team(team_id uuid, seen_version bigint, mask text[], name text, parent_id uuid) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_team team;
begin
    -- Before the row is locked and reach is judged; place_team() would take the same turn with the row in its hand.
    if 'parent_id' = any (mask) then
        perform take_turn('team tree');
    end if;
    select * into v_team from team t where t.id = team_id for no key update;
    if not found or not manages_team(team_id) then
        perform refuse_not_found('team');
    end if;
    if v_team.version <> seen_version then
        return;
    end if;
    if 'parent_id' = any (mask) and parent_id is distinct from v_team.parent_id then
        perform require(v_team.parent_id is not null, 9, 'TEAM_IS_ROOT', 'The root team stays where it is.');
        perform require(parent_id is not null, 9, 'TEAM_NEEDS_PARENT', 'Only the root team has no team above it.');
        perform require(manages_team(v_team.parent_id), 7, 'TEAM_IS_OWN', 'You can move teams below your own, not your own.');
        perform require_team_in_reach(parent_id);
    end if;
    update team t
       set name = case when 'name' = any (mask) then update_team.name else t.name end,
           parent_id = case when 'parent_id' = any (mask) then update_team.parent_id else t.parent_id end
     where t.id = v_team.id;
end
$$;

create function retire_team(team_id uuid, seen_version bigint) returns void language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_team team;
begin
    -- FOR UPDATE keeps users and teams from being put into it meanwhile.
    select * into v_team from team t where t.id = team_id for update;
    if not found or not manages_team(team_id) then
        perform refuse_not_found('team');
    end if;
    if v_team.version <> seen_version then
        return;
    end if;
    perform require(v_team.retire_time is null, 9, 'TEAM_RETIRED', 'The team is retired already.');
    perform require(v_team.parent_id is not null, 9, 'TEAM_IS_ROOT', 'The root team cannot be retired.');
    perform require(not exists (select from app_user u where u.team_id = v_team.id and u.disable_time is null)
                    and not exists (select from account a where a.team_id = v_team.id and a.retire_time is null)
                    and not exists (select from team t where t.parent_id = v_team.id and t.retire_time is null),
                    9, 'TEAM_NOT_EMPTY', 'There are still users, accounts or teams in this team.');
    update team t set retire_time = now() where t.id = v_team.id;
end
$$;

grant execute on function create_user(uuid, text, text, text, uuid, text, text, text, text, boolean, text),
                          update_user(uuid, bigint, text[], text, text, text, text, text, text, uuid, boolean),
                          set_user_disabled(uuid, boolean, text), set_user_password(uuid, text),
                          update_team(uuid, bigint, text[], text, uuid), retire_team(uuid, bigint)
    to kam_manager;
