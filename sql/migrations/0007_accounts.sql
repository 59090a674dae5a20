-- SPDX-License-Identifier: Apache-2.0
-- Accounts (客户档案), their members, and who reaches them.
set local search_path = kam, pg_temp;

-- A registration number without what people put between its characters.
create function registration_key(registration_number text) returns text language sql immutable parallel safe set search_path = kam, pg_temp as $$
    select nullif(regexp_replace(upper(registration_number), '[^0-9A-Z]', '', 'g'), '')
$$;
grant execute on function registration_key(text) to kam_rep, kam_manager;

create sequence account_number;

create table account (
    id uuid primary key default uuid7(),
    code text not null,
    name text not null,
    other_names text[] not null default '{}',
    registration_number text not null default '',
    registered_address text not null default '',
    delivery_address text not null default '',
    phone text not null default '',
    website text not null default '',
    legal_representative text not null default '',
    founded_on date,
    ownership text,
    registered_capital_currency_code text,
    registered_capital_minor_units bigint,
    employees int,
    industry text not null default '',
    region text not null default '',
    parent_id uuid references account,
    tax_status text not null default '',
    bank text not null default '',
    main_products text not null default '',
    market text not null default '',
    our_value text not null default '',
    management_level text not null default '',
    culture text not null default '',
    philosophy text not null default '',
    industry_standing text not null default '',
    reputation text not null default '',
    annual_revenue_currency_code text,
    annual_revenue_minor_units bigint,
    owner_id uuid not null references app_user,
    team_id uuid not null references team,      -- the owner's, always
    source text,
    source_note text not null default '',
    status text not null default 'prospect',
    note text not null default '',
    duplicate_reason text not null default '',
    retire_time timestamptz,
    create_time timestamptz not null default now(),
    update_time timestamptz not null default now(),
    updated_by uuid references app_user,
    version bigint not null default 1,
    name_key text not null generated always as (name_key(name)) stored,
    name_grams text[] not null generated always as (name_grams(name_key(name))) stored,
    -- What service may know, and everything.
    search_public tsvector not null generated always as (
        search_vector(code || ' ' || name || ' ' || phone || ' ' || registered_address || ' ' || delivery_address)) stored,
    search_all tsvector not null generated always as (
        search_vector(code || ' ' || name || ' ' || phone || ' ' || registered_address || ' ' || delivery_address || ' ' || list_text(other_names) || ' '
                      || registration_number || ' ' || website || ' ' || legal_representative || ' ' || industry || ' ' || region || ' ' || main_products
                      || ' ' || market || ' ' || our_value || ' ' || note)) stored,
    registration_key text generated always as (registration_key(registration_number)) stored,

    constraint account_code unique (code),
    constraint account_name_length check (is_visible(name) and octet_length(name) <= 200),
    constraint account_other_names_count check (cardinality(other_names) <= 10),
    constraint account_registration_number_length check (octet_length(registration_number) <= 60),
    constraint account_registered_address_length check (octet_length(registered_address) <= 400),
    constraint account_delivery_address_length check (octet_length(delivery_address) <= 400),
    constraint account_phone_length check (octet_length(phone) <= 60),
    constraint account_website_length check (octet_length(website) <= 300),
    constraint account_legal_representative_length check (octet_length(legal_representative) <= 200),
    constraint account_ownership_known check (ownership in ('state', 'private', 'foreign', 'joint_venture', 'listed', 'collective', 'public_institution', 'other')),
    constraint account_registered_capital_currency_form check (registered_capital_currency_code ~ '^[A-Z]{3}$'),
    constraint account_registered_capital_complete check ((registered_capital_currency_code is null) = (registered_capital_minor_units is null)),
    constraint account_employees_range check (employees between 0 and 10000000),
    constraint account_industry_length check (octet_length(industry) <= 100),
    constraint account_region_length check (octet_length(region) <= 100),
    constraint account_parent_differs check (parent_id <> id),
    constraint account_tax_status_length check (octet_length(tax_status) <= 200),
    constraint account_bank_length check (octet_length(bank) <= 200),
    constraint account_main_products_length check (octet_length(main_products) <= 2000),
    constraint account_market_length check (octet_length(market) <= 2000),
    constraint account_our_value_length check (octet_length(our_value) <= 2000),
    constraint account_management_level_length check (octet_length(management_level) <= 1000),
    constraint account_culture_length check (octet_length(culture) <= 1000),
    constraint account_philosophy_length check (octet_length(philosophy) <= 1000),
    constraint account_industry_standing_length check (octet_length(industry_standing) <= 1000),
    constraint account_reputation_length check (octet_length(reputation) <= 1000),
    constraint account_annual_revenue_currency_form check (annual_revenue_currency_code ~ '^[A-Z]{3}$'),
    constraint account_annual_revenue_complete check ((annual_revenue_currency_code is null) = (annual_revenue_minor_units is null)),
    constraint account_source_known check (source in ('peer_referral', 'competitor_dealer', 'retailer_referral', 'advertising', 'media_search', 'exhibition', 'inbound_enquiry', 'other')),
    constraint account_source_note_length check (octet_length(source_note) <= 400),
    constraint account_status_known check (status in ('prospect', 'developing', 'trial', 'active', 'dormant', 'lost', 'rejected')),
    constraint account_note_length check (octet_length(note) <= 8000),
    constraint account_duplicate_reason_length check (octet_length(duplicate_reason) <= 1000)
);
create index account_name on account (name, id);
create index account_team on account (team_id, name, id);
create index account_owner on account (owner_id, name, id);
create index account_parent on account (parent_id, name, id) where parent_id is not null;
create index account_name_key on account (name_key);
create index account_name_grams on account using gin (name_grams);
create index account_search_public on account using gin (search_public) with (gin_pending_list_limit = 256);
create index account_search_all on account using gin (search_all) with (gin_pending_list_limit = 256);
create index account_registration on account (registration_key) where registration_key is not null;

