-- SPDX-License-Identifier: Apache-2.0
-- The follow-up rhythm: what is to be done so many days after something was done, as versioned data of the company. The newest version holds.
set local search_path = kam, pg_temp;

create table rhythm (
    id uuid primary key default uuid7(),
    number int not null,
    reason text not null default '',
    create_time timestamptz not null default now(),
    created_by uuid references app_user,
    constraint rhythm_number unique (number),
    constraint rhythm_number_positive check (number > 0),
    constraint rhythm_reason_length check (octet_length(reason) <= 1000)
);

create table rhythm_rule (
    id uuid primary key default uuid7(),
    rhythm_id uuid not null references rhythm,
    kind text not null,
    applies_to text not null,
    from_days int not null,
    to_days int not null,
    follow_up_kind text not null,
    follow_up_subject text not null,
    repeat_days int not null,       -- 0: once
    constraint rhythm_rule_once unique (rhythm_id, kind, applies_to),
    constraint rhythm_rule_kind_known check (kind in ('call', 'visit', 'message', 'email', 'sample', 'quotation', 'technical_exchange', 'demonstration', 'site_visit',
        'senior_meeting', 'negotiation', 'contract_signing', 'delivery', 'payment_follow_up', 'service_visit', 'gift', 'survey', 'note')),
    constraint rhythm_rule_applies_to_known check (applies_to in ('every', 'first')),
    constraint rhythm_rule_days_range check (from_days between 0 and 400 and to_days between from_days and 400),
    constraint rhythm_rule_follow_up_kind_known check (follow_up_kind in ('call', 'visit', 'message', 'email', 'sample', 'quotation', 'technical_exchange',
        'demonstration', 'site_visit', 'senior_meeting', 'negotiation', 'contract_signing', 'delivery', 'payment_follow_up', 'service_visit', 'gift', 'survey', 'note')),
    constraint rhythm_rule_follow_up_subject_length check (is_visible(follow_up_subject) and octet_length(follow_up_subject) <= 400),
    constraint rhythm_rule_repeat_range check (repeat_days between 0 and 400)
);

create trigger zz_record before insert on rhythm for each row execute function record_link('rhythm', 'id', '');
create trigger zz_record before insert on rhythm_rule for each row execute function record_link('rhythm_rule', 'rhythm_id', '');

insert into rhythm (number) values (1);
insert into rhythm_rule (rhythm_id, kind, applies_to, from_days, to_days, follow_up_kind, follow_up_subject, repeat_days)
select r.id, v.*
  from rhythm r,
       (values ('sample', 'every', 2, 3, 'call', '样品跟进 Ask about the sample', 0),
               ('visit', 'first', 2, 2, 'call', '首访跟进 Ask for an answer to the first visit', 2),
               ('visit', 'every', 2, 2, 'call', '拜访回访 Call after the visit', 0),
               ('quotation', 'every', 3, 3, 'call', '报价跟进 Ask about the quotation', 0)) v;

alter table rhythm enable row level security;
alter table rhythm_rule enable row level security;
grant select on rhythm, rhythm_rule to kam_rep, kam_manager;
create policy rhythm_read on rhythm for select to kam_rep, kam_manager using ((select caller_id()) is not null);
create policy rhythm_rule_read on rhythm_rule for select to kam_rep, kam_manager using ((select caller_id()) is not null);

-- The whole of a new version. replaces: the number the caller saw, 0 for whichever there is.
create function set_rhythm(rhythm_id uuid, replaces int, reason text, kinds text[], applies_to text[], from_days int[], to_days int[], follow_up_kinds text[],
                           follow_up_subjects text[], repeat_days int[]) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_number int;
