-- SPDX-License-Identifier: Apache-2.0
-- What an activity may carry: preparation and feedback of a visit, the SPIN sheet of a talk, comments on the report. Tables of their own, so that
-- an activity without them costs what it did. A correction takes them over.
set local search_path = kam, pg_temp;

create table activity_visit (
    activity_id uuid primary key,
    account_id uuid not null,
    contact_id uuid references contact,
    appointment text,
    address text not null default '',
    route text not null default '',
    material text not null default '',
    reaction text not null default '',
    customer_class text,
    next_step text not null default '',
    create_time timestamptz not null default now(),
    update_time timestamptz not null default now(),
    updated_by uuid references app_user,
    version bigint not null default 1,
    foreign key (activity_id, account_id) references activity (id, account_id),
    constraint activity_visit_appointment_known check (appointment in ('asked', 'confirmed')),
    constraint activity_visit_customer_class_known check (customer_class in ('a', 'b', 'c', 'd')),
    constraint activity_visit_address_length check (octet_length(address) <= 400),
    constraint activity_visit_route_length check (octet_length(route) <= 1000),
    constraint activity_visit_material_length check (octet_length(material) <= 2000),
    constraint activity_visit_reaction_length check (octet_length(reaction) <= 4000),
    constraint activity_visit_next_step_length check (octet_length(next_step) <= 1000)
);
create index activity_visit_contact on activity_visit (contact_id) where contact_id is not null;

create table activity_spin (
    activity_id uuid primary key,
    account_id uuid not null,
    situation_questions text not null default '',
    situation_answers text not null default '',
    problem_questions text not null default '',
    problem_answers text not null default '',
    implication_questions text not null default '',
    implication_answers text not null default '',
    need_payoff_questions text not null default '',
    need_payoff_answers text not null default '',
    create_time timestamptz not null default now(),
    update_time timestamptz not null default now(),
    updated_by uuid references app_user,
    version bigint not null default 1,
    foreign key (activity_id, account_id) references activity (id, account_id),
    constraint activity_spin_situation_questions_length check (octet_length(situation_questions) <= 4000),
    constraint activity_spin_situation_answers_length check (octet_length(situation_answers) <= 4000),
    constraint activity_spin_problem_questions_length check (octet_length(problem_questions) <= 4000),
    constraint activity_spin_problem_answers_length check (octet_length(problem_answers) <= 4000),
    constraint activity_spin_implication_questions_length check (octet_length(implication_questions) <= 4000),
    constraint activity_spin_implication_answers_length check (octet_length(implication_answers) <= 4000),
    constraint activity_spin_need_payoff_questions_length check (octet_length(need_payoff_questions) <= 4000),
    constraint activity_spin_need_payoff_answers_length check (octet_length(need_payoff_answers) <= 4000)
);

-- The text stays as it was written; seen_time is the recipient's mark.
create table activity_comment (
    id uuid primary key default uuid7(),
    activity_id uuid not null,
    account_id uuid not null,
    author_id uuid not null references app_user,
    recipient_id uuid references app_user,
    text text not null,
    seen_time timestamptz,
    create_time timestamptz not null default now(),
    update_time timestamptz not null default now(),
    updated_by uuid references app_user,
    version bigint not null default 1,
    foreign key (activity_id, account_id) references activity (id, account_id),
    constraint activity_comment_text_length check (is_visible(text) and octet_length(text) <= 4000)
);
create index activity_comment_activity on activity_comment (activity_id, create_time, id);
-- What is new for somebody: a few rows.
create index activity_comment_new on activity_comment (recipient_id, create_time desc, id desc) where seen_time is null;

create trigger zz_record before insert or update on activity_visit for each row execute function record_change('activity_visit', 'activity_id', 'account_id', '');
create trigger zz_record before insert or update on activity_spin for each row execute function record_change('activity_spin', 'activity_id', 'account_id', '');
create trigger zz_record before insert or update on activity_comment for each row execute function record_change('activity_comment', 'id', 'account_id', '');

-- ---- functions ----

-- Before something is hung on an activity: it is within reach, and no correction can take its place until this transaction ends. The contact,
-- when given, has a position at its account.
create function hold_activity(activity_id uuid, contact_id uuid, must_be_done boolean) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_activity activity;
begin
    select * into v_activity from activity a where a.id = activity_id for no key update;
    if not found or not reaches_account(v_activity.account_id) then
        perform refuse_not_found('activity');
    end if;
    if v_activity.state = 'corrected' then
        perform refuse(9, 'ACTIVITY_CORRECTED', 'The activity was corrected; this belongs to the correction.',
                       jsonb_build_object('metadata', jsonb_build_object('corrected_by_id', (select a.id from activity a where a.corrects_id = v_activity.id))));
    end if;
    perform require(not must_be_done or v_activity.state = 'done', 9, 'ACTIVITY_NOT_DONE',
                    'The activity is ' || v_activity.state || '; feedback is given on one that is done only.');
    perform require(contact_id is null
                    or exists (select from position p where p.contact_id = hold_activity.contact_id and p.account_id = v_activity.account_id),
                    5, 'CONTACT_NOT_AT_ACCOUNT', 'The contact has no position at the account of the activity.');
end
$$;

