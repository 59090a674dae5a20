-- SPDX-License-Identifier: Apache-2.0
-- Engagement plans (公关路线图): ordered steps through the people of an account to the decider. Functions write them, since steps make room for each other.
-- Locks are taken in this order: the plan, its steps, the activity.
set local search_path = kam, pg_temp;

create table engagement_plan (
    id uuid primary key default uuid7(),
    account_id uuid not null references account,
    opportunity_id uuid,
    approach text not null default 'top_down',
    note text not null default '',
    state text not null default 'open',
    end_time timestamptz,
    created_by uuid references app_user,
    create_time timestamptz not null default now(),
    update_time timestamptz not null default now(),
    updated_by uuid references app_user,
    version bigint not null default 1,
    foreign key (opportunity_id, account_id) references opportunity (id, account_id),
    constraint engagement_plan_of_account unique (id, account_id),
    constraint engagement_plan_approach_known check (approach in ('top_down', 'bottom_up')),
    constraint engagement_plan_note_length check (octet_length(note) <= 2000),
    constraint engagement_plan_state_known check (state in ('open', 'done', 'dropped')),
    constraint engagement_plan_ended check ((state = 'open') = (end_time is null))
);
create index engagement_plan_account on engagement_plan (account_id, create_time desc, id desc);
create index engagement_plan_opportunity on engagement_plan (opportunity_id) where opportunity_id is not null;
create index engagement_plan_time on engagement_plan (create_time desc, id desc);

create table engagement_step (
    id uuid primary key default uuid7(),
    plan_id uuid not null,
    account_id uuid not null,
    position int not null,              -- from 1, without gaps; of one that was removed: where it was
    contact_id uuid not null references contact,
    user_id uuid not null references app_user,
    by_on date,
    relationship int,                   -- to arrive at
    note text not null default '',
    activity_id uuid,                   -- that did it
    remove_time timestamptz,
    create_time timestamptz not null default now(),
    update_time timestamptz not null default now(),
    updated_by uuid references app_user,
    version bigint not null default 1,
    foreign key (plan_id, account_id) references engagement_plan (id, account_id),
    foreign key (activity_id, account_id) references activity (id, account_id),
    constraint engagement_step_position_range check (position between 1 and 50),
    constraint engagement_step_by_on_range check (by_on between '2000-01-01' and '2199-12-31'),
    constraint engagement_step_relationship_range check (relationship between 1 and 5),
    constraint engagement_step_note_length check (octet_length(note) <= 1000)
);
create index engagement_step_plan on engagement_step (plan_id, position);
create index engagement_step_contact on engagement_step (contact_id);
create index engagement_step_user on engagement_step (user_id, by_on, id) where activity_id is null and remove_time is null;
create index engagement_step_activity on engagement_step (activity_id) where activity_id is not null;

create trigger set_creator before insert on engagement_plan for each row execute function set_creator();
create trigger refuse_erased before insert on engagement_step for each row execute function refuse_erased('contact_id');
create trigger refuse_erased_change before update on engagement_step for each row
    when ((new.contact_id, new.note, new.relationship) is distinct from (old.contact_id, old.note, old.relationship)
          and coalesce(current_setting('kam.erasing', true), '') = '')
    execute function refuse_erased('contact_id');
create trigger zz_record before insert or update on engagement_plan for each row execute function record_change('engagement_plan', 'id', 'account_id', '');
create trigger zz_record before insert or update on engagement_step for each row execute function record_change('engagement_step', 'id', 'account_id', '');

-- ---- rights ----

alter table engagement_plan enable row level security;
alter table engagement_step enable row level security;
grant select on engagement_plan, engagement_step to kam_rep, kam_manager;
create policy engagement_plan_rep_read on engagement_plan for select to kam_rep using (exists (select from account_reach r where r.account_id = engagement_plan.account_id));
create policy engagement_plan_manager_read on engagement_plan for select to kam_manager using (exists (select from account a where a.id = engagement_plan.account_id offset 0));
create policy engagement_step_rep_read on engagement_step for select to kam_rep using (exists (select from account_reach r where r.account_id = engagement_step.account_id));
create policy engagement_step_manager_read on engagement_step for select to kam_manager using (exists (select from account a where a.id = engagement_step.account_id offset 0));

-- ---- plans ----