begin
    perform require(caller_role() = 'manager' and caller_team_id() = root_team_id(), 7, 'NOT_ROOT_MANAGER',
                    'Only managers of the root team set the follow-up rhythm.');
    for i in 1 .. cardinality(kinds) loop
        perform require(from_days[i] <= to_days[i], 3, 'RHYTHM_DAYS', 'A follow-up cannot be overdue before it is due.',
                        jsonb_build_object('violations', jsonb_build_array(jsonb_build_object(
                            'field', 'rhythm.rules[' || i - 1 || '].to_days', 'description', 'must not be less than from_days, in the rule for ' || kinds[i]))));
        perform require(not exists (select from generate_series(1, i - 1) j
                                     where kinds[j] = kinds[i] and coalesce(applies_to[j], 'every') = coalesce(applies_to[i], 'every')),
                        3, 'RHYTHM_RULE_TWICE', 'Two rules are for the same kind of activity.',
                        jsonb_build_object('violations', jsonb_build_array(jsonb_build_object(
                            'field', 'rhythm.rules[' || i - 1 || '].kind', 'description', 'there is another rule for ' || kinds[i] || ' that applies to the same'))));
    end loop;
    perform take_turn('rhythm');
    select max(r.number) into v_number from rhythm r;
    if replaces <> 0 and replaces <> v_number then
        perform refuse(10, 'VERSION_CONFLICT', 'Somebody set another rhythm since you saw it.',
                       jsonb_build_object('metadata', jsonb_build_object('current_version', v_number::text)));
    end if;
    insert into rhythm (id, number, reason, created_by) values (rhythm_id, v_number + 1, set_rhythm.reason, caller_id());
    insert into rhythm_rule (rhythm_id, kind, applies_to, from_days, to_days, follow_up_kind, follow_up_subject, repeat_days)
    select set_rhythm.rhythm_id, n.kind, coalesce(n.applies, 'every'), n.from_days, n.to_days, n.follow_up_kind, n.subject, n.repeats
      from unnest(kinds, set_rhythm.applies_to, set_rhythm.from_days, set_rhythm.to_days, follow_up_kinds, follow_up_subjects, set_rhythm.repeat_days)
           n (kind, applies, from_days, to_days, follow_up_kind, subject, repeats);
end
$$;
grant execute on function set_rhythm(uuid, int, text, text[], text[], int[], int[], text[], text[], int[]) to kam_manager;

-- ---- activities that a rule makes ----

alter table activity
    add column rhythm_rule_id uuid references rhythm_rule,
    add column rhythm_version int,
    add column due_time timestamptz,        -- overdue from then on; NULL: from its time on
    add column is_answered boolean not null default false;
-- A follow-up is written before the activity it came out of, which points to it.
alter table activity alter constraint activity_previous_exists deferrable initially deferred;
create index activity_rhythm_rule on activity (rhythm_rule_id) where rhythm_rule_id is not null;
grant select (rhythm_rule_id, rhythm_version, due_time, is_answered) on activity to kam_rep, kam_manager;

-- Whether this user could be given an activity of the account: check_activity_owner() in one word.
create function works_on_account(user_id uuid, account_id uuid) returns boolean language sql stable security definer set search_path = kam, pg_temp as $$
    select exists (select from app_user u
                    where u.id = works_on_account.user_id and u.disable_time is null and u.role in ('rep', 'manager')
                      and (exists (select from account_reach r where r.account_id = works_on_account.account_id and r.user_id = u.id)
                           or (u.role = 'manager'
                               and exists (select from account a join team_closure c on c.descendant_id = a.team_id
                                            where a.id = works_on_account.account_id and c.ancestor_id = u.team_id))))
$$;

-- Of the activity that this transaction completes: whether the customer has answered.
create function give_answer(is_answered boolean) returns void language sql volatile set search_path = kam, pg_temp as $$
    select set_config('kam.is_answered', case when is_answered then 'yes' else '' end, true)
$$;
grant execute on function give_answer(boolean) to kam_rep, kam_manager;

-- Plans the follow-up of an activity that becomes done without a next step. At most one; none where the customer is to be asked in that way by then
-- anyhow, and none for what was done more than a week ago, such as what is imported. Of the rules of a kind the one for the first goes first.
create function plan_follow_up() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    c_oldest constant interval := '7 days';
    c_hour constant time := '09:00';
    v_made rhythm_rule;         -- the rule that planned what is now done
    v_rule rhythm_rule;
    v_chosen rhythm_rule;
    v_days int;
    v_account account;
    v_zone text;
    v_day date;
    v_owner_id uuid;
    v_next_id uuid;
    v_due timestamptz;
