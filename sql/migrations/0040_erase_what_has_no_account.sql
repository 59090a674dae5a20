-- SPDX-License-Identifier: Apache-2.0
-- Erasing also finds what hangs on no account (the library of objections, names and notes of target lists and routes, the rhythm) and what stayed with accounts
-- that were merged. And the history of an entry of the library is for whoever may read the entry.
set local search_path = kam, pg_temp;

create policy change_objection_entry_read on change for select to kam_rep, kam_manager using (
    entity = 'objection_entry' and exists (select from objection_entry e where e.id = change.record_id offset 0));

-- As before; and where a row need not have an account, by what else it refers to, and a table that hangs on no account is searched as a whole. But not what
-- is about our own people and the running of the server, for it says nothing of customers.
create or replace function erasure_condition(tab regclass, above regclass[] default '{}') returns text language plpgsql stable set search_path = kam, pg_temp as $$
declare
    c_ours constant text[] := array['app_user', 'company', 'login_failure', 'request_outcome', 'schema_migration', 'session', 'team', 'team_closure', 'user_password'];
    v_parts text[];
    v_required boolean;
    v_key record;
    v_condition text;
begin
    if tab = any (above) or exists (select from pg_class c where c.oid = tab and c.relname = any (c_ours)) then
        return null;
    elsif tab = 'account'::regclass then
        return 'id = any ($1)';
    elsif tab = 'contact'::regclass then
        return 'id = any ($2)';
    end if;
    foreach v_condition in array array['account', 'contact'] loop
        select array_agg(format('%I = any (%s)', a.attname, case v_condition when 'account' then '$1' else '$2' end)), bool_or(a.attnotnull)
          into v_parts, v_required
          from pg_attribute a
         where a.attrelid = tab and a.attnum > 0 and not a.attisdropped and a.atttypid = 'uuid'::regtype
           and (a.attname = v_condition || '_id'
                or exists (select from pg_constraint k
                            where k.conrelid = tab and k.contype = 'f' and k.confrelid = v_condition::regclass and k.conkey = array[a.attnum]));
        if v_required then
            return array_to_string(v_parts, ' or ');
        end if;
        exit when v_parts is not null;
    end loop;
    for v_key in
        select k.confrelid::regclass as parent,
               (select string_agg(quote_ident(a.attname), ', ' order by i) from unnest(k.conkey) with ordinality u (n, i)
                  join pg_attribute a on a.attrelid = k.conrelid and a.attnum = n) as columns,
               (select string_agg(quote_ident(a.attname), ', ' order by i) from unnest(k.confkey) with ordinality u (n, i)
                  join pg_attribute a on a.attrelid = k.confrelid and a.attnum = n) as parent_columns
          from pg_constraint k where k.conrelid = tab and k.contype = 'f'
    loop
        v_condition := erasure_condition(v_key.parent, above || tab);
        if v_condition is not null then
            v_parts := v_parts || format('(%s) in (select %s from %s where %s)', v_key.columns, v_key.parent_columns, v_key.parent, v_condition);
        end if;
    end loop;
    return coalesce(nullif(array_to_string(v_parts, ' or '), ''), 'true');
end
$$;

-- The records that are searched though they hang on no account: their entries in the log have none either.
create function records_without_account() returns uuid[] language plpgsql stable set search_path = kam, pg_temp as $$
declare
    v_table record;
    v_ids uuid[];
    v_all uuid[] := '{}';
begin
    for v_table in
        select c.oid::regclass as name, a.attnum is not null as may_have
          from pg_class c
          join pg_attribute i on i.attrelid = c.oid and i.attname = 'id' and i.atttypid = 'uuid'::regtype
          left join pg_attribute a on a.attrelid = c.oid and a.attname = 'account_id' and not a.attnotnull
         where c.relnamespace = 'kam'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition and c.oid <> 'change'::regclass
           and (a.attnum is not null or erasure_condition(c.oid::regclass) !~ '\$[12]')
    loop
        execute format('select array_agg(id) from %s%s', v_table.name, case when v_table.may_have then ' where account_id is null' else '' end) into v_ids;
        v_all := v_all || v_ids;
    end loop;
    return v_all;
end
$$;

-- These accounts and those that are one with them by a merge.
create function accounts_made_one(account_ids uuid[]) returns uuid[] language sql stable set search_path = kam, pg_temp as $$
    select array(select distinct m.id from unnest(account_ids) a cross join lateral merged_accounts(surviving_account(a)) m)
$$;

