-- SPDX-License-Identifier: Apache-2.0
-- What else is known of people: who of us is matched to them, how we judge them, ties between them, gifts, needs; and retired ones come back.
set local search_path = kam, pg_temp;

-- ---- positions: our counterpart, and how we judge the person ----

alter table position
    add column counterpart_id uuid references app_user,
    add column trust int,
    add column commitment int,
    add column switching_cost int,
    add constraint position_trust_range check (trust between 1 and 5),
    add constraint position_commitment_range check (commitment between 1 and 5),
    add constraint position_switching_cost_range check (switching_cost between 1 and 5);

grant insert (counterpart_id, trust, commitment, switching_cost), update (counterpart_id, trust, commitment, switching_cost) on position to kam_rep, kam_manager;

-- An enabled rep or manager who reaches the account.
create function user_works_on(user_id uuid, account_id uuid) returns boolean language sql stable security definer set search_path = kam, pg_temp as $$
    select exists (select from app_user u join account a on a.id = user_works_on.account_id
                    where u.id = user_works_on.user_id and u.disable_time is null and u.role in ('rep', 'manager')
                      and (exists (select from account_reach r where r.user_id = u.id and r.account_id = a.id)
                           or (u.role = 'manager' and exists (select from team_closure c where c.ancestor_id = u.team_id and c.descendant_id = a.team_id))))
$$;

-- Whom the caller does not reach the account with is left to the policies, so that nobody learns here who reaches it.
create function check_counterpart() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    if reaches_account(new.account_id) then
        perform require(exists (select from app_user u where u.id = new.counterpart_id), 5, 'USER_NOT_FOUND', 'There is no such user.');
        perform require(user_works_on(new.counterpart_id, new.account_id), 9, 'COUNTERPART_OUT_OF_REACH',
                        'The counterpart must be an enabled user who works on this account. Make them a member of the account first, or choose somebody else.');
    end if;
    return new;
end
$$;
create trigger check_counterpart before insert on position for each row when (new.counterpart_id is not null) execute function check_counterpart();
create trigger check_new_counterpart before update of counterpart_id on position for each row
    when (new.counterpart_id is not null and new.counterpart_id is distinct from old.counterpart_id) execute function check_counterpart();

-- ---- contacts that come back ----

create function restore_contact(contact_id uuid, seen_version bigint) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_contact contact;
begin
    select * into v_contact from contact c where c.id = contact_id for no key update;
    if not found or not reaches_contact(contact_id) then
        perform refuse_not_found('contact');
    end if;
    if v_contact.version <> seen_version then
        return;
    end if;
    perform require(v_contact.retire_time is not null, 9, 'CONTACT_NOT_RETIRED', 'The contact is not retired.');
    update contact c set retire_time = null where c.id = contact_id;
end
$$;
grant execute on function restore_contact(uuid, bigint) to kam_rep, kam_manager;

-- ---- ties ----

-- Nothing in it is changed: a tie is added and removed.
create table contact_tie (
    id uuid primary key default uuid7(),
    kind text not null,
    from_contact_id uuid not null references contact,
    to_contact_id uuid not null references contact,
    note text not null default '',
    created_by uuid references app_user,
    create_time timestamptz not null default now(),
    constraint contact_tie_kind_known check (kind in ('kinship', 'friendship', 'influence')),
    constraint contact_tie_of_two check (from_contact_id <> to_contact_id),
    constraint contact_tie_note_length check (octet_length(note) <= 1000)
);
create unique index contact_tie_mutual on contact_tie (least(from_contact_id, to_contact_id), greatest(from_contact_id, to_contact_id), kind) where kind <> 'influence';
create unique index contact_tie_directed on contact_tie (from_contact_id, to_contact_id) where kind = 'influence';
create index contact_tie_from on contact_tie (from_contact_id);
create index contact_tie_to on contact_tie (to_contact_id);

create trigger set_creator before insert on contact_tie for each row execute function set_creator();
-- It belongs to the history of both.
create trigger zz_record before insert or delete on contact_tie for each row execute function record_link('contact_tie', 'from_contact_id', '');
create trigger zz_record_other before insert or delete on contact_tie for each row execute function record_link('contact_tie', 'to_contact_id', '');

