-- SPDX-License-Identifier: Apache-2.0
-- What everything else stands on: refusing, ids, who is calling, the company.
set local search_path = kam, pg_temp;

-- ---- refusing ----

-- Ends the transaction with a gRPC status. reason is the stable name for programs, message the sentence for people, detail holds any of
-- metadata, violations, preconditions, resources (docs/methods.md).
create function refuse(status int, reason text, message text, detail jsonb default null) returns void
language plpgsql set search_path = kam, pg_temp as $$
begin
    if detail is null then
        raise exception using errcode = 'KA' || lpad(status::text, 3, '0'), message = message, hint = reason;
    end if;
    raise exception using errcode = 'KA' || lpad(status::text, 3, '0'), message = message, hint = reason, detail = detail::text;
end
$$;

create function require(condition boolean, status int, reason text, message text, detail jsonb default null) returns void
language plpgsql set search_path = kam, pg_temp as $$
begin
    if condition is not true then
        perform refuse(status, reason, message, detail);
    end if;
end
$$;

grant execute on function refuse(int, text, text, jsonb), require(boolean, int, text, text, jsonb)
    to kam_rep, kam_manager, kam_service, kam_auth;

-- ---- one after the other ----

-- Holds the others that would take the same turn until this transaction ends. What must then be judged by what they did belongs into a
-- statement of its own after this one: a statement does not see what was committed after it began.
create function take_turn(what text) returns void language sql volatile set search_path = kam, pg_temp as $$
    select pg_advisory_xact_lock(hashtextextended('kam: ' || what, 0))
$$;

-- ---- names ----

-- Whether there is anything to see in a text: one character at least that is no blank, no control or format character, and none of those that are
-- letters or marks and yet show nothing (fillers of Hangul and Khmer, variation selectors, the empty Braille cell).
-- In PL/pgSQL, which keeps what it parsed: this runs with every row that is written.
create function is_visible(value text) returns boolean language plpgsql immutable parallel safe set search_path = kam, pg_temp as $$
begin
    return regexp_replace(value, '[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]', '', 'g')
           collate "und-x-icu" ~ '[[:graph:]]';
end
$$;

-- Of CHECK constraints.
grant execute on function is_visible(text) to kam_rep, kam_manager;

-- ---- ids ----

-- RFC 9562 version 7: 48 bits of milliseconds, then random.
create function uuid7() returns uuid language sql volatile set search_path = kam, pg_temp as $$
    select encode(
        set_bit(set_bit(
            overlay(uuid_send(gen_random_uuid())
                    placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6),
            52, 1), 53, 1), 'hex')::uuid
$$;

-- The default of every id, so whoever may insert needs it.
grant execute on function uuid7() to kam_rep, kam_manager;

-- ---- who is calling ----
-- Set by begin_read() and begin_write() for the rest of the transaction. NULL without a session, and every policy then shows nothing.
-- Not one of these has a SET clause, so that the planner can put them inline.

create function caller_id() returns uuid language sql stable as $$
    select nullif(pg_catalog.current_setting('kam.user_id', true), '')::pg_catalog.uuid
$$;
create function caller_session_id() returns uuid language sql stable as $$
    select nullif(pg_catalog.current_setting('kam.session_id', true), '')::pg_catalog.uuid
$$;
create function caller_team_id() returns uuid language sql stable as $$
    select nullif(pg_catalog.current_setting('kam.team_id', true), '')::pg_catalog.uuid
$$;
-- 'rep', 'manager', 'service'; also inside definer functions. NULL for the owner and for kam_auth.
create function caller_role() returns text language sql stable as $$
    select case pg_catalog.current_setting('role')
           when 'kam_rep' then 'rep' when 'kam_manager' then 'manager' when 'kam_service' then 'service' end
$$;

grant execute on function caller_id(), caller_session_id(), caller_team_id(), caller_role() to kam_rep, kam_manager, kam_service;

-- ---- the company ----

create table company (
    is_only boolean primary key default true,
    name text not null default '',
    time_zone text not null default 'UTC',
    account_code_prefix text not null default 'K-',
    constraint company_is_one_row check (is_only),
    constraint company_name_length check (octet_length(name) <= 200),
    constraint company_time_zone_length check (octet_length(time_zone) <= 64),
    constraint company_account_code_prefix_form check (account_code_prefix ~ '^[A-Z]{1,4}-$')
);
insert into company default values;

alter table company enable row level security;
grant select on company to kam_rep, kam_manager, kam_service;
create policy company_read on company for select to kam_rep, kam_manager, kam_service using ((select caller_id()) is not null);

-- The date in the company's time zone: due dates and "they left today" mean this one.
create function today() returns date language sql stable security definer set search_path = kam, pg_temp as $$
    select (now() at time zone time_zone)::date from company
$$;
grant execute on function today() to kam_rep, kam_manager, kam_service;
