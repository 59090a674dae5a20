-- SPDX-License-Identifier: Apache-2.0
-- Visits on fixed days (固定日期拜访) and routes (路线拜访): recurring plans whose activities are made ahead. One function, make_visits(), brings the activities
-- of a plan into line with it; everything that matters to a plan calls it, and kamd's housekeeping once a day.
-- Locks are taken in this order: accounts, the route, plans by id, activities.
set local search_path = kam, pg_temp;

create table route (
    id uuid primary key default uuid7(),
    name text not null,
    note text not null default '',
    owner_id uuid not null references app_user,
    retire_time timestamptz,
    create_time timestamptz not null default now(),
    update_time timestamptz not null default now(),
    updated_by uuid references app_user,
    version bigint not null default 1,
    constraint route_name_length check (is_visible(name) and octet_length(name) <= 200),
    constraint route_note_length check (octet_length(note) <= 1000)
);
create index route_owner on route (owner_id, name, id);
create index route_name on route (name, id);

create table route_stop (
    route_id uuid not null references route,
    account_id uuid not null references account,
    place int not null,             -- from 1, in the order of the visits
    primary key (route_id, account_id),
    constraint route_stop_place unique (route_id, place),
    constraint route_stop_place_range check (place between 1 and 1000)
);
create index route_stop_account on route_stop (account_id);

create table visit_plan (
    id uuid primary key default uuid7(),
    account_id uuid references account,
    route_id uuid references route,
    owner_id uuid references app_user,      -- NULL: whoever owns the account or the route
    kind text not null default 'visit',
    subject text not null,
    repeat text not null,
    every int not null default 1,           -- weeks or months
    weekdays text[] not null default '{}',
    month_day int,                          -- the last day of months that are shorter
    starts_on date not null,
    ends_on date,
    time_of_day time not null default '09:00',
    duration_minutes int,
    end_time timestamptz,                   -- it makes nothing from then on
    made_until date,                        -- activities are made up to this day
    create_time timestamptz not null default now(),
    update_time timestamptz not null default now(),
    updated_by uuid references app_user,
    version bigint not null default 1,
    constraint visit_plan_of_one check ((account_id is null) <> (route_id is null)),
    constraint visit_plan_kind_known check (kind in ('call', 'visit', 'message', 'email', 'sample', 'quotation', 'technical_exchange', 'demonstration', 'site_visit',
        'senior_meeting', 'negotiation', 'contract_signing', 'delivery', 'payment_follow_up', 'service_visit', 'gift', 'survey', 'note')),
    constraint visit_plan_subject_length check (is_visible(subject) and octet_length(subject) <= 400),
    constraint visit_plan_repeat_known check (repeat in ('weekly', 'monthly')),
    constraint visit_plan_every_range check (every between 1 and 52),
    constraint visit_plan_weekdays_known check (weekdays <@ array['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']
                                                and cardinality(weekdays) <= 7),
    constraint visit_plan_month_day_range check (month_day between 1 and 31),
    constraint visit_plan_repeat_complete check ((repeat = 'weekly') = (weekdays <> '{}') and (repeat = 'monthly') = (month_day is not null)),
    constraint visit_plan_dates_range check (starts_on between '2000-01-01' and '2199-12-31' and ends_on between starts_on and '2199-12-31'),
    constraint visit_plan_duration_range check (duration_minutes between 0 and 1440)
);
create index visit_plan_account on visit_plan (account_id, id) where account_id is not null;
create index visit_plan_route on visit_plan (route_id, id) where route_id is not null;
create index visit_plan_made on visit_plan (made_until nulls first) where end_time is null;

create trigger zz_record before insert or update on route for each row execute function record_change('route', 'id', '', '');
create trigger zz_record before insert or delete on route_stop for each row execute function record_link('route_stop', 'route_id', 'account_id');
-- Not for made_until, which is no business of people.
create trigger zz_record before insert or update of owner_id, kind, subject, repeat, every, weekdays, month_day, starts_on, ends_on, time_of_day, duration_minutes, end_time
    on visit_plan for each row execute function record_change('visit_plan', 'id', 'account_id', '');

alter table activity
    add column visit_plan_id uuid references visit_plan,
    add column plan_date date,
    -- The version at which the plan left the activity; another one means that a person has been at it, and the plan keeps off.
    add column plan_version bigint;
