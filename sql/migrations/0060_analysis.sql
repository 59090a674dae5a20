-- SPDX-License-Identifier: Apache-2.0
-- Looking at an account as a whole: the competition grid (单一客户竞争分析), SWOT, the account plan of a year, care after a sale, the budget window (预算期), and the
-- nine checks judged with opportunities.
set local search_path = kam, pg_temp;

create table competition_rating (
    id uuid primary key default uuid7(),
    account_id uuid not null references account,
    competitor text not null default '',        -- '': ourselves
    price int,
    product int,
    operations int,
    people int,
    service int,
    brand int,
    promotion int,
    channel int,
    note text not null default '',
    retire_time timestamptz,
    create_time timestamptz not null default now(),
    update_time timestamptz not null default now(),
    updated_by uuid references app_user,
    version bigint not null default 1,
    constraint competition_rating_competitor_length check ((competitor = '' or is_visible(competitor)) and octet_length(competitor) <= 200),
    constraint competition_rating_range check (price between 0 and 10 and product between 0 and 10 and operations between 0 and 10 and people between 0 and 10
                                               and service between 0 and 10 and brand between 0 and 10 and promotion between 0 and 10 and channel between 0 and 10),
    constraint competition_rating_note_length check (octet_length(note) <= 2000)
);
-- However they write it.
create unique index competition_rating_once on competition_rating (account_id, territory_key(competitor)) where retire_time is null and competitor !~ '\*\*\*';
create index competition_rating_account on competition_rating (account_id);

create table swot (
    id uuid primary key default uuid7(),
    account_id uuid not null references account,
    opportunity_id uuid,
    strengths text not null default '',
    weaknesses text not null default '',
    opportunities text not null default '',
    threats text not null default '',
    conclusion text not null default '',
    created_by uuid references app_user,
    create_time timestamptz not null default now(),
    update_time timestamptz not null default now(),
    updated_by uuid references app_user,
    version bigint not null default 1,
    foreign key (opportunity_id, account_id) references opportunity (id, account_id),
    constraint swot_strengths_length check (octet_length(strengths) <= 4000),
    constraint swot_weaknesses_length check (octet_length(weaknesses) <= 4000),
    constraint swot_opportunities_length check (octet_length(opportunities) <= 4000),
    constraint swot_threats_length check (octet_length(threats) <= 4000),
    constraint swot_conclusion_length check (octet_length(conclusion) <= 4000)
);
create index swot_account on swot (account_id, create_time desc, id desc);
create index swot_opportunity on swot (opportunity_id) where opportunity_id is not null;

create table account_plan (
    id uuid primary key default uuid7(),
    account_id uuid not null references account,
    year int not null,
    goals text not null default '',
    actions text not null default '',
    resources text not null default '',
    review text not null default '',
    create_time timestamptz not null default now(),
    update_time timestamptz not null default now(),
    updated_by uuid references app_user,
    version bigint not null default 1,
    constraint account_plan_once unique (account_id, year),
    constraint account_plan_year_range check (year between 2000 and 2199),
    constraint account_plan_goals_length check (octet_length(goals) <= 4000),
    constraint account_plan_actions_length check (octet_length(actions) <= 4000),
    constraint account_plan_resources_length check (octet_length(resources) <= 4000),
    constraint account_plan_review_length check (octet_length(review) <= 4000)
);

create table care_phase (
    id uuid primary key default uuid7(),
    account_id uuid not null references account,
    opportunity_id uuid not null,
    kind text not null,
    starts_on date not null,
    ends_on date not null,
    note text not null default '',
    activity_id uuid,
    end_time timestamptz,               -- it ended early
    create_time timestamptz not null default now(),
    update_time timestamptz not null default now(),
    updated_by uuid references app_user,
    version bigint not null default 1,
    foreign key (opportunity_id, account_id) references opportunity (id, account_id),
    foreign key (activity_id, account_id) references activity (id, account_id),
    constraint care_phase_kind_known check (kind in ('novelty', 'learning', 'effect')),
    constraint care_phase_dates_range check (starts_on between '2000-01-01' and '2199-12-31' and ends_on between starts_on and '2199-12-31'),
    constraint care_phase_note_length check (octet_length(note) <= 2000)
);
create index care_phase_account on care_phase (account_id, starts_on, id);
create index care_phase_opportunity on care_phase (opportunity_id);

