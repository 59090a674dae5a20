-- SPDX-License-Identifier: Apache-2.0
-- Corrections to the archive: nobody has left before they leave, revenue that was taken back is not shown, and visits made ahead wait for an erasure.
set local search_path = kam, pg_temp;

-- As before, but takes part in the lock of begin_write(): an erasure that has looked through the activities would otherwise miss those that are made
-- just then from a plan whose subject names the person.
create or replace function make_visits_ahead(most int) returns boolean language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_plan_id uuid;
    v_count int := 0;
begin
    perform pg_advisory_xact_lock_shared(hashtextextended('kam: erasure', 0));
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

-- As before, but not in the future: who has an ended position is in no list from then on. A day is left for time zones.
create or replace function end_position(position_id uuid, seen_version bigint, ended_on date) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_position kam.position;
begin
    select * into v_position from position p where p.id = position_id for no key update;
    if not found or not reaches_account(v_position.account_id) then
        perform refuse_not_found('position');
    end if;
    if v_position.version <> seen_version then
        return;
    end if;
    perform require(v_position.ended_on is null, 9, 'POSITION_ENDED', 'The position has ended already.');
    perform require(coalesce(end_position.ended_on, today()) <= today() + 1, 3, 'DATE_IN_FUTURE', 'A position cannot have ended in the future.',
                    '{"violations": [{"field": "ended_on", "description": "must not be in the future"}]}');
    perform require(v_position.since is null or v_position.since <= coalesce(end_position.ended_on, today()), 3, 'ENDED_BEFORE_SINCE',
                    'The position cannot end before it began.',
                    jsonb_build_object('violations', jsonb_build_array(jsonb_build_object(
                        'field', 'ended_on', 'reason', 'ENDED_BEFORE_SINCE', 'description', 'must not be before {since}, when the position began',
                        'values', jsonb_build_object('since', v_position.since::text)))));
    update position p set ended_on = coalesce(end_position.ended_on, today()) where p.id = position_id;
end
$$;

create or replace function end_supply(supply_id uuid, seen_version bigint, ended_on date) returns void
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
    perform require(coalesce(end_supply.ended_on, today()) <= today() + 1, 3, 'DATE_IN_FUTURE', 'A supply cannot have ended in the future.',
                    '{"violations": [{"field": "ended_on", "description": "must not be in the future"}]}');
    perform require(v_supply.since is null or v_supply.since <= coalesce(end_supply.ended_on, today()), 3, 'ENDED_BEFORE_SINCE',
                    'The supply cannot end before it began.',
                    jsonb_build_object('violations', jsonb_build_array(jsonb_build_object(
                        'field', 'ended_on', 'reason', 'ENDED_BEFORE_SINCE', 'description', 'must not be before {since}, when the supply began',
                        'values', jsonb_build_object('since', v_supply.since::text)))));
    update account_supply s set ended_on = coalesce(end_supply.ended_on, today()) where s.id = supply_id;
end
$$;

-- As before; and when the only year with a revenue is taken back, so is what the account has from it.
create or replace function keep_annual_revenue() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    -- Two years at once: the one that waited judges by what the other did.
    perform from account a where a.id = new.account_id for no key update;
    update account a set annual_revenue_currency_code = f.revenue_currency_code, annual_revenue_minor_units = f.revenue_minor_units
      from (select x.revenue_currency_code, x.revenue_minor_units from account_figures x
             where x.account_id = new.account_id and x.retire_time is null and x.revenue_minor_units is not null
             order by x.year desc limit 1) f
     where a.id = new.account_id
       and (a.annual_revenue_currency_code, a.annual_revenue_minor_units) is distinct from (f.revenue_currency_code, f.revenue_minor_units);
    if tg_op = 'UPDATE' then
        update account a set annual_revenue_currency_code = null, annual_revenue_minor_units = null
         where a.id = new.account_id and (a.annual_revenue_currency_code, a.annual_revenue_minor_units) = (old.revenue_currency_code, old.revenue_minor_units)
           and not exists (select from account_figures x where x.account_id = new.account_id and x.retire_time is null and x.revenue_minor_units is not null);
    end if;
    return null;
end
$$;
