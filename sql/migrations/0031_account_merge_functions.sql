-- SPDX-License-Identifier: Apache-2.0
-- Merging, undoing, and what a merge would do.
set local search_path = kam, pg_temp;

-- The account, locked; NULL when somebody changed it since seen_version. What the decisions about accounts begin with.
create function lock_account(account_id uuid, seen_version bigint) returns account
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_account account;
begin
    select * into v_account from account a where a.id = account_id for no key update;
    if not found or not reaches_account(account_id) then
        perform refuse_not_found('account');
    end if;
    if v_account.version <> seen_version then
        return null;
    end if;
    return v_account;
end
$$;

-- Rows of one table that belong to account $3 and would go to $2, as a FROM and WHERE. Where the row must belong to a row of another table, it goes where
-- that one goes, and is found from it.
create function merge_source(table_name text, column_name text) returns text language sql stable set search_path = kam, pg_temp as $$
    select format('from %I t where t.%I = $3 and %s%s', merge_source.table_name, merge_source.column_name,
                  account_row_fits(merge_source.table_name, merge_source.column_name),
                  coalesce((select string_agg(format(' and %s(t.%I in (select r.row_key[1]::uuid from account_merge_row r where r.merge_id = $1 and r.table_name = %L and r.column_name = %L))',
                                                     case when l.is_required then '' else format('t.%I is null or ', l.link_column) end,
                                                     l.link_column, l.parent_name, l.parent_column), '')
                              from account_links() l
                             where l.table_name = merge_source.table_name and l.column_name = merge_source.column_name and l.parent_name <> l.table_name), ''))
$$;

-- Moves what is planned between two accounts, in one statement: only at its end are the foreign keys between rows of the same account looked at.
-- Columns of account itself go one by one, since a statement changes a row once.
create function move_planned_rows(merge_id uuid, from_id uuid, to_id uuid, of_account boolean) returns void
language plpgsql set search_path = kam, pg_temp as $$
declare
    v_steps text[] := array(
        select format('update %I t set %I = $3 from account_merge_row r where r.merge_id = $1 and r.table_name = %L and r.column_name = %L and r.new_value is null and %s and t.%I = $2',
                      x.table_name, x.column_name, x.table_name, x.column_name,
                      (select string_agg(format('t.%I = r.row_key[%s]::%s', k.name, k.place, format_type(a.atttypid, a.atttypmod)), ' and ')
                         from unnest(x.key_columns) with ordinality k (name, place)
                         join pg_attribute a on a.attrelid = ('kam.' || quote_ident(x.table_name))::regclass and a.attname = k.name),
                      x.column_name)
          from account_references() x
         where x.treatment = 'move' and (x.table_name = 'account') = of_account
           and exists (select from account_merge_row r where r.merge_id = move_planned_rows.merge_id and r.table_name = x.table_name and r.column_name = x.column_name and r.new_value is null)
         order by x.depth, x.table_name, x.column_name);
    v_step text;
    v_number int := 0;
    v_sql text := '';
begin
    foreach v_step in array v_steps loop
        if of_account then
            execute v_step using merge_id, from_id, to_id;
        else
            v_number := v_number + 1;
            v_sql := v_sql || format('%s m%s as (%s)', case v_number when 1 then 'with' else ',' end, v_number, v_step);
        end if;
    end loop;
    if v_sql <> '' then
        execute v_sql || ' select 1' using merge_id, from_id, to_id;
    end if;
end
$$;

-- The account columns that people fill in, empty in the survivor and known of the merged account, with the new values. Accounts that it belongs to or is
-- supplied by only where the caller reaches them and no circle comes of it. The merged account's names become other names.
create function merge_fillings(survivor account, merged account) returns jsonb language plpgsql stable set search_path = kam, pg_temp as $$
declare
    c_empty constant jsonb[] := array['null', '""', '[]'];
    v_survivor jsonb := to_jsonb(survivor);
    v_merged jsonb := to_jsonb(merged);
    v_filled jsonb;
    v_column text;
    v_is_loop boolean;
    v_names text[];
