-- SPDX-License-Identifier: Apache-2.0
-- Logging in, out, and keeping house. kam_auth may call these and nothing else.
set local search_path = kam, pg_temp;

create function login_subject(kind text, value text) returns bytea language sql immutable set search_path = kam, pg_temp as $$
    select sha256(convert_to(kind || ':' || lower(value), 'UTF8'))
$$;

-- Who is being counted, how many attempts of theirs are free, and how long the delay after that can get. It starts at one second and every
-- further attempt doubles it. Strict is what one address may try: a stranger who guesses is soon waiting, and the user at another address is not.
-- What all addresses together try on one login is delayed by half a minute at most, and not at an address where the user has logged in before.
create function login_limits(login text, address text) returns table (subject bytea, login_subject bytea, free int, most_seconds int, is_of_strangers boolean)
language sql immutable set search_path = kam, pg_temp as $$
    values (login_subject('login and address', address || ' ' || login), login_subject('login', login), 5, 900, false),
           (login_subject('address', address), null, 50, 900, false),
           (login_subject('login', login), login_subject('login', login), 30, 30, true)
$$;

-- All of them, in an order that all transactions keep.
create function lock_login_failures(subjects bytea[]) returns void language sql volatile set search_path = kam, pg_temp as $$
    select from login_failure f where f.subject = any (subjects) order by f.subject for update
$$;

-- Counts an attempt before the password is looked at, so that attempts made at once do not all pass for the first; end_login_attempt() takes it
-- back when the password was right. Gives 0, or how many milliseconds to wait: such an attempt is not counted and must not be tried. An hour
-- without attempts forgets those before.
create function begin_login_attempt(login text, address text) returns bigint language plpgsql volatile security definer set search_path = kam, pg_temp as $$
declare
    v_subjects bytea[] := array(select l.subject from login_limits(login, address) l order by l.subject);
    v_is_known boolean := exists (select from session s join app_user u on u.id = s.user_id
                                   where u.login = lower(begin_login_attempt.login) and s.address = begin_login_attempt.address);
    v_wait_ms bigint;
begin
    insert into login_failure (subject, login_subject, failures)
    select l.subject, l.login_subject, 0 from login_limits(login, address) l order by l.subject
    on conflict do nothing;
    perform lock_login_failures(v_subjects);
    select ceil(extract(epoch from max(f.last_time + make_interval(secs => least(l.most_seconds, 2 ^ least(f.failures - l.free, 20)))) - clock_timestamp()) * 1000)
      into v_wait_ms
      from login_limits(login, address) l join login_failure f on f.subject = l.subject
     where f.failures >= l.free and f.last_time > clock_timestamp() - interval '1 hour' and not (l.is_of_strangers and v_is_known);
    if v_wait_ms > 0 then
        return v_wait_ms;
    end if;
    update login_failure f
       set failures = case when f.last_time > clock_timestamp() - interval '1 hour' then f.failures + 1 else 1 end, last_time = clock_timestamp()
     where f.subject = any (v_subjects);
    return 0;
end
$$;

-- Nothing is held against the login any more, and against the address one attempt less.
create function end_login_attempt(login text, address text) returns void language plpgsql volatile security definer set search_path = kam, pg_temp as $$
begin
    perform lock_login_failures(array(select l.subject from login_limits(login, address) l));
    delete from login_failure f
     where f.subject in (login_subject('login', login), (select l.subject from login_limits(login, address) l where l.login_subject is not null and not l.is_of_strangers));
    update login_failure f set failures = greatest(0, f.failures - 1) where f.subject = login_subject('address', address);
end
$$;

-- After somebody else gave the user a new password: at any address.
create function forget_login_attempts(login text) returns void language plpgsql volatile security definer set search_path = kam, pg_temp as $$
declare
    v_subjects bytea[] := array(select f.subject from login_failure f where f.login_subject = login_subject('login', login));
begin
    perform lock_login_failures(v_subjects);
    delete from login_failure f where f.subject = any (v_subjects);
end
$$;

