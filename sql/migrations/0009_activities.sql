-- SPDX-License-Identifier: Apache-2.0
-- Activities (跟进), who took part, and the changes of relationship that they show.
set local search_path = kam, pg_temp;

create table activity (
    id uuid primary key default uuid7(),
    account_id uuid not null references account,
    kind text not null,
    state text not null,
    subject text not null,
    time timestamptz not null,
    duration_minutes int,
    place text not null default '',
    owner_id uuid not null references app_user,
    cost_currency_code text,
    cost_minor_units bigint,
    description text not null default '',
    customer_reaction text not null default '',
    result text not null default '',
    next_activity_id uuid,
    previous_activity_id uuid,
    corrects_id uuid,
    correction_reason text not null default '',
    cancel_reason text not null default '',
    created_by uuid references app_user,
    create_time timestamptz not null default now(),
    update_time timestamptz not null default now(),
    updated_by uuid references app_user,
    version bigint not null default 1,
    search_all tsvector not null generated always as (
        search_vector(subject || ' ' || place || ' ' || description || ' ' || customer_reaction || ' ' || result)) stored,
    constraint activity_of_account unique (id, account_id),
    -- Both ends are written in one transaction, this one first.
    constraint activity_next_exists foreign key (next_activity_id, account_id) references activity (id, account_id) deferrable initially deferred,
    constraint activity_previous_exists foreign key (previous_activity_id, account_id) references activity (id, account_id),
    constraint activity_corrects_exists foreign key (corrects_id, account_id) references activity (id, account_id),
    constraint activity_kind_known check (kind in ('call', 'visit', 'message', 'email', 'sample', 'quotation', 'technical_exchange', 'demonstration', 'site_visit',
        'senior_meeting', 'negotiation', 'contract_signing', 'delivery', 'payment_follow_up', 'service_visit', 'gift', 'survey', 'note')),
    constraint activity_state_known check (state in ('planned', 'done', 'cancelled', 'corrected')),
    constraint activity_subject_length check (is_visible(subject) and octet_length(subject) <= 400),
    constraint activity_duration_range check (duration_minutes between 0 and 100000),
    constraint activity_place_length check (octet_length(place) <= 400),
    constraint activity_cost_currency_form check (cost_currency_code ~ '^[A-Z]{3}$'),
    constraint activity_cost_complete check ((cost_currency_code is null) = (cost_minor_units is null)),
    constraint activity_description_length check (octet_length(description) <= 8000),
    constraint activity_customer_reaction_length check (octet_length(customer_reaction) <= 4000),
    constraint activity_result_length check (octet_length(result) <= 4000),
    constraint activity_correction_reason_length check (octet_length(correction_reason) <= 1000),
    constraint activity_cancel_reason_length check (octet_length(cancel_reason) <= 1000)
);
create index activity_account_time on activity (account_id, time desc, id desc);
create index activity_owner_time on activity (owner_id, time desc, id desc);
-- What is to be done, soonest first.
create index activity_planned_account on activity (account_id, time, id) where state = 'planned';
create index activity_planned_owner on activity (owner_id, time, id) where state = 'planned';
-- For words that are everywhere: the newest are found by walking back in time.
create index activity_time on activity (time desc, id desc);
-- New words wait in a list until 256 kB of them are put into the index together; a longer list would make the one who empties it wait, and
-- every search read it.
create index activity_search_all on activity using gin (search_all) with (gin_pending_list_limit = 256);
create unique index activity_corrected_once on activity (corrects_id) where corrects_id is not null;
create index activity_previous on activity (previous_activity_id) where previous_activity_id is not null;
create index activity_next on activity (next_activity_id) where next_activity_id is not null;

-- Their people. The account stands in the row so that the policy need not ask the activity.
create table activity_contact (
    activity_id uuid not null,
    contact_id uuid not null references contact,
    account_id uuid not null,
    primary key (activity_id, contact_id),
    foreign key (activity_id, account_id) references activity (id, account_id)
);
create index activity_contact_contact on activity_contact (contact_id, activity_id);

-- Our other people.
create table activity_user (
    activity_id uuid not null,
    user_id uuid not null references app_user,
    account_id uuid not null,
    primary key (activity_id, user_id),
    foreign key (activity_id, account_id) references activity (id, account_id)
);
create index activity_user_user on activity_user (user_id, activity_id);