create trigger set_creator before insert on swot for each row execute function set_creator();
create trigger zz_record before insert or update on competition_rating for each row execute function record_change('competition_rating', 'id', 'account_id', '');
create trigger zz_record before insert or update on swot for each row execute function record_change('swot', 'id', 'account_id', '');
create trigger zz_record before insert or update on account_plan for each row execute function record_change('account_plan', 'id', 'account_id', '');
create trigger zz_record before insert or update on care_phase for each row execute function record_change('care_phase', 'id', 'account_id', '');

-- ---- rights ----

alter table competition_rating enable row level security;
alter table swot enable row level security;
alter table account_plan enable row level security;
alter table care_phase enable row level security;
grant select on competition_rating, swot, account_plan, care_phase to kam_rep, kam_manager;
grant insert (id, account_id, competitor, price, product, operations, people, service, brand, promotion, channel, note),
      update (competitor, price, product, operations, people, service, brand, promotion, channel, note) on competition_rating to kam_rep, kam_manager;
grant insert (id, account_id, opportunity_id, strengths, weaknesses, opportunities, threats, conclusion),
      update (strengths, weaknesses, opportunities, threats, conclusion) on swot to kam_rep, kam_manager;
grant insert (account_id, year, goals, actions, resources, review), update (goals, actions, resources, review) on account_plan to kam_rep, kam_manager;
grant update (starts_on, ends_on, note) on care_phase to kam_rep, kam_manager;

create policy competition_rating_rep_read on competition_rating for select to kam_rep using (exists (select from account_reach r where r.account_id = competition_rating.account_id));
create policy competition_rating_manager_read on competition_rating for select to kam_manager using (exists (select from account a where a.id = competition_rating.account_id offset 0));
create policy competition_rating_rep_update on competition_rating for update to kam_rep using (exists (select from account_reach r where r.account_id = competition_rating.account_id));
create policy competition_rating_manager_update on competition_rating for update to kam_manager using (exists (select from account a where a.id = competition_rating.account_id offset 0));
create policy competition_rating_rep_insert on competition_rating for insert to kam_rep with check (exists (select from account_reach r where r.account_id = competition_rating.account_id));
create policy competition_rating_manager_insert on competition_rating for insert to kam_manager with check (exists (select from account a where a.id = competition_rating.account_id offset 0));
create policy swot_rep_read on swot for select to kam_rep using (exists (select from account_reach r where r.account_id = swot.account_id));
create policy swot_manager_read on swot for select to kam_manager using (exists (select from account a where a.id = swot.account_id offset 0));
create policy swot_rep_update on swot for update to kam_rep using (exists (select from account_reach r where r.account_id = swot.account_id));
create policy swot_manager_update on swot for update to kam_manager using (exists (select from account a where a.id = swot.account_id offset 0));
create policy swot_rep_insert on swot for insert to kam_rep with check (exists (select from account_reach r where r.account_id = swot.account_id));
create policy swot_manager_insert on swot for insert to kam_manager with check (exists (select from account a where a.id = swot.account_id offset 0));
create policy account_plan_rep_read on account_plan for select to kam_rep using (exists (select from account_reach r where r.account_id = account_plan.account_id));
create policy account_plan_manager_read on account_plan for select to kam_manager using (exists (select from account a where a.id = account_plan.account_id offset 0));
create policy account_plan_rep_update on account_plan for update to kam_rep using (exists (select from account_reach r where r.account_id = account_plan.account_id));
create policy account_plan_manager_update on account_plan for update to kam_manager using (exists (select from account a where a.id = account_plan.account_id offset 0));
create policy account_plan_rep_insert on account_plan for insert to kam_rep with check (exists (select from account_reach r where r.account_id = account_plan.account_id));
create policy account_plan_manager_insert on account_plan for insert to kam_manager with check (exists (select from account a where a.id = account_plan.account_id offset 0));
create policy care_phase_rep_read on care_phase for select to kam_rep using (exists (select from account_reach r where r.account_id = care_phase.account_id));
create policy care_phase_manager_read on care_phase for select to kam_manager using (exists (select from account a where a.id = care_phase.account_id offset 0));
create policy care_phase_rep_update on care_phase for update to kam_rep using (exists (select from account_reach r where r.account_id = care_phase.account_id));
create policy care_phase_manager_update on care_phase for update to kam_manager using (exists (select from account a where a.id = care_phase.account_id offset 0));