-- The plan, locked, while it is open; NULL when somebody changed it since seen_version (NULL: any version will do).
create function lock_engagement_plan(plan_id uuid, seen_version bigint) returns engagement_plan
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_plan engagement_plan;
begin
    select * into v_plan from engagement_plan p where p.id = plan_id for no key update;
    if not found or not reaches_account(v_plan.account_id) then
        perform refuse_not_found('engagement plan');
    end if;
    if v_plan.version <> seen_version then
        return null;
    end if;
    perform require(v_plan.state = 'open', 9, 'ENGAGEMENT_ENDED', 'The engagement plan has ended.');
    return v_plan;
end
$$;

-- A new one when seen_version is NULL.
create function save_engagement_plan(plan_id uuid, seen_version bigint, mask text[], account_id uuid, opportunity_id uuid, approach text, note text) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_plan engagement_plan;
    v_is_new boolean := seen_version is null;
begin
    if v_is_new then
        -- Held, so that it is not merged or handed over meanwhile.
        perform from account a where a.id = account_id for key share;
        if not found or not reaches_account(account_id) then
            perform refuse_not_found('account');
        end if;
        v_plan.account_id := account_id;
    else
        v_plan := lock_engagement_plan(plan_id, seen_version);
        if v_plan.id is null then
            return;
        end if;
    end if;
    if opportunity_id is not null and (v_is_new or 'opportunity_id' = any (mask)) then
        perform require(exists (select from opportunity o where o.id = save_engagement_plan.opportunity_id and o.account_id = v_plan.account_id),
                        5, 'OPPORTUNITY_NOT_FOUND', 'There is no such opportunity of this account.');
    end if;
    if v_is_new then
        insert into engagement_plan (id, account_id, opportunity_id, approach, note)
        values (plan_id, account_id, opportunity_id, coalesce(approach, 'top_down'), coalesce(note, ''));
    else
        update engagement_plan p
           set opportunity_id = case when 'opportunity_id' = any (mask) then save_engagement_plan.opportunity_id else p.opportunity_id end,
               approach = case when 'approach' = any (mask) then coalesce(save_engagement_plan.approach, 'top_down') else p.approach end,
               note = case when 'note' = any (mask) then save_engagement_plan.note else p.note end
         where p.id = plan_id;
    end if;
end
$$;

create function end_engagement_plan(plan_id uuid, seen_version bigint, is_dropped boolean, reason text) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_plan engagement_plan := lock_engagement_plan(plan_id, seen_version);
begin
    if v_plan.id is null then
        return;
    end if;
    perform require(is_dropped or not exists (select from engagement_step s where s.plan_id = v_plan.id and s.remove_time is null and s.activity_id is null),
                    9, 'ENGAGEMENT_STEPS_OPEN', 'Steps of the engagement plan are still to be done. Do them, remove them, or drop the plan.');
    perform give_reason(reason);
    update engagement_plan p set state = case when is_dropped then 'dropped' else 'done' end, end_time = now() where p.id = v_plan.id;
end
$$;

-- ---- steps ----

-- The step, locked after its plan; NULL when somebody changed it since seen_version.
create function lock_engagement_step(step_id uuid, seen_version bigint) returns engagement_step
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_step engagement_step;
    v_plan_id uuid := (select s.plan_id from engagement_step s where s.id = step_id and reaches_account(s.account_id));
    v_plan engagement_plan;
begin
    if v_plan_id is null then
        perform refuse_not_found('engagement step');
    end if;
    v_plan := lock_engagement_plan(v_plan_id, null);
    select * into v_step from engagement_step s where s.id = step_id for no key update;
    perform require(v_step.remove_time is null, 5, 'NOT_FOUND', 'There is no such {what} within your reach.', '{"metadata": {"what": "engagement step"}}');
    if v_step.version <> seen_version then
        return null;
    end if;
    return v_step;
end
$$;

-- Somebody who is at the account now.
create function require_step_contact(contact_id uuid, account_id uuid) returns void language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    perform require(exists (select from position p where p.contact_id = require_step_contact.contact_id and p.account_id = require_step_contact.account_id and p.ended_on is null),
                    5, 'CONTACT_NOT_AT_ACCOUNT', 'The contact has no position at this account.');
end
$$;

