-- SPDX-License-Identifier: Apache-2.0
-- Merging two accounts that turn out to be one, and undoing it within 30 days. What hangs on an account is known from account_references(); every row that goes over is
-- written down, so that the undo takes back these and no others.
set local search_path = kam, pg_temp;

alter table account add merged_into_id uuid references account, add constraint account_merged_into_differs check (merged_into_id <> id);
create index account_merged_into on account (merged_into_id) where merged_into_id is not null;
grant select (merged_into_id) on account to kam_rep, kam_manager;

create table account_merge (
    id uuid primary key default uuid7(),
    survivor_id uuid not null references account,
    merged_id uuid not null references account,
    reason text not null,
    merge_time timestamptz not null default now(),
    merged_by uuid references app_user,
    undo_time timestamptz,
    undone_by uuid references app_user,
    filled_fields text[] not null default '{}',
    part_entities text[] not null default '{}',     -- tables, and how many rows of each went over and stayed
    part_moved int[] not null default '{}',
    part_kept int[] not null default '{}',
    former_owner_id uuid not null references app_user,
    former_retire_time timestamptz,
    update_time timestamptz not null default now(),
    updated_by uuid references app_user,
    version bigint not null default 1,
    constraint account_merge_reason_length check (is_visible(reason) and octet_length(reason) <= 1000),
    constraint account_merge_differs check (survivor_id <> merged_id)
);
create index account_merge_survivor on account_merge (survivor_id);
create index account_merge_merged on account_merge (merged_id, merge_time desc);
create unique index account_merge_present on account_merge (merged_id) where undo_time is null;
create trigger zz_record before insert or update on account_merge for each row execute function record_change('account_merge', 'id', 'survivor_id', '');

-- What the undo needs, for nobody to read: rows whose column went from one account to the other, and columns that got another value.
create table account_merge_row (
    merge_id uuid not null references account_merge,
    table_name text not null,
    column_name text not null,
    row_key text[] not null,        -- the primary key, without the account
    old_value jsonb,
    new_value jsonb,
    primary key (merge_id, table_name, column_name, row_key)
);

alter table account_merge enable row level security;
alter table account_merge_row enable row level security;
grant select (id, survivor_id, merged_id, reason, merge_time, merged_by, undo_time, undone_by, filled_fields, part_entities, part_moved, part_kept, version)
    on account_merge to kam_rep, kam_manager;
create policy account_merge_rep_read on account_merge for select to kam_rep using (exists (select from account_reach r where r.account_id = account_merge.survivor_id));
create policy account_merge_manager_read on account_merge for select to kam_manager using (exists (select from account a where a.id = account_merge.survivor_id offset 0));

-- ---- what becomes of a merged account ----

-- Where it went in the end; itself when it went nowhere.
create function surviving_account(account_id uuid) returns uuid language sql stable set search_path = kam, pg_temp as $$
    with recursive way (id, next_id) as (
        select a.id, a.merged_into_id from account a where a.id = account_id
        union all
        select a.id, a.merged_into_id from way w join account a on a.id = w.next_id)
    select w.id from way w where w.next_id is null
$$;

-- The account and all that were merged into it: their histories are one.
create function merged_accounts(account_id uuid) returns table (id uuid) language sql stable security definer set search_path = kam, pg_temp as $$
    with recursive way (id) as (
        select merged_accounts.account_id
        union all
        select a.id from way w join account a on a.merged_into_id = w.id)
    select w.id from way w
$$;
grant execute on function merged_accounts(uuid) to kam_rep, kam_manager;

-- No more is written to a merged account or to what stayed with it. Somebody who adds to an account while it is being merged waits here.
create function refuse_merged(operation text, account_id uuid) returns void language plpgsql set search_path = kam, pg_temp as $$
declare
    v_merged_into_id uuid;
begin
    if operation = 'INSERT' then
        select a.merged_into_id into v_merged_into_id from account a where a.id = account_id for key share;
    elsif pg_trigger_depth() = 1 then
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

create or replace function record_change() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_guarded text[] := string_to_array(tg_argv[3], ',');
    v_new jsonb;
    v_account_id uuid;
begin
    if tg_op = 'INSERT' then
        new.version := 1;
        new.update_time := now();
        new.updated_by := caller_id();
        v_new := to_jsonb(new);
        v_account_id := (v_new ->> tg_argv[2])::uuid;
        if v_account_id is not null and tg_argv[0] <> 'account' then
            perform refuse_merged(tg_op, v_account_id);
        end if;
        perform write_change(tg_argv[0], (v_new ->> tg_argv[1])::uuid, v_account_id, new.version, 'insert', null, v_new, v_guarded);
    else
        new.version := old.version + 1;
        new.update_time := now();
        new.updated_by := caller_id();
        v_new := to_jsonb(new);
        v_account_id := (v_new ->> tg_argv[2])::uuid;
        if v_account_id is not null and tg_argv[0] <> 'account' then
            perform refuse_merged(tg_op, v_account_id);
        end if;
        perform write_change(tg_argv[0], (v_new ->> tg_argv[1])::uuid, v_account_id, new.version, 'update', to_jsonb(old), v_new, v_guarded);
    end if;
    return new;
end
$$;

create or replace function record_link() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_row jsonb := case tg_op when 'INSERT' then to_jsonb(new) else to_jsonb(old) end;
    v_account_id uuid := (v_row ->> tg_argv[2])::uuid;
