-- SPDX-License-Identifier: Apache-2.0
-- The change log: who changed what, when, from what to what. Audit trail, history of each record, and later the feed behind sync, in one.
-- Append-only: only the owner may update or delete it, and only the trigger functions below write it.
set local search_path = kam, pg_temp;

create table change (
    sequence bigint generated always as identity,
    xid xid8 not null default pg_current_xact_id(),
    time timestamptz not null default now(),
    actor_id uuid,                              -- NULL: the operator
    entity text not null,                       -- table name
    record_id uuid not null,
    account_id uuid,
    version bigint,                             -- after the change; NULL for links
    operation text not null,
    old_values jsonb not null default '{}',     -- of the fields that changed
    new_values jsonb not null default '{}',
    guarded_old_values jsonb not null default '{}',
    guarded_new_values jsonb not null default '{}',
    reason text,
    request_id uuid,
    -- The order in which a reader of the feed takes them; time is there because a partitioned table wants it.
    primary key (xid, sequence, time),
    constraint change_operation_known check (operation in ('insert', 'update', 'delete'))
) partition by range (time);

create table change_default partition of change default;
create index change_record on change (record_id, time desc, sequence desc);
create index change_account on change (account_id, time desc, sequence desc) where account_id is not null;

alter table change enable row level security;
alter table change_default enable row level security;

-- Makes the partitions of this month and the months ahead. Attaching, unlike CREATE TABLE ... PARTITION OF, lets writers go on.
create function create_change_partitions(months_ahead int default 2) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_month date := date_trunc('month', now() at time zone 'UTC')::date;
    v_from timestamptz;
    v_to timestamptz;
    v_name text;
begin
    for i in 0 .. months_ahead loop
        v_from := (v_month + make_interval(months => i)) at time zone 'UTC';
        v_to := (v_month + make_interval(months => i + 1)) at time zone 'UTC';
        v_name := 'change_' || to_char(v_from at time zone 'UTC', 'YYYYMM');
        if to_regclass('kam.' || v_name) is not null then
            continue;
        end if;
        -- A server that was down for months found no partition: what went to the default one stays there.
        if exists (select from change_default where time >= v_from and time < v_to) then
            continue;
        end if;
        execute format('create table %I (like change including defaults including constraints)', v_name);
        execute format('alter table %I enable row level security', v_name);
        execute format('alter table change attach partition %I for values from (%L) to (%L)', v_name, v_from, v_to);
    end loop;
end
$$;
select create_change_partitions();

-- ---- writing it ----

-- Tells end_write() that this transaction did something.
create function mark_changed() returns void language sql volatile set search_path = kam, pg_temp as $$
    select set_config('kam.changed', 'yes ' || left(coalesce(current_setting('kam.changed', true), ''), 1000), true)
$$;

-- Why, for the changes that follow in this transaction.
create function give_reason(reason text) returns void language sql volatile set search_path = kam, pg_temp as $$
    select set_config('kam.reason', coalesce(reason, ''), true)
$$;

-- One row of the log. Empty values (NULL, '', an empty list) of new and of deleted rows are left out. kam.changed tells end_write() what has
-- changed: 'RECORD=VERSION', newest first.
create function write_change(entity text, record_id uuid, account_id uuid, version bigint, operation text, old_row jsonb, new_row jsonb,
                             guarded_columns text[]) returns void
language plpgsql set search_path = kam, pg_temp as $$
declare
    -- What stands in columns of the log itself, and columns that PostgreSQL generates (in OLD only, when this runs).
    c_bookkeeping constant text[] := array['id', 'version', 'create_time', 'created_by', 'update_time', 'updated_by',
                                           'search_public', 'search_all', 'name_key', 'name_grams', 'registration_key'];
    v_values jsonb;
    v_guarded jsonb;
    v_old_values jsonb;
    v_old_guarded jsonb;
    v_set text;
begin
    if operation = 'update' then
        select jsonb_object_agg(n.key, n.value) filter (where n.key <> all (guarded_columns)),
               jsonb_object_agg(n.key, n.value) filter (where n.key = any (guarded_columns)),
               jsonb_object_agg(n.key, o.value) filter (where n.key <> all (guarded_columns)),
               jsonb_object_agg(n.key, o.value) filter (where n.key = any (guarded_columns))
          into v_values, v_guarded, v_old_values, v_old_guarded
          from jsonb_each(new_row) n join jsonb_each(old_row) o on o.key = n.key
         where n.value <> o.value and n.key <> all (c_bookkeeping);
    else
        select jsonb_object_agg(r.key, r.value) filter (where r.key <> all (guarded_columns)),
               jsonb_object_agg(r.key, r.value) filter (where r.key = any (guarded_columns))
          into v_values, v_guarded
          from jsonb_each(coalesce(new_row, old_row)) r
         where r.value not in ('null', '""', '[]') and r.key <> all (c_bookkeeping);
        if operation = 'delete' then
            v_old_values := v_values;
            v_old_guarded := v_guarded;
            v_values := null;
            v_guarded := null;
        end if;
    end if;

    insert into change (actor_id, entity, record_id, account_id, version, operation, old_values, new_values,
                        guarded_old_values, guarded_new_values, reason, request_id)
    values (caller_id(), entity, record_id, account_id, version, operation, coalesce(v_old_values, '{}'), coalesce(v_values, '{}'),
            coalesce(v_old_guarded, '{}'), coalesce(v_guarded, '{}'), nullif(current_setting('kam.reason', true), ''),
            nullif(current_setting('kam.request_id', true), '')::uuid);
    v_set := set_config('kam.changed', record_id || '=' || coalesce(version::text, '') || ' ' || left(coalesce(current_setting('kam.changed', true), ''), 1000), true);
end
$$;

-- BEFORE INSERT OR UPDATE FOR EACH ROW, last of its kind (name the trigger zz_...): keeps version, update_time and updated_by, and writes the
-- log. No INSERT ... ON CONFLICT on such a table: the trigger fires for the row that is then not inserted.
-- Arguments: entity, column with the record's id, column with the account's id or '', guarded columns separated by commas.
create function record_change() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_guarded text[] := string_to_array(tg_argv[3], ',');
    v_new jsonb;
begin
    if tg_op = 'INSERT' then
        new.version := 1;
        new.update_time := now();
        new.updated_by := caller_id();
        v_new := to_jsonb(new);
        perform write_change(tg_argv[0], (v_new ->> tg_argv[1])::uuid, (v_new ->> tg_argv[2])::uuid, new.version, 'insert', null, v_new, v_guarded);
    else
        new.version := old.version + 1;
        new.update_time := now();
        new.updated_by := caller_id();
        v_new := to_jsonb(new);
        perform write_change(tg_argv[0], (v_new ->> tg_argv[1])::uuid, (v_new ->> tg_argv[2])::uuid, new.version, 'update', to_jsonb(old), v_new, v_guarded);
    end if;
    return new;
end
$$;

-- The same for link tables, which are inserted into and deleted from only, and have no version. BEFORE INSERT OR DELETE FOR EACH ROW.
create function record_link() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_row jsonb := case tg_op when 'INSERT' then to_jsonb(new) else to_jsonb(old) end;
begin
    perform write_change(tg_argv[0], (v_row ->> tg_argv[1])::uuid, (v_row ->> tg_argv[2])::uuid, null, lower(tg_op),
                         case tg_op when 'DELETE' then v_row end, case tg_op when 'INSERT' then v_row end, '{}');
    return case tg_op when 'INSERT' then new else old end;
end
$$;