-- Always one row, and an attempt that counts. user_id, password_hash and role are NULL where there is nobody to log in (no such user, or disabled): the
-- server then checks the password against a hash of its own, so that both answers take the same time. wait_ms > 0: refuse without looking.
create function login_lookup(login text, address text) returns table (user_id uuid, password_hash text, role text, wait_ms bigint)
language plpgsql volatile security definer set search_path = kam, pg_temp as $$
declare
    v_wait_ms bigint := begin_login_attempt(login, address);
begin
    return query
    select u.id, p.hash, u.role, v_wait_ms
      from (select) always
      left join (app_user u join user_password p on p.user_id = u.id) on u.login = lower(login_lookup.login) and u.disable_time is null;
end
$$;

-- The session of a user whose password was right; no row when they were disabled or got another password since checked_hash was looked up. The two
-- locks wait for whoever is doing that, and keep them until this session is there to be ended. Column names are paths in LoginResponse.
create function open_session(for_user_id uuid, checked_hash text, token_hash bytea, device text, address text, ttl_seconds bigint)
returns table ("session.id" uuid, "session.user_id" uuid, "session.device" text, "session.address" text, "session.create_time" timestamptz,
               "session.expire_time" timestamptz, "session.is_current" boolean, "user.id" uuid, "user.login" text, "user.name" text, "user.role" text,
               "user.team_id" uuid, "user.team_name" text, "user.email" text, "user.phone" text, "user.locale" text, "user.time_zone" text,
               "user.is_key_account_group" boolean, "user.is_disabled" boolean, "user.create_time" timestamptz, "user.update_time" timestamptz,
               "user.version" bigint)
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_session session;
begin
    perform from app_user u where u.id = for_user_id and u.disable_time is null for share;
    if not found then
        return;
    end if;
    perform from user_password p where p.user_id = for_user_id and p.hash = checked_hash for share;
    if not found then
        return;
    end if;
    insert into session (token_hash, user_id, device, address, expire_time)
    values (open_session.token_hash, for_user_id, coalesce(open_session.device, ''), coalesce(open_session.address, ''),
            now() + make_interval(secs => ttl_seconds))
    returning * into v_session;
    perform end_login_attempt(u.login, v_session.address) from app_user u where u.id = for_user_id;
    return query
    select v_session.id, v_session.user_id, v_session.device, v_session.address, v_session.create_time, v_session.expire_time, true,
           u.id, u.login, u.name, u.role, u.team_id, t.name, u.email, u.phone, u.locale, u.time_zone, u.is_key_account_group,
           u.disable_time is not null, u.create_time, u.update_time, u.version
      from app_user u join team t on t.id = u.team_id
     where u.id = v_session.user_id;
end
$$;

-- ---- of one's own ----

-- For checking the present password before it is changed. An attempt that counts, as at login_lookup().
create function own_password(address text) returns table (password_hash text, wait_ms bigint)
language plpgsql volatile security definer set search_path = kam, pg_temp as $$
declare
    v_wait_ms bigint := (select begin_login_attempt(u.login, own_password.address) from app_user u where u.id = caller_id());
begin
    return query select p.hash, v_wait_ms from user_password p where p.user_id = caller_id();
end
$$;

-- Only when the hash is still the one that was checked; every other session ends.
create function change_own_password(checked_hash text, new_hash text, address text) returns void language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    if not exists (select from user_password p where p.user_id = caller_id() and p.hash = checked_hash for update) then
        perform refuse(10, 'PASSWORD_CHANGED', 'The password was changed meanwhile. Please try again.');
    end if;
    perform set_password(caller_id(), new_hash);
    perform end_sessions(caller_id(), caller_session_id());
    perform end_login_attempt(u.login, change_own_password.address) from app_user u where u.id = caller_id();
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

grant execute on function login_lookup(text, text), open_session(uuid, text, bytea, text, text, bigint), purge() to kam_auth;
grant execute on function own_password(text), change_own_password(text, text, text), revoke_session(uuid), end_own_session()
    to kam_rep, kam_manager, kam_service;
