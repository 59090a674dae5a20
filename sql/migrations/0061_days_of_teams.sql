-- SPDX-License-Identifier: Apache-2.0
-- The days of a manager's people without what is planned at retired accounts: as long as one is retired, nobody is to do it.
set local search_path = kam, pg_temp;

create or replace function team_days() returns table (user_id uuid, overdue_count int, due_count int, done_count int)
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
               and (x.due_time is null or x.due_time <= now())
               and exists (select from account a where a.id = x.account_id and a.retire_time is null offset 0) limit 100) y) as overdue,
           (select count(*)::int from (select from activity x where x.owner_id = u.id and x.state = 'planned' and x.time < c_tomorrow
               and (x.time >= c_today or x.due_time > now())
               and exists (select from account a where a.id = x.account_id and a.retire_time is null offset 0) limit 100) y),
           (select count(*)::int from (select from activity x where x.owner_id = u.id and x.state = 'done' and x.time >= c_week and x.time < c_today limit 100) y) as done
      from (select distinct d.descendant_id from team_closure d where d.ancestor_id = any (caller_team_ids())) c join app_user u on u.team_id = c.descendant_id
     where u.disable_time is null and u.role in ('rep', 'manager') and u.id <> caller_id()
     order by overdue desc, done, u.name, u.id
     limit 20;
end
$$;