create or replace function erase_texts(contact_id uuid, account_ids uuid[], contact_ids uuid[], activity_ids uuid[], pattern text, own_pattern text) returns void
language plpgsql set search_path = kam, pg_temp as $$
declare
    v_accounts uuid[] := accounts_made_one(account_ids);
    v_table regclass;
    v_own text;
    v_set text;
    v_all text;
begin
    for v_table in
        select c.oid::regclass from pg_class c
         where c.relnamespace = 'kam'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition and c.oid <> 'change'::regclass
           and erasure_condition(c.oid::regclass) is not null
         order by c.relname
    loop
        v_own := case when v_table = 'activity'::regclass then 'case when id = any ($3) then $5 else $4 end'
                      when exists (select from pg_attribute a where a.attrelid = v_table and a.attname = 'activity_id' and not a.attisdropped)
                      then 'case when activity_id = any ($3) then $5 else $4 end'
                      else '$4' end;
        select string_agg(format('%I = erase_words(%I, %s)', c.name, c.name, v_own), ', '),
               string_agg(case when c.is_list then format('list_text(%I)', c.name) when c.is_json then format('%I::text', c.name) else quote_ident(c.name) end, ', ')
          into v_set, v_all from erasure_columns(v_table) c;
        if v_set is not null then
            execute format('update %s set %s where (%s) and fold_text(concat_ws(chr(1), %s)) collate "und-x-icu" ~ (%s)%s',
                           v_table, v_set, erasure_condition(v_table), v_all, v_own, case when v_table = 'contact'::regclass then ' and id <> $6' else '' end)
              using v_accounts, contact_ids, activity_ids, pattern, own_pattern, contact_id;
        end if;
    end loop;
end
$$;

create or replace function erase_log(account_ids uuid[], record_ids uuid[], activity_ids uuid[], pattern text, own_pattern text) returns void
language plpgsql set search_path = kam, pg_temp as $$
declare
    c_account_keys constant text[] := array['code', 'name', 'other_names'];
    c_contact_keys constant text[] := array['name', 'other_names', 'phones', 'emails', 'messaging_ids'];
    v_accounts uuid[] := accounts_made_one(account_ids);
    v_records uuid[] := record_ids || records_without_account();
    v_pattern text;
    v_is_own boolean;
begin
    foreach v_is_own in array array[true, false] loop
        v_pattern := case when v_is_own then own_pattern else pattern end;
        update change c
           set old_values = erase_words(c.old_values, v_pattern, case c.entity when 'account' then c_account_keys when 'contact' then c_contact_keys else '{}' end),
               new_values = erase_words(c.new_values, v_pattern, case c.entity when 'account' then c_account_keys when 'contact' then c_contact_keys else '{}' end),
               guarded_old_values = erase_words(c.guarded_old_values, v_pattern), guarded_new_values = erase_words(c.guarded_new_values, v_pattern),
               reason = erase_words(c.reason, v_pattern)
         where (c.account_id = any (v_accounts) or (c.account_id is null and c.record_id = any (v_records)))
           and c.record_id = any (activity_ids) = v_is_own
           -- A line break is two characters there.
           and regexp_replace(fold_text(concat_ws(chr(1), c.old_values, c.new_values, c.guarded_old_values, c.guarded_new_values, c.reason)), '\\[nt]', ' ', 'g')
               collate "und-x-icu" ~ v_pattern;
    end loop;
end
$$;

-- As before, but an erasure reaches what stayed with a merged account as well.
create or replace function refuse_merged(operation text, account_id uuid) returns void language plpgsql set search_path = kam, pg_temp as $$
declare
    v_merged_into_id uuid;
begin
    if operation = 'INSERT' then
        select a.merged_into_id into v_merged_into_id from account a where a.id = account_id for key share;
    elsif pg_trigger_depth() = 1 and coalesce(current_setting('kam.erasing', true), '') = '' then
        -- What triggers keep in order goes on; people write at the first level.
        select a.merged_into_id into v_merged_into_id from account a where a.id = account_id;
    end if;
    if v_merged_into_id is not null then
        perform refuse(9, 'ACCOUNT_MERGED', 'The account was merged into {code} {name}. Use that one.',
                       jsonb_build_object('metadata', jsonb_build_object('survivor_id', a.id, 'code', a.code, 'name', a.name)))
           from account a where a.id = surviving_account(v_merged_into_id);
    end if;
end
$$;
create or replace trigger keep_merged before update on account for each row
    when (old.merged_into_id is not null and new.merged_into_id is not null and coalesce(current_setting('kam.erasing', true), '') = '')
    execute function keep_merged();
