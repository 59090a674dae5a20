-- SPDX-License-Identifier: Apache-2.0
-- Key accounts (抓大): the smallest set of accounts whose purchases make 80 % of all. A manager of the root team has them marked anew; of a market with a quota never
-- more are marked than the quota, those that buy most first.
set local search_path = kam, pg_temp;

alter table account add is_key boolean not null default false;
grant select (is_key) on account to kam_rep, kam_manager;
create index account_key on account (team_id) where is_key;

-- A market is a team with those below, or a region as accounts name it, however they write it (territory_key()).
create table market_quota (
    id uuid primary key default uuid7(),
    team_id uuid references team,
    region text,
    most int not null,
    retire_time timestamptz,
    create_time timestamptz not null default now(),
    update_time timestamptz not null default now(),
    updated_by uuid references app_user,
    version bigint not null default 1,
    constraint market_quota_one_market check ((team_id is null) <> (region is null)),
    constraint market_quota_region_length check (is_visible(region) and territory_key(region) <> '' and octet_length(region) <= 100),
    constraint market_quota_most_range check (most between 0 and 1000000)
);
create unique index market_quota_team on market_quota (team_id) where team_id is not null and retire_time is null;
create unique index market_quota_region on market_quota (territory_key(region)) where region is not null and retire_time is null;
create trigger zz_record before insert or update on market_quota for each row execute function record_change('market_quota', 'id', '', '');

-- Each time they were marked, for those who ask when and by whom.
create table key_marking (
    id uuid primary key default uuid7(),
    buyer_count int not null,       -- accounts whose purchases are known
    key_count int not null,
    added_count int not null,
    removed_count int not null,
    left_out_count int not null,    -- of the 80 %, for a quota
    create_time timestamptz not null default now(),
    created_by uuid references app_user
);
create index key_marking_time on key_marking (create_time desc, id desc);
create trigger zz_record before insert on key_marking for each row execute function record_link('key_marking', 'id', '');

alter table market_quota enable row level security;
alter table key_marking enable row level security;
grant select on market_quota, key_marking to kam_rep, kam_manager;
create policy market_quota_read on market_quota for select to kam_rep, kam_manager using ((select caller_id()) is not null);
create policy key_marking_read on key_marking for select to kam_rep, kam_manager using ((select caller_id()) is not null);

-- The accounts that the caller reaches and whose purchases from us are known, those that buy most first; those without an exchange rate come last, with neither rank
-- nor share. belongs: one of the fewest that make 80 % of these purchases.
create function key_account_curve() returns table (account_id uuid, place int, year int, currency_code text, minor_units bigint, amount bigint, share int, cumulative int,
                                                   belongs boolean)
language plpgsql stable security definer set search_path = kam, pg_temp as $$
declare
    v_all boolean := caller_role() = 'manager' and caller_team_id() = root_team_id();
begin
    return query
    with bought as (
        select p.*, a.code from our_purchases() p join account a on a.id = p.account_id
         where p.minor_units > 0 and (v_all or reaches_account(p.account_id))),
    curve as (
        select b.*, row_number() over w as n, sum(b.amount) over w as running, sum(b.amount) over () as whole
          from bought b window w as (order by b.amount desc nulls last, b.code))
    select c.account_id, c.n::int, c.year, c.currency_code, c.minor_units, c.amount, round(10000.0 * c.amount / nullif(c.whole, 0))::int, round(10000.0 * c.running / nullif(c.whole, 0))::int,
           coalesce((c.running - c.amount) * 10 < c.whole * 8, false)
      from curve c
     order by c.n;
end
$$;

-- How many key accounts a quota's market has.
create function key_accounts_of_market(team_id uuid, region text) returns int language sql stable security definer set search_path = kam, pg_temp as $$
    select count(*)::int from account a
     where a.is_key and a.retire_time is null
       and case when key_accounts_of_market.team_id is null then territory_key(a.region) = territory_key(key_accounts_of_market.region)
                else exists (select from team_closure c where c.ancestor_id = key_accounts_of_market.team_id and c.descendant_id = a.team_id) end