create unique index activity_of_plan on activity (visit_plan_id, plan_date, account_id) where visit_plan_id is not null;
grant select (visit_plan_id, plan_date, plan_version) on activity to kam_rep, kam_manager;

-- ---- reach ----

-- A route is its owner's, and the managers' above.
create function reaches_route(route_id uuid) returns boolean language sql stable security definer set search_path = kam, pg_temp as $$
    select caller_role() in ('rep', 'manager')
       and exists (select from route r join app_user u on u.id = r.owner_id
                    where r.id = reaches_route.route_id and (r.owner_id = caller_id() or manages_team(u.team_id)))
$$;

alter table route enable row level security;
alter table route_stop enable row level security;
alter table visit_plan enable row level security;
grant select on route, route_stop, visit_plan to kam_rep, kam_manager;
create policy route_rep_read on route for select to kam_rep using (owner_id = (select caller_id()));
create policy route_manager_read on route for select to kam_manager using (
    owner_id = (select caller_id())
    or exists (select from app_user u join team_closure c on c.descendant_id = u.team_id and c.ancestor_id = (select caller_team_id()) where u.id = route.owner_id));
create policy route_stop_rep_read on route_stop for select to kam_rep using (exists (select from account_reach r where r.account_id = route_stop.account_id));
create policy route_stop_manager_read on route_stop for select to kam_manager using (exists (select from account a where a.id = route_stop.account_id offset 0));
create policy visit_plan_rep_read on visit_plan for select to kam_rep using (
    case when account_id is not null then exists (select from account_reach r where r.account_id = visit_plan.account_id)
         else exists (select from route r where r.id = visit_plan.route_id offset 0) end);
create policy visit_plan_manager_read on visit_plan for select to kam_manager using (
    case when account_id is not null then exists (select from account a where a.id = visit_plan.account_id offset 0)
         else exists (select from route r where r.id = visit_plan.route_id offset 0) end);
-- The history of what has no account.
create policy change_plan_read on change for select to kam_rep, kam_manager using (
    case when account_id is not null then false
         when entity = 'route' then exists (select from route r where r.id = change.record_id offset 0)
         when entity = 'visit_plan' then exists (select from visit_plan p where p.id = change.record_id offset 0)
         else false end);

-- ---- which days ----

-- The days of a recurrence from one day to another, both included. Weeks are those that begin on Monday and are counted from the first one's; a month that is too
-- short has its last day instead.
create function recurring_days(repeat text, every int, weekdays text[], month_day int, starts_on date, ends_on date, from_day date, to_day date)
returns setof date language sql immutable set search_path = kam, pg_temp as $$
    select d.day
      from (select greatest(from_day, starts_on) + n as day from generate_series(0, least(to_day, ends_on) - greatest(from_day, starts_on)) n) d
     where case repeat
           when 'weekly' then (array['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'])[extract(isodow from d.day)::int] = any (weekdays)
                and ((d.day - extract(isodow from d.day)::int) - (starts_on - extract(isodow from starts_on)::int)) / 7 % every = 0
           else extract(day from d.day) = least(month_day, extract(day from date_trunc('month', d.day::timestamp) + interval '1 month - 1 day')::int)
                and ((extract(year from d.day) - extract(year from starts_on)) * 12 + extract(month from d.day) - extract(month from starts_on))::int % every = 0 end
     order by 1
$$;

-- The first day from today on; NULL when there is none any more. Looks no further ahead than one turn of the recurrence.
create function next_visit_day(plan visit_plan) returns date language sql stable security definer set search_path = kam, pg_temp as $$
    select min(d.day)
      from today() t (day)
     cross join lateral recurring_days(plan.repeat, plan.every, plan.weekdays, plan.month_day, plan.starts_on, plan.ends_on, t.day,
                                       greatest(t.day, plan.starts_on) + plan.every * case plan.repeat when 'weekly' then 7 else 31 end + 31) d (day)
     where plan.end_time is null
$$;
grant execute on function next_visit_day(visit_plan) to kam_rep, kam_manager;

