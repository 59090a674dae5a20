-- SPDX-License-Identifier: Apache-2.0
-- What the operator does from the server's command line, as the owner of the database: the root team, the first manager, a lost password.
-- Nobody else may call these. Teams are named by their path, 'Company / North', or by their name alone where only one team has it.
-- The change log says nobody did it (actor NULL), with the reason 'operator'.
set local search_path = kam, pg_temp;

create function team_path(team_id uuid) returns text language sql stable set search_path = kam, pg_temp as $$
    select string_agg(t.name, ' / ' order by c.depth desc)
      from team_closure c join team t on t.id = c.ancestor_id
     where c.descendant_id = team_id
$$;

create function operator_find_team(path text) returns uuid language plpgsql stable set search_path = kam, pg_temp as $$
declare
    v_ids uuid[] := array(select id from team where retire_time is null and team_path(id) = path);
begin
    if cardinality(v_ids) = 0 then
        v_ids := array(select id from team where retire_time is null and name = path);
    end if;
    perform require(cardinality(v_ids) > 0, 5, 'TEAM_NOT_FOUND', 'There is no team "' || path || '".');
    perform require(cardinality(v_ids) = 1, 9, 'TEAM_AMBIGUOUS', 'Several teams are called "' || path || '"; give the path from the root, "Company / North".');
    return v_ids[1];
end
$$;

-- parent NULL: the root team.
create function operator_add_team(name text, parent text default null) returns uuid language plpgsql set search_path = kam, pg_temp as $$
declare
    v_id uuid := uuid7();
begin
    perform require(coalesce(parent, '') <> '' or not exists (select from team where parent_id is null), 9, 'ROOT_TEAM_EXISTS',
                    'There is a root team already; name the team above the new one.');
    perform give_reason('operator');
    insert into team (id, name, parent_id) values (v_id, name, case when parent <> '' then operator_find_team(parent) end);
    return v_id;
end
$$;

create function operator_list_teams() returns table (id uuid, path text, users bigint, accounts bigint, is_retired boolean)
language sql stable set search_path = kam, pg_temp as $$
    select t.id, team_path(t.id), (select count(*) from app_user u where u.team_id = t.id and u.disable_time is null),
           (select count(*) from account a where a.team_id = t.id and a.retire_time is null), t.retire_time is not null
      from team t order by 2
$$;

create function operator_find_user(login text) returns app_user language plpgsql set search_path = kam, pg_temp as $$
declare
    v_user app_user;
begin
    select * into v_user from app_user u where u.login = operator_find_user.login for no key update;
    if not found then
        perform refuse(5, 'USER_NOT_FOUND', 'There is no user "' || login || '".');
    end if;
    return v_user;
end
$$;

create function operator_add_user(login text, name text, role text, team text, password_hash text, is_key_account_group boolean default false)
returns uuid language plpgsql set search_path = kam, pg_temp as $$
declare
    v_id uuid := uuid7();
begin
    perform require(not exists (select from app_user u where u.login = operator_add_user.login), 6, 'USER_LOGIN', 'There is a user "' || login || '" already.');
    perform give_reason('operator');
    insert into app_user (id, login, name, role, team_id, is_key_account_group, time_zone)
    values (v_id, login, name, role, operator_find_team(team), is_key_account_group, (select c.time_zone from company c));
    perform set_password(v_id, password_hash);
    return v_id;
end
$$;

-- Also ends the user's sessions and forgets failed logins.
create function operator_set_password(login text, password_hash text) returns void language plpgsql set search_path = kam, pg_temp as $$
declare
    v_user app_user := operator_find_user(login);
begin
    perform set_password(v_user.id, password_hash);
    perform end_sessions(v_user.id);
    perform forget_login_attempts(v_user.login);
end
$$;

create function operator_set_disabled(login text, is_disabled boolean) returns void language plpgsql set search_path = kam, pg_temp as $$
declare
    v_user app_user := operator_find_user(login);
begin
    perform require((v_user.disable_time is not null) <> is_disabled, 9, 'USER_UNCHANGED',
                    'The user is ' || case when is_disabled then 'disabled already.' else 'not disabled.' end);
    perform give_reason('operator');
    if is_disabled then
        perform keep_a_root_manager(v_user.id);
        perform end_sessions(v_user.id);
    else
        perform require_living_team(v_user.team_id);
    end if;
    update app_user u set disable_time = case when is_disabled then now() end where u.id = v_user.id;
end
$$;

create function operator_list_users() returns table (id uuid, login text, name text, role text, team text, is_key_account_group boolean, is_disabled boolean, sessions bigint)
language sql stable set search_path = kam, pg_temp as $$
    select u.id, u.login, u.name, u.role, team_path(u.team_id), u.is_key_account_group, u.disable_time is not null,
           (select count(*) from session s where s.user_id = u.id and s.revoke_time is null and s.expire_time > now())
      from app_user u order by u.login
$$;

-- NULL leaves a setting as it is.
create function operator_set_company(new_name text, new_time_zone text) returns void language plpgsql set search_path = kam, pg_temp as $$
begin
    perform require(new_time_zone is null or exists (select from pg_timezone_names z where z.name = new_time_zone), 3, 'TIME_ZONE_UNKNOWN',
                    'There is no time zone "' || new_time_zone || '".');
    update company set name = coalesce(new_name, name), time_zone = coalesce(new_time_zone, time_zone);
end
$$;