create function retire_competition_rating(rating_id uuid, seen_version bigint, reason text) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_rating competition_rating;
begin
    select * into v_rating from competition_rating r where r.id = rating_id for no key update;
    if not found or not reaches_account(v_rating.account_id) then
        perform refuse_not_found('rating');
    end if;
    if v_rating.version <> seen_version then
        return;
    end if;
    perform require(v_rating.retire_time is null, 9, 'RATING_RETIRED', 'The rating is retired already.');
    perform give_reason(reason);
    update competition_rating r set retire_time = now() where r.id = rating_id;
end
$$;
grant execute on function retire_competition_rating(uuid, bigint, text) to kam_rep, kam_manager;

-- A foreign key would say the same, and who exists.
create function check_swot_opportunity() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    if reaches_account(new.account_id) then
        perform require(exists (select from opportunity o where o.id = new.opportunity_id and o.account_id = new.account_id),
                        5, 'OPPORTUNITY_NOT_FOUND', 'There is no such opportunity of this account.');
    end if;
    return new;
end
$$;
create trigger check_opportunity before insert on swot for each row when (new.opportunity_id is not null) execute function check_swot_opportunity();

create function check_care_phase() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    perform require(new.starts_on <= new.ends_on, 3, 'ENDS_BEFORE_START', 'The phase cannot end before it starts.',
                    '{"violations": [{"field": "phase.ends_on", "description": "must not be before starts_on"}]}');
    return new;
end
$$;
create trigger check_dates before update of starts_on, ends_on on care_phase for each row execute function check_care_phase();

-- ---- care ----

-- A sale that is made begins three phases, each with something planned; one that is reopened ends them, and takes back what nobody touched.
create function begin_care() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_owner_id uuid;
    v_phase record;
    v_activity_id uuid;
begin
    if new.state <> 'won' then
        update activity a set state = 'cancelled', cancel_reason = 'Withdrawn: the opportunity was reopened.'
          from care_phase p
         where p.opportunity_id = new.id and p.end_time is null and a.id = p.activity_id and a.state = 'planned'
           -- By nobody but a merge, which changes the account alone.
           and not exists (select from change c where c.record_id = a.id and c.entity = 'activity' and c.operation = 'update'
                                                  and (c.new_values - 'account_id' <> '{}' or not c.new_values ? 'account_id'));
        update care_phase p set end_time = now() where p.opportunity_id = new.id and p.end_time is null and p.ends_on >= today();
        return null;
    end if;
    select case when works_on_account(new.owner_id, a.id) then new.owner_id else a.owner_id end into v_owner_id
      from account a where a.id = new.account_id and a.retire_time is null;
    for v_phase in
        select p.*, ((today() + p.day) + time '09:00') at time zone c.time_zone as at_time
          from company c
         cross join (values ('novelty', 0, 29, 7, 'call', '新鲜期回访 How do the first weeks go?'),
                            ('learning', 30, 89, 45, 'service_visit', '学习期走访 Do they use it well?'),
                            ('effect', 90, 179, 120, 'visit', '收效期回访 What has it brought, and what comes next?'))
               p (kind, from_day, to_day, day, activity_kind, subject)
         order by p.from_day
    loop
        v_activity_id := null;
        if v_owner_id is not null then
            insert into activity (account_id, kind, state, subject, time, owner_id)
            values (new.account_id, v_phase.activity_kind, 'planned', v_phase.subject, v_phase.at_time, v_owner_id)
            returning id into v_activity_id;
        end if;
        insert into care_phase (account_id, opportunity_id, kind, starts_on, ends_on, activity_id)
        values (new.account_id, new.id, v_phase.kind, today() + v_phase.from_day, today() + v_phase.to_day, v_activity_id);
    end loop;
    return null;
