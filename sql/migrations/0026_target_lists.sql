-- SPDX-License-Identifier: Apache-2.0
-- Target lists (目标客户名单): the accounts a manager wants to be worked on within a period, each handed to somebody who works on it. Progress
-- is not kept: it is read off activities and the status of the accounts (sql/fragments/target_progress.sql).
set local search_path = kam, pg_temp;

create table target_list (
    id uuid primary key default uuid7(),
    name text not null,
    note text not null default '',
    starts_on date not null,
    ends_on date not null,
    owner_id uuid not null references app_user,
    last_addition_time timestamptz,     -- the create_time of the entries added last
    retire_time timestamptz,
    create_time timestamptz not null default now(),
    update_time timestamptz not null default now(),
    updated_by uuid references app_user,
    version bigint not null default 1,
    constraint target_list_name_length check (is_visible(name) and octet_length(name) <= 200),
    constraint target_list_note_length check (octet_length(note) <= 4000),
    constraint target_list_ends_after_start check (ends_on >= starts_on and ends_on - starts_on <= 3660)
);
create index target_list_ends on target_list (ends_on desc, id desc);
create index target_list_owner on target_list (owner_id);

create table target_entry (
    id uuid primary key default uuid7(),
    list_id uuid not null references target_list,
    account_id uuid not null references account,
    user_id uuid not null references app_user,  -- to whom it is handed
    remove_time timestamptz,
    create_time timestamptz not null default now(),
    update_time timestamptz not null default now(),
    updated_by uuid references app_user,
    version bigint not null default 1
);
create unique index target_entry_present on target_entry (list_id, account_id) where remove_time is null;
create index target_entry_account on target_entry (account_id);
create index target_entry_user on target_entry (user_id, list_id) where remove_time is null;

create function own_target_list() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    new.owner_id := caller_id();
    return new;
end
$$;
create trigger own_list before insert on target_list for each row execute function own_target_list();
create trigger zz_record before insert or update on target_list for each row execute function record_change('target_list', 'id', '', '');
create trigger zz_record before insert or update on target_entry for each row execute function record_change('target_entry', 'id', 'account_id', '');

-- ---- rights ----

alter table target_list enable row level security;
alter table target_entry enable row level security;
grant select on target_list, target_entry to kam_rep, kam_manager;
grant insert (id, name, note, starts_on, ends_on), update (name, note, starts_on, ends_on) on target_list to kam_manager;

-- Of a list everybody sees what concerns them: a rep what is handed to them, a manager the accounts within reach; and the list when there is any.
create policy target_entry_rep_read on target_entry for select to kam_rep using (
    user_id = (select caller_id()) and exists (select from account_reach r where r.account_id = target_entry.account_id));
create policy target_entry_manager_read on target_entry for select to kam_manager using (
    exists (select from account a where a.id = target_entry.account_id offset 0));
create policy target_list_rep_read on target_list for select to kam_rep using (
    exists (select from target_entry e where e.list_id = target_list.id and e.remove_time is null offset 0));
create policy target_list_manager_read on target_list for select to kam_manager using (
    owner_id = (select caller_id())
    or exists (select from app_user u join team_closure c on c.descendant_id = u.team_id where u.id = target_list.owner_id and c.ancestor_id = (select caller_team_id()))
    or exists (select from target_entry e where e.list_id = target_list.id and e.remove_time is null offset 0));
create policy target_list_manager_insert on target_list for insert to kam_manager with check (owner_id = (select caller_id()));
create policy target_list_manager_update on target_list for update to kam_manager using (
    owner_id = (select caller_id())
    or exists (select from app_user u join team_closure c on c.descendant_id = u.team_id where u.id = target_list.owner_id and c.ancestor_id = (select caller_team_id())));
-- The history of a list, which belongs to no account.
create policy change_target_list_read on change for select to kam_rep, kam_manager using (
    entity = 'target_list' and exists (select from target_list l where l.id = change.record_id offset 0));

-- ---- decisions ----