begin
    if v_account_id is not null then
        perform refuse_merged(tg_op, v_account_id);
    end if;
    perform write_change(tg_argv[0], (v_row ->> tg_argv[1])::uuid, v_account_id, null, lower(tg_op),
                         case tg_op when 'DELETE' then v_row end, case tg_op when 'INSERT' then v_row end, '{}');
    return case tg_op when 'INSERT' then new else old end;
end
$$;

-- Of the account itself only its owner and team go on changing, with those of the survivor.
create function keep_merged() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    c_followed constant text[] := array['team_id', 'version', 'update_time', 'updated_by', 'name_key', 'name_grams', 'registration_key',
                                        'search_public', 'search_all'];
begin
    -- At the first level it is a person who gives the account away.
    if to_jsonb(new) - c_followed <> to_jsonb(old) - c_followed
       and (pg_trigger_depth() = 1 or to_jsonb(new) - c_followed - 'owner_id' <> to_jsonb(old) - c_followed - 'owner_id') then
        perform refuse(9, 'ACCOUNT_MERGED', 'The account was merged into {code} {name}. Use that one.',
                       jsonb_build_object('metadata', jsonb_build_object('survivor_id', a.id, 'code', a.code, 'name', a.name)))
           from account a where a.id = surviving_account(new.id);
    end if;
    return new;
end
$$;
create trigger keep_merged before update on account for each row when (old.merged_into_id is not null and new.merged_into_id is not null)
    execute function keep_merged();

-- Whoever reaches the survivor reaches what was merged into it, and nobody else does.
create function follow_survivor() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    update account a set owner_id = new.owner_id, team_id = new.team_id
     where a.merged_into_id = new.id and (a.owner_id <> new.owner_id or a.team_id <> new.team_id);
    return null;
end
$$;
create trigger follow_survivor after update of owner_id, team_id on account for each row
    when (new.owner_id <> old.owner_id or new.team_id <> old.team_id) execute function follow_survivor();

create function refresh_account_reach(account_id uuid) returns void language sql volatile set search_path = kam, pg_temp as $$
    with wanted as (
        select u.user_id, m.id as account_id
          from (select a.owner_id as user_id from account a where a.id = refresh_account_reach.account_id
                union
                select m.user_id from account_member m where m.account_id = refresh_account_reach.account_id) u
         cross join merged_accounts(refresh_account_reach.account_id) m),
    gone as (
        delete from account_reach r using merged_accounts(refresh_account_reach.account_id) m
         where r.account_id = m.id and not exists (select from wanted w where w.user_id = r.user_id and w.account_id = r.account_id))
    insert into account_reach (user_id, account_id) select w.user_id, w.account_id from wanted w on conflict do nothing
$$;

create or replace function keep_account_reach() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    if tg_table_name = 'account_member' then
        perform refresh_account_reach(surviving_account(case tg_op when 'INSERT' then new.account_id else old.account_id end));
    elsif tg_op = 'INSERT' then
        insert into account_reach values (new.owner_id, new.id) on conflict do nothing;
    elsif new.owner_id <> old.owner_id then
        perform refresh_account_reach(surviving_account(new.id));
    end if;
    return null;
end
$$;

-- Entries of target lists that stayed with a merged account stay as they were.
create or replace function pass_target_entries() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_account_id uuid;
    v_from_id uuid;
begin
    if tg_table_name = 'account' then
        v_account_id := new.id;
        v_from_id := old.owner_id;
    else
        v_account_id := old.account_id;
        v_from_id := old.user_id;
    end if;
    update target_entry e set user_id = a.owner_id
      from target_list l, account a
     where e.account_id = v_account_id and e.user_id = v_from_id and e.remove_time is null
       and l.id = e.list_id and l.ends_on >= today() and a.id = v_account_id and a.owner_id <> v_from_id and a.merged_into_id is null;
    return null;
end
$$;

-- As before, but who looks like a merged account looks like its survivor, which is named once.
create or replace function find_duplicates(account_name text, registration_number text)
returns table (id uuid, code text, name text, owner_name text, team_name text, similarity int, is_retired boolean)
language plpgsql stable security definer set search_path = kam, pg_temp as $$
declare
    v_key text := name_key(account_name);
    v_grams text[] := name_grams(v_key);
    v_registration text := registration_key(registration_number);
    v_count int := cardinality(v_grams);
begin
    if caller_id() is null then
        return;
    end if;
    return query
    select a.id, a.code, a.name, o.name, t.name, m.similarity, a.retire_time is not null
      from (select case when candidate.merged_into_id is null then candidate.id else surviving_account(candidate.id) end as id, max(candidate.similarity) as similarity
              from (select x.id, x.merged_into_id, 100 as similarity from account x where x.name_key = v_key and v_key <> ''
                    union all
                    select x.id, x.merged_into_id, 100 from account x where x.registration_key = v_registration
                    union all
                    select x.id, x.merged_into_id, name_similarity(v_key, v_grams, x.name_key, x.name_grams)
                      from account x
                     -- To reach 80 % at least two thirds of the pairs must be shared, so one of any third and one more is.
                     where x.name_grams && v_grams[v_count / 3 + 1 : v_count / 3 + 1 + v_count / 3]
                       and cardinality(x.name_grams) between v_count * 2 / 3 and (v_count * 3 + 1) / 2) candidate
             where candidate.similarity >= 80
             group by 1
             order by 2 desc, 1
             limit 20) m
      join account a on a.id = m.id
      join app_user o on o.id = a.owner_id
      join team t on t.id = a.team_id
     order by m.similarity desc, a.code;
end
$$;
