-- SPDX-License-Identifier: Apache-2.0
-- What an account's archive lacks, and whose sales territories it gets in the way of (串货).
set local search_path = kam, pg_temp;

-- The answer stays the same. In PL/pgSQL, which keeps its plan: a function in SQL is planned anew with each call, and this one is asked with each
-- account that is shown.
create or replace function reaches_account(account_id uuid) returns boolean language plpgsql stable security definer set search_path = kam, pg_temp as $$
begin
    return caller_role() in ('rep', 'manager')
       and exists (select from account a
                    where a.id = reaches_account.account_id
                      and (a.owner_id = caller_id()
                           or exists (select from account_reach r where r.user_id = caller_id() and r.account_id = a.id)
                           or (caller_role() = 'manager'
                               and exists (select from team_closure c where c.ancestor_id = caller_team_id() and c.descendant_id = a.team_id))));
end
$$;

-- ---- completeness ----

-- What belongs into an archive, what each is worth, and whether it is there. The weights make 100. A part has the name of the contract's field, or is
-- one of figures (of this year or the two before), supply, contacts, decider. What not every account has - a parent, a channel, a bad record - is
-- not here. Without a SET clause, so that it goes into the query that asks it, which is planned once and not with each call.
create function archive_parts(account_id uuid) returns table (part text, weight int, is_there boolean) language sql stable as $$
    select p.*
      from account a
     cross join lateral (values
        -- who they are: 30
        ('phone',                4, a.phone <> ''),
        ('employees',            4, a.employees is not null),
        ('industry',             4, a.industry <> ''),
        ('region',               3, a.region <> ''),
        ('founded_on',           3, a.founded_on is not null),
        ('registration_number',  3, a.registration_number <> ''),
        ('registered_address',   3, a.registered_address <> ''),
        ('legal_representative', 2, a.legal_representative <> ''),
        ('ownership',            2, a.ownership is not null),
        ('registered_capital',   2, a.registered_capital_minor_units is not null),
        -- what they do: 22
        ('main_products',        5, a.main_products <> ''),
        ('market',               4, a.market <> ''),
        ('our_value',            4, a.our_value <> ''),
        ('business_scope',       2, a.business_scope <> ''),
        ('organisation',         2, a.organisation <> ''),
        ('management_level',     2, a.management_level <> ''),
        ('industry_standing',    2, a.industry_standing <> ''),
        ('reputation',           1, a.reputation <> ''),
        -- what they are to us: 16
        ('relationship_kind',    3, a.relationship_kind is not null),
        ('selling_level',        3, a.selling_level is not null),
        ('development_plans',    3, a.development_plans <> ''),
        ('payment_reputation',   3, a.payment_reputation <> ''),
        ('source',               2, a.source is not null),
        ('special_requirements', 2, a.special_requirements <> ''),
        -- what hangs on the account: 32
        ('contacts',             8, exists (select from position p join contact c on c.id = p.contact_id
                                             where p.account_id = a.id and p.ended_on is null and c.retire_time is null)),
        ('decider',              8, exists (select from position p join contact c on c.id = p.contact_id
                                             where p.account_id = a.id and p.ended_on is null and c.retire_time is null and 'decider' = any (p.buying_roles))),
        ('figures',              8, exists (select from account_figures f
                                             where f.account_id = a.id and f.retire_time is null and f.year >= (select extract(year from now() at time zone y.time_zone)::int - 2 from company y))),
        ('supply',               8, exists (select from account_supply s where s.account_id = a.id and s.ended_on is null))
     ) p (part, weight, is_there)
     where a.id = archive_parts.account_id
$$;

-- Whole percent, and what is missing, what is worth most first. No row for an account out of reach.
create function account_completeness(account_id uuid) returns table (completeness int, missing text[])
language plpgsql stable security definer set search_path = kam, pg_temp as $$
begin
    if reaches_account(account_id) then
        return query
        select coalesce(sum(p.weight) filter (where p.is_there), 0)::int,
               coalesce(array_agg(p.part order by p.weight desc, p.part) filter (where not p.is_there), '{}')
          from archive_parts(account_id) p;
    end if;
end
$$;

-- ---- territories ----

-- The name of a region without what people write one way or the other: width, case, blanks. '' where nothing is left.
create function territory_key(name text) returns text language sql immutable parallel safe set search_path = kam, pg_temp as $$
    select regexp_replace(fold_text(name) collate "und-x-icu", '[[:space:]]', '', 'g')
$$;

-- Accounts that are in one channel with this one - joined through their upstream accounts - and sell in a region of the same name, also those out
-- of the caller's reach: two who sell in one place must learn of each other, as with duplicates. At most 100. No row for an account out of reach.
create function territory_conflicts(account_id uuid)
returns table (id uuid, code text, name text, owner_name text, team_name text, channel_position text, relation text, territories text[])
language plpgsql stable security definer set search_path = kam, pg_temp as $$
begin
    if not reaches_account(account_id)
       or not exists (select from account a where a.id = account_id and a.retire_time is null and cardinality(a.territories) > 0) then
        return;
    end if;
    return query
    with recursive above (id, upstream_id) as (
        select a.id, a.upstream_id from account a where a.id = account_id
        union
        select a.id, a.upstream_id from above join account a on a.id = above.upstream_id),
    chain (id, is_below) as (
        select above.id, above.id = account_id from above where above.upstream_id is null
        union
        select a.id, chain.is_below or a.id = account_id from chain join account a on a.upstream_id = chain.id),
    mine (keys) as materialized (
        select array_agg(territory_key(t)) from account a, unnest(a.territories) t where a.id = account_id)
    select a.id, a.code, a.name, o.name, t.name, a.channel_position,
           case when chain.is_below then 'downstream' when a.id in (select above.id from above) then 'upstream' else 'beside' end,
           shared.territories
      from chain
      join account a on a.id = chain.id and a.id <> account_id and a.retire_time is null and cardinality(a.territories) > 0
     cross join mine
     cross join lateral (select array_agg(n.name order by n.number) as territories
                           from unnest(a.territories) with ordinality n (name, number)
                          where territory_key(n.name) <> '' and territory_key(n.name) = any (mine.keys)) shared
      join app_user o on o.id = a.owner_id
      join team t on t.id = a.team_id
     where shared.territories is not null
     order by a.name, a.id
     limit 100;
end
$$;

grant execute on function account_completeness(uuid), territory_conflicts(uuid) to kam_rep, kam_manager;
