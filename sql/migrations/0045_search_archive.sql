-- SPDX-License-Identifier: Apache-2.0
-- Search over what hangs on an account's archive: needs, present suppliers, brands, events. "Which of our accounts does Bolt Brothers supply?" After
-- search_objections(), in the same form: ranks 6 to 9.
set local search_path = kam, pg_temp;

-- Of expressions, so that there is no column to grant or to hide.
create index need_search on need using gin (search_vector(text)) with (gin_pending_list_limit = 256);
create index account_supply_search on account_supply using gin (search_vector(supplier || ' ' || product || ' ' || won_by || ' ' || shortcomings))
    with (gin_pending_list_limit = 256);
create index account_brand_search on account_brand using gin (search_vector(name || ' ' || note)) with (gin_pending_list_limit = 256);
create index account_event_search on account_event using gin (search_vector(description)) with (gin_pending_list_limit = 256);

create function search_archive(words text, only_kind text, most_rows int, after_rank int, after_time timestamptz, after_id uuid)
returns table (kind text, id uuid, code text, title text, snippet text, account_id uuid, account_name text, "time" timestamptz,
               activity_kind text, rank int, sort_time timestamptz)
language plpgsql stable security definer set search_path = kam, pg_temp set plan_cache_mode = force_custom_plan set random_page_cost = 1.1 as $$
declare
    v_query tsquery := search_query(words);
    v_teams uuid[];
    v_accounts uuid[];
    v_left int := most_rows;
    v_rows int;
begin
    if caller_id() is null or v_query is null or caller_role() is null or caller_role() not in ('rep', 'manager') then
        return;
    end if;
    after_rank := coalesce(after_rank, 0);
    v_accounts := array(select r.account_id from account_reach r where r.user_id = any (caller_ids()));
    if caller_role() = 'manager' then
        v_teams := array(select c.descendant_id from team_closure c where c.ancestor_id = any (caller_team_ids()));
    end if;
    if after_rank <= 6 and coalesce(only_kind, 'need') = 'need' then
        return query
        select 'need'::text, n.id, ''::text, left(n.text, 200), coalesce(c.name, ''), n.account_id, a.name, null::timestamptz, null::text, 6, n.create_time
          from need n join account a on a.id = n.account_id left join contact c on c.id = n.contact_id
         where search_vector(n.text) @@ v_query and n.retire_time is null and a.retire_time is null and (a.team_id = any (v_teams) or a.id = any (v_accounts))
           and (after_rank < 6 or (n.create_time, n.id) < (after_time, after_id))
         order by n.create_time desc, n.id desc limit v_left;
        get diagnostics v_rows = row_count;
        v_left := v_left - v_rows;
    end if;
    if v_left > 0 and after_rank <= 7 and coalesce(only_kind, 'supply') = 'supply' then
        return query
        select 'supply'::text, s.id, ''::text, s.supplier, s.product, s.account_id, a.name, null::timestamptz, null::text, 7, s.create_time
          from account_supply s join account a on a.id = s.account_id
         where search_vector(s.supplier || ' ' || s.product || ' ' || s.won_by || ' ' || s.shortcomings) @@ v_query and s.ended_on is null
           and a.retire_time is null and (a.team_id = any (v_teams) or a.id = any (v_accounts))
           and (after_rank < 7 or (s.create_time, s.id) < (after_time, after_id))
         order by s.create_time desc, s.id desc limit v_left;
        get diagnostics v_rows = row_count;
        v_left := v_left - v_rows;
    end if;
    if v_left > 0 and after_rank <= 8 and coalesce(only_kind, 'brand') = 'brand' then
        return query
        select 'brand'::text, b.id, ''::text, b.name, left(b.note, 100), b.account_id, a.name, null::timestamptz, null::text, 8, b.create_time
          from account_brand b join account a on a.id = b.account_id
         where search_vector(b.name || ' ' || b.note) @@ v_query and b.retire_time is null
           and a.retire_time is null and (a.team_id = any (v_teams) or a.id = any (v_accounts))
           and (after_rank < 8 or (b.create_time, b.id) < (after_time, after_id))
         order by b.create_time desc, b.id desc limit v_left;
        get diagnostics v_rows = row_count;
        v_left := v_left - v_rows;
    end if;
    if v_left > 0 and after_rank <= 9 and coalesce(only_kind, 'event') = 'event' then
        return query
        select 'event'::text, e.id, ''::text, left(e.description, 200), e.happened_on::text, e.account_id, a.name, null::timestamptz, null::text, 9, e.create_time
          from account_event e join account a on a.id = e.account_id
         where search_vector(e.description) @@ v_query and e.retire_time is null
           and a.retire_time is null and (a.team_id = any (v_teams) or a.id = any (v_accounts))
           and (after_rank < 9 or (e.create_time, e.id) < (after_time, after_id))
         order by e.create_time desc, e.id desc limit v_left;
    end if;
end
$$;
grant execute on function search_archive(text, text, int, int, timestamptz, uuid) to kam_rep, kam_manager, kam_service;