-- Who of us meets them: whoever is named, else our counterpart for them, else the account's owner.
create function step_user(user_id uuid, contact_id uuid, account_id uuid) returns uuid language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    if user_id is null then
        return coalesce((select p.counterpart_id from position p
                          where p.contact_id = step_user.contact_id and p.account_id = step_user.account_id and p.ended_on is null
                            and works_on_account(p.counterpart_id, p.account_id)),
                        (select a.owner_id from account a where a.id = step_user.account_id));
    end if;
    perform from app_user u where u.id = user_id for share;     -- whoever disables them comes before, or hands this step over
    perform require(found, 5, 'USER_NOT_FOUND', 'There is no such user.');
    perform require(works_on_account(user_id, account_id), 9, 'STEP_USER_OUT_OF_REACH',
                    'Who meets them must be an enabled user who works on this account. Make them a member of the account first, or choose somebody else.');
    return user_id;
end
$$;

-- Puts a step to its place; the others make room.
create function place_step(plan_id uuid, step_id uuid, from_position int, to_position int) returns void
language sql volatile security definer set search_path = kam, pg_temp as $$
    update engagement_step s
       set position = case when s.id = step_id then to_position when to_position < from_position then s.position + 1 else s.position - 1 end
     where s.plan_id = place_step.plan_id and s.remove_time is null and from_position <> to_position
       and s.position between least(from_position, to_position) and greatest(from_position, to_position)
$$;

create function add_engagement_step(step_id uuid, plan_id uuid, place int, contact_id uuid, user_id uuid, by_on date, relationship int, note text) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    c_most constant int := 50;
    v_plan engagement_plan := lock_engagement_plan(plan_id, null);
    v_last int := (select count(*) from engagement_step s where s.plan_id = v_plan.id and s.remove_time is null);
begin
    perform require_step_contact(contact_id, v_plan.account_id);
    perform require(v_last < c_most, 9, 'TOO_MANY_STEPS', 'An engagement plan has at most {most} steps.',
                    jsonb_build_object('metadata', jsonb_build_object('most', c_most::text)));
    insert into engagement_step (id, plan_id, account_id, position, contact_id, user_id, by_on, relationship, note)
    values (step_id, v_plan.id, v_plan.account_id, v_last + 1, contact_id, step_user(user_id, contact_id, v_plan.account_id), by_on, relationship, coalesce(note, ''));
    if place between 1 and v_last then
        perform place_step(v_plan.id, step_id, v_last + 1, place);
    end if;
end
$$;

create function update_engagement_step(step_id uuid, seen_version bigint, mask text[], place int, contact_id uuid, user_id uuid, by_on date, relationship int, note text) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_step engagement_step := lock_engagement_step(step_id, seen_version);
    v_last int;
begin
    if v_step.id is null then
        return;
    end if;
    if 'contact_id' = any (mask) and contact_id is distinct from v_step.contact_id then
        perform require(v_step.activity_id is null, 9, 'STEP_DONE', 'The step was done with this person. Reopen it first, or add another step.');
        perform require_step_contact(contact_id, v_step.account_id);
        v_step.contact_id := contact_id;
    end if;
    if 'user_id' = any (mask) and user_id is distinct from v_step.user_id then
        v_step.user_id := step_user(user_id, v_step.contact_id, v_step.account_id);
    end if;
    update engagement_step s
       set contact_id = v_step.contact_id, user_id = v_step.user_id,
           by_on = case when 'by_on' = any (mask) then update_engagement_step.by_on else s.by_on end,
           relationship = case when 'relationship' = any (mask) then update_engagement_step.relationship else s.relationship end,
           note = case when 'note' = any (mask) then update_engagement_step.note else s.note end
     where s.id = step_id;
    if 'position' = any (mask) then
        v_last := (select count(*) from engagement_step s where s.plan_id = v_step.plan_id and s.remove_time is null);
        perform place_step(v_step.plan_id, step_id, v_step.position, case when place between 1 and v_last then place else v_last end);
    end if;
end
$$;

create function remove_engagement_step(step_id uuid, seen_version bigint) returns void language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_step engagement_step := lock_engagement_step(step_id, seen_version);
begin
    if v_step.id is not null then
        update engagement_step s set remove_time = now() where s.id = step_id;
        update engagement_step s set position = s.position - 1
         where s.plan_id = v_step.plan_id and s.remove_time is null and s.position > v_step.position;
    end if;
end
$$;

-- activity_id NULL: the step is open again.
create function complete_engagement_step(step_id uuid, seen_version bigint, activity_id uuid) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_step engagement_step := lock_engagement_step(step_id, seen_version);
    v_activity activity;