-- The same answer for any user as reaches_account() gives for the caller.
create function user_reaches_account(user_id uuid, account_id uuid) returns boolean language sql stable security definer set search_path = kam, pg_temp as $$
    select exists (select from account_reach r where r.user_id = user_reaches_account.user_id and r.account_id = user_reaches_account.account_id)
        or exists (select from app_user u join team_closure c on c.ancestor_id = u.team_id join account a on a.team_id = c.descendant_id
                    where u.id = user_reaches_account.user_id and u.role = 'manager' and a.id = user_reaches_account.account_id)
$$;

-- The list, locked; NULL when somebody changed it since seen_version (NULL: any version will do). For its owner and the managers above.
create function lock_target_list(list_id uuid, seen_version bigint) returns target_list
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_list target_list;
begin
    select * into v_list from target_list l where l.id = list_id for no key update;
    if not found or not (v_list.owner_id = caller_id()
                         or exists (select from app_user u where u.id = v_list.owner_id and manages_team(u.team_id))) then
        -- Who sees the list may not do this; nobody else may know of it.
        perform require(exists (select from target_entry e where e.list_id = v_list.id and e.remove_time is null and reaches_account(e.account_id)),
                        5, 'NOT_FOUND', 'There is no such target list within your reach.');
        perform refuse(7, 'NOT_LIST_MANAGER', 'Only the manager who made the list, or one above, can change it.');
    end if;
    if v_list.version <> seen_version then
        return null;
    end if;
    perform require(v_list.retire_time is null, 9, 'TARGET_LIST_RETIRED', 'The target list is retired.');
    return v_list;
end
$$;

-- Somebody to whom all these accounts may be handed. The accounts are locked by the caller, so that this stays true.
create function require_target_worker(user_id uuid, account_ids uuid[]) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_user app_user := require_account_worker(user_id);
    v_names text;
begin
    select string_agg(x.name, ', ' order by x.name) into v_names
      from (select a.name from account a where a.id = any (account_ids) and not user_reaches_account(v_user.id, a.id) order by a.name limit 5) x;
    perform require(v_names is null, 9, 'OWNER_OUT_OF_REACH',
                    '{user} does not work on {accounts}. Make them a member first, or choose somebody else.',
                    jsonb_build_object('metadata', jsonb_build_object('user', v_user.name, 'accounts', v_names)));
end
$$;

-- Adds the accounts named and all that fit the segment (each part of it NULL or '' for any), within the caller's reach, not retired, not yet on the
-- list. user_id: to whom, NULL for the owner of each.
create function add_target_accounts(list_id uuid, account_ids uuid[], has_segment boolean, industry text, region text, status text, least_employees int,
                                    most_employees int, team_id uuid, user_id uuid) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    c_most constant int := 2000;
    v_list target_list := lock_target_list(list_id, null);
    v_ids uuid[];
    v_teams uuid[] := array(select c.descendant_id from team_closure c where c.ancestor_id = caller_team_id());
    v_accounts uuid[] := array(select r.account_id from account_reach r where r.user_id = caller_id());
    v_count int;