$$;
grant execute on function key_account_curve(), key_accounts_of_market(uuid, text) to kam_rep, kam_manager;

create function require_root_manager() returns void language plpgsql set search_path = kam, pg_temp as $$
begin
    perform require(caller_role() = 'manager' and caller_team_id() = root_team_id(), 7, 'NOT_ROOT_MANAGER', 'Only managers of the root team decide on key accounts.');
end
$$;

create function mark_key_accounts(marking_id uuid) returns void language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_row record;
    v_markets uuid[];
    v_full uuid[];
    v_used jsonb := '{}';
    v_market uuid;
    v_chosen uuid[] := '{}';
    v_buyers int := 0;
    v_left_out int := 0;
    v_added int;
    v_removed int;
begin
    perform require_root_manager();
    perform take_turn('key accounts');
    for v_row in
        select k.*, a.team_id, a.region from key_account_curve() k join account a on a.id = k.account_id order by k.place
    loop
        -- Refuses where there is no rate: the set would be another one.
        perform in_reporting_currency(v_row.minor_units, v_row.currency_code);
        v_buyers := v_buyers + 1;
        continue when not v_row.belongs;
        v_markets := array(select q.id from market_quota q
                            where q.retire_time is null
                              and (territory_key(q.region) = territory_key(v_row.region)
                                   or exists (select from team_closure c where c.ancestor_id = q.team_id and c.descendant_id = v_row.team_id)));
        v_full := array(select q.id from market_quota q where q.id = any (v_markets) and coalesce((v_used ->> q.id::text)::int, 0) >= q.most);
        if v_full <> '{}' then
            v_left_out := v_left_out + 1;
            continue;
        end if;
        v_chosen := v_chosen || v_row.account_id;
        foreach v_market in array v_markets loop
            v_used := jsonb_set(v_used, array[v_market::text], to_jsonb(coalesce((v_used ->> v_market::text)::int, 0) + 1));
        end loop;
    end loop;
    -- In an order that is the same for all.
    perform from account a where a.is_key <> (a.id = any (v_chosen)) and a.merged_into_id is null order by a.id for no key update;
    update account a set is_key = true where a.id = any (v_chosen) and not a.is_key and a.merged_into_id is null;
    get diagnostics v_added = row_count;
    update account a set is_key = false where a.is_key and a.id <> all (v_chosen) and a.merged_into_id is null;
    get diagnostics v_removed = row_count;
    insert into key_marking (id, buyer_count, key_count, added_count, removed_count, left_out_count, created_by)
    values (marking_id, v_buyers, cardinality(v_chosen), v_added, v_removed, v_left_out, caller_id());
end
$$;

-- most NULL: no quota any more.
create function set_market_quota(quota_id uuid, team_id uuid, region text, most int) returns void language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_region text := nullif(btrim(set_market_quota.region), '');
begin
    perform require_root_manager();
    perform require((set_market_quota.team_id is null) <> (v_region is null), 3, 'MARKET_AMBIGUOUS', 'A market is a team or a region: name one of them.',
                    '{"violations": [{"field": "quota.region", "reason": "MARKET_AMBIGUOUS", "description": "must be set, or team_id, but not both"}]}');
    perform require(set_market_quota.team_id is null or exists (select from team t where t.id = set_market_quota.team_id and t.retire_time is null), 5, 'TEAM_NOT_FOUND',
                    'There is no such team.');
    perform take_turn('key accounts');
    update market_quota q set retire_time = now()
     where q.retire_time is null and (q.team_id = set_market_quota.team_id or territory_key(q.region) = territory_key(v_region));
    perform require(found or set_market_quota.most is not null, 5, 'QUOTA_NOT_FOUND', 'The market has no quota.');
    if set_market_quota.most is not null then
        insert into market_quota (id, team_id, region, most) values (quota_id, set_market_quota.team_id, v_region, set_market_quota.most);
    end if;
end
$$;
grant execute on function mark_key_accounts(uuid), set_market_quota(uuid, uuid, text, int) to kam_manager;
-- Also of an index of what everybody writes.
grant execute on function territory_key(text) to kam_rep, kam_manager;