create table account_member (
    account_id uuid not null references account,
    user_id uuid not null references app_user,
    create_time timestamptz not null default now(),
    created_by uuid references app_user,
    primary key (account_id, user_id)
);
create index account_member_user on account_member (user_id);
create index account_member_since on account_member (account_id, create_time, user_id);

-- The accounts a user reaches in person, as owner or as member. Kept by triggers; a table of its own so that the policies of account can ask
-- it without asking a table whose own policies ask account.
create table account_reach (
    user_id uuid not null references app_user,
    account_id uuid not null references account,
    primary key (user_id, account_id)
);

create function keep_account_reach() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    if tg_table_name = 'account' then
        if tg_op = 'UPDATE' then
            if new.owner_id = old.owner_id then
                return null;
            end if;
            delete from account_reach r
             where r.user_id = old.owner_id and r.account_id = old.id
               and not exists (select from account_member m where m.account_id = old.id and m.user_id = old.owner_id);
        end if;
        insert into account_reach values (new.owner_id, new.id) on conflict do nothing;
    elsif tg_op = 'INSERT' then
        insert into account_reach values (new.user_id, new.account_id) on conflict do nothing;
    else
        delete from account_reach r
         where r.user_id = old.user_id and r.account_id = old.account_id
           and not exists (select from account a where a.id = old.account_id and a.owner_id = old.user_id);
    end if;
    return null;
end
$$;

create trigger keep_reach after insert or update of owner_id on account for each row execute function keep_account_reach();
create trigger keep_reach after insert or delete on account_member for each row execute function keep_account_reach();
create trigger zz_record before insert or update on account for each row
    execute function record_change('account', 'id', 'id', 'registered_capital_currency_code,registered_capital_minor_units,bank,annual_revenue_currency_code,annual_revenue_minor_units');
create trigger zz_record before insert or delete on account_member for each row execute function record_link('account_member', 'account_id', 'account_id');

-- ---- rights ----

alter table account enable row level security;
alter table account_member enable row level security;
alter table account_reach enable row level security;

grant select (user_id, account_id) on account_reach to kam_rep, kam_manager;
create policy account_reach_own on account_reach for select to kam_rep, kam_manager using (user_id = (select caller_id()));

grant select (id, code, name, other_names, registration_number, registered_address, delivery_address, phone, website, legal_representative, founded_on,
              ownership, registered_capital_currency_code, registered_capital_minor_units, employees, industry, region, parent_id, tax_status, bank,
              main_products, market, our_value, management_level, culture, philosophy, industry_standing, reputation, annual_revenue_currency_code,
              annual_revenue_minor_units, owner_id, team_id, source, source_note, status, note, duplicate_reason, retire_time, create_time, update_time,
              updated_by, version)
    on account to kam_rep, kam_manager;
-- The owner, team, code and retirement are decided by functions (0011); a new account's owner and team are checked by a trigger there.
grant insert (id, name, other_names, registration_number, registered_address, delivery_address, phone, website, legal_representative, founded_on,
              ownership, registered_capital_currency_code, registered_capital_minor_units, employees, industry, region, parent_id, tax_status, bank,
              main_products, market, our_value, management_level, culture, philosophy, industry_standing, reputation, annual_revenue_currency_code,
              annual_revenue_minor_units, owner_id, source, source_note, status, note, duplicate_reason)
    on account to kam_rep, kam_manager;
grant update (name, other_names, registration_number, registered_address, delivery_address, phone, website, legal_representative, founded_on,
              ownership, registered_capital_currency_code, registered_capital_minor_units, employees, industry, region, parent_id, tax_status, bank,
              main_products, market, our_value, management_level, culture, philosophy, industry_standing, reputation, annual_revenue_currency_code,
              annual_revenue_minor_units, source, source_note, status, note, duplicate_reason)
    on account to kam_rep, kam_manager;
grant select (id, code, name, phone, registered_address, delivery_address, owner_id, version) on account to kam_service;

-- account_reach shows the caller's own rows only.
create policy account_rep_read on account for select to kam_rep using (
    exists (select from account_reach r where r.account_id = account.id));
create policy account_rep_update on account for update to kam_rep using (
    exists (select from account_reach r where r.account_id = account.id));
create policy account_rep_insert on account for insert to kam_rep with check (owner_id = (select caller_id()));

create policy account_manager_read on account for select to kam_manager using (
    exists (select from team_closure c where c.ancestor_id = (select caller_team_id()) and c.descendant_id = account.team_id)
    or exists (select from account_reach r where r.account_id = account.id));
create policy account_manager_update on account for update to kam_manager using (
    exists (select from team_closure c where c.ancestor_id = (select caller_team_id()) and c.descendant_id = account.team_id)
    or exists (select from account_reach r where r.account_id = account.id));
create policy account_manager_insert on account for insert to kam_manager with check (
    owner_id = (select caller_id())
    or exists (select from team_closure c where c.ancestor_id = (select caller_team_id()) and c.descendant_id = account.team_id));

create policy account_service_read on account for select to kam_service using (retire_time is null and (select caller_id()) is not null);

-- Who else works on an account within reach. OFFSET 0, here and in the policies to come, keeps PostgreSQL from hashing the whole inner table
-- where one look by key per row is wanted.
grant select on account_member to kam_rep, kam_manager;
create policy account_member_rep_read on account_member for select to kam_rep using (
    exists (select from account_reach r where r.account_id = account_member.account_id));
create policy account_member_manager_read on account_member for select to kam_manager using (
    exists (select from account a where a.id = account_member.account_id offset 0));
