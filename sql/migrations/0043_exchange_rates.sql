-- SPDX-License-Identifier: Apache-2.0
-- Money in several currencies: the company's reporting currency, and dated exchange rates to it, kept by managers of the root team.
set local search_path = kam, pg_temp;

-- The operator's setting.
alter table company add currency_code text not null default 'CNY', add constraint company_currency_form check (currency_code ~ '^[A-Z]{3}$');

-- One unit of currency_code is worth rate units of the reporting currency from that day on, until the next rate. Another reporting currency needs rates of
-- its own, so that those of the former one are neither wrong nor lost. A rate is never changed: one that takes its place retires it.
create table exchange_rate (
    id uuid primary key default uuid7(),
    currency_code text not null,
    reporting_currency_code text not null,
    from_on date not null,
    rate numeric not null,
    note text not null default '',
    retire_time timestamptz,
    create_time timestamptz not null default now(),
    created_by uuid references app_user,
    update_time timestamptz not null default now(),
    updated_by uuid references app_user,
    version bigint not null default 1,
    constraint exchange_rate_currency_form check (currency_code ~ '^[A-Z]{3}$' and reporting_currency_code ~ '^[A-Z]{3}$'),
    constraint exchange_rate_currencies_differ check (currency_code <> reporting_currency_code),
    constraint exchange_rate_from_on_range check (from_on between date '1970-01-01' and date '2200-12-31'),
    constraint exchange_rate_rate_range check (rate > 0 and rate < 1000000000 and scale(rate) <= 9),
    constraint exchange_rate_note_length check (octet_length(note) <= 400)
);
create unique index exchange_rate_day on exchange_rate (reporting_currency_code, currency_code, from_on desc) where retire_time is null;
create trigger zz_record before insert or update on exchange_rate for each row execute function record_change('exchange_rate', 'id', '', '');

alter table exchange_rate enable row level security;
grant select on exchange_rate to kam_rep, kam_manager;
create policy exchange_rate_read on exchange_rate for select to kam_rep, kam_manager using ((select caller_id()) is not null);

-- Digits after the point of a currency's smallest unit, by ISO 4217, as the client has them.
create function currency_digits(currency_code text) returns int language sql immutable parallel safe as $$
    select case when currency_code in ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV', 'XAF', 'XOF', 'XPF') then 0
                when currency_code in ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') then 3
                else 2 end
$$;

-- An amount in the smallest unit of the reporting currency, by the rate that held on that day (NULL: today), half a unit up. NULL where there is no rate, or
-- the result is larger than an amount can be: what reads uses it, because reads never raise. Without a SET clause, so that it goes into the query that asks it.
create function in_reporting_currency_or_null(minor_units bigint, currency_code text, on_date date) returns bigint language sql stable as $$
    select case when c.currency_code = in_reporting_currency_or_null.currency_code then in_reporting_currency_or_null.minor_units
                else (select case when abs(x.amount) <= 9223372036854775807 then x.amount::bigint end
                        from (select round(in_reporting_currency_or_null.minor_units * r.rate
                                           * case kam.currency_digits(c.currency_code) when 0 then 1 when 2 then 100 else 1000 end
                                           / case kam.currency_digits(in_reporting_currency_or_null.currency_code) when 0 then 1 when 2 then 100 else 1000 end) as amount
                                from kam.exchange_rate r
                               where r.reporting_currency_code = c.currency_code and r.currency_code = in_reporting_currency_or_null.currency_code
                                 and r.from_on <= coalesce(in_reporting_currency_or_null.on_date, kam.today()) and r.retire_time is null
                               order by r.from_on desc limit 1) x)
           end
      from kam.company c
$$;

-- The same for what writes: refuses where there is no rate. NULL of NULL.
create function in_reporting_currency(minor_units bigint, currency_code text, on_date date default null) returns bigint
language plpgsql stable set search_path = kam, pg_temp as $$
declare
    v_date date := coalesce(on_date, today());
    v_reporting text := (select c.currency_code from company c);
    v_amount bigint := in_reporting_currency_or_null(minor_units, currency_code, v_date);