-- Where a plan goes, in order, and why it passes a place by: NULL, 'account_retired', 'route_retired', 'owner_disabled', 'owner_out_of_reach'.
create function visit_places(plan visit_plan) returns table (account_id uuid, owner_id uuid, place int, problem text)
language sql stable security definer set search_path = kam, pg_temp as $$
    select s.account_id, s.owner_id, s.place,
           case when s.is_retired then 'route_retired'
                when a.retire_time is not null then 'account_retired'
                when u.disable_time is not null then 'owner_disabled'
                when not works_on_account(s.owner_id, s.account_id) then 'owner_out_of_reach' end
      from (select plan.account_id, coalesce(plan.owner_id, a.owner_id) as owner_id, 1 as place, false as is_retired from account a where a.id = plan.account_id
            union all
            select t.account_id, r.owner_id, row_number() over (order by t.place)::int, r.retire_time is not null
              from route r join route_stop t on t.route_id = r.id where r.id = plan.route_id) s
      join account a on a.id = s.account_id
      join app_user u on u.id = s.owner_id
$$;

-- What stands in a plan's way, for those who may read the plan.
create function visit_problem(plan visit_plan) returns text language sql stable security definer set search_path = kam, pg_temp as $$
    select min(p.problem) from visit_places(plan) p
     where plan.end_time is null and (reaches_account(plan.account_id) or reaches_route(plan.route_id))
    having count(*) = count(p.problem)
$$;
-- The accounts that a route's plan passes by.
create function skipped_accounts(plan visit_plan) returns uuid[] language sql stable security definer set search_path = kam, pg_temp as $$
    select array_agg(p.account_id order by p.place) from visit_places(plan) p
     where p.problem is not null and plan.end_time is null and reaches_route(plan.route_id)
$$;
grant execute on function visit_problem(visit_plan), skipped_accounts(visit_plan) to kam_rep, kam_manager;

-- ---- making them ----

-- What a plan wants from now on for two weeks. On a route one stop follows the other, half an hour each where the plan does not say how long a visit is, and no
-- later than the day.
create function wanted_visits(plan visit_plan) returns table (plan_date date, account_id uuid, owner_id uuid, at_time timestamptz)
language sql stable security definer set search_path = kam, pg_temp as $$
    select w.plan_date, w.account_id, w.owner_id, w.at_time
      from (select d.day as plan_date, p.account_id, p.owner_id,
                   (d.day + least(plan.time_of_day::interval + make_interval(mins => (p.place - 1) * coalesce(plan.duration_minutes, 30)), interval '23:59'))
                   at time zone c.time_zone as at_time
              from company c
             cross join lateral recurring_days(plan.repeat, plan.every, plan.weekdays, plan.month_day, plan.starts_on, plan.ends_on, today(), today() + 14) d (day)
             cross join visit_places(plan) p
             where plan.end_time is null and p.problem is null) w
     where w.at_time > now()
$$;

-- Brings the activities of a plan into line with it. What a person changed, did or cancelled stays as it is, and its day is not made again.
create function make_visits(plan_id uuid) returns void language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_plan visit_plan;
begin
    select * into v_plan from visit_plan p where p.id = plan_id for no key update;
    if not found then
        return;
    end if;
    -- Also those that were withdrawn and are wanted again.
    update activity a
       set state = 'planned', cancel_reason = '', kind = v_plan.kind, subject = v_plan.subject, time = w.at_time, duration_minutes = v_plan.duration_minutes,
           owner_id = w.owner_id, plan_version = a.version + 1
      from wanted_visits(v_plan) w
     where a.visit_plan_id = plan_id and a.plan_date = w.plan_date and a.account_id = w.account_id and a.plan_version = a.version
       and a.state in ('planned', 'cancelled')
       and (a.state, a.kind, a.subject, a.time, a.duration_minutes, a.owner_id)
           is distinct from ('planned', v_plan.kind, v_plan.subject, w.at_time, v_plan.duration_minutes, w.owner_id);
    update activity a
       set state = 'cancelled', cancel_reason = 'Withdrawn: its plan was changed or has ended.', plan_version = a.version + 1
     where a.visit_plan_id = plan_id and a.plan_date >= today() and a.time > now() and a.state = 'planned' and a.plan_version = a.version
       and not exists (select from wanted_visits(v_plan) w where w.plan_date = a.plan_date and w.account_id = a.account_id);
    insert into activity (account_id, kind, state, subject, time, duration_minutes, owner_id, visit_plan_id, plan_date, plan_version)
    select w.account_id, v_plan.kind, 'planned', v_plan.subject, w.at_time, v_plan.duration_minutes, w.owner_id, plan_id, w.plan_date, 1
      from wanted_visits(v_plan) w
     where not exists (select from activity a where a.visit_plan_id = plan_id and a.plan_date = w.plan_date and a.account_id = w.account_id)
     order by w.plan_date, w.at_time;
    update visit_plan p set made_until = today() + 14 where p.id = plan_id and p.made_until is distinct from today() + 14;