create function remove_tie(tie_id uuid) returns void language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    delete from contact_tie t where t.id = tie_id and reaches_contact(t.from_contact_id) and reaches_contact(t.to_contact_id);
    if not found then
        perform refuse_not_found('tie');
    end if;
end
$$;
grant execute on function remove_tie(uuid) to kam_rep, kam_manager;

-- ---- gifts ----

-- Guarded like the profile.
create table contact_gift (
    id uuid primary key default uuid7(),
    contact_id uuid not null references contact,
    given_on date not null default today(),
    what text not null,
    value_currency_code text,
    value_minor_units bigint,
    given_by_id uuid not null references app_user,
    activity_id uuid references activity,
    create_time timestamptz not null default now(),
    update_time timestamptz not null default now(),
    updated_by uuid references app_user,
    version bigint not null default 1,
    constraint contact_gift_what_length check (is_visible(what) and octet_length(what) <= 400),
    constraint contact_gift_value_currency_form check (value_currency_code ~ '^[A-Z]{3}$'),
    constraint contact_gift_value_complete check ((value_currency_code is null) = (value_minor_units is null))
);
create index contact_gift_contact on contact_gift (contact_id, given_on desc, id desc);
create index contact_gift_activity on contact_gift (activity_id) where activity_id is not null;

-- The activity is one that the caller reaches, at an account of the person.
create function check_gift() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    perform require(new.given_on <= today() + 1, 3, 'DATE_IN_FUTURE', 'A gift cannot have been given in the future.',
                    '{"violations": [{"field": "gift.given_on", "description": "must not be in the future"}]}');
    if new.activity_id is not null and (tg_op = 'INSERT' or new.activity_id is distinct from old.activity_id) then
        perform require(exists (select from activity a join position p on p.account_id = a.account_id
                                 where a.id = new.activity_id and p.contact_id = new.contact_id and reaches_account(a.account_id)),
                        5, 'ACTIVITY_NOT_FOUND', 'There is no such activity at an account of this contact.');
    end if;
    return new;
end
$$;
create trigger check_gift before insert or update on contact_gift for each row execute function check_gift();
create trigger zz_record before insert or update on contact_gift for each row
    execute function record_change('contact_gift', 'id', '', 'given_on,what,value_currency_code,value_minor_units,given_by_id,activity_id');

-- ---- needs ----

create table need (
    id uuid primary key default uuid7(),
    account_id uuid not null references account,
    contact_id uuid references contact,
    kind text not null,
    scope text not null,
    level text,
    expression text,
    text text not null,
    activity_id uuid,
    state text not null default 'open',
    created_by uuid references app_user,
    create_time timestamptz not null default now(),
    update_time timestamptz not null default now(),
    updated_by uuid references app_user,
    retire_time timestamptz,
    version bigint not null default 1,
    foreign key (activity_id, account_id) references activity (id, account_id),
    constraint need_kind_known check (kind in ('explicit', 'implied')),
    constraint need_scope_known check (scope in ('person', 'organisation')),
    constraint need_level_known check (level in ('price', 'value', 'strategy')),
    constraint need_expression_known check (expression in ('pain', 'itch', 'delight')),
    constraint need_text_length check (is_visible(text) and octet_length(text) <= 2000),
    constraint need_state_known check (state in ('open', 'met'))
);
create index need_account on need (account_id, create_time desc, id desc);
create index need_contact on need (contact_id, create_time desc, id desc) where contact_id is not null;
create index need_activity on need (activity_id) where activity_id is not null;

-- The person has or had a position at the account. Whoever does not reach the account is left to the policies.
create function check_need() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    if not reaches_account(new.account_id) then
        return new;
    end if;
    perform require(new.scope <> 'person' or new.contact_id is not null, 3, 'NEED_WITHOUT_PERSON', 'Whose need is it? Name the person.',
                    '{"violations": [{"field": "need.contact_id", "description": "must be set"}]}');
    if new.contact_id is not null then
        perform require(exists (select from position p where p.contact_id = new.contact_id and p.account_id = new.account_id),
                        5, 'CONTACT_NOT_AT_ACCOUNT', 'The contact has no position at this account.');
    end if;
    if new.activity_id is not null then
        perform require(exists (select from activity a where a.id = new.activity_id and a.account_id = new.account_id), 5, 'ACTIVITY_NOT_FOUND',
                        'There is no such activity at this account.');
    end if;
    return new;
