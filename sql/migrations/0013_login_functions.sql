-- SPDX-License-Identifier: Apache-2.0
-- Logging in, out, and keeping house. kam_auth may call these and nothing else.
set local search_path = kam, pg_temp;

create function login_subject(kind text, value text) returns bytea language sql immutable set search_path = kam, pg_temp as $$
    select sha256(convert_to(kind || ':' || lower(value), 'UTF8'))
$$;

-- How long this login or address has to wait before its next attempt. Three failures of a login and twenty of an address are free; each one
-- after that doubles the delay, from one second up to 15 minutes. An hour without failures forgets them.
create function login_wait_ms(login text, address text) returns bigint language sql stable security definer set search_path = kam, pg_temp as $$
    select coalesce(max(greatest(0, ceil(extract(epoch from f.last_time + make_interval(secs => least(900, 2 ^ least(f.failures - s.free, 20))) - clock_timestamp()) * 1000)))
                    filter (where f.failures > s.free), 0)::bigint
      from (values (login_subject('login', login), 2), (login_subject('address', address), 19)) s (subject, free)
      join login_failure f on f.subject = s.subject
     where f.last_time > clock_timestamp() - interval '1 hour'
$$;

-- Always one row. user_id, password_hash and role are NULL where there is nobody to log in (no such user, or disabled): the server then checks the
-- password against a hash of its own, so that both answers take the same time. wait_ms > 0: refuse without looking.
create function login_lookup(login text, address text) returns table (user_id uuid, password_hash text, role text, wait_ms bigint)
language sql stable security definer set search_path = kam, pg_temp as $$
    select u.id, p.hash, u.role, login_wait_ms(login_lookup.login, address)
      from (select) always
      left join (app_user u join user_password p on p.user_id = u.id) on u.login = lower(login_lookup.login) and u.disable_time is null
$$;

create function count_login_failure(failed_subject bytea) returns void language sql volatile security definer set search_path = kam, pg_temp as $$
    insert into login_failure as f (subject, failures, last_time) values (failed_subject, 1, clock_timestamp())
    on conflict (subject) do update
       set failures = case when f.last_time > clock_timestamp() - interval '1 hour' then f.failures + 1 else 1 end, last_time = clock_timestamp()
$$;

create function login_failed(login text, address text) returns void language sql volatile security definer set search_path = kam, pg_temp as $$
    select count_login_failure(login_subject('login', login)), count_login_failure(login_subject('address', address))
$$;

-- The session of a user whose password was right; no row when they were disabled meanwhile. Column names are paths in LoginResponse.
create function open_session(for_user_id uuid, token_hash bytea, device text, address text, ttl_seconds bigint)
returns table ("session.id" uuid, "session.user_id" uuid, "session.device" text, "session.address" text, "session.create_time" timestamptz,
               "session.expire_time" timestamptz, "session.is_current" boolean, "user.id" uuid, "user.login" text, "user.name" text, "user.role" text,
               "user.team_id" uuid, "user.team_name" text, "user.email" text, "user.phone" text, "user.locale" text, "user.time_zone" text,
               "user.is_key_account_group" boolean, "user.is_disabled" boolean, "user.create_time" timestamptz, "user.update_time" timestamptz,
               "user.version" bigint)
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_session session;
begin
    insert into session (token_hash, user_id, device, address, expire_time)
    select open_session.token_hash, u.id, coalesce(open_session.device, ''), coalesce(open_session.address, ''),
           now() + make_interval(secs => ttl_seconds)
      from app_user u
     where u.id = for_user_id and u.disable_time is null
    returning * into v_session;
    if not found then
        return;
    end if;
    delete from login_failure f
     where f.subject = (select login_subject('login', u.login) from app_user u where u.id = for_user_id);
    return query
    select v_session.id, v_session.user_id, v_session.device, v_session.address, v_session.create_time, v_session.expire_time, true,
           u.id, u.login, u.name, u.role, u.team_id, t.name, u.email, u.phone, u.locale, u.time_zone, u.is_key_account_group,
           u.disable_time is not null, u.create_time, u.update_time, u.version
      from app_user u join team t on t.id = u.team_id
     where u.id = v_session.user_id;
end
$$;

-- ---- of one's own ----

-- For checking the present password before it is changed.
create function own_password(address text) returns table (password_hash text, wait_ms bigint)
language sql stable security definer set search_path = kam, pg_temp as $$
    select p.hash, login_wait_ms(u.login, own_password.address)
      from app_user u join user_password p on p.user_id = u.id
     where u.id = caller_id()
$$;

create function own_password_failed(address text) returns void language sql volatile security definer set search_path = kam, pg_temp as $$
    select login_failed(u.login, own_password_failed.address) from app_user u where u.id = caller_id()
$$;

-- Only when the hash is still the one that was checked; every other session ends.
create function change_own_password(checked_hash text, new_hash text) returns void language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    if not exists (select from user_password p where p.user_id = caller_id() and p.hash = checked_hash for update) then
        perform refuse(10, 'PASSWORD_CHANGED', 'The password was changed meanwhile. Please try again.');
    end if;
    perform set_password(caller_id(), new_hash);
    perform end_sessions(caller_id(), caller_session_id());
end
$$;

-- One of the caller's own sessions, or of a user within a manager's reach.
create function revoke_session(session_id uuid) returns void language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    update session s set revoke_time = now()
     where s.id = session_id and s.revoke_time is null
       and (s.user_id = caller_id() or exists (select from app_user u where u.id = s.user_id and manages_team(u.team_id)));
    if not found then
        perform refuse(5, 'NOT_FOUND', 'There is no such open session within your reach.');
    end if;
    perform mark_changed();
end
$$;

create function end_own_session() returns void language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    update session s set revoke_time = now() where s.id = caller_session_id();
    perform mark_changed();
end
$$;

grant select (id, user_id, device, address, create_time, expire_time, revoke_time) on session to kam_rep, kam_manager, kam_service;
create policy session_own on session for select to kam_rep, kam_service using (user_id = (select caller_id()));
create policy session_manager on session for select to kam_manager using (
    user_id = (select caller_id())
    or exists (select from app_user u join team_closure c on c.descendant_id = u.team_id and c.ancestor_id = (select caller_team_id())
                where u.id = session.user_id));

-- ---- keeping house ----

-- Forgets outcomes after 7 days, ended sessions after 30, failed logins after a day, and makes the log's partitions ahead. Cheap; the server
-- calls it every hour.
create function purge() returns void language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    delete from request_outcome where time < now() - interval '7 days';
    delete from session where coalesce(revoke_time, expire_time) < now() - interval '30 days';
    delete from login_failure where last_time < now() - interval '1 day';
    perform create_change_partitions();
end
$$;

grant execute on function login_lookup(text, text), login_failed(text, text), open_session(uuid, bytea, text, text, bigint), purge() to kam_auth;
grant execute on function own_password(text), own_password_failed(text), change_own_password(text, text), revoke_session(uuid), end_own_session()
    to kam_rep, kam_manager, kam_service;
