-- SPDX-License-Identifier: Apache-2.0
-- The power map (权力地图): the people of an account as they stand in a purchase, how much of their influence we reach, and what is wrong with it. One rule each,
-- for the map, the page of the account and whoever else asks. They run as the caller: nothing for an account out of reach.
set local search_path = kam, pg_temp;

-- The present people. In the buying committee of an opportunity role, stance and influence are those in this purchase, where they are known.
create function map_people(account_id uuid, opportunity_id uuid default null)
returns table (contact_id uuid, title text, department text, level int, reports_to_id uuid, buying_roles text[], stance text, is_insider boolean, influence int,
               relationship int, counterpart_id uuid, is_in_committee boolean)
language sql stable as $$
    select p.contact_id, p.title, p.department, p.level, p.reports_to_id, case when o.buying_roles <> '{}' then o.buying_roles else p.buying_roles end,
           coalesce(o.stance, p.stance), p.is_insider, coalesce(o.influence, p.influence), p.relationship, p.counterpart_id, o.id is not null
      from position p
      join contact c on c.id = p.contact_id and c.retire_time is null
      left join opportunity_person o on o.opportunity_id = map_people.opportunity_id and o.contact_id = p.contact_id
     where p.account_id = map_people.account_id and p.ended_on is null
$$;

-- The share of all influence, in whole percent, that those people hold whose relationship is 3 or better. 0 where none is known. Rounded down, so that 50 is
-- half at least.
create function map_coverage(account_id uuid, opportunity_id uuid default null) returns int language plpgsql stable set search_path = kam, pg_temp as $$
begin
    return coalesce((select floor(100.0 * sum(p.influence) filter (where p.relationship >= 3) / nullif(sum(p.influence), 0))
                       from map_people(map_coverage.account_id, map_coverage.opportunity_id) p), 0);
end
$$;

-- When something was last done at an account with each of these people; a note to ourselves is nothing done.
create function last_touches(account_id uuid, contact_ids uuid[]) returns table (contact_id uuid, last_time timestamptz)
language plpgsql stable security definer set search_path = kam, pg_temp as $$
begin
    if reaches_account(account_id) then
        return query
        select c.id, t.last_time
          from unnest(contact_ids) c (id)
         cross join lateral (select max(a.time) as last_time
                               from activity_contact l join activity a on a.id = l.activity_id
                              where l.contact_id = c.id and a.account_id = last_touches.account_id and a.state = 'done' and a.kind <> 'note') t
         where t.last_time is not null;
    end if;
end
$$;

-- With whom nothing was done for more days is untouched.
create function untouched_days() returns int language sql immutable as $$ select 60 $$;

-- What is wrong with the people of an account; nothing of one that is retired, lost or rejected. contact_id: whom it is about, where it is about somebody; insider_id:
-- of an opponent to whom insiders report, the most influential of these.
-- Whether all runs through one person the newest hundred activities of half a year are enough to tell.
create function people_warnings(account_id uuid, opportunity_id uuid default null)
returns table (kind text, contact_id uuid, days int, insider_id uuid)
language sql stable set search_path = kam, pg_temp as $$
    with recursive people as materialized (
        select * from map_people(people_warnings.account_id, people_warnings.opportunity_id)),
    above (contact_id, insider_id, weight) as (
        select i.reports_to_id, i.contact_id, coalesce(i.influence, 0) from people i where i.is_insider
        union
        select p.reports_to_id, b.insider_id, b.weight from above b join people p on p.contact_id = b.contact_id),
    decider as materialized (
        select p.contact_id, p.influence, t.last_time
          from people p
          left join last_touches(people_warnings.account_id, array(select d.contact_id from people d where 'decider' = any (d.buying_roles))) t
                 on t.contact_id = p.contact_id
         where 'decider' = any (p.buying_roles)),
    touched as materialized (
        select l.contact_id, count(*) as number
          from (select x.id from activity x
                 where x.account_id = people_warnings.account_id and x.state = 'done' and x.kind <> 'note' and x.time >= (select day_start(-180))
                 order by x.time desc, x.id desc limit 100) r
          join activity_contact l on l.activity_id = r.id
         group by l.contact_id)
    select w.kind, w.contact_id, w.days, w.insider_id
      from account a
     cross join lateral (
        select 1 as place, 'no_contact' as kind, null::uuid as contact_id, null::int as days, null::uuid as insider_id, 0 as weight where not exists (select from people)
        union all
        select 2, 'no_decider', null, null, null, 0 where exists (select from people) and not exists (select from decider)
        union all
        select 3, 'decider_untouched', d.contact_id, today() - (d.last_time at time zone (select c.time_zone from company c))::date, null, d.influence
          from decider d where d.last_time is null or d.last_time < (select day_start(-untouched_days()))
        union all
        select 4, 'single_thread', t.contact_id, null, null, 0
          from touched t where t.number >= 3 and (select count(*) from touched) = 1 and (select count(*) from people) > 1
        union all
        select 5, 'opponent_above_insider', p.contact_id, null, b.insider_id, p.influence
          from people p
          left join lateral (select o.insider_id from above o where o.contact_id = p.contact_id order by o.weight desc, o.insider_id limit 1) b on true
         where p.stance = 'opponent' and (b.insider_id is not null or p.influence > (select max(coalesce(i.influence, 0)) from people i where i.is_insider))
        union all
        select 6, 'insider_left', l.contact_id, greatest(today() - l.left_on, 0), null, 0
          from (select p.contact_id, max(coalesce(p.ended_on, (c.retire_time at time zone (select y.time_zone from company y))::date)) as left_on
                  from position p join contact c on c.id = p.contact_id
                 where p.account_id = people_warnings.account_id and p.is_insider and (p.ended_on is not null or c.retire_time is not null)
                 group by p.contact_id) l
         where l.left_on > today() - 180 and l.contact_id not in (select p.contact_id from people p)) w
     where a.id = people_warnings.account_id and a.retire_time is null and a.status not in ('lost', 'rejected')
     order by w.place, w.weight desc nulls last, w.contact_id
$$;

grant execute on function map_people(uuid, uuid), map_coverage(uuid, uuid), last_touches(uuid, uuid[]), untouched_days(), people_warnings(uuid, uuid) to kam_rep, kam_manager;