end
$$;

-- Housekeeping: plans whose days are not made two weeks ahead, so many at a time. True when there may be more. Several at once share the work.
create function make_visits_ahead(most int) returns boolean language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_plan_id uuid;
    v_count int := 0;
begin
    for v_plan_id in
        select p.id from visit_plan p
         where p.end_time is null and (p.made_until is null or p.made_until < today() + 14) and (p.ends_on is null or p.ends_on >= today())
         order by p.made_until nulls first, p.id
         limit most
           for no key update skip locked
    loop
        perform make_visits(v_plan_id);
        v_count := v_count + 1;
    end loop;
    return v_count = most;
end
$$;
grant execute on function make_visits_ahead(int) to kam_auth;

create function make_visits_of_route(route_id uuid) returns void language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_plan_id uuid;
begin
    for v_plan_id in select p.id from visit_plan p where p.route_id = make_visits_of_route.route_id and p.end_time is null order by p.id loop
        perform make_visits(v_plan_id);
    end loop;
end
$$;

-- The visits go to the new owner, away from a retired account, and back to one that is restored. After keep_reach, by its name.
create function make_visits_of_account() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_plan_id uuid;
begin
    for v_plan_id in
        select p.id from visit_plan p where p.account_id = new.id and p.end_time is null
        union
        select p.id from route_stop s join visit_plan p on p.route_id = s.route_id where s.account_id = new.id and p.end_time is null
         order by 1
    loop
        perform make_visits(v_plan_id);
    end loop;
    return null;
end
$$;
create trigger make_visits after update of owner_id, retire_time on account for each row
    when (new.owner_id <> old.owner_id or new.retire_time is distinct from old.retire_time) execute function make_visits_of_account();

-- Who prepares a visit, plans the talk or comments on it has been at it, too. Each of them holds the activity already.
create function keep_plan_off() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    update activity a set plan_version = null where a.id = new.activity_id and a.plan_version is not null;
    return null;
end
$$;
create trigger keep_plan_off after insert or update on activity_visit for each row execute function keep_plan_off();
create trigger keep_plan_off after insert or update on activity_spin for each row execute function keep_plan_off();
create trigger keep_plan_off after insert on activity_comment for each row execute function keep_plan_off();

-- ---- what people decide ----

-- A new plan (seen_version NULL), or the fields of the mask of one that is there.
create function save_visit_plan(plan_id uuid, seen_version bigint, mask text[], account_id uuid, route_id uuid, owner_id uuid, kind text, subject text, repeat text,
                                every int, weekdays text[], month_day int, starts_on date, ends_on date, time_of_day text, duration_minutes int) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_plan visit_plan;
    v_is_new boolean := seen_version is null;