end
$$;
create trigger begin_care after update of state on opportunity for each row
    when (old.state <> new.state and 'won' in (old.state, new.state)) execute function begin_care();

-- ---- the budget window ----

-- The day by which the customer has spent or lost this year's budget, and how many days before it we are reminded (60 when not given).
alter table account
    add column budget_month int,
    add column budget_day int,          -- the last of the month when not given, or when the month is shorter
    add column budget_lead_days int,
    add constraint account_budget_month_range check (budget_month between 1 and 12),
    add constraint account_budget_day_range check (budget_day between 1 and 31),
    add constraint account_budget_lead_days_range check (budget_lead_days between 1 and 300);
grant select (budget_month, budget_day, budget_lead_days), insert (budget_month, budget_day, budget_lead_days),
      update (budget_month, budget_day, budget_lead_days) on account to kam_rep, kam_manager;

-- The next such day, from a day on.
create function budget_closes_on(month int, day int, from_day date) returns date language sql immutable set search_path = kam, pg_temp as $$
    select min(d.day)
      from (select least(m.first + coalesce(budget_closes_on.day, 31) - 1, (m.first + interval '1 month - 1 day')::date) as day
              from (select make_date(extract(year from from_day)::int + y, month, 1) as first from generate_series(0, 1) y) m) d
     where d.day >= from_day
$$;
grant execute on function budget_closes_on(int, int, date) to kam_rep, kam_manager;

-- The window is a field that files may give, too.
do $$
declare
    v_text text := pg_get_functiondef('kam.import_accounts(boolean, kam.account[], text[], text[])'::regprocedure);
    v_new text := replace(replace(v_text, 'r.own_staff, r.territories', 'r.own_staff, r.territories, r.budget_month, r.budget_day, r.budget_lead_days'),
                          'own_staff, territories)', 'own_staff, territories, budget_month, budget_day, budget_lead_days)');
begin
    if v_new = v_text then
        raise exception 'import_accounts() does not name its columns as expected';
    end if;
    execute v_new;
end
$$;

-- ---- the nine checks ----

