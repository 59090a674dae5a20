-- SPDX-License-Identifier: Apache-2.0
-- Search over objections and the library of answers: what search() leaves out. After it, in the same form: ranks 4 and 5.
set local search_path = kam, pg_temp;

alter table objection add column search_all tsvector not null generated always as (
    search_vector(objection || ' ' || listen || ' ' || share || ' ' || clarify || ' ' || present || ' ' || ask)) stored;
create index objection_search_all on objection using gin (search_all) with (gin_pending_list_limit = 256);

-- A column that is not everybody's: what was granted on the table is now granted by column.
revoke select on objection from kam_rep, kam_manager;
grant select (id, activity_id, account_id, contact_id, objection, listen, share, clarify, present, ask, outcome, entry_id, created_by, create_time, update_time,
              updated_by, version) on objection to kam_rep, kam_manager;

create function search_objections(words text, only_kind text, most_rows int, after_rank int, after_time timestamptz, after_id uuid)
returns table (kind text, id uuid, code text, title text, snippet text, account_id uuid, account_name text, "time" timestamptz,
               activity_kind text, rank int, sort_time timestamptz)
language plpgsql stable security definer set search_path = kam, pg_temp set plan_cache_mode = force_custom_plan set random_page_cost = 1.1 as $$
declare
    v_query tsquery := search_query(words);
    v_user_id uuid := caller_id();
    v_role text := caller_role();
    v_teams uuid[];
    v_accounts uuid[];
    v_rows int := 0;
begin
    if v_user_id is null or v_query is null or v_role is null or v_role not in ('rep', 'manager') then
        return;
    end if;
    after_rank := coalesce(after_rank, 0);
    if after_rank <= 4 and coalesce(only_kind, 'objection') = 'objection' then
        v_accounts := array(select r.account_id from account_reach r where r.user_id = v_user_id);
        if v_role = 'manager' then
            v_teams := array(select c.descendant_id from team_closure c where c.ancestor_id = caller_team_id());
        end if;
        return query
        select 'objection'::text, o.id, ''::text, o.objection, left(o.listen, 100), o.account_id, a.name, null::timestamptz, null::text, 4, o.create_time
          from objection o join account a on a.id = o.account_id
         where o.search_all @@ v_query and a.retire_time is null and (a.team_id = any (v_teams) or a.id = any (v_accounts))
           and (after_rank < 4 or (o.create_time, o.id) < (after_time, after_id))
         order by o.create_time desc, o.id desc limit most_rows;
        get diagnostics v_rows = row_count;
    end if;
    if v_rows < most_rows and after_rank <= 5 and coalesce(only_kind, 'objection_entry') = 'objection_entry' then
        return query
        select 'objection_entry'::text, e.id, ''::text, e.objection, concat_ws(', ', nullif(e.topic, ''), left(e.features[1], 100)), null::uuid, null::text,
               null::timestamptz, null::text, 5, e.create_time
          from objection_entry e
         where e.search_all @@ v_query and e.state <> 'retired' and (v_role = 'manager' or e.state = 'published' or e.created_by = v_user_id)
           and (after_rank < 5 or (e.create_time, e.id) < (after_time, after_id))
         order by e.create_time desc, e.id desc limit most_rows - v_rows;
    end if;
end
$$;
grant execute on function search_objections(text, text, int, int, timestamptz, uuid) to kam_rep, kam_manager, kam_service;
