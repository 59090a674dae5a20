-- SPDX-License-Identifier: Apache-2.0
-- Objections met in activities, the company's library of objections and answers, and ideas for an account.
set local search_path = kam, pg_temp;

-- The answers are four lists of the same length: element i of each makes answer i.
create table objection_entry (
    id uuid primary key default uuid7(),
    objection text not null,
    topic text not null default '',
    state text not null default 'proposed',
    features text[] not null default '{}',
    advantages text[] not null default '{}',
    benefits text[] not null default '{}',
    evidence text[] not null default '{}',
    created_by uuid references app_user,
    create_time timestamptz not null default now(),
    update_time timestamptz not null default now(),
    updated_by uuid references app_user,
    version bigint not null default 1,
    search_all tsvector not null generated always as (
        search_vector(objection || ' ' || topic || ' ' || list_text(features) || ' ' || list_text(advantages) || ' ' || list_text(benefits) || ' '
                      || list_text(evidence))) stored,
    constraint objection_entry_objection_length check (is_visible(objection) and octet_length(objection) <= 1000),
    constraint objection_entry_topic_length check (octet_length(topic) <= 200),
    constraint objection_entry_state_known check (state in ('proposed', 'published', 'retired')),
    constraint objection_entry_answers_count check (cardinality(features) <= 20 and cardinality(advantages) = cardinality(features)
                                                   and cardinality(benefits) = cardinality(features) and cardinality(evidence) = cardinality(features)),
    constraint objection_entry_features_length check (all_lengths_within(features, 1000)),
    constraint objection_entry_answers_length check (octet_length(list_text(advantages)) <= 20020 and octet_length(list_text(benefits)) <= 20020
                                                    and octet_length(list_text(evidence)) <= 20020)
);
create index objection_entry_search_all on objection_entry using gin (search_all);

create table objection (
    id uuid primary key default uuid7(),
    activity_id uuid not null,
    account_id uuid not null,
    contact_id uuid references contact,
    objection text not null,
    listen text not null,
    share text not null default '',
    clarify text not null default '',
    present text not null default '',
    ask text not null default '',
    outcome text not null default 'open',
    entry_id uuid references objection_entry,
    created_by uuid references app_user,
    create_time timestamptz not null default now(),
    update_time timestamptz not null default now(),
    updated_by uuid references app_user,
    version bigint not null default 1,
    foreign key (activity_id, account_id) references activity (id, account_id),
    constraint objection_objection_length check (is_visible(objection) and octet_length(objection) <= 1000),
    constraint objection_listen_length check (is_visible(listen) and octet_length(listen) <= 2000),
    constraint objection_share_length check (octet_length(share) <= 2000),
    constraint objection_clarify_length check (octet_length(clarify) <= 2000),
    constraint objection_present_length check (octet_length(present) <= 2000),
    constraint objection_ask_length check (octet_length(ask) <= 2000),
    constraint objection_outcome_known check (outcome in ('open', 'resolved', 'lost'))
);
create index objection_account on objection (account_id, create_time desc, id desc);
create index objection_activity on objection (activity_id, create_time, id);
create index objection_creator on objection (created_by, create_time desc, id desc);
create index objection_contact on objection (contact_id) where contact_id is not null;
create index objection_of_entry on objection (entry_id) where entry_id is not null;

create table idea (
    id uuid primary key default uuid7(),
    account_id uuid not null references account,
    activity_id uuid,
    subject text not null,
    impact int not null,
    confidence int not null,
    ease int not null,
    state text not null default 'open',
    note text not null default '',
    created_by uuid references app_user,
    create_time timestamptz not null default now(),
    update_time timestamptz not null default now(),
    updated_by uuid references app_user,
    version bigint not null default 1,
    foreign key (activity_id, account_id) references activity (id, account_id),
    constraint idea_subject_length check (is_visible(subject) and octet_length(subject) <= 400),
    constraint idea_impact_range check (impact between 1 and 10),
    constraint idea_confidence_range check (confidence between 1 and 10),
    constraint idea_ease_range check (ease between 1 and 10),
    constraint idea_state_known check (state in ('open', 'done', 'dropped')),
    constraint idea_note_length check (octet_length(note) <= 4000)
);
create index idea_account_score on idea (account_id, (impact * confidence * ease) desc, id desc);
create index idea_activity on idea (activity_id, id) where activity_id is not null;

create trigger set_creator before insert on objection_entry for each row execute function set_creator();
create trigger set_creator before insert on objection for each row execute function set_creator();
create trigger set_creator before insert on idea for each row execute function set_creator();
create trigger zz_record before insert or update on objection_entry for each row execute function record_change('objection_entry', 'id', '', '');
create trigger zz_record before insert or update on objection for each row execute function record_change('objection', 'id', 'account_id', '');
create trigger zz_record before insert or update on idea for each row execute function record_change('idea', 'id', 'account_id', '');

-- ---- functions ----

-- Of a correction that this very transaction made.
create or replace function carry_activity_parts(original_id uuid, correction_id uuid) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    if not exists (select from activity a where a.id = correction_id and a.corrects_id = original_id and a.create_time = now()
                                            and a.created_by = caller_id() and reaches_account(a.account_id)) then
        return;
    end if;
    update activity_visit v set activity_id = correction_id where v.activity_id = original_id;
    update activity_spin s set activity_id = correction_id where s.activity_id = original_id;
    update activity_comment c set activity_id = correction_id where c.activity_id = original_id;
    update objection o set activity_id = correction_id where o.activity_id = original_id;
    update idea i set activity_id = correction_id where i.activity_id = original_id;
