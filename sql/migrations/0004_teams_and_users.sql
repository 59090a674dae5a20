-- SPDX-License-Identifier: Apache-2.0
-- Teams (a tree) and users. Everybody who is logged in may read both: names are needed everywhere.
set local search_path = kam, pg_temp;

create table team (
    id uuid primary key default uuid7(),
    name text not null,
    parent_id uuid references team,
    retire_time timestamptz,
    create_time timestamptz not null default now(),
    update_time timestamptz not null default now(),
    updated_by uuid,
    version bigint not null default 1,
    constraint team_name_length check (is_visible(name) and octet_length(name) <= 200),
    constraint team_parent_differs check (parent_id <> id)
);
create unique index team_name_unique on team (parent_id, lower(name)) where retire_time is null;
create unique index team_root_unique on team ((parent_id is null)) where parent_id is null;

-- Every pair of a team and a team above it, itself included: reach is one index lookup at any depth.
create table team_closure (
    ancestor_id uuid not null references team,
    descendant_id uuid not null references team,
    depth int not null,
    primary key (ancestor_id, descendant_id)
);
create index team_closure_descendant on team_closure (descendant_id, ancestor_id);

-- Before the tree changes, whoever changes it: keep_team_closure() copies pairs of the closure, so it must see those of every other change.
create function place_team() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    perform take_turn('team tree');
    if new.parent_id is null or (tg_op = 'UPDATE' and new.parent_id is not distinct from old.parent_id) then
        return new;
    end if;
    -- Waits for whoever is retiring the parent.
    perform from team t where t.id = new.parent_id and t.retire_time is null for key share;
    if not found and exists (select from team t where t.id = new.parent_id) then
        perform refuse(9, 'TEAM_RETIRED', 'The team above is retired.');
    end if;
    perform require(not exists (select from team_closure c where c.ancestor_id = new.id and c.descendant_id = new.parent_id), 9, 'TEAM_LOOP',
                    'A team cannot be moved below itself.');
    return new;
end
$$;

create function keep_team_closure() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    if tg_op = 'UPDATE' then
        if new.parent_id is not distinct from old.parent_id then
            return null;
        end if;
        delete from team_closure c
         using team_closure below, team_closure above
         where below.ancestor_id = new.id and above.descendant_id = new.id and above.ancestor_id <> new.id
           and c.descendant_id = below.descendant_id and c.ancestor_id = above.ancestor_id;
    else
        insert into team_closure values (new.id, new.id, 0);
    end if;
    if new.parent_id is not null then
        insert into team_closure
        select above.ancestor_id, below.descendant_id, above.depth + below.depth + 1
          from team_closure above, team_closure below
         where above.descendant_id = new.parent_id and below.ancestor_id = new.id;
    end if;
    return null;
end
$$;

-- Whether the closure says what the tree says; kamd check asks.
create function team_closure_is_sound() returns boolean language sql stable security definer set search_path = kam, pg_temp as $$
    with recursive pair (ancestor_id, descendant_id, depth) as (
        select id, id, 0 from team
        union
        -- A loop would make pairs of ever greater depth; no sound tree is deeper than it has teams.
        select t.parent_id, p.descendant_id, p.depth + 1
          from pair p join team t on t.id = p.ancestor_id
         where t.parent_id is not null and p.depth < (select count(*) from team)
    )
    select not exists ((select * from pair except select ancestor_id, descendant_id, depth from team_closure)
                       union all
                       (select ancestor_id, descendant_id, depth from team_closure except select * from pair))
$$;
grant execute on function team_closure_is_sound() to kam_auth;

create trigger place_team before insert or update of parent_id on team for each row execute function place_team();
-- The index above is for two at once; this one says it in words.
create function check_team_name() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_name text;
begin
    select t.name into v_name from team t
     where t.parent_id = new.parent_id and lower(t.name) = lower(new.name) and t.retire_time is null and t.id <> new.id;
    if found then
        perform refuse(6, 'TEAM_NAME', 'There is a team called ' || v_name || ' below ' || (select p.name from team p where p.id = new.parent_id) || ' already.',
                       jsonb_build_object('resources', jsonb_build_array(jsonb_build_object('type', 'Team', 'name', v_name))));
    end if;
    return new;
end
$$;

create trigger check_name before insert or update of name, parent_id on team for each row execute function check_team_name();
create trigger keep_closure after insert or update of parent_id on team for each row execute function keep_team_closure();
create trigger zz_record before insert or update on team for each row execute function record_change('team', 'id', '', '');

create table app_user (
    id uuid primary key default uuid7(),
    login text not null,
    name text not null,
    role text not null,
    team_id uuid not null references team,
    email text not null default '',
    phone text not null default '',
    locale text not null default 'en',
    time_zone text not null default 'UTC',
    is_key_account_group boolean not null default false,
    disable_time timestamptz,
    create_time timestamptz not null default now(),
    update_time timestamptz not null default now(),
    updated_by uuid references app_user,
    version bigint not null default 1,
    constraint user_login unique (login),
    constraint user_login_form check (login ~ '^[a-z][a-z0-9._-]{1,39}$'),
    constraint user_name_length check (is_visible(name) and octet_length(name) <= 200),
    constraint user_role_known check (role in ('rep', 'manager', 'service')),
    constraint user_key_account_group_is_manager check (not is_key_account_group or role = 'manager'),
    constraint user_email_length check (octet_length(email) <= 254),
    constraint user_phone_length check (octet_length(phone) <= 40),
    constraint user_locale_known check (locale in ('', 'en', 'zh_CN')),
    constraint user_time_zone_length check (octet_length(time_zone) <= 64)
);
create index app_user_team on app_user (team_id, login);

alter table team add foreign key (updated_by) references app_user;
create trigger zz_record before insert or update on app_user for each row execute function record_change('app_user', 'id', '', '');

-- Apart from the user, so that no list of users can ever carry a hash: granted to nobody.
create table user_password (
    user_id uuid primary key references app_user,
    hash text not null,
    change_time timestamptz not null default now(),
    constraint user_password_form check (hash ~ '^\$argon2id\$')
);

-- ---- rights ----

alter table team enable row level security;
alter table team_closure enable row level security;
alter table app_user enable row level security;
alter table user_password enable row level security;

grant select on team, team_closure, app_user to kam_rep, kam_manager, kam_service;
create policy team_read on team for select to kam_rep, kam_manager, kam_service using ((select caller_id()) is not null);
create policy team_closure_read on team_closure for select to kam_rep, kam_manager, kam_service using ((select caller_id()) is not null);
create policy user_read on app_user for select to kam_rep, kam_manager, kam_service using ((select caller_id()) is not null);

-- Moving and retiring a team, and every change of a user, are functions (0006).
grant insert (id, name, parent_id), update (name) on team to kam_manager;
create policy team_insert on team for insert to kam_manager with check (
    exists (select from team_closure c where c.ancestor_id = (select caller_team_id()) and c.descendant_id = team.parent_id));
create policy team_update on team for update to kam_manager using (
    exists (select from team_closure c where c.ancestor_id = (select caller_team_id()) and c.descendant_id = team.id));
