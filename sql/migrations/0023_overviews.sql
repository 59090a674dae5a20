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

-- How the people of the calling manager's teams stand: the twenty with most overdue. Counted up to 100 each, along indexes of an owner's activities;
-- under the policies each activity would ask for its account again. Nothing for others.
create function team_days() returns table (user_id uuid, overdue_count int, due_count int, done_count int)
language plpgsql stable security definer set search_path = kam, pg_temp as $$
#variable_conflict use_column
declare
    c_week timestamptz := day_start(-7);
    c_today timestamptz := day_start(0);
    c_tomorrow timestamptz := day_start(1);
begin
    if caller_role() is distinct from 'manager' or caller_id() is null then
        return;
    end if;
    return query
    select u.id,
           (select count(*)::int from (select from activity x where x.owner_id = u.id and x.state = 'planned' and x.time < c_today
               and (x.due_time is null or x.due_time <= now()) limit 100) y) as overdue,
           (select count(*)::int from (select from activity x where x.owner_id = u.id and x.state = 'planned' and x.time < c_tomorrow
               and (x.time >= c_today or x.due_time > now()) limit 100) y),
           (select count(*)::int from (select from activity x where x.owner_id = u.id and x.state = 'done' and x.time >= c_week and x.time < c_today limit 100) y) as done
      from team_closure c join app_user u on u.team_id = c.descendant_id
     where c.ancestor_id = caller_team_id() and u.disable_time is null and u.role in ('rep', 'manager') and u.id <> caller_id()
     order by overdue desc, done, u.name, u.id
     limit 20;
end
$$;
grant execute on function team_days() to kam_rep, kam_manager;