begin
    if v_is_new then
        perform require((account_id is null) <> (route_id is null), 3, 'PLAN_OF_ONE', 'A plan is for one account or for one route.',
                        '{"violations": [{"field": "visit_plan.account_id", "description": "either this or route_id must be set"}]}');
        -- Held, so that who gives the account to somebody else comes before and is seen here, or after and sees this plan.
        perform from account a where a.id = save_visit_plan.account_id for share;
        if account_id is not null and not reaches_account(account_id) then
            perform refuse_not_found('account');
        end if;
        perform from route r where r.id = save_visit_plan.route_id for share;
        if route_id is not null and not reaches_route(route_id) then
            perform refuse_not_found('route');
        end if;
        perform require(not exists (select from account a where a.id = save_visit_plan.account_id and a.retire_time is not null), 9, 'ACCOUNT_RETIRED', 'The account is retired.');
        perform require(not exists (select from route r where r.id = save_visit_plan.route_id and r.retire_time is not null), 9, 'ROUTE_RETIRED', 'The route is retired.');
        v_plan.account_id := account_id;
        v_plan.route_id := route_id;
    else
        select * into v_plan from visit_plan p where p.id = plan_id for no key update;
        if not found or not (reaches_account(v_plan.account_id) or reaches_route(v_plan.route_id)) then
            perform refuse_not_found('plan');
        end if;
        if v_plan.version <> seen_version then
            return;
        end if;
        perform require(v_plan.end_time is null, 9, 'PLAN_ENDED', 'The plan has ended. Make a new one.');
    end if;
    if v_is_new or 'owner_id' = any (mask) then
        perform require(owner_id is null or v_plan.account_id is not null, 3, 'PLAN_OWNER_OF_ROUTE', 'The visits of a route belong to the owner of the route.',
                        '{"violations": [{"field": "visit_plan.owner_id", "description": "must be empty in a plan for a route"}]}');
        perform require(owner_id is null or works_on_account(owner_id, v_plan.account_id), 9, 'OWNER_OUT_OF_REACH',
                        'The owner does not work on this account. Make them a member of the account first, or choose somebody else.');
        v_plan.owner_id := owner_id;
    end if;
    v_plan.kind := case when v_is_new or 'kind' = any (mask) then coalesce(kind, 'visit') else v_plan.kind end;
    v_plan.subject := case when v_is_new or 'subject' = any (mask) then subject else v_plan.subject end;
    v_plan.repeat := case when v_is_new or 'repeat' = any (mask) then coalesce(repeat, case when month_day > 0 then 'monthly' else 'weekly' end) else v_plan.repeat end;
    v_plan.every := case when v_is_new or 'every' = any (mask) then coalesce(nullif(every, 0), 1) else v_plan.every end;
    v_plan.weekdays := case when v_plan.repeat <> 'weekly' then '{}' when v_is_new or 'weekdays' = any (mask) then weekdays else v_plan.weekdays end;
    v_plan.month_day := case when v_plan.repeat <> 'monthly' then null when v_is_new or 'month_day' = any (mask) then nullif(month_day, 0) else v_plan.month_day end;
    v_plan.starts_on := case when v_is_new or 'starts_on' = any (mask) then coalesce(starts_on, today()) else v_plan.starts_on end;
    v_plan.ends_on := case when v_is_new or 'ends_on' = any (mask) then ends_on else v_plan.ends_on end;
    v_plan.duration_minutes := case when v_is_new or 'duration_minutes' = any (mask) then duration_minutes else v_plan.duration_minutes end;
    if v_is_new or 'time_of_day' = any (mask) then
        perform require(coalesce(time_of_day, '') ~ '^(([01]?[0-9]|2[0-3]):[0-5][0-9])?$', 3, 'TIME_OF_DAY_FORM', 'A time of day is written as 09:30.',
                        '{"violations": [{"field": "visit_plan.time_of_day", "description": "must be hours and minutes, as 09:30"}]}');
        v_plan.time_of_day := coalesce(nullif(time_of_day, '')::time, '09:00');
    end if;
    perform require(v_plan.repeat <> 'weekly' or v_plan.weekdays <> '{}', 3, 'FIELD_REQUIRED', 'A weekly plan needs its days of the week.',
                    '{"violations": [{"field": "visit_plan.weekdays", "description": "must be set"}]}');
    perform require(v_plan.repeat <> 'monthly' or v_plan.month_day is not null, 3, 'FIELD_REQUIRED', 'A monthly plan needs its day of the month.',
                    '{"violations": [{"field": "visit_plan.month_day", "description": "must be set"}]}');
    perform require(v_plan.ends_on is null or v_plan.ends_on >= v_plan.starts_on, 3, 'PLAN_ENDS_BEFORE_START', 'A plan cannot end before it starts.',
                    '{"violations": [{"field": "visit_plan.ends_on", "description": "must not be before starts_on"}]}');
    if v_is_new then
        insert into visit_plan (id, account_id, route_id, owner_id, kind, subject, repeat, every, weekdays, month_day, starts_on, ends_on, time_of_day, duration_minutes)
        values (plan_id, v_plan.account_id, v_plan.route_id, v_plan.owner_id, v_plan.kind, v_plan.subject, v_plan.repeat, v_plan.every, v_plan.weekdays,
                v_plan.month_day, v_plan.starts_on, v_plan.ends_on, v_plan.time_of_day, v_plan.duration_minutes);
    else
        update visit_plan p
           set owner_id = v_plan.owner_id, kind = v_plan.kind, subject = v_plan.subject, repeat = v_plan.repeat, every = v_plan.every, weekdays = v_plan.weekdays,
               month_day = v_plan.month_day, starts_on = v_plan.starts_on, ends_on = v_plan.ends_on, time_of_day = v_plan.time_of_day,
               duration_minutes = v_plan.duration_minutes
         where p.id = plan_id;
    end if;
    perform make_visits(plan_id);