begin
    if minor_units is null or v_amount is not null then
        return v_amount;
    end if;
    if exists (select from exchange_rate r where r.reporting_currency_code = v_reporting and r.currency_code = in_reporting_currency.currency_code
                                             and r.from_on <= v_date and r.retire_time is null) then
        perform refuse(9, 'AMOUNT_TOO_LARGE', 'An amount in {currency} is too large to be expressed in {reporting}.',
                       jsonb_build_object('metadata', jsonb_build_object('currency', currency_code, 'reporting', v_reporting)));
    end if;
    perform refuse(9, 'NO_EXCHANGE_RATE', 'There is no exchange rate of {currency} to {reporting} for {date}. Managers of the root team set it.',
                   jsonb_build_object('metadata', jsonb_build_object('currency', currency_code, 'reporting', v_reporting, 'date', v_date)));
end
$$;
grant execute on function currency_digits(text), in_reporting_currency_or_null(bigint, text, date), in_reporting_currency(bigint, text, date) to kam_rep, kam_manager;

-- from_on NULL: today. A day that has a rate already gets another one only where that is said.
create function set_exchange_rate(rate_id uuid, currency_code text, from_on date, rate text, note text, is_replacing boolean) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_reporting text := (select c.currency_code from company c);
    v_from date := coalesce(from_on, today());
    v_present exchange_rate;
begin
    perform require(caller_role() = 'manager' and caller_team_id() = root_team_id(), 7, 'NOT_ROOT_MANAGER', 'Only managers of the root team set exchange rates.');
    perform require(currency_code <> v_reporting, 3, 'RATE_OF_REPORTING_CURRENCY', '{currency} is the reporting currency itself.',
                    jsonb_build_object('metadata', jsonb_build_object('currency', currency_code),
                                       'violations', jsonb_build_array(jsonb_build_object('field', 'rate.currency_code', 'reason', 'RATE_OF_REPORTING_CURRENCY',
                                                                                          'description', 'must be another currency'))));
    perform require(rate ~ '^[0-9]{1,9}([.][0-9]{1,9})?$' and rate ~ '[1-9]', 3, 'RATE_NOT_A_NUMBER', 'A rate is a number above 0, such as 7.1034.',
                    jsonb_build_object('violations', jsonb_build_array(jsonb_build_object('field', 'rate.rate', 'reason', 'RATE_NOT_A_NUMBER',
                        'description', 'must be a number above 0 with at most nine digits before and after the point'))));
    perform require(v_from between date '1970-01-01' and date '2200-12-31', 3, 'RATE_DATE_RANGE', 'A rate holds from a day between 1970 and 2200.',
                    jsonb_build_object('violations', jsonb_build_array(jsonb_build_object('field', 'rate.from_on', 'reason', 'RATE_DATE_RANGE',
                        'description', 'must be between 1970 and 2200'))));
    perform take_turn('exchange rates');
    select * into v_present from exchange_rate r
     where r.reporting_currency_code = v_reporting and r.currency_code = set_exchange_rate.currency_code and r.from_on = v_from and r.retire_time is null;
    if found then
        perform require(is_replacing, 6, 'RATE_EXISTS', '{currency} has a rate from {date} on already, {rate}. Say that the new one replaces it.',
                        jsonb_build_object('metadata', jsonb_build_object('currency', currency_code, 'date', v_from, 'rate', trim_scale(v_present.rate)::text)));
        update exchange_rate r set retire_time = now() where r.id = v_present.id;
    end if;
    insert into exchange_rate (id, currency_code, reporting_currency_code, from_on, rate, note, created_by)
    values (rate_id, currency_code, v_reporting, v_from, trim_scale(rate::numeric), note, caller_id());
end
$$;
grant execute on function set_exchange_rate(uuid, text, date, text, text, boolean) to kam_manager;

create function operator_set_currency(new_currency_code text) returns void language plpgsql set search_path = kam, pg_temp as $$
begin
    perform require(new_currency_code ~ '^[A-Z]{3}$', 3, 'WRONG_FORMAT', 'A currency is three capital letters, such as CNY or EUR.');
    update company set currency_code = new_currency_code;
end
$$;
