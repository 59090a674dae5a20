-- SPDX-License-Identifier: Apache-2.0
-- The rest of what an account's archive says in words, and its place in a channel (厂家 > 一批商 > 分销商 > 终端).
set local search_path = kam, pg_temp;

alter table account
    add organisation text not null default '',
    add business_scope text not null default '',
    add cash_flow text not null default '',
    add payables text not null default '',
    add market_trend text not null default '',
    add company_trend text not null default '',
    add special_requirements text not null default '',
    add bad_record text not null default '',
    add development_plans text not null default '',
    add relationship_kind text,
    add selling_level text,
    add payment_reputation text not null default '',
    add quality_reputation text not null default '',
    add stability_reputation text not null default '',
    add channel_position text,
    add upstream_id uuid references account,
    add distributor_count int,
    add retailer_count int,
    add own_capital_currency_code text,
    add own_capital_minor_units bigint,
    add own_staff int,
    add territories text[] not null default '{}',
    add constraint account_organisation_length check (octet_length(organisation) <= 4000),
    add constraint account_business_scope_length check (octet_length(business_scope) <= 2000),
    add constraint account_cash_flow_length check (octet_length(cash_flow) <= 1000),
    add constraint account_payables_length check (octet_length(payables) <= 1000),
    add constraint account_market_trend_length check (octet_length(market_trend) <= 2000),
    add constraint account_company_trend_length check (octet_length(company_trend) <= 2000),
    add constraint account_special_requirements_length check (octet_length(special_requirements) <= 2000),
    add constraint account_bad_record_length check (octet_length(bad_record) <= 2000),
    add constraint account_development_plans_length check (octet_length(development_plans) <= 2000),
    add constraint account_relationship_kind_known check (relationship_kind in ('transactional', 'added_value', 'partnership')),
    add constraint account_selling_level_known check (selling_level in ('price', 'value', 'service', 'relationship')),
    add constraint account_payment_reputation_length check (octet_length(payment_reputation) <= 1000),
    add constraint account_quality_reputation_length check (octet_length(quality_reputation) <= 1000),
    add constraint account_stability_reputation_length check (octet_length(stability_reputation) <= 1000),
    add constraint account_channel_position_known check (channel_position in ('manufacturer', 'first_tier_wholesaler', 'distributor', 'retailer')),
    add constraint account_upstream_differs check (upstream_id <> id),
    add constraint account_distributor_count_range check (distributor_count between 0 and 10000000),
    add constraint account_retailer_count_range check (retailer_count between 0 and 10000000),
    add constraint account_own_capital_currency_form check (own_capital_currency_code ~ '^[A-Z]{3}$'),
    add constraint account_own_capital_complete check ((own_capital_currency_code is null) = (own_capital_minor_units is null)),
    add constraint account_own_staff_range check (own_staff between 0 and 10000000),
    add constraint account_territories_form check (cardinality(territories) <= 50 and all_lengths_within(territories, 100));
create index account_upstream on account (upstream_id) where upstream_id is not null;

-- What people search for is more now. A generated column cannot be changed, so it is made anew; nothing but search() reads it.
alter table account drop column search_all;
alter table account add search_all tsvector not null generated always as (
    search_vector(code || ' ' || name || ' ' || phone || ' ' || registered_address || ' ' || delivery_address || ' ' || list_text(other_names) || ' '
                  || registration_number || ' ' || website || ' ' || legal_representative || ' ' || industry || ' ' || region || ' ' || main_products
                  || ' ' || market || ' ' || our_value || ' ' || note || ' ' || organisation || ' ' || business_scope || ' ' || special_requirements
                  || ' ' || development_plans || ' ' || list_text(territories))) stored;
create index account_search_all on account using gin (search_all) with (gin_pending_list_limit = 256);

create or replace trigger zz_record before insert or update on account for each row
    execute function record_change('account', 'id', 'id', 'registered_capital_currency_code,registered_capital_minor_units,bank,annual_revenue_currency_code,annual_revenue_minor_units,cash_flow,payables,bad_record,own_capital_currency_code,own_capital_minor_units');

grant select (organisation, business_scope, cash_flow, payables, market_trend, company_trend, special_requirements, bad_record, development_plans,
              relationship_kind, selling_level, payment_reputation, quality_reputation, stability_reputation, channel_position, upstream_id,
              distributor_count, retailer_count, own_capital_currency_code, own_capital_minor_units, own_staff, territories),
      insert (organisation, business_scope, cash_flow, payables, market_trend, company_trend, special_requirements, bad_record, development_plans,
              relationship_kind, selling_level, payment_reputation, quality_reputation, stability_reputation, channel_position, upstream_id,
              distributor_count, retailer_count, own_capital_currency_code, own_capital_minor_units, own_staff, territories),
      update (organisation, business_scope, cash_flow, payables, market_trend, company_trend, special_requirements, bad_record, development_plans,
              relationship_kind, selling_level, payment_reputation, quality_reputation, stability_reputation, channel_position, upstream_id,
              distributor_count, retailer_count, own_capital_currency_code, own_capital_minor_units, own_staff, territories)
    on account to kam_rep, kam_manager;

-- Like the parent: an account within the caller's reach, and never supplied by one that it supplies itself.
create function check_account_upstream() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    if tg_op = 'UPDATE' and new.upstream_id is not distinct from old.upstream_id then
        return new;
    end if;
    if caller_id() is not null then
        perform require(reaches_account(new.upstream_id), 5, 'UPSTREAM_NOT_FOUND', 'There is no such upstream account within your reach.');
    end if;
    -- Two at once could supply each other.
    perform take_turn('account channel');
    perform require(not exists (
                        with recursive above (id) as (
                            select new.upstream_id
                            union
                            select a.upstream_id from above join account a on a.id = above.id where a.upstream_id is not null)
                        select from above where above.id = new.id),
                    9, 'ACCOUNT_UPSTREAM_LOOP', 'The account would be its own upstream, through others.');
    return new;
end
$$;
-- Asked only where there is one: most accounts are in no channel.
create trigger check_upstream before insert or update of upstream_id on account for each row when (new.upstream_id is not null)
    execute function check_account_upstream();