end
$$;
create trigger check_need before insert or update of contact_id, scope, activity_id on need for each row execute function check_need();
create trigger set_creator before insert on need for each row execute function set_creator();
create trigger zz_record before insert or update on need for each row execute function record_change('need', 'id', 'account_id', '');

create function retire_need(need_id uuid, seen_version bigint, reason text) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_need need;
begin
    select * into v_need from need n where n.id = need_id for no key update;
    if not found or not reaches_account(v_need.account_id) then
        perform refuse_not_found('need');
    end if;
    if v_need.version <> seen_version then
        return;
    end if;
    perform require(v_need.retire_time is null, 9, 'NEED_RETIRED', 'The need is retired already.');
    perform give_reason(reason);
    update need n set retire_time = now() where n.id = need_id;
end
$$;
grant execute on function retire_need(uuid, bigint, text) to kam_rep, kam_manager;

-- ---- rights ----

alter table contact_tie enable row level security;
alter table contact_gift enable row level security;
alter table need enable row level security;

grant select on contact_tie, contact_gift, need to kam_rep, kam_manager;
grant insert (id, kind, from_contact_id, to_contact_id, note) on contact_tie to kam_rep, kam_manager;
grant insert (id, contact_id, given_on, what, value_currency_code, value_minor_units, given_by_id, activity_id),
      update (given_on, what, value_currency_code, value_minor_units, given_by_id, activity_id) on contact_gift to kam_rep, kam_manager;
grant insert (id, account_id, contact_id, kind, scope, level, expression, text, activity_id, state),
      update (contact_id, kind, scope, level, expression, text, activity_id, state) on need to kam_rep, kam_manager;

create policy contact_tie_read on contact_tie for select to kam_rep, kam_manager using (
    exists (select from contact c where c.id = contact_tie.from_contact_id offset 0) and exists (select from contact c where c.id = contact_tie.to_contact_id offset 0));
create policy contact_tie_insert on contact_tie for insert to kam_rep, kam_manager with check (
    exists (select from contact c where c.id = contact_tie.from_contact_id offset 0) and exists (select from contact c where c.id = contact_tie.to_contact_id offset 0));

create policy contact_gift_read on contact_gift for select to kam_rep, kam_manager using (exists (select from contact c where c.id = contact_gift.contact_id offset 0));
create policy contact_gift_update on contact_gift for update to kam_rep, kam_manager using (exists (select from contact c where c.id = contact_gift.contact_id offset 0));
create policy contact_gift_insert on contact_gift for insert to kam_rep, kam_manager with check (exists (select from contact c where c.id = contact_gift.contact_id offset 0));

create policy need_rep_read on need for select to kam_rep using (exists (select from account_reach r where r.account_id = need.account_id));
create policy need_manager_read on need for select to kam_manager using (exists (select from account a where a.id = need.account_id offset 0));
create policy need_rep_update on need for update to kam_rep using (exists (select from account_reach r where r.account_id = need.account_id));
create policy need_manager_update on need for update to kam_manager using (exists (select from account a where a.id = need.account_id offset 0));
create policy need_rep_insert on need for insert to kam_rep with check (exists (select from account_reach r where r.account_id = need.account_id));
create policy need_manager_insert on need for insert to kam_manager with check (exists (select from account a where a.id = need.account_id offset 0));

-- Beside the policies of 0014: a tie is shown to those who reach both, a gift to those who reach the person. A function, because ids out of
-- the log's values would not be looked up by key under the policies of contact.
create function reaches_entry(entity text, record_id uuid, entry_values jsonb) returns boolean language sql stable security definer set search_path = kam, pg_temp as $$
    select case entity
           when 'contact_tie' then reaches_contact((entry_values ->> 'from_contact_id')::uuid) and reaches_contact((entry_values ->> 'to_contact_id')::uuid)
           when 'contact_gift' then exists (select from contact_gift g where g.id = record_id and reaches_contact(g.contact_id))
           else false end
$$;
grant execute on function reaches_entry(text, uuid, jsonb) to kam_rep, kam_manager;

create policy change_of_people_read on change for select to kam_rep, kam_manager using (
    account_id is null and entity in ('contact_tie', 'contact_gift') and reaches_entry(entity, record_id, old_values || new_values));