end
$$;

create function end_visit_plan(plan_id uuid, seen_version bigint, reason text) returns void language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_plan visit_plan;
begin
    select * into v_plan from visit_plan p where p.id = plan_id for no key update;
    if not found or not (reaches_account(v_plan.account_id) or reaches_route(v_plan.route_id)) then
        perform refuse_not_found('plan');
    end if;
    if v_plan.version <> seen_version then
        return;
    end if;
    perform require(v_plan.end_time is null, 9, 'PLAN_ENDED', 'The plan has ended already.');
    perform give_reason(reason);
    update visit_plan p set end_time = now() where p.id = plan_id;
    perform make_visits(plan_id);
end
$$;

-- A new route (seen_version NULL), or the fields of the mask of one that is there.
create function save_route(route_id uuid, seen_version bigint, mask text[], name text, note text, owner_id uuid, account_ids uuid[]) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_route route;
    v_owner app_user;
    v_is_new boolean := seen_version is null;
    v_has_stops boolean := v_is_new or 'account_ids' = any (mask);
begin
    if v_has_stops then
        -- Held, as by save_visit_plan().
        perform from account a where a.id = any (account_ids) order by a.id for share;
        perform require(not exists (select from unnest(account_ids) i where not reaches_account(i)), 5, 'ACCOUNT_NOT_FOUND', 'There is no such account within your reach.');
        perform require((select count(distinct i) = count(i) from unnest(account_ids) i), 3, 'ROUTE_STOP_TWICE', 'An account stands on the route twice.',
                        '{"violations": [{"field": "route.account_ids", "description": "must name each account once"}]}');
    end if;
    if not v_is_new then
        select * into v_route from route r where r.id = route_id for no key update;
        if not found or not reaches_route(route_id) then
            perform refuse_not_found('route');
        end if;
        if v_route.version <> seen_version then
            return;
        end if;
        perform require(v_route.retire_time is null, 9, 'ROUTE_RETIRED', 'The route is retired.');
    end if;
    if v_is_new or 'owner_id' = any (mask) then
        v_owner := require_account_worker(coalesce(owner_id, caller_id()));
        perform require(v_owner.id = caller_id() or manages_team(v_owner.team_id) or v_owner.id = v_route.owner_id, 7, 'OWNER_OUT_OF_REACH',
                        case caller_role() when 'manager' then 'The owner must belong to your team or a team below it.' else 'You can make routes for yourself only.' end);
        v_route.owner_id := v_owner.id;
    end if;
    if v_is_new then
        insert into route (id, name, note, owner_id) values (route_id, name, coalesce(note, ''), v_route.owner_id);
    else
        update route r
           set name = case when 'name' = any (mask) then save_route.name else r.name end,
               note = case when 'note' = any (mask) then save_route.note else r.note end,
               owner_id = v_route.owner_id
         where r.id = route_id;
    end if;
    if v_has_stops then
        delete from route_stop s
         where s.route_id = save_route.route_id
           and not exists (select from unnest(account_ids) with ordinality n (id, place) where n.id = s.account_id and n.place = s.place);
        insert into route_stop (route_id, account_id, place)
        select save_route.route_id, n.id, n.place from unnest(account_ids) with ordinality n (id, place)
         where not exists (select from route_stop s where s.route_id = save_route.route_id and s.account_id = n.id);
    end if;
    perform make_visits_of_route(route_id);
end
$$;

create function retire_route(route_id uuid, seen_version bigint, reason text) returns void language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_route route;
begin
    select * into v_route from route r where r.id = route_id for no key update;
    if not found or not reaches_route(route_id) then
        perform refuse_not_found('route');
    end if;
    if v_route.version <> seen_version then
        return;
    end if;
    perform require(v_route.retire_time is null, 9, 'ROUTE_RETIRED', 'The route is retired already.');
    perform give_reason(reason);
    update route r set retire_time = now() where r.id = route_id;
    perform make_visits_of_route(route_id);
end
$$;

grant execute on function save_visit_plan(uuid, bigint, text[], uuid, uuid, uuid, text, text, text, int, text[], int, date, date, text, int),
                          end_visit_plan(uuid, bigint, text), save_route(uuid, bigint, text[], text, text, uuid, uuid[]), retire_route(uuid, bigint, text)
    to kam_rep, kam_manager;