-- As before, but process, progress and competitors are judged with the open opportunities. Nothing is provisional any more.
create or replace function account_checks(account_id uuid)
returns table (kind text, state text, known int, total int, gaps text[], is_provisional boolean) language sql stable set search_path = kam, pg_temp as $$
    with person as (
        select p.contact_id, p.buying_roles, p.relationship, p.influence,
               p.reports_to_id is not null or p.level = 1 as is_placed, coalesce(p.stance, 'unknown') <> 'unknown' as has_stance,
               exists (select from contact_profile f where f.contact_id = p.contact_id and (f.hobbies <> '' or f.motives <> '')) as is_liked,
               exists (select from need n where n.contact_id = p.contact_id and n.account_id = p.account_id and n.retire_time is null) as has_need
          from position p join contact c on c.id = p.contact_id
         where p.account_id = account_checks.account_id and p.ended_on is null and c.retire_time is null),
    x as (
        select count(*)::int as people, (count(*) filter (where is_placed))::int as placed, (count(*) filter (where buying_roles <> '{}'))::int as with_role,
               (count(*) filter (where buying_roles && '{decider}'))::int as deciders, (count(*) filter (where buying_roles && '{purchaser,finance}'))::int as buyers,
               (count(*) filter (where buying_roles && '{user,technical_expert}'))::int as users, (count(relationship))::int as related,
               (count(influence))::int as weighed, (count(*) filter (where relationship is not null and influence is not null))::int as measured,
               (count(*) filter (where has_stance))::int as with_stance, (count(*) filter (where is_liked))::int as liked,
               (count(*) filter (where has_need and buying_roles && '{decider}'))::int as deciders_with_need
          from person),
    y as (
        select exists (select from activity a where a.account_id = account_checks.account_id and a.state = 'done' and a.kind <> 'note' and a.time > now() - interval '90 days') as is_done,
               exists (select from activity a where a.account_id = account_checks.account_id and a.state = 'planned') as is_planned,
               exists (select from need n where n.account_id = account_checks.account_id and n.scope = 'organisation' and n.retire_time is null) as has_need,
               s.suppliers, s.understood
          from (select count(*)::int as suppliers, (count(*) filter (where s.shortcomings <> '' and s.willingness is not null))::int as understood
                  from account_supply s where s.account_id = account_checks.account_id and s.ended_on is null) s),
    sale as materialized (
        select o.id, o.buying_stage is not null and o.decision_on is not null as is_understood,
               is_stalled(o.state, greatest(o.stage_since, o.clock_since), o.verdict, o.verdict_time, o.review_on, s.allowed_days) as is_late
          from opportunity o
          join pipeline_stage s on s.version_id = o.pipeline_version_id and s.key = o.stage_key
         where o.account_id = account_checks.account_id and o.state = 'open'),
    w as (
        select count(sale.id)::int as sales, (count(*) filter (where is_understood))::int as processes, (count(*) filter (where is_late))::int as late, r.rivals, r.judged
          from (select count(*)::int as rivals, (count(*) filter (where c.strengths <> '' or c.weaknesses <> ''))::int as judged
                  from sale l join opportunity_competitor c on c.opportunity_id = l.id) r
          left join sale on true
         group by r.rivals, r.judged)
    select c.kind, case when c.known = 0 then 'unknown' when g.gaps = '{}' then 'known' else 'partly' end, c.known, c.total, g.gaps, false
      from x cross join y cross join w
     cross join lateral (values
        (1, 'structure', placed, people, array[case when people = 0 then 'people' end, case when placed < people then 'who_reports_to_whom' end]),
        (2, 'roles', with_role, people, array[case when people = 0 then 'people' end, case when with_role < people then 'buying_roles' end,
                                              case when deciders = 0 then 'who_decides' end]),
        (3, 'process', (deciders > 0)::int + (buyers > 0)::int + (users > 0)::int + (processes > 0)::int, 4,
            array[case when deciders = 0 then 'who_decides' end, case when buyers = 0 then 'who_buys' end, case when users = 0 then 'who_uses' end,
                  case when processes = 0 then 'opportunity' end]),
        (4, 'progress', is_done::int + is_planned::int + (sales > 0 and late = 0)::int, 3,
            array[case when not is_done then 'something_done' end, case when not is_planned then 'next_step' end,
                  case when sales = 0 then 'open_opportunity' when late > 0 then 'stalled' end]),
        (5, 'strength', measured, people, array[case when people = 0 then 'people' end, case when related < people then 'relationships' end,
                                                case when weighed < people then 'influence' end]),
        (6, 'friends_and_foes', with_stance, people, array[case when people = 0 then 'people' end, case when with_stance < people then 'stances' end]),
        (7, 'likings', liked, people, array[case when people = 0 then 'people' end, case when liked < people then 'profiles' end]),
        (8, 'needs', has_need::int + deciders_with_need, 1 + deciders,
            array[case when not has_need then 'need_of_organisation' end, case when deciders = 0 then 'who_decides' end,
                  case when deciders_with_need < deciders then 'needs_of_deciders' end]),
        (9, 'competitors', understood + judged, suppliers + rivals,
            array[case when suppliers = 0 then 'suppliers' end, case when understood < suppliers then 'suppliers_weakness' end,
                  case when sales > 0 and rivals = 0 then 'competitors' end, case when judged < rivals then 'competitors_weakness' end]))
        c (place, kind, known, total, maybe)
     cross join lateral (select array_remove(c.maybe, null) as gaps) g
     where exists (select from account a where a.id = account_checks.account_id)
     order by c.place
$$;
