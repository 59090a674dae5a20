-- SPDX-License-Identifier: Apache-2.0
-- What hangs on an account's archive: figures by year, who supplies them now, brands they carry, notable events (大事记).
set local search_path = kam, pg_temp;

-- Percentages are hundredths of a percent.
create table account_figures (
    id uuid primary key default uuid7(),
    account_id uuid not null references account,
    year int not null,
    revenue_currency_code text,
    revenue_minor_units bigint,
    profit_currency_code text,
    profit_minor_units bigint,
    liquid_asset_ratio int,
    net_margin int,
    return_on_assets int,
    collection_days int,
    inventory_days int,
    purchases_currency_code text,
    purchases_minor_units bigint,
    our_share int,
    note text not null default '',
    retire_time timestamptz,
    create_time timestamptz not null default now(),
    update_time timestamptz not null default now(),
    updated_by uuid references app_user,
    version bigint not null default 1,
    constraint account_figures_year_range check (year between 1900 and 2200),
    constraint account_figures_revenue_currency_form check (revenue_currency_code ~ '^[A-Z]{3}$'),
    constraint account_figures_revenue_complete check ((revenue_currency_code is null) = (revenue_minor_units is null)),
    constraint account_figures_profit_currency_form check (profit_currency_code ~ '^[A-Z]{3}$'),
    constraint account_figures_profit_complete check ((profit_currency_code is null) = (profit_minor_units is null)),
    constraint account_figures_purchases_currency_form check (purchases_currency_code ~ '^[A-Z]{3}$'),
    constraint account_figures_purchases_complete check ((purchases_currency_code is null) = (purchases_minor_units is null)),
    constraint account_figures_liquid_asset_ratio_range check (liquid_asset_ratio between -10000000 and 10000000),
    constraint account_figures_net_margin_range check (net_margin between -10000000 and 10000000),
    constraint account_figures_return_on_assets_range check (return_on_assets between -10000000 and 10000000),
    constraint account_figures_collection_days_range check (collection_days between 0 and 10000),
    constraint account_figures_inventory_days_range check (inventory_days between 0 and 10000),
    constraint account_figures_our_share_range check (our_share between 0 and 10000),
    constraint account_figures_note_length check (octet_length(note) <= 1000)
);
-- A year that was taken back leaves its place to another one.
create unique index account_figures_year on account_figures (account_id, year desc) where retire_time is null;

create table account_supply (
    id uuid primary key default uuid7(),
    account_id uuid not null references account,
    supplier text not null,
    product text not null default '',
    since date,
    won_by text not null default '',
    shortcomings text not null default '',
    willingness text,
    share int,
    ended_on date,
    create_time timestamptz not null default now(),
    update_time timestamptz not null default now(),
    updated_by uuid references app_user,
    version bigint not null default 1,
    constraint account_supply_supplier_length check (is_visible(supplier) and octet_length(supplier) <= 200),
    constraint account_supply_product_length check (octet_length(product) <= 200),
    constraint account_supply_won_by_length check (octet_length(won_by) <= 1000),
    constraint account_supply_shortcomings_length check (octet_length(shortcomings) <= 1000),
    constraint account_supply_willingness_known check (willingness in ('unwilling', 'hesitant', 'open', 'eager')),
    constraint account_supply_share_range check (share between 0 and 10000),
    constraint account_supply_ends_after_since check (ended_on >= since)
);
create index account_supply_account on account_supply (account_id, supplier, id);

create table account_brand (
    id uuid primary key default uuid7(),
    account_id uuid not null references account,
    name text not null,
    relation text,
    note text not null default '',
    retire_time timestamptz,
    create_time timestamptz not null default now(),
    update_time timestamptz not null default now(),
    updated_by uuid references app_user,
    version bigint not null default 1,
    constraint account_brand_name_length check (is_visible(name) and octet_length(name) <= 200),
    constraint account_brand_relation_known check (relation in ('competes', 'complements')),
    constraint account_brand_note_length check (octet_length(note) <= 1000)
);
create index account_brand_account on account_brand (account_id, name, id);

