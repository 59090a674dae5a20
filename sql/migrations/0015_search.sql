-- SPDX-License-Identifier: Apache-2.0
-- Search over accounts, contacts and activities. Text operators are not leakproof, so under row-level security no index would serve them: this one
-- function looks as the owner and applies the caller's reach itself. Planned anew each time, because a word may be rare or in every row.
set local search_path = kam, pg_temp;

-- Accounts first, then contacts, then activities, each newest first; after the given row. Service finds accounts and contacts, by what it
-- may read, and gets nothing else.
create function search(words text, only_kind text, most_rows int, after_rank int, after_time timestamptz, after_id uuid)
returns table (kind text, id uuid, code text, title text, snippet text, account_id uuid, account_name text, "time" timestamptz,
               activity_kind text, rank int, sort_time timestamptz)
language plpgsql stable security definer set search_path = kam, pg_temp set plan_cache_mode = force_custom_plan set random_page_cost = 1.1 as $$
declare
    v_query tsquery := search_query(words);
    v_user_id uuid := caller_id();
    v_role text := caller_role();
    v_teams uuid[];
    v_accounts uuid[];
    v_contacts uuid[];
    v_left int := most_rows;
    v_rows int;
begin
    if v_user_id is null or v_role is null or v_query is null then
        return;
    end if;
    after_rank := coalesce(after_rank, 0);
    v_accounts := array(select r.account_id from account_reach r where r.user_id = v_user_id);
    if v_role = 'manager' then
        v_teams := array(select c.descendant_id from team_closure c where c.ancestor_id = caller_team_id());
    end if;

    if after_rank <= 1 and coalesce(only_kind, 'account') = 'account' then
        if v_role = 'service' then
            return query
            select 'account'::text, a.id, a.code, a.name, a.phone, a.id, a.name, null::timestamptz, null::text, 1, a.create_time
              from account a
             where a.search_public @@ v_query and a.retire_time is null
               and (after_rank < 1 or (a.create_time, a.id) < (after_time, after_id))
             order by a.create_time desc, a.id desc limit v_left;
        else
            return query
            select 'account'::text, a.id, a.code, a.name, concat_ws(', ', nullif(a.industry, ''), nullif(a.region, '')), a.id, a.name, null::timestamptz, null::text, 1, a.update_time
              from account a
             where a.search_all @@ v_query and a.retire_time is null
               and (a.team_id = any (v_teams) or a.id = any (v_accounts))
               and (after_rank < 1 or (a.update_time, a.id) < (after_time, after_id))
             order by a.update_time desc, a.id desc limit v_left;
        end if;
        get diagnostics v_rows = row_count;
        v_left := v_left - v_rows;
    end if;

    if v_left > 0 and after_rank <= 2 and coalesce(only_kind, 'contact') = 'contact' then
        if v_role = 'rep' then
            v_contacts := array(select p.contact_id from position p where p.account_id = any (v_accounts));
        end if;
        if v_role = 'service' then
            return query
            select 'contact'::text, c.id, ''::text, c.name, concat_ws(', ', nullif(p.title, ''), c.phones[1]), p.account_id, p.account_name, null::timestamptz, null::text, 2, c.create_time
              from contact c
              left join lateral (select x.title, x.account_id, a.name as account_name
                                   from position x join account a on a.id = x.account_id
                                  where x.contact_id = c.id and x.ended_on is null and a.retire_time is null
                                  order by x.id limit 1) p on true
             where c.search_public @@ v_query and c.retire_time is null
               and (after_rank < 2 or (c.create_time, c.id) < (after_time, after_id))
             order by c.create_time desc, c.id desc limit v_left;
        else
            return query
            select 'contact'::text, c.id, ''::text, c.name, concat_ws(', ', nullif(p.title, ''), c.phones[1]), p.account_id, p.account_name, null::timestamptz, null::text, 2, c.update_time
              from contact c
              join lateral (select x.title, x.account_id, a.name as account_name
                              from position x join account a on a.id = x.account_id
                             where x.contact_id = c.id
                               and (a.team_id = any (v_teams) or a.id = any (v_accounts))
                             order by x.ended_on is not null, x.id limit 1) p on true
             where c.search_all @@ v_query and c.retire_time is null and (v_role = 'manager' or c.id = any (v_contacts))
               and (after_rank < 2 or (c.update_time, c.id) < (after_time, after_id))
             order by c.update_time desc, c.id desc limit v_left;
        end if;
        get diagnostics v_rows = row_count;
        v_left := v_left - v_rows;
    end if;

    if v_left > 0 and v_role = 'rep' and coalesce(only_kind, 'activity') = 'activity' then
        return query
        select 'activity'::text, x.id, ''::text, x.subject, left(x.result, 100), x.account_id, a.name, x.time, x.kind, 3, x.time
          from activity x join account a on a.id = x.account_id
         where x.search_all @@ v_query and x.state in ('planned', 'done') and x.account_id = any (v_accounts) and a.retire_time is null
           and (after_rank < 3 or (x.time, x.id) < (after_time, after_id))
         order by x.time desc, x.id desc limit v_left;
    elsif v_left > 0 and v_role = 'manager' and coalesce(only_kind, 'activity') = 'activity' then
        return query
        select 'activity'::text, x.id, ''::text, x.subject, left(x.result, 100), x.account_id, a.name, x.time, x.kind, 3, x.time
          from activity x join account a on a.id = x.account_id
         where x.search_all @@ v_query and x.state in ('planned', 'done') and a.retire_time is null
           and (a.team_id = any (v_teams) or a.id = any (v_accounts))
           and (after_rank < 3 or (x.time, x.id) < (after_time, after_id))
         order by x.time desc, x.id desc limit v_left;
    end if;
end
$$;
grant execute on function search(text, text, int, int, timestamptz, uuid) to kam_rep, kam_manager, kam_service;