begin
    if tg_op = 'UPDATE' then
        new.is_answered := coalesce(current_setting('kam.is_answered', true), '') = 'yes' or (new.rhythm_rule_id is not null and new.customer_reaction <> '');
        if new.rhythm_rule_id is not null then
            select * into v_made from rhythm_rule r where r.id = new.rhythm_rule_id;
            if v_made.repeat_days > 0 and new.is_answered then
                return new;
            end if;
        end if;
        if new.next_activity_id is not null then
            return new;
        end if;
    end if;
    for v_rule in
        select * from rhythm_rule r
         where r.rhythm_id = (select h.id from rhythm h order by h.number desc limit 1)
           and r.kind = coalesce(case when v_made.repeat_days > 0 then v_made.kind end, new.kind)
         order by r.applies_to = 'every'
    loop
        if v_made.repeat_days > 0 then
            -- Asks again by what the rule says now.
            continue when v_rule.applies_to <> v_made.applies_to or v_rule.repeat_days = 0;
        elsif v_made.id is not null then
            continue when v_rule.kind = v_made.kind and v_rule.applies_to = v_made.applies_to;
        end if;
        if v_account.id is null then
            exit when new.time < now() - c_oldest;
            -- Who logs at the same account at the same time waits, and then sees what this one planned.
            perform take_turn('follow-ups of account: ' || new.account_id);
            select * into v_account from account a where a.id = new.account_id;
            exit when not found or v_account.retire_time is not null;
        end if;
        continue when v_rule.applies_to = 'first' and (v_made.repeat_days > 0) is not true
            and exists (select from activity a where a.account_id = new.account_id and a.kind = new.kind and a.state = 'done' and a.id <> new.id);
        v_chosen := v_rule;
        exit;
    end loop;
    if v_chosen.id is null then
        return new;
    end if;

    select c.time_zone into v_zone from company c;
    v_days := (new.time at time zone v_zone)::date - today();
    v_day := today() + greatest(v_days + case when v_made.repeat_days > 0 then v_chosen.repeat_days else v_chosen.from_days end, 0);
    v_due := (greatest(today() + v_days + v_chosen.to_days, v_day) + 1)::timestamp at time zone v_zone;
    if exists (select from activity a
                where a.account_id = new.account_id and a.state = 'planned' and a.kind = v_chosen.follow_up_kind and a.time < v_due and a.id <> new.id) then
        return new;
    end if;
    -- Whose it was may have left meanwhile.
    v_owner_id := case when works_on_account(new.owner_id, new.account_id) then new.owner_id
                       when works_on_account(v_account.owner_id, new.account_id) then v_account.owner_id
                       else caller_id() end;
    if v_owner_id is null then
        return new;
    end if;
    v_next_id := uuid7();
    insert into activity (id, account_id, kind, state, subject, time, due_time, owner_id, previous_activity_id, rhythm_rule_id, rhythm_version)
    values (v_next_id, new.account_id, v_chosen.follow_up_kind, 'planned', v_chosen.follow_up_subject,
            greatest((v_day + c_hour) at time zone v_zone, now()), v_due, v_owner_id, new.id, v_chosen.id,
            (select h.number from rhythm h where h.id = v_chosen.rhythm_id));
    perform copy_activity_people(new.id, v_next_id);
    new.next_activity_id := v_next_id;
    return new;
end
$$;

-- The people of one activity for another one, which has none.
create function copy_activity_people(from_id uuid, to_id uuid) returns void language sql volatile security definer set search_path = kam, pg_temp as $$
    insert into activity_contact (activity_id, contact_id, account_id)
    select to_id, c.contact_id, c.account_id from activity_contact c where c.activity_id = from_id;
    insert into activity_user (activity_id, user_id, account_id)
    select to_id, u.user_id, u.account_id from activity_user u where u.activity_id = from_id
$$;

create trigger plan_follow_up before insert on activity for each row
    when (new.state = 'done' and new.next_activity_id is null and new.corrects_id is null) execute function plan_follow_up();
create trigger plan_next_follow_up before update of state on activity for each row
    when (old.state = 'planned' and new.state = 'done') execute function plan_follow_up();

-- As before; and who took part in what was logged takes part in the follow-up that a rule planned when it was.
create or replace function add_activity_people(activity_id uuid, contact_ids uuid[], user_ids uuid[]) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_account_id uuid;
    v_next_id uuid;
begin
    if contact_ids = '{}' and user_ids = '{}' then
        return;
    end if;
    select a.account_id, a.next_activity_id into v_account_id, v_next_id from activity a
     where a.id = activity_id and a.create_time = now() and a.created_by = caller_id() and reaches_account(a.account_id);
    if not found then
        return;
    end if;
    perform require(not exists (select from unnest(contact_ids) i
                                 where not exists (select from position p where p.contact_id = i and p.account_id = v_account_id)),
                    5, 'CONTACT_NOT_AT_ACCOUNT', 'A contact of the activity has no position at its account.');
    perform require(not exists (select from unnest(user_ids) i where not exists (select from app_user u where u.id = i)),
                    5, 'USER_NOT_FOUND', 'A user of the activity does not exist.');
    insert into activity_contact (activity_id, contact_id, account_id) select distinct add_activity_people.activity_id, i, v_account_id from unnest(contact_ids) i;
    insert into activity_user (activity_id, user_id, account_id) select distinct add_activity_people.activity_id, i, v_account_id from unnest(user_ids) i;
    if v_next_id is not null and exists (select from activity n where n.id = v_next_id and n.rhythm_rule_id is not null and n.create_time = now()) then
        perform copy_activity_people(activity_id, v_next_id);
    end if;
end
$$;