begin
    perform require(cardinality(account_ids) > 0 or has_segment, 3, 'FIELD_REQUIRED', 'Say which accounts: by name, or by segment.',
                    '{"violations": [{"field": "account_ids", "description": "must be set, or a part of segment"}]}');
    perform require(not exists (select from unnest(account_ids) i where not reaches_account(i)), 5, 'NOT_FOUND', 'There is no such account within your reach.');
    perform require(not exists (select from account a where a.id = any (account_ids) and a.retire_time is not null), 9, 'ACCOUNT_RETIRED',
                    'An account of these is retired.');
    v_ids := array(
        select x.id
          from (select i as id from unnest(account_ids) i
                union
                (select a.id from account a
                  where has_segment and a.retire_time is null
                    and (a.team_id = any (v_teams) or a.id = any (v_accounts))
                    and (coalesce(add_target_accounts.industry, '') = '' or a.industry = add_target_accounts.industry)
                    and (coalesce(add_target_accounts.region, '') = '' or a.region = add_target_accounts.region)
                    and (add_target_accounts.status is null or a.status = add_target_accounts.status)
                    and (least_employees is null or a.employees >= least_employees)
                    and (most_employees is null or a.employees <= most_employees)
                    and (add_target_accounts.team_id is null
                         or exists (select from team_closure c where c.ancestor_id = add_target_accounts.team_id and c.descendant_id = a.team_id))
                    and not exists (select from target_entry e where e.list_id = v_list.id and e.account_id = a.id and e.remove_time is null)
                  limit c_most + 1)) x
         where not exists (select from target_entry e where e.list_id = v_list.id and e.account_id = x.id and e.remove_time is null));
    select count(*) + cardinality(v_ids) into v_count from target_entry e where e.list_id = v_list.id and e.remove_time is null;
    perform require(v_count <= c_most, 9, 'TARGET_LIST_FULL',
                    'A target list holds at most {most} accounts; with these it would be more. Narrow the segment, or make another list.',
                    jsonb_build_object('metadata', jsonb_build_object('most', c_most::text)));
    -- In an order that is the same for all; whoever gives an account to another owner waits, and their trigger then sees the entry.
    perform from account a where a.id = any (v_ids) order by a.id for share;
    if user_id is not null then
        perform require_target_worker(user_id, v_ids);
    end if;
    insert into target_entry (list_id, account_id, user_id)
    select v_list.id, a.id, coalesce(add_target_accounts.user_id, a.owner_id) from account a where a.id = any (v_ids);
    update target_list l set last_addition_time = now() where l.id = v_list.id;
end
$$;

create function remove_target_accounts(list_id uuid, account_ids uuid[]) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_list target_list := lock_target_list(list_id, null);
    v_count int;
begin
    update target_entry e set remove_time = now()
     where e.list_id = v_list.id and e.account_id = any (account_ids) and e.remove_time is null and reaches_account(e.account_id);
    get diagnostics v_count = row_count;
    perform require(v_count = (select count(distinct i) from unnest(account_ids) i), 5, 'TARGET_NOT_FOUND', 'An account of these is not on the list.');
end
$$;

-- user_id NULL: the owner of each account.
create function hand_target_accounts(list_id uuid, account_ids uuid[], user_id uuid) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_list target_list := lock_target_list(list_id, null);
begin
    perform from account a where a.id = any (account_ids) order by a.id for share;
    perform require((select count(*) = (select count(distinct i) from unnest(account_ids) i) from target_entry e
                      where e.list_id = v_list.id and e.account_id = any (account_ids) and e.remove_time is null and reaches_account(e.account_id)),
                    5, 'TARGET_NOT_FOUND', 'An account of these is not on the list.');
    if user_id is not null then
        perform require_target_worker(user_id, account_ids);
    end if;
    perform mark_changed();
    update target_entry e set user_id = coalesce(hand_target_accounts.user_id, a.owner_id)
      from account a
     where a.id = e.account_id and e.list_id = v_list.id and e.account_id = any (account_ids) and e.remove_time is null
       and e.user_id <> coalesce(hand_target_accounts.user_id, a.owner_id);
end
$$;

create function retire_target_list(list_id uuid, seen_version bigint, reason text) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_list target_list := lock_target_list(list_id, seen_version);
begin
    if v_list.id is null then
        return;
    end if;
    perform give_reason(reason);
    update target_list l set retire_time = now() where l.id = v_list.id;
end
$$;

-- What is not over yet goes along with the account, and back to its owner from somebody who works on it no longer.
create function pass_target_entries() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
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
       and l.id = e.list_id and l.ends_on >= today() and a.id = v_account_id and a.owner_id <> v_from_id;
    return null;
end
$$;
create trigger pass_targets after update of owner_id on account for each row when (new.owner_id <> old.owner_id) execute function pass_target_entries();
create trigger pass_targets after delete on account_member for each row execute function pass_target_entries();

grant execute on function add_target_accounts(uuid, uuid[], boolean, text, text, text, int, int, uuid, uuid), remove_target_accounts(uuid, uuid[]),
                          hand_target_accounts(uuid, uuid[], uuid), retire_target_list(uuid, bigint, text)
    to kam_manager;