create table account_event (
    id uuid primary key default uuid7(),
    account_id uuid not null references account,
    happened_on date not null,
    description text not null,
    retire_time timestamptz,
    create_time timestamptz not null default now(),
    update_time timestamptz not null default now(),
    updated_by uuid references app_user,
    version bigint not null default 1,
    constraint account_event_description_length check (is_visible(description) and octet_length(description) <= 2000)
);
create index account_event_account on account_event (account_id, happened_on desc, id desc);

create trigger zz_record before insert or update on account_figures for each row execute function record_change('account_figures', 'id', 'account_id',
    'revenue_currency_code,revenue_minor_units,profit_currency_code,profit_minor_units,purchases_currency_code,purchases_minor_units');
create trigger zz_record before insert or update on account_supply for each row execute function record_change('account_supply', 'id', 'account_id', '');
create trigger zz_record before insert or update on account_brand for each row execute function record_change('account_brand', 'id', 'account_id', '');
create trigger zz_record before insert or update on account_event for each row execute function record_change('account_event', 'id', 'account_id', '');

-- ---- rights: all that hangs on an account within reach; the service desk none of it ----

do $$
declare
    v_table text;
begin
    foreach v_table in array array['account_figures', 'account_supply', 'account_brand', 'account_event'] loop
        execute format('alter table %I enable row level security', v_table);
        execute format('grant select on %I to kam_rep, kam_manager', v_table);
        execute format('create policy %1$s_rep_read on %1$I for select to kam_rep using (
                            exists (select from account_reach r where r.account_id = %1$I.account_id))', v_table);
        execute format('create policy %1$s_rep_update on %1$I for update to kam_rep using (
                            exists (select from account_reach r where r.account_id = %1$I.account_id))', v_table);
        execute format('create policy %1$s_rep_insert on %1$I for insert to kam_rep with check (
                            exists (select from account_reach r where r.account_id = %1$I.account_id))', v_table);
        execute format('create policy %1$s_manager_read on %1$I for select to kam_manager using (
                            exists (select from account a where a.id = %1$I.account_id offset 0))', v_table);
        execute format('create policy %1$s_manager_update on %1$I for update to kam_manager using (
                            exists (select from account a where a.id = %1$I.account_id offset 0))', v_table);
        execute format('create policy %1$s_manager_insert on %1$I for insert to kam_manager with check (
                            exists (select from account a where a.id = %1$I.account_id offset 0))', v_table);
    end loop;
end
$$;

-- retire_time and ended_on are for the functions below.
grant insert (id, account_id, year, revenue_currency_code, revenue_minor_units, profit_currency_code, profit_minor_units, liquid_asset_ratio, net_margin,
              return_on_assets, collection_days, inventory_days, purchases_currency_code, purchases_minor_units, our_share, note),
      update (revenue_currency_code, revenue_minor_units, profit_currency_code, profit_minor_units, liquid_asset_ratio, net_margin, return_on_assets,
              collection_days, inventory_days, purchases_currency_code, purchases_minor_units, our_share, note)
    on account_figures to kam_rep, kam_manager;
grant insert (id, account_id, supplier, product, since, won_by, shortcomings, willingness, share),
      update (supplier, product, since, won_by, shortcomings, willingness, share) on account_supply to kam_rep, kam_manager;
grant insert (id, account_id, name, relation, note), update (name, relation, note) on account_brand to kam_rep, kam_manager;
grant insert (id, account_id, happened_on, description), update (happened_on, description) on account_event to kam_rep, kam_manager;

-- ---- the account's annual revenue ----

