-- SPDX-License-Identifier: Apache-2.0
-- Contacts, their positions at accounts, how the relationship to them grew, and what is known of them in person.
set local search_path = kam, pg_temp;

-- CHECK constraints cannot ask every element of a list by themselves.
create function all_lengths_within(texts text[], most_bytes int) returns boolean language sql immutable parallel safe set search_path = kam, pg_temp as $$
    select coalesce(bool_and(t is not null and t <> '' and octet_length(t) <= most_bytes), true) from unnest(texts) t
$$;

grant execute on function all_lengths_within(text[], int) to kam_rep, kam_manager;

create table contact (
    id uuid primary key default uuid7(),
    name text not null,
    other_names text[] not null default '{}',
    phones text[] not null default '{}',
    emails text[] not null default '{}',
    messaging_ids text[] not null default '{}',
    note text not null default '',
    retire_time timestamptz,
    create_time timestamptz not null default now(),
    created_by uuid references app_user,
    update_time timestamptz not null default now(),
    updated_by uuid references app_user,
    version bigint not null default 1,
    -- What service may know, and everything.
    search_public tsvector not null generated always as (search_vector(name || ' ' || list_text(phones) || ' ' || list_text(emails))) stored,
    search_all tsvector not null generated always as (
        search_vector(name || ' ' || list_text(phones) || ' ' || list_text(emails) || ' ' || list_text(other_names) || ' ' || list_text(messaging_ids)
                      || ' ' || note)) stored,
    constraint contact_name_length check (is_visible(name) and octet_length(name) <= 200),
    constraint contact_other_names_form check (cardinality(other_names) <= 10 and all_lengths_within(other_names, 200)),
    constraint contact_phones_form check (cardinality(phones) <= 10 and all_lengths_within(phones, 60)),
    constraint contact_emails_form check (cardinality(emails) <= 10 and all_lengths_within(emails, 254)),
    constraint contact_messaging_ids_form check (cardinality(messaging_ids) <= 10 and all_lengths_within(messaging_ids, 100)),
    constraint contact_note_length check (octet_length(note) <= 4000)
);
create index contact_name on contact (name, id);
create index contact_search_public on contact using gin (search_public) with (gin_pending_list_limit = 256);
create index contact_search_all on contact using gin (search_all) with (gin_pending_list_limit = 256);

-- A person at one account. Who left keeps the row, and the account keeps its past contacts.
create table position (
    id uuid primary key default uuid7(),
    contact_id uuid not null references contact,
    account_id uuid not null references account,
    title text not null default '',
    department text not null default '',
    level int,
    reports_to_id uuid references contact,
    buying_roles text[] not null default '{}',
    stance text,
    is_insider boolean not null default false,
    influence int,
    relationship int,
    since date,
    ended_on date,
    create_time timestamptz not null default now(),
    update_time timestamptz not null default now(),
    updated_by uuid references app_user,
    version bigint not null default 1,
    constraint position_of_account unique (id, account_id),
    constraint position_title_length check (octet_length(title) <= 200),
    constraint position_department_length check (octet_length(department) <= 200),
    constraint position_level_range check (level between 1 and 20),
    constraint position_reports_to_differs check (reports_to_id <> contact_id),
    constraint position_buying_roles_known check (buying_roles <@ array['initiator', 'gatekeeper', 'influencer', 'decider', 'purchaser', 'technical_expert', 'finance', 'user']
                                                  and cardinality(buying_roles) <= 8),
    constraint position_stance_known check (stance in ('ally', 'neutral', 'opponent', 'unknown')),
    constraint position_influence_range check (influence between 0 and 100),
    constraint position_relationship_range check (relationship between 1 and 5),
    constraint position_ends_after_since check (ended_on >= since)
);
create unique index position_present on position (contact_id, account_id) where ended_on is null;
create index position_contact on position (contact_id, account_id);
create index position_account on position (account_id, contact_id);
create index position_reports_to on position (reports_to_id) where reports_to_id is not null;

-- Guarded: for rep and manager only, in a table of its own with its own grants.
create table contact_profile (
    contact_id uuid primary key references contact,
    home_town text not null default '',
    birthday date,
    hobbies text not null default '',
    temperament text not null default '',
    family text not null default '',
    education text not null default '',
    career text not null default '',
    motives text not null default '',
    create_time timestamptz not null default now(),
    update_time timestamptz not null default now(),
    updated_by uuid references app_user,
    version bigint not null default 1,
    constraint contact_profile_home_town_length check (octet_length(home_town) <= 200),
    constraint contact_profile_hobbies_length check (octet_length(hobbies) <= 1000),
    constraint contact_profile_temperament_length check (octet_length(temperament) <= 1000),
    constraint contact_profile_family_length check (octet_length(family) <= 1000),
    constraint contact_profile_education_length check (octet_length(education) <= 1000),
    constraint contact_profile_career_length check (octet_length(career) <= 2000),
    constraint contact_profile_motives_length check (octet_length(motives) <= 1000)
);

