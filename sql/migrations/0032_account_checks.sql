-- SPDX-License-Identifier: Apache-2.0
-- The nine checks (九明): what is known of an account, and what would make known what is not.
set local search_path = kam, pg_temp;

-- Runs as the caller: no row for an account out of reach. 'known' of 'total' parts; a check is known when it has no gap.
create function account_checks(account_id uuid)
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
        select exists (select from activity a where a.account_id = account_checks.account_id and a.state = 'done' and a.time > now() - interval '90 days') as is_done,
               exists (select from activity a where a.account_id = account_checks.account_id and a.state = 'planned') as is_planned,
               exists (select from need n where n.account_id = account_checks.account_id and n.scope = 'organisation' and n.retire_time is null) as has_need,
               s.suppliers, s.understood
          from (select count(*)::int as suppliers, (count(*) filter (where s.shortcomings <> '' and s.willingness is not null))::int as understood
                  from account_supply s where s.account_id = account_checks.account_id and s.ended_on is null) s)
    select c.kind, case when c.known = 0 then 'unknown' when g.gaps = '{}' then 'known' else 'partly' end, c.known, c.total, g.gaps, c.is_provisional
      from x cross join y
     cross join lateral (values
        (1, 'structure', placed, people, false, array[case when people = 0 then 'people' end, case when placed < people then 'who_reports_to_whom' end]),
        (2, 'roles', with_role, people, false, array[case when people = 0 then 'people' end, case when with_role < people then 'buying_roles' end,
                                                     case when deciders = 0 then 'who_decides' end]),
        (3, 'process', (deciders > 0)::int + (buyers > 0)::int + (users > 0)::int, 3, true,
            array[case when deciders = 0 then 'who_decides' end, case when buyers = 0 then 'who_buys' end, case when users = 0 then 'who_uses' end, 'opportunity']),
        (4, 'progress', is_done::int + is_planned::int, 2, true,
            array[case when not is_done then 'something_done' end, case when not is_planned then 'next_step' end]),
        (5, 'strength', measured, people, false, array[case when people = 0 then 'people' end, case when related < people then 'relationships' end,
                                                       case when weighed < people then 'influence' end]),
        (6, 'friends_and_foes', with_stance, people, false, array[case when people = 0 then 'people' end, case when with_stance < people then 'stances' end]),
        (7, 'likings', liked, people, false, array[case when people = 0 then 'people' end, case when liked < people then 'profiles' end]),
        (8, 'needs', has_need::int + deciders_with_need, 1 + deciders, false,
            array[case when not has_need then 'need_of_organisation' end, case when deciders = 0 then 'who_decides' end,
                  case when deciders_with_need < deciders then 'needs_of_deciders' end]),
        (9, 'competitors', understood, suppliers, true,
            array[case when suppliers = 0 then 'suppliers' end, case when understood < suppliers then 'suppliers_weakness' end]))
        c (place, kind, known, total, is_provisional, maybe)
     cross join lateral (select array_remove(c.maybe, null) as gaps) g
     where exists (select from account a where a.id = account_checks.account_id)
     order by c.place
$$;
grant execute on function account_checks(uuid) to kam_rep, kam_manager;