begin
    select coalesce(jsonb_object_agg(a.attname, v_merged -> a.attname::text), '{}') into v_filled
      from pg_attribute a
     where a.attrelid = 'account'::regclass and has_column_privilege('kam_manager', 'account'::regclass, a.attnum, 'update')
       and a.attname not in ('name', 'status', 'duplicate_reason', 'other_names')
       and v_survivor -> a.attname::text = any (c_empty) and v_merged -> a.attname::text <> all (c_empty);
    -- A survivor whose parent was the merged account gets the parent of that one.
    for v_column in select r.column_name from account_references() r where r.table_name = 'account' and r.treatment = 'move' loop
        if v_survivor ->> v_column = merged.id::text then
            v_filled := v_filled || jsonb_build_object(v_column, v_merged -> v_column);
        end if;
        if v_filled ->> v_column is not null then
            execute format('with recursive above (id) as (select $1 union select a.%1$I from above join account a on a.id = above.id where a.%1$I is not null)
                            select exists (select from above where id in ($2, $3))', v_column)
               into v_is_loop using (v_filled ->> v_column)::uuid, survivor.id, merged.id;
            if v_is_loop or not reaches_account((v_filled ->> v_column)::uuid) then
                v_filled := case v_survivor ->> v_column when merged.id::text then v_filled || jsonb_build_object(v_column, null) else v_filled - v_column end;
            end if;
        end if;
    end loop;
    v_names := survivor.other_names || case survivor.other_names when '{}' then merged.other_names else '{}' end;
    if cardinality(v_names) < 10 and merged.name <> survivor.name and merged.name <> all (v_names) then
        v_names := v_names || merged.name;
    end if;
    if v_names <> survivor.other_names then
        v_filled := v_filled || jsonb_build_object('other_names', v_names);
    end if;
    return v_filled;
end
$$;

-- Sets columns of an account to the given values.
create function set_account_values(account_id uuid, new_values jsonb) returns void language plpgsql set search_path = kam, pg_temp as $$
declare
    v_columns text := (select string_agg(quote_ident(k), ', ') from jsonb_object_keys(new_values) k);
begin
    if v_columns is null then
        -- The version goes on also where there was nothing to fill: the account is not what it was.
        update account a set note = a.note where a.id = account_id;
    else
        execute format('update account a set (%1$s) = (select %1$s from jsonb_populate_record(null::account, $2)) where a.id = $1', v_columns)
          using account_id, new_values;
    end if;
end
$$;

-- One merge or undo at a time, and nobody waits long for another's locks: everything here holds a connection that others need.
create function begin_merge() returns void language plpgsql set search_path = kam, pg_temp as $$
begin
    perform set_config('lock_timeout', '5s', true);
    perform take_turn('merging accounts');
end
$$;

-- Both accounts as they are now, the merged one closed to whoever would add to it. By id, so that the order is the same for all.
create function lock_merging(survivor_id uuid, merged_id uuid) returns void language plpgsql set search_path = kam, pg_temp as $$
begin
    if survivor_id < merged_id then
        perform from account a where a.id = survivor_id for no key update;
    end if;
    perform from account a where a.id = merged_id for update;
    if survivor_id > merged_id then
        perform from account a where a.id = survivor_id for no key update;
    end if;
end
$$;

-- Planned visits that only their plan has been at are still so, although the merge has changed their version.
create function keep_plans(merge_id uuid, account_id uuid) returns void language sql volatile set search_path = kam, pg_temp as $$
    update activity a set plan_version = a.version + 1
      from account_merge_row r
     where r.merge_id = keep_plans.merge_id and r.table_name = 'activity' and r.column_name = 'account_id' and r.new_value is null
       and a.id = r.row_key[1]::uuid and a.account_id = keep_plans.account_id and a.plan_version = a.version - 1 and a.state = 'planned'
$$;

create function merge_accounts(merge_id uuid, survivor_id uuid, survivor_version bigint, merged_id uuid, merged_version bigint, reason text) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    c_most constant int := 50000;
    v_survivor account;
    v_merged account;
    v_filled jsonb;
    v_reference record;
    v_total int := 0;
    v_count int;
    v_kept int;
    v_entities text[] := '{}';
    v_moved_counts int[] := '{}';
    v_kept_counts int[] := '{}';
begin
    perform require(survivor_id <> merged_id, 3, 'SAME_ACCOUNT', 'An account cannot be merged into itself.',
                    '{"violations": [{"field": "merged_id", "description": "must be another account"}]}');
    if not reaches_account(survivor_id) or not reaches_account(merged_id) then
        perform refuse_not_found('account');
    end if;
    perform begin_merge();
    -- What is being worked on first, then the account: the order of those who work on it.
    for v_reference in select * from account_references() r where r.treatment = 'move' and r.depth = 0 order by r.table_name, r.column_name loop
        execute format('select from %I t where t.%I = $1 for update', v_reference.table_name, v_reference.column_name) using merged_id;
    end loop;
    perform lock_merging(survivor_id, merged_id);
    select * into v_survivor from account a where a.id = survivor_id;
    select * into v_merged from account a where a.id = merged_id;
    perform require(v_merged.merged_into_id is null, 9, 'ACCOUNT_MERGED', '{code} was merged into another account already.',
                    jsonb_build_object('metadata', jsonb_build_object('code', v_merged.code)));
    perform require(v_survivor.merged_into_id is null, 9, 'ACCOUNT_MERGED', '{code} was merged into another account. Use that one.',
                    jsonb_build_object('metadata', jsonb_build_object('code', v_survivor.code)));
    perform require(v_survivor.retire_time is null, 9, 'ACCOUNT_RETIRED', 'The account that is to remain is retired. Restore it first.');
    perform require(reaches_account(survivor_id) and reaches_account(merged_id), 5, 'NOT_FOUND', 'There is no such {what} within your reach.',
                    '{"metadata": {"what": "account"}}');
    if v_survivor.version <> survivor_version or v_merged.version <> merged_version then
        perform refuse(10, 'VERSION_CONFLICT', 'Somebody changed one of the accounts since you saw it.',
                       jsonb_build_object('metadata', jsonb_build_object('survivor_version', v_survivor.version::text, 'merged_version', v_merged.version::text)));
    end if;
    perform give_reason(reason);
    insert into account_merge (id, survivor_id, merged_id, reason, merged_by, former_owner_id, former_retire_time)
    values (merge_id, survivor_id, merged_id, reason, caller_id(), v_merged.owner_id, v_merged.retire_time);

    -- Somebody present at both is so at the survivor as they were there; the other position ends and goes over as a past one.
    with ended as (
        update position p set ended_on = greatest(today(), p.since)
         where p.account_id = merged_id and p.ended_on is null
           and exists (select from position s where s.account_id = survivor_id and s.contact_id = p.contact_id and s.ended_on is null)
        returning p.id, p.ended_on)
    insert into account_merge_row (merge_id, table_name, column_name, row_key, new_value)
    select merge_accounts.merge_id, 'position', 'ended_on', array[e.id::text], to_jsonb(e.ended_on) from ended e;

    -- A plan has one visit a day at an account. What only the plan has been at stays, to be withdrawn by it; other visits leave the plan.
    with freed as (
        update activity x set visit_plan_id = null, plan_date = null, plan_version = null
          from activity o
         where o.id = x.id and x.account_id = merged_id and x.visit_plan_id is not null and (x.state <> 'planned' or x.plan_version is distinct from x.version)
           and exists (select from activity s where s.account_id = survivor_id and s.visit_plan_id = x.visit_plan_id and s.plan_date = x.plan_date)
        returning x.id, o.visit_plan_id, o.plan_date)
    insert into account_merge_row (merge_id, table_name, column_name, row_key, old_value, new_value)
    select merge_accounts.merge_id, 'activity', c.name, array[f.id::text], c.value, 'null'
      from freed f cross join lateral (values ('visit_plan_id', to_jsonb(f.visit_plan_id)), ('plan_date', to_jsonb(f.plan_date))) c (name, value);

    for v_reference in select * from account_references() r where r.treatment = 'move' order by r.depth, r.table_name, r.column_name loop
        execute format('insert into account_merge_row (merge_id, table_name, column_name, row_key) select $1, %L, %L, array[%s] %s', v_reference.table_name,
                       v_reference.column_name, (select string_agg(format('t.%I::text', k), ', ') from unnest(v_reference.key_columns) k),
                       merge_source(v_reference.table_name, v_reference.column_name))
          using merge_id, survivor_id, merged_id;
        get diagnostics v_count = row_count;
        v_total := v_total + v_count;
        perform require(v_total <= c_most, 9, 'MERGE_TOO_LARGE',
                        '{code} has more than {most} records, too many to move at once. Merge the other way round.',
                        jsonb_build_object('metadata', jsonb_build_object('most', c_most::text, 'code', v_merged.code)));
        if v_reference.depth = 0 then
            execute format('select count(*) from %I t where t.%I = $1', v_reference.table_name, v_reference.column_name) into v_kept using merged_id;
            if v_kept > 0 and v_reference.table_name <> 'account' then
                v_entities := v_entities || v_reference.table_name;
                v_moved_counts := v_moved_counts || v_count;
                v_kept_counts := v_kept_counts || (v_kept - v_count);
            end if;
        end if;
    end loop;
    v_filled := merge_fillings(v_survivor, v_merged);
    insert into account_merge_row (merge_id, table_name, column_name, row_key, old_value, new_value)
    select merge_accounts.merge_id, 'account', f.key, array[survivor_id::text], to_jsonb(v_survivor) -> f.key, f.value from jsonb_each(v_filled) f;

    analyze account_merge_row;      -- or the planner takes ten thousand rows for a few
    perform move_planned_rows(merge_id, merged_id, survivor_id, true);
    perform move_planned_rows(merge_id, merged_id, survivor_id, false);
    perform keep_plans(merge_id, survivor_id);

    with joined as (
        insert into account_member (account_id, user_id, created_by)
        select survivor_id, u.id, caller_id()
          from app_user u
         where u.id in (select v_merged.owner_id union select m.user_id from account_member m where m.account_id = merged_id)
           and u.id <> v_survivor.owner_id and u.disable_time is null and u.role in ('rep', 'manager')
           and not exists (select from account_member m where m.account_id = survivor_id and m.user_id = u.id)
        returning user_id)
    insert into account_merge_row (merge_id, table_name, column_name, row_key)
    select merge_accounts.merge_id, 'account_member', 'user_id', array[j.user_id::text] from joined j;

    -- The merged one first: what the survivor takes over from it looks like no other account then.
    update account a
       set merged_into_id = survivor_id, retire_time = coalesce(a.retire_time, now()), owner_id = v_survivor.owner_id, team_id = v_survivor.team_id
     where a.id = merged_id;
    perform refresh_account_reach(survivor_id);
    perform set_account_values(survivor_id, v_filled);
    update account_merge m
       set part_entities = v_entities, part_moved = v_moved_counts, part_kept = v_kept_counts,
           filled_fields = array(select k from jsonb_object_keys(v_filled) k order by k)
     where m.id = merge_id;
exception when foreign_key_violation then
    perform refuse(9, 'MERGE_ENTANGLED', 'Records of both accounts are linked in a way that cannot be taken apart.');
end
$$;

-- What belongs to rows that go back and came after the merge goes with them; a link between a row that goes and one that stays is cut.
create function plan_followers(merge_id uuid, survivor_id uuid) returns void language plpgsql set search_path = kam, pg_temp as $$
declare
    c_planned constant text := 'exists (select from account_merge_row r where r.merge_id = $1 and r.table_name = %L and r.column_name = %L and r.row_key = array[%s::text])';
    v_link record;
    v_count int;
    v_found int;
begin
    loop
        v_found := 0;
        for v_link in
            select l.*, (select string_agg(format('t.%I::text', k), ', ') from unnest(r.key_columns) k) as keys
              from account_links() l join account_references() r using (table_name, column_name)
             where l.is_required or l.parent_name = l.table_name
        loop
            execute format('insert into account_merge_row (merge_id, table_name, column_name, row_key)
                            select $1, %1$L, %2$L, array[%3$s]
                              from %1$I t
                             where t.%2$I = $2 and t.%4$I in (select r.row_key[1]::uuid from account_merge_row r
                                                               where r.merge_id = $1 and r.table_name = %5$L and r.column_name = %6$L)
                            on conflict do nothing', v_link.table_name, v_link.column_name, v_link.keys, v_link.link_column, v_link.parent_name, v_link.parent_column)
              using merge_id, survivor_id;
            get diagnostics v_count = row_count;
            v_found := v_found + v_count;
        end loop;
        exit when v_found = 0;
    end loop;
    for v_link in
        select l.*, (select string_agg(format('t.%I::text', k), ', ') from unnest(r.key_columns) k) as keys
          from account_links() l join account_references() r using (table_name, column_name)
         where not l.is_required
    loop
        -- Of the rows that go, and of those that hang on rows that go.
        execute format('update %1$I t set %4$I = null
                         where t.%2$I = $2 and t.%4$I is not null and not ' || format(c_planned, v_link.parent_name, v_link.parent_column, 't.%4$I') || '
                           and array[%3$s] in (select r.row_key from account_merge_row r where r.merge_id = $1 and r.table_name = %1$L and r.column_name = %2$L)',
                       v_link.table_name, v_link.column_name, v_link.keys, v_link.link_column)
          using merge_id, survivor_id;
        execute format('update %1$I t set %4$I = null
                         where t.%2$I = $2 and t.%4$I in (select r.row_key[1]::uuid from account_merge_row r
                                                           where r.merge_id = $1 and r.table_name = %5$L and r.column_name = %6$L)
                           and not exists (select from account_merge_row r
                                            where r.merge_id = $1 and r.table_name = %1$L and r.column_name = %2$L and r.row_key = array[%3$s])',
                       v_link.table_name, v_link.column_name, v_link.keys, v_link.link_column, v_link.parent_name, v_link.parent_column)
          using merge_id, survivor_id;
    end loop;
end
$$;

create function undo_merge(merged_id uuid, reason text) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    c_days constant int := 30;
    v_merge account_merge;
    v_survivor account;
    v_merged account;
    v_owner app_user;
    v_back jsonb;
begin
    if not reaches_account(merged_id) then
        perform refuse_not_found('account');
    end if;
    perform begin_merge();
    select * into v_merge from account_merge m where m.merged_id = undo_merge.merged_id and m.undo_time is null;
    perform require(found, 9, 'ACCOUNT_NOT_MERGED', 'The account was not merged into another one, or that was undone.');
    perform lock_merging(v_merge.survivor_id, merged_id);
    select * into v_survivor from account a where a.id = v_merge.survivor_id;
    select * into v_merged from account a where a.id = merged_id;
    perform require(reaches_account(merged_id), 5, 'NOT_FOUND', 'There is no such {what} within your reach.',
                    '{"metadata": {"what": "account"}}');
    perform require(v_merge.merge_time > now() - make_interval(days => c_days), 9, 'MERGE_TOO_OLD',
                    'The merge is older than {days} days and can no longer be undone.',
                    jsonb_build_object('metadata', jsonb_build_object('days', c_days::text)));
    if v_survivor.merged_into_id is not null then
        perform refuse(9, 'MERGE_NOT_LAST', '{survivor} was itself merged into {code} later. Undo that first.',
                       jsonb_build_object('metadata', jsonb_build_object('survivor', v_survivor.code, 'code', a.code)))
           from account a where a.id = v_survivor.merged_into_id;
    end if;
    perform give_reason(reason);
    analyze account_merge_row;

    select coalesce(jsonb_object_agg(r.column_name, r.old_value), '{}') into v_back
      from account_merge_row r
     where r.merge_id = v_merge.id and r.table_name = 'account' and r.new_value is not null and to_jsonb(v_survivor) -> r.column_name = r.new_value;
    -- An amount goes back with its currency or not at all.
    select coalesce(jsonb_object_agg(b.key, b.value), '{}') into v_back
      from jsonb_each(v_back) b
     where not (b.key ~ '_currency_code$' and not v_back ? regexp_replace(b.key, '_currency_code$', '_minor_units'))
       and not (b.key ~ '_minor_units$' and not v_back ? regexp_replace(b.key, '_minor_units$', '_currency_code'));
    perform set_account_values(v_merge.survivor_id, v_back);
    perform move_planned_rows(v_merge.id, v_merge.survivor_id, merged_id, true);

    update account a set merged_into_id = null where a.id = merged_id;
    perform plan_followers(v_merge.id, v_merge.survivor_id);
    perform move_planned_rows(v_merge.id, v_merge.survivor_id, merged_id, false);
    perform keep_plans(v_merge.id, merged_id);
    update activity a set visit_plan_id = (p.old_value #>> '{}')::uuid, plan_date = (d.old_value #>> '{}')::date
      from account_merge_row p join account_merge_row d on d.merge_id = p.merge_id and d.table_name = p.table_name and d.column_name = 'plan_date' and d.row_key = p.row_key
     where p.merge_id = v_merge.id and p.table_name = 'activity' and p.column_name = 'visit_plan_id' and a.id = p.row_key[1]::uuid
       and a.account_id = merged_id and a.visit_plan_id is null;
    update position p set ended_on = null
      from account_merge_row r
     where r.merge_id = v_merge.id and r.table_name = 'position' and r.column_name = 'ended_on' and p.id = r.row_key[1]::uuid
       and p.account_id = merged_id and p.ended_on = (r.new_value #>> '{}')::date;
    delete from account_member m
     using account_merge_row r
     where r.merge_id = v_merge.id and r.table_name = 'account_member' and m.account_id = v_merge.survivor_id and m.user_id = r.row_key[1]::uuid;

    select * into v_owner from app_user u where u.id = v_merge.former_owner_id and u.disable_time is null and u.role in ('rep', 'manager') for share;
    -- In sight again when all is back: plans make what is missing then.
    update account a
       set retire_time = v_merge.former_retire_time, owner_id = coalesce(v_owner.id, a.owner_id), team_id = coalesce(v_owner.team_id, a.team_id)
     where a.id = merged_id;
    perform refresh_account_reach(v_merge.survivor_id);
    perform refresh_account_reach(merged_id);
    update account_merge m set undo_time = now(), undone_by = caller_id() where m.id = v_merge.id;
exception when foreign_key_violation then
    perform refuse(9, 'MERGE_ENTANGLED', 'Records of both accounts are linked in a way that cannot be taken apart.');
end
$$;

-- What merge_accounts() would do, table by table; kept: rows of which the survivor has its own. Nothing where the caller may not merge.
create function preview_merge(survivor_id uuid, merged_id uuid) returns table (entity text, moved int, kept int, filled_fields text[])
language plpgsql stable security definer set search_path = kam, pg_temp as $$
declare
    v_reference record;
    v_survivor account;
    v_merged account;
begin
    if survivor_id = merged_id or not reaches_account(survivor_id) or not reaches_account(merged_id) then
        return;
    end if;
    select * into v_survivor from account a where a.id = survivor_id;
    select * into v_merged from account a where a.id = merged_id;
    entity := 'account';
    filled_fields := array(select k from jsonb_object_keys(merge_fillings(v_survivor, v_merged)) k order by k);
    return next;
    filled_fields := null;
    for v_reference in
        select * from account_references() r where r.treatment = 'move' and r.depth = 0 and r.table_name <> 'account' order by r.table_name, r.column_name
    loop
        entity := v_reference.table_name;
        -- A position that stands in the way goes over as a past one.
        execute format('select count(*) filter (where %s), count(*) filter (where not (%s)) from %I t where t.%I = $3',
                       account_row_fits(v_reference.table_name, v_reference.column_name), account_row_fits(v_reference.table_name, v_reference.column_name),
                       v_reference.table_name, v_reference.column_name)
           into moved, kept using null::uuid, survivor_id, merged_id;
        if v_reference.table_name = 'position' then
            moved := moved + kept;
            kept := 0;
        end if;
        if moved + kept > 0 then
            return next;
        end if;
    end loop;
end
$$;

grant execute on function merge_accounts(uuid, uuid, bigint, uuid, bigint, text), undo_merge(uuid, text), preview_merge(uuid, uuid) to kam_manager;
