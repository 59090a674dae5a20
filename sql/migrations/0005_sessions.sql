-- SPDX-License-Identifier: Apache-2.0
-- Logging in, sessions, the identity of a call, and the outcomes of requests. All of it is reached through functions only.
set local search_path = kam, pg_temp;

create table session (
    id uuid primary key default uuid7(),
    token_hash bytea not null,
    user_id uuid not null references app_user,
    device text not null default '',
    address text not null default '',
    create_time timestamptz not null default now(),
    expire_time timestamptz not null,
    revoke_time timestamptz,
    constraint session_token_hash_length check (octet_length(token_hash) between 16 and 64),
    constraint session_device_length check (octet_length(device) <= 100),
    constraint session_address_length check (octet_length(address) <= 100),
    constraint session_expires_later check (expire_time > create_time)
);
create unique index session_token on session (token_hash);
create index session_of_user on session (user_id, create_time desc, id desc);

-- Failed logins, and those under way, per login, per address, and per login at an address; login_subject is of rows that are about a login. The
-- login is kept hashed: people type passwords into the wrong field.
create table login_failure (
    subject bytea primary key,
    login_subject bytea,
    failures int not null,
    last_time timestamptz not null default now()
);
create index login_failure_login on login_failure (login_subject) where login_subject is not null;

-- What a write did, so that its repetition gives the same answer.
create table request_outcome (
    user_id uuid not null references app_user,
    request_id uuid not null,
    method text not null,
    payload_hash bytea not null,
    record_id uuid,
    record_version bigint,
    time timestamptz not null default now(),
    primary key (user_id, request_id)
);
create index request_outcome_time on request_outcome (time);

alter table session enable row level security;
alter table login_failure enable row level security;
alter table request_outcome enable row level security;

-- ---- the identity of a call ----

-- Finds the living session and sets who is calling for the rest of the transaction; no row and no identity when the session is dead, its
-- user is disabled or of another role than this connection. It runs in every call: one indexed query, and the rest are simple
-- expressions, which PL/pgSQL evaluates without a query.
create function begin_read(token_hash bytea) returns table (user_id uuid)
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_session_id uuid;
    v_team_id uuid;
    v_set text;
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
        return next;
    else
        v_set := set_config('kam.user_id', '', true);
        v_set := set_config('kam.session_id', '', true);
        v_set := set_config('kam.team_id', '', true);
    end if;
end
$$;

-- The lock lasts until the transaction ends, so a request sent twice at once is done once, and the second sees the first one's outcome.
create function begin_write(token_hash bytea, request_id uuid, method text, payload_hash bytea) returns uuid
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_user_id uuid := (select b.user_id from begin_read(begin_write.token_hash) b);
    v_outcome request_outcome;
    v_set text;
begin
    if v_user_id is null then
        perform refuse(16, 'NO_SESSION', 'You are not logged in, or your session has ended. Please log in.');
    end if;
    perform pg_advisory_xact_lock(uuid_hash_extended(request_id, uuid_hash_extended(v_user_id, 0)));
    select * into v_outcome from request_outcome o where o.user_id = v_user_id and o.request_id = begin_write.request_id;
    if found then
        if v_outcome.method <> begin_write.method or v_outcome.payload_hash <> begin_write.payload_hash then
            perform refuse(3, 'REQUEST_ID_REUSED', 'This request id was used for another request. Make a new one for each request.');
        end if;
        raise exception using errcode = 'KA100', message = 'This request was done before.', hint = 'REQUEST_REPLAYED',
                              detail = jsonb_build_object('record_id', v_outcome.record_id, 'record_version', v_outcome.record_version)::text;
    end if;
    v_set := set_config('kam.request_id', request_id::text, true);
    v_set := set_config('kam.changed', '', true);
    v_set := set_config('kam.reason', '', true);
    return v_user_id;
end
$$;

create function end_write(request_id uuid, method text, payload_hash bytea, record_id uuid) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    if coalesce(current_setting('kam.changed', true), '') = '' then
        raise exception using errcode = 'KA101', message = 'Nothing was changed.', hint = 'NOTHING_CHANGED';
    end if;
    insert into request_outcome (user_id, request_id, method, payload_hash, record_id, record_version)
    values (caller_id(), request_id, method, payload_hash, record_id,
            substring(current_setting('kam.changed', true) from record_id || '=([0-9]+)')::bigint);
end
$$;

grant execute on function begin_read(bytea), begin_write(bytea, uuid, text, bytea), end_write(uuid, text, bytea, uuid)
    to kam_rep, kam_manager, kam_service;