-- ---- rules ----

-- The superior sits at the same account, and nobody is their own superior at any distance.
create function check_reports_to() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    if new.reports_to_id is null then
        return new;
    end if;
    -- Two at once could report to each other.
    perform take_turn('reports to: ' || new.account_id);
    perform require(exists (select from position p where p.contact_id = new.reports_to_id and p.account_id = new.account_id),
                    9, 'REPORTS_TO_ELSEWHERE', 'The person they report to has no position at this account.');
    perform require(not exists (
                        with recursive superior (contact_id) as (
                            select new.reports_to_id
                            union
                            select p.reports_to_id from superior s join position p on p.contact_id = s.contact_id and p.account_id = new.account_id
                             where p.reports_to_id is not null)
                        select from superior where contact_id = new.contact_id),
                    9, 'REPORTS_TO_LOOP', 'They would report to themselves, through others.');
    return new;
end
$$;

create function set_creator() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    new.created_by := caller_id();
    return new;
end
$$;

create trigger check_reports_to before insert or update of reports_to_id on position for each row execute function check_reports_to();
create trigger set_creator before insert on contact for each row execute function set_creator();
create trigger zz_record before insert or update on contact for each row execute function record_change('contact', 'id', '', 'note');
create trigger zz_record before insert or update on position for each row execute function record_change('position', 'id', 'account_id', '');
create trigger zz_record before insert or update on contact_profile for each row
    execute function record_change('contact_profile', 'contact_id', '', 'home_town,birthday,hobbies,temperament,family,education,career,motives');

-- ---- rights ----

alter table contact enable row level security;
alter table position enable row level security;
alter table contact_profile enable row level security;

grant select (id, name, other_names, phones, emails, messaging_ids, note, retire_time, create_time, update_time, updated_by, version) on contact to kam_rep, kam_manager;
grant insert (id, name, other_names, phones, emails, messaging_ids, note),
      update (name, other_names, phones, emails, messaging_ids, note) on contact to kam_rep, kam_manager;
grant select (id, name, phones, emails) on contact to kam_service;

grant select on position to kam_rep, kam_manager;
grant insert (id, contact_id, account_id, title, department, level, reports_to_id, buying_roles, stance, is_insider, influence, since),
      update (title, department, level, reports_to_id, buying_roles, stance, is_insider, influence, since) on position to kam_rep, kam_manager;
grant select (id, contact_id, account_id, title) on position to kam_service;

grant select on contact_profile to kam_rep, kam_manager;
grant insert (contact_id, home_town, birthday, hobbies, temperament, family, education, career, motives),
      update (home_town, birthday, hobbies, temperament, family, education, career, motives) on contact_profile to kam_rep, kam_manager;

-- What hangs on an account is within reach when the account is. For a rep that is one look into account_reach; for a manager the inner query
-- runs under the policies of account.
create policy position_rep_read on position for select to kam_rep using (exists (select from account_reach r where r.account_id = position.account_id));
create policy position_manager_read on position for select to kam_manager using (exists (select from account a where a.id = position.account_id offset 0));
create policy position_rep_update on position for update to kam_rep using (exists (select from account_reach r where r.account_id = position.account_id));
create policy position_manager_update on position for update to kam_manager using (exists (select from account a where a.id = position.account_id offset 0));
create policy position_service_read on position for select to kam_service using (ended_on is null and (select caller_id()) is not null);

create policy contact_read on contact for select to kam_rep, kam_manager using (exists (select from position p where p.contact_id = contact.id offset 0));
create policy contact_update on contact for update to kam_rep, kam_manager using (exists (select from position p where p.contact_id = contact.id offset 0));
create policy contact_insert on contact for insert to kam_rep, kam_manager with check ((select caller_id()) is not null);
create policy contact_service_read on contact for select to kam_service using (retire_time is null and (select caller_id()) is not null);

create policy contact_profile_read on contact_profile for select to kam_rep, kam_manager using (exists (select from contact c where c.id = contact_profile.contact_id offset 0));
create policy contact_profile_update on contact_profile for update to kam_rep, kam_manager using (exists (select from contact c where c.id = contact_profile.contact_id offset 0));
create policy contact_profile_insert on contact_profile for insert to kam_rep, kam_manager with check (exists (select from contact c where c.id = contact_profile.contact_id offset 0));