end
$$;

create function set_entry_state(entry_id uuid, seen_version bigint, state text, reason text) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_entry objection_entry;
begin
    select * into v_entry from objection_entry e where e.id = entry_id for no key update;
    if not found or caller_role() is null
       or (caller_role() <> 'manager' and v_entry.state <> 'published' and v_entry.created_by is distinct from caller_id()) then
        perform refuse_not_found('entry');
    end if;
    perform require(caller_role() = 'manager' or (set_entry_state.state = 'retired' and v_entry.state = 'proposed'), 7, 'MANAGERS_ONLY',
                    'Managers keep the library; a rep may withdraw a proposal of their own.');
    if v_entry.version <> seen_version then
        return;
    end if;
    if v_entry.state = set_entry_state.state then
        perform refuse(9, 'ENTRY_' || upper(v_entry.state), 'The entry is ' || v_entry.state || ' already.');
    end if;
    perform give_reason(reason);
    update objection_entry e set state = set_entry_state.state where e.id = entry_id;
end
$$;

-- The entries that hold all words of the text. Text operators are not leakproof, so under row-level security no index would serve them. At most
-- as many as anybody would read through.
create function find_objection_entries(words text) returns setof uuid
language plpgsql stable security definer set search_path = kam, pg_temp as $$
begin
    return query
    select e.id from objection_entry e
     where e.search_all @@ search_query(words)
       and ((caller_role() = 'manager' and caller_id() is not null) or (caller_role() = 'rep' and (e.state = 'published' or e.created_by = caller_id())))
     order by e.create_time desc, e.id desc limit 1000;
end
$$;

grant execute on function set_entry_state(uuid, bigint, text, text), find_objection_entries(text) to kam_rep, kam_manager;

-- ---- rights ----

alter table objection_entry enable row level security;
alter table objection enable row level security;
alter table idea enable row level security;

grant select (id, objection, topic, state, features, advantages, benefits, evidence, created_by, create_time, update_time, updated_by, version)
    on objection_entry to kam_rep, kam_manager;
grant insert (id, objection, topic, state, features, advantages, benefits, evidence),
      update (objection, topic, features, advantages, benefits, evidence) on objection_entry to kam_rep, kam_manager;
create policy objection_entry_rep_read on objection_entry for select to kam_rep using (
    ((select caller_id()) is not null and state = 'published') or created_by = (select caller_id()));
create policy objection_entry_manager_read on objection_entry for select to kam_manager using ((select caller_id()) is not null);
create policy objection_entry_rep_insert on objection_entry for insert to kam_rep with check (created_by = (select caller_id()) and state = 'proposed');
create policy objection_entry_manager_insert on objection_entry for insert to kam_manager with check (created_by = (select caller_id()) and state in ('proposed', 'published'));
create policy objection_entry_rep_update on objection_entry for update to kam_rep using (created_by = (select caller_id()) and state = 'proposed');
create policy objection_entry_manager_update on objection_entry for update to kam_manager using ((select caller_id()) is not null);

grant select on objection, idea to kam_rep, kam_manager;
grant insert (id, activity_id, account_id, contact_id, objection, listen, share, clarify, present, ask, outcome, entry_id),
      update (contact_id, objection, listen, share, clarify, present, ask, outcome, entry_id) on objection to kam_rep, kam_manager;
grant insert (id, account_id, activity_id, subject, impact, confidence, ease, state, note),
      update (subject, impact, confidence, ease, state, note) on idea to kam_rep, kam_manager;

create policy objection_rep_read on objection for select to kam_rep using (exists (select from account_reach r where r.account_id = objection.account_id));
create policy objection_manager_read on objection for select to kam_manager using (exists (select from account a where a.id = objection.account_id offset 0));
create policy objection_rep_insert on objection for insert to kam_rep with check (exists (select from account_reach r where r.account_id = objection.account_id));
create policy objection_manager_insert on objection for insert to kam_manager with check (exists (select from account a where a.id = objection.account_id offset 0));
create policy objection_rep_update on objection for update to kam_rep using (exists (select from account_reach r where r.account_id = objection.account_id));
create policy objection_manager_update on objection for update to kam_manager using (exists (select from account a where a.id = objection.account_id offset 0));

create policy idea_rep_read on idea for select to kam_rep using (exists (select from account_reach r where r.account_id = idea.account_id));
create policy idea_manager_read on idea for select to kam_manager using (exists (select from account a where a.id = idea.account_id offset 0));
create policy idea_rep_insert on idea for insert to kam_rep with check (exists (select from account_reach r where r.account_id = idea.account_id));
create policy idea_manager_insert on idea for insert to kam_manager with check (exists (select from account a where a.id = idea.account_id offset 0));
create policy idea_rep_update on idea for update to kam_rep using (exists (select from account_reach r where r.account_id = idea.account_id));
create policy idea_manager_update on idea for update to kam_manager using (exists (select from account a where a.id = idea.account_id offset 0));
