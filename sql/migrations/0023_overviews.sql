-- SPDX-License-Identifier: Apache-2.0
-- What the overviews (today, the page of an account) need beside the tables.
set local search_path = kam, pg_temp;

-- When the day begins, so many days from today, in the company's time zone.
create function day_start(days int) returns timestamptz language sql stable security definer set search_path = kam, pg_temp as $$
    select ((now() at time zone time_zone)::date + days)::timestamp at time zone time_zone from company
$$;
grant execute on function day_start(int) to kam_rep, kam_manager;

-- The day of a birthday in a year: the 28th where the year has no 29 February.
create function anniversary(birthday date, year int) returns date language sql immutable parallel safe set search_path = kam, pg_temp as $$
    select (birthday + make_interval(years => year - extract(year from birthday)::int))::date
$$;
grant execute on function anniversary(date, int) to kam_rep, kam_manager;