-- Append-only: how a relationship grew, dated, with the activity that shows it.
create table relationship_change (
    id uuid primary key default uuid7(),
    position_id uuid not null,
    account_id uuid not null,
    level int not null,
    changed_on date not null,
    activity_id uuid,
    note text not null default '',
    recorded_by uuid references app_user,
    record_time timestamptz not null default now(),
    foreign key (position_id, account_id) references position (id, account_id),
    foreign key (activity_id, account_id) references activity (id, account_id),
    constraint relationship_change_level_range check (level between 1 and 5),
    constraint relationship_change_note_length check (octet_length(note) <= 1000)
);
create index relationship_change_position on relationship_change (position_id, changed_on desc, id desc);

create trigger set_creator before insert on activity for each row execute function set_creator();
create trigger zz_record before insert or update on activity for each row execute function record_change('activity', 'id', 'account_id', 'cost_currency_code,cost_minor_units');
create trigger zz_record before insert or delete on activity_contact for each row execute function record_link('activity_contact', 'activity_id', 'account_id');
create trigger zz_record before insert or delete on activity_user for each row execute function record_link('activity_user', 'activity_id', 'account_id');
create trigger zz_record before insert on relationship_change for each row execute function record_link('relationship_change', 'position_id', 'account_id');

-- A correction takes the place of an original that says so.
create function is_corrected(activity_id uuid) returns boolean language sql stable set search_path = kam, pg_temp as $$
    select exists (select from activity a where a.id = activity_id and a.state = 'corrected')
$$;
grant execute on function is_corrected(uuid) to kam_rep, kam_manager;

-- ---- rights ----

alter table activity enable row level security;
alter table activity_contact enable row level security;
alter table activity_user enable row level security;
alter table relationship_change enable row level security;

grant select (id, account_id, kind, state, subject, time, duration_minutes, place, owner_id, cost_currency_code, cost_minor_units, description, customer_reaction,
              result, next_activity_id, previous_activity_id, corrects_id, correction_reason, cancel_reason, created_by, create_time, update_time, updated_by, version)
    on activity to kam_rep, kam_manager;
grant insert (id, account_id, kind, state, subject, time, duration_minutes, place, owner_id, cost_currency_code, cost_minor_units, description, customer_reaction,
              result, next_activity_id, previous_activity_id, corrects_id, correction_reason)
    on activity to kam_rep, kam_manager;
-- What was done stays as it was recorded: the policy lets planned activities be edited, and state is changed by functions.
grant update (kind, subject, time, duration_minutes, place, owner_id, cost_currency_code, cost_minor_units, description) on activity to kam_rep, kam_manager;
-- People are added and taken out by functions (0011).
grant select on activity_contact, activity_user to kam_rep, kam_manager;
grant select on relationship_change to kam_rep, kam_manager;

create policy activity_rep_read on activity for select to kam_rep using (exists (select from account_reach r where r.account_id = activity.account_id));
create policy activity_manager_read on activity for select to kam_manager using (exists (select from account a where a.id = activity.account_id offset 0));
create policy activity_rep_insert on activity for insert to kam_rep with check (
    state in ('planned', 'done') and exists (select from account_reach r where r.account_id = activity.account_id)
    and (corrects_id is null or is_corrected(corrects_id)));
create policy activity_manager_insert on activity for insert to kam_manager with check (
    state in ('planned', 'done') and exists (select from account a where a.id = activity.account_id offset 0)
    and (corrects_id is null or is_corrected(corrects_id)));
create policy activity_rep_update on activity for update to kam_rep using (
    state = 'planned' and exists (select from account_reach r where r.account_id = activity.account_id));
create policy activity_manager_update on activity for update to kam_manager using (
    state = 'planned' and exists (select from account a where a.id = activity.account_id offset 0));

create policy activity_contact_rep_read on activity_contact for select to kam_rep using (exists (select from account_reach r where r.account_id = activity_contact.account_id));
create policy activity_contact_manager_read on activity_contact for select to kam_manager using (exists (select from account a where a.id = activity_contact.account_id offset 0));
create policy activity_user_rep_read on activity_user for select to kam_rep using (exists (select from account_reach r where r.account_id = activity_user.account_id));
create policy activity_user_manager_read on activity_user for select to kam_manager using (exists (select from account a where a.id = activity_user.account_id offset 0));

create policy relationship_change_rep_read on relationship_change for select to kam_rep using (exists (select from account_reach r where r.account_id = relationship_change.account_id));
create policy relationship_change_manager_read on relationship_change for select to kam_manager using (exists (select from account a where a.id = relationship_change.account_id offset 0));