-- annual_revenue of the account is what the latest year with a revenue says, for those who read one number. Typed there, it stays until the figures
-- say something new.
create function keep_annual_revenue() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    -- Two years at once: the one that waited judges by what the other did.
    perform from account a where a.id = new.account_id for no key update;
    update account a set annual_revenue_currency_code = f.revenue_currency_code, annual_revenue_minor_units = f.revenue_minor_units
      from (select x.revenue_currency_code, x.revenue_minor_units from account_figures x
             where x.account_id = new.account_id and x.retire_time is null and x.revenue_minor_units is not null
             order by x.year desc limit 1) f
     where a.id = new.account_id
       and (a.annual_revenue_currency_code, a.annual_revenue_minor_units) is distinct from (f.revenue_currency_code, f.revenue_minor_units);
    return null;
end
$$;
create trigger keep_revenue after insert on account_figures for each row when (new.revenue_minor_units is not null)
    execute function keep_annual_revenue();
create trigger keep_changed_revenue after update on account_figures for each row
    when ((new.revenue_currency_code, new.revenue_minor_units, new.retire_time) is distinct from (old.revenue_currency_code, old.revenue_minor_units, old.retire_time))
    execute function keep_annual_revenue();

-- ---- decisions ----

create function end_supply(supply_id uuid, seen_version bigint, ended_on date) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_supply account_supply;
begin
    select * into v_supply from account_supply s where s.id = supply_id for no key update;
    if not found or not reaches_account(v_supply.account_id) then
        perform refuse_not_found('supply');
    end if;
    if v_supply.version <> seen_version then
        return;
    end if;
    perform require(v_supply.ended_on is null, 9, 'SUPPLY_ENDED', 'The supply has ended already.');
    perform require(v_supply.since is null or v_supply.since <= coalesce(end_supply.ended_on, today()), 3, 'ENDED_BEFORE_SINCE',
                    'The supply cannot end before it began.',
                    jsonb_build_object('violations', jsonb_build_array(jsonb_build_object(
                        'field', 'ended_on', 'description', 'must not be before ' || v_supply.since || ', when the supply began'))));
    update account_supply s set ended_on = coalesce(end_supply.ended_on, today()) where s.id = supply_id;
end
$$;

create function retire_figures(account_id uuid, year int, seen_version bigint, reason text) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_figures account_figures;
begin
    if not reaches_account(retire_figures.account_id) then
        perform refuse_not_found('account');
    end if;
    select * into v_figures from account_figures f
     where f.account_id = retire_figures.account_id and f.year = retire_figures.year and f.retire_time is null for no key update;
    if not found then
        perform refuse(5, 'FIGURES_NOT_FOUND', 'There are no figures of this year.');
    end if;
    if v_figures.version <> seen_version then
        return;
    end if;
    perform give_reason(reason);
    update account_figures f set retire_time = now() where f.id = v_figures.id;
end
$$;

create function retire_brand(brand_id uuid, seen_version bigint, reason text) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_brand account_brand;
begin
    select * into v_brand from account_brand b where b.id = brand_id for no key update;
    if not found or not reaches_account(v_brand.account_id) then
        perform refuse_not_found('brand');
    end if;
    if v_brand.version <> seen_version then
        return;
    end if;
    perform require(v_brand.retire_time is null, 9, 'BRAND_RETIRED', 'The brand is retired already.');
    perform give_reason(reason);
    update account_brand b set retire_time = now() where b.id = brand_id;
end
$$;

create function retire_account_event(event_id uuid, seen_version bigint, reason text) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_event account_event;
begin
    select * into v_event from account_event e where e.id = event_id for no key update;
    if not found or not reaches_account(v_event.account_id) then
        perform refuse_not_found('event');
    end if;
    if v_event.version <> seen_version then
        return;
    end if;
    perform require(v_event.retire_time is null, 9, 'EVENT_RETIRED', 'The event is retired already.');
    perform give_reason(reason);
    update account_event e set retire_time = now() where e.id = event_id;
end
$$;

grant execute on function end_supply(uuid, bigint, date), retire_figures(uuid, int, bigint, text), retire_brand(uuid, bigint, text),
                          retire_account_event(uuid, bigint, text)
    to kam_rep, kam_manager;