-- Of a correction that this very transaction made.
create function carry_activity_parts(original_id uuid, correction_id uuid) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    if not exists (select from activity a where a.id = correction_id and a.corrects_id = original_id and a.create_time = now()
                                            and a.created_by = caller_id() and reaches_account(a.account_id)) then
        return;
    end if;
    update activity_visit v set activity_id = correction_id where v.activity_id = original_id;
    update activity_spin s set activity_id = correction_id where s.activity_id = original_id;
    update activity_comment c set activity_id = correction_id where c.activity_id = original_id;
end
$$;

create function mark_comments_seen(activity_id uuid) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_activity activity;
begin
    select * into v_activity from activity a where a.id = activity_id;
    if not found or not reaches_account(v_activity.account_id) then
        perform refuse_not_found('activity');
    end if;
    update activity_comment c set seen_time = now()
     where c.activity_id = v_activity.id and c.recipient_id = caller_id() and c.seen_time is null;
    -- Seen twice is seen.
    perform mark_changed();
end
$$;

create function add_comment(comment_id uuid, activity_id uuid, text text) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_activity activity;
    v_recipient_id uuid;
begin
    perform hold_activity(activity_id, null, false);
    select * into v_activity from activity a where a.id = activity_id;
    perform require(caller_role() = 'manager' or v_activity.owner_id = caller_id(), 7, 'NOT_YOURS_TO_COMMENT',
                    'Managers comment on an activity, and whoever it belongs to answers.');
    perform mark_comments_seen(activity_id);
    if v_activity.owner_id = caller_id() then
        select c.author_id into v_recipient_id from activity_comment c
         where c.activity_id = v_activity.id and c.author_id <> caller_id() order by c.create_time desc, c.id desc limit 1;
    elsif works_on_account(v_activity.owner_id, v_activity.account_id) then
        v_recipient_id := v_activity.owner_id;
    else
        select nullif(a.owner_id, caller_id()) into v_recipient_id from account a where a.id = v_activity.account_id;
    end if;
    insert into activity_comment (id, activity_id, account_id, author_id, recipient_id, text)
    values (comment_id, v_activity.id, v_activity.account_id, caller_id(), v_recipient_id, text);
end
$$;

grant execute on function hold_activity(uuid, uuid, boolean), carry_activity_parts(uuid, uuid), mark_comments_seen(uuid), add_comment(uuid, uuid, text)
    to kam_rep, kam_manager;

-- ---- rights ----

alter table activity_visit enable row level security;
alter table activity_spin enable row level security;
alter table activity_comment enable row level security;

grant select on activity_visit, activity_spin, activity_comment to kam_rep, kam_manager;
grant insert (activity_id, account_id, contact_id, appointment, address, route, material, reaction, customer_class, next_step),
      update (contact_id, appointment, address, route, material, reaction, customer_class, next_step) on activity_visit to kam_rep, kam_manager;
grant insert (activity_id, account_id, situation_questions, situation_answers, problem_questions, problem_answers, implication_questions, implication_answers,
              need_payoff_questions, need_payoff_answers),
      update (situation_questions, situation_answers, problem_questions, problem_answers, implication_questions, implication_answers,
              need_payoff_questions, need_payoff_answers) on activity_spin to kam_rep, kam_manager;

create policy activity_visit_rep_read on activity_visit for select to kam_rep using (exists (select from account_reach r where r.account_id = activity_visit.account_id));
create policy activity_visit_manager_read on activity_visit for select to kam_manager using (exists (select from account a where a.id = activity_visit.account_id offset 0));
create policy activity_visit_rep_insert on activity_visit for insert to kam_rep with check (exists (select from account_reach r where r.account_id = activity_visit.account_id));
create policy activity_visit_manager_insert on activity_visit for insert to kam_manager with check (exists (select from account a where a.id = activity_visit.account_id offset 0));
create policy activity_visit_rep_update on activity_visit for update to kam_rep using (exists (select from account_reach r where r.account_id = activity_visit.account_id));
create policy activity_visit_manager_update on activity_visit for update to kam_manager using (exists (select from account a where a.id = activity_visit.account_id offset 0));

create policy activity_spin_rep_read on activity_spin for select to kam_rep using (exists (select from account_reach r where r.account_id = activity_spin.account_id));
create policy activity_spin_manager_read on activity_spin for select to kam_manager using (exists (select from account a where a.id = activity_spin.account_id offset 0));
create policy activity_spin_rep_insert on activity_spin for insert to kam_rep with check (exists (select from account_reach r where r.account_id = activity_spin.account_id));
create policy activity_spin_manager_insert on activity_spin for insert to kam_manager with check (exists (select from account a where a.id = activity_spin.account_id offset 0));
create policy activity_spin_rep_update on activity_spin for update to kam_rep using (exists (select from account_reach r where r.account_id = activity_spin.account_id));
create policy activity_spin_manager_update on activity_spin for update to kam_manager using (exists (select from account a where a.id = activity_spin.account_id offset 0));

create policy activity_comment_rep_read on activity_comment for select to kam_rep using (exists (select from account_reach r where r.account_id = activity_comment.account_id));
create policy activity_comment_manager_read on activity_comment for select to kam_manager using (exists (select from account a where a.id = activity_comment.account_id offset 0));