begin
    if v_step.id is null then
        return;
    end if;
    if activity_id is not null then
        -- Held: a correction that comes at the same time carries the step along.
        select * into v_activity from activity a where a.id = complete_engagement_step.activity_id and a.account_id = v_step.account_id for share;
        perform require(found, 5, 'ACTIVITY_NOT_FOUND', 'There is no such activity at this account.');
        perform require(v_activity.state = 'done', 9, 'ACTIVITY_NOT_DONE', 'Only an activity that is done can have done the step.');
        perform require(exists (select from activity_contact c where c.activity_id = v_activity.id and c.contact_id = v_step.contact_id), 9, 'ACTIVITY_WITHOUT_CONTACT',
                        'The person of the step did not take part in this activity.');
    end if;
    update engagement_step s set activity_id = complete_engagement_step.activity_id where s.id = step_id;
end
$$;

grant execute on function save_engagement_plan(uuid, bigint, text[], uuid, uuid, text, text), end_engagement_plan(uuid, bigint, boolean, text),
                          add_engagement_step(uuid, uuid, int, uuid, uuid, date, int, text),
                          update_engagement_step(uuid, bigint, text[], int, uuid, uuid, date, int, text), remove_engagement_step(uuid, bigint),
                          complete_engagement_step(uuid, bigint, uuid)
    to kam_rep, kam_manager;

-- ---- what else happens ----

-- What is still to be done by somebody who does not work on the account any more goes to its owner.
create function hand_over_engagement_steps() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_account_id uuid;
begin
    if tg_table_name = 'app_user' then
        update engagement_step s set user_id = a.owner_id
          from engagement_plan p, account a
         where s.user_id = new.id and s.activity_id is null and s.remove_time is null and p.id = s.plan_id and p.state = 'open'
           and a.id = s.account_id and a.owner_id <> s.user_id and not works_on_account(s.user_id, s.account_id);
        return null;
    elsif tg_table_name = 'account' then
        v_account_id := new.id;
    else
        v_account_id := old.account_id;
    end if;
    update engagement_step s set user_id = a.owner_id
      from engagement_plan p, account a
     where p.account_id = v_account_id and p.state = 'open' and s.plan_id = p.id and s.activity_id is null and s.remove_time is null
       and a.id = p.account_id and a.owner_id <> s.user_id and not works_on_account(s.user_id, s.account_id);
    return null;
end
$$;
-- After keep_reach, by its name.
create trigger move_engagement_steps after update of owner_id, team_id on account for each row
    when (new.owner_id <> old.owner_id or new.team_id <> old.team_id) execute function hand_over_engagement_steps();
create trigger move_engagement_steps after delete on account_member for each row execute function hand_over_engagement_steps();
create trigger move_engagement_steps after update of disable_time, role, team_id on app_user for each row
    when ((new.disable_time, new.role, new.team_id) is distinct from (old.disable_time, old.role, old.team_id)) execute function hand_over_engagement_steps();

-- A correction takes the place of its original also here.
create function carry_engagement_steps() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    update engagement_step s set activity_id = new.id where s.activity_id = new.corrects_id;
    return null;
end
$$;
create trigger carry_engagement_steps after insert on activity for each row when (new.corrects_id is not null) execute function carry_engagement_steps();

-- What steps say of the person: also of steps that lead to somebody else by now, where the note is still the one that was written of them.
create function erase_from_engagement(contact_id uuid, account_ids uuid[]) returns uuid[] language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_steps uuid[] := array(select s.id from engagement_step s where s.contact_id = erase_from_engagement.contact_id
                            union
                            select c.record_id from change c
                             where c.account_id = any (account_ids) and c.entity = 'engagement_step'
                               and erase_from_engagement.contact_id::text in (c.old_values ->> 'contact_id', c.new_values ->> 'contact_id'));
begin
    update engagement_step s set relationship = case when s.contact_id <> erase_from_engagement.contact_id then s.relationship end, note = ''
     where s.id = any (v_steps)
       and (s.contact_id = erase_from_engagement.contact_id
            or erase_from_engagement.contact_id::text
               = (select x.new_values ->> 'contact_id' from change x
                   where x.entity = 'engagement_step' and x.record_id = s.id and x.new_values ? 'contact_id'
                     and x.version <= (select max(n.version) from change n where n.entity = 'engagement_step' and n.record_id = s.id and n.new_values ? 'note')
                   order by x.version desc limit 1));
    return v_steps;
end
$$;
