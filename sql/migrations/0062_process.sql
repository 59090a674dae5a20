-- SPDX-License-Identifier: Apache-2.0
-- How an opportunity moves: somebody asks for its advancement, managers approve it step by step, a criterion may be waived, a verdict given. Nobody writes these tables but
-- the functions of the next migration. Locks are taken in this order: the caller, the account, the opportunity, its request.
set local search_path = kam, pg_temp;

-- A manager let this criterion pass without evidence, for this time in the stage: when the opportunity goes back, those of the stages it passes again end.
create table criterion_waiver (
    id uuid primary key default uuid7(),
    opportunity_id uuid not null,
    account_id uuid not null,
    stage_key text not null,
    criterion_key text not null,
    waived_by uuid not null references app_user,
    on_behalf_of uuid references app_user,
    requested_by uuid not null references app_user,     -- who cannot approve the advancement then
    approver text not null,                             -- as whom it was given
    reason text not null,
    "time" timestamptz not null default clock_timestamp(),     -- with the opportunity held: no earlier than it came to the stage
    withdrawn_time timestamptz,
    withdrawn_by uuid references app_user,
    update_time timestamptz not null default now(),
    updated_by uuid references app_user,
    version bigint not null default 1,
    foreign key (opportunity_id, account_id) references opportunity (id, account_id),
    constraint criterion_waiver_stage_form check (is_key(stage_key)),
    constraint criterion_waiver_criterion_form check (is_key(criterion_key)),
    constraint criterion_waiver_approver_known check (approver in ('team_manager', 'key_account_group')),
    constraint criterion_waiver_reason_length check (is_visible(reason) and octet_length(reason) <= 1000),
    constraint criterion_waiver_of_another check (requested_by not in (waived_by, on_behalf_of))
);
create unique index criterion_waiver_present on criterion_waiver (opportunity_id, stage_key, criterion_key) where withdrawn_time is null;
create index criterion_waiver_opportunity on criterion_waiver (opportunity_id, account_id);

create table advancement (
    id uuid primary key default uuid7(),
    opportunity_id uuid not null,
    account_id uuid not null,
    from_stage text not null,
    to_stage text,                      -- NULL: it is won
    requested_by uuid not null references app_user,
    owner_id uuid not null references app_user,     -- of the opportunity, when it was asked
    is_for_group boolean not null,      -- when it was asked: a lower amount does not take it away from the group
    note text not null default '',
    state text not null default 'waiting',
    end_cause text,                     -- of a cancelled one: what came in between
    end_reason text not null default '',
    ended_by uuid references app_user,
    create_time timestamptz not null default now(),
    end_time timestamptz,
    update_time timestamptz not null default now(),
    updated_by uuid references app_user,
    version bigint not null default 1,
    foreign key (opportunity_id, account_id) references opportunity (id, account_id),
    constraint advancement_of_account unique (id, account_id),
    constraint advancement_from_stage_form check (is_key(from_stage)),
    constraint advancement_to_stage_form check (is_key(to_stage)),
    constraint advancement_note_length check (octet_length(note) <= 2000),
    constraint advancement_state_known check (state in ('waiting', 'approved', 'returned', 'withdrawn', 'cancelled')),
    constraint advancement_ended check ((state = 'waiting') = (end_time is null) and (state = 'cancelled') = (end_cause is not null)),
    constraint advancement_end_cause_known check (end_cause in ('moved', 'closed', 'verdict', 'account_retired')),
    constraint advancement_end_reason_length check (octet_length(end_reason) <= 2000)
);
create unique index advancement_waiting on advancement (opportunity_id) where state = 'waiting';
create index advancement_opportunity on advancement (opportunity_id, create_time, id);
create index advancement_requester on advancement (requested_by, create_time, id);
create index advancement_open on advancement (create_time, id) where state = 'waiting';

create table approval_step (
    id uuid primary key default uuid7(),
    advancement_id uuid not null,
    account_id uuid not null,
    position int not null,
    approver text not null,
    state text not null default 'pending',
    decided_by uuid references app_user,
    on_behalf_of uuid references app_user,
    open_time timestamptz,              -- when its turn came
    decide_time timestamptz,
    reason text not null default '',
    update_time timestamptz not null default now(),
    updated_by uuid references app_user,
    version bigint not null default 1,
    foreign key (advancement_id, account_id) references advancement (id, account_id),
    constraint approval_step_position unique (advancement_id, position),
    constraint approval_step_approver_known check (approver in ('team_manager', 'key_account_group')),
    constraint approval_step_state_known check (state in ('pending', 'open', 'approved', 'returned', 'skipped')),
    constraint approval_step_decided check ((state in ('approved', 'returned')) = (decided_by is not null) and (decided_by is null) = (decide_time is null)),
    constraint approval_step_reason_length check (octet_length(reason) <= 2000)
);
create unique index approval_step_one_open on approval_step (advancement_id) where state = 'open';
create index approval_step_decider on approval_step (decided_by) where decided_by is not null;

-- The criteria as they stood when it was asked, and at each approval. Never changed.
create table advancement_evidence (
    id uuid primary key default uuid7(),
    advancement_id uuid not null,
    account_id uuid not null,
    moment text not null,               -- step: an approval before the last one, which does not ask whether they are met
    step int not null default 0,        -- the position of the approval
    position int not null,
    criterion_key text not null,
    kind text not null,
    name_en text not null,
    name_zh text not null,
    state text not null,
    evidence_kind text,
    evidence_id uuid,                   -- of the kind's table, as it was then
    evidence_text text not null default '',
    evidence_time timestamptz,
    waived_by uuid references app_user,
    waiver_reason text not null default '',
    create_time timestamptz not null default now(),
    foreign key (advancement_id, account_id) references advancement (id, account_id),
    constraint advancement_evidence_criterion_form check (is_key(criterion_key)),
    constraint advancement_evidence_once unique (advancement_id, step, criterion_key),
    constraint advancement_evidence_moment_known check (moment in ('ask', 'step', 'approval')),
    constraint advancement_evidence_step_given check (step >= 0 and (moment = 'ask') = (step = 0)),
    constraint advancement_evidence_state_known check (state in ('met', 'waived', 'unmet')),
    constraint advancement_evidence_unmet check (state <> 'unmet' or moment = 'step')
);

-- Every move, and every verdict. From the first stage of its pipeline on, or from the one it was imported at, they lead to where the opportunity is. Never changed.
create table stage_change (
    id uuid primary key default uuid7(),
    opportunity_id uuid not null,
    account_id uuid not null,
    direction text not null,
    from_stage text,                    -- NULL: it was imported
    to_stage text not null,             -- where it stands now; of a closed one, where it was
    verdict text,
    changed_by uuid references app_user,
    on_behalf_of uuid references app_user,
    "time" timestamptz not null default clock_timestamp(),
    reason text not null default '',
    advancement_id uuid,
    foreign key (opportunity_id, account_id) references opportunity (id, account_id),
    foreign key (advancement_id, account_id) references advancement (id, account_id),
    constraint stage_change_from_stage_form check (is_key(from_stage)),
    constraint stage_change_to_stage_form check (is_key(to_stage)),
    constraint stage_change_verdict_known check (verdict in ('prepare', 'defer', 'approve', 'terminate', 'change')),
    constraint stage_change_direction_known check (direction in ('forward', 'backward', 'win', 'lose', 'reopen', 'verdict', 'import')),
    constraint stage_change_reason_length check (octet_length(reason) <= 2000)
);
create index stage_change_opportunity on stage_change (opportunity_id, "time", id);
create index stage_change_advancement on stage_change (advancement_id) where advancement_id is not null;

create trigger zz_record before insert or update on criterion_waiver for each row execute function record_change('criterion_waiver', 'id', 'account_id', '');
create trigger zz_record before insert or update on advancement for each row execute function record_change('advancement', 'id', 'account_id', '');
create trigger zz_record before insert or update on approval_step for each row execute function record_change('approval_step', 'advancement_id', 'account_id', '');

-- As before, with what was waived since the opportunity came to this stage.
create or replace function snapshot_evidence(opportunity_id uuid)
returns table (stage_key text, criterion_key text, kind text, name_en text, name_zh text, state text, evidence_kind text, evidence_id uuid, evidence_text text,
               evidence_time timestamptz, wanted jsonb, waived_by uuid, waiver_reason text, waive_time timestamptz)
language plpgsql stable set search_path = kam, pg_temp as $$
declare
    v_opportunity opportunity;
    v_zone text := (select c.time_zone from company c);
begin
    select * into v_opportunity from opportunity o where o.id = snapshot_evidence.opportunity_id;
    return query
    select c.stage_key, c.key, c.kind, c.name_en, c.name_zh,
           case when e.wanted is null then 'met' when w.time is not null then 'waived' when e.wanted ->> 'reason' = 'NOT_RECORDABLE' then 'not_recordable' else 'unmet' end,
           e.kind, e.id, e.text, e.time, e.wanted, w.waived_by, w.reason, w.time
      from stage_criterion c
     cross join lateral evidence_of(v_opportunity, v_zone, c.kind, c.parameters) e
      left join lateral (select x.waived_by, x.reason, x.time
                           from criterion_waiver x
                          where x.opportunity_id = v_opportunity.id and x.stage_key = c.stage_key and x.criterion_key = c.key
                            and x.withdrawn_time is null and x.time >= v_opportunity.stage_since and waiver_counts(v_opportunity, c.kind, x.approver)
                          order by x.time desc limit 1) w on true
     where c.version_id = v_opportunity.pipeline_version_id and c.stage_key = v_opportunity.stage_key
     order by c.position;
end
$$;

-- ---- the key account group ----

-- From the pipeline's threshold on the group decides. One whose amount nobody knows goes to the group as well, and one in a currency without a rate: either would be the way
-- around it.
create function group_decides(version_id uuid, amount_currency_code text, amount_minor_units bigint) returns boolean language sql stable set search_path = kam, pg_temp as $$
    select case when v.group_threshold_minor_units is null then false
                when v.group_threshold_currency_code = amount_currency_code then amount_minor_units >= v.group_threshold_minor_units
                else coalesce(in_reporting_currency_or_null(amount_minor_units, amount_currency_code, null)
                              >= in_reporting_currency_or_null(v.group_threshold_minor_units, v.group_threshold_currency_code, null), true) end
      from pipeline_version v where v.id = version_id
$$;

-- The next stage takes the group's approval: the present one asks for it, or one before did, when the amount was still below the threshold.
create function is_for_group(o opportunity) returns boolean language sql stable set search_path = kam, pg_temp as $$
    select group_decides(o.pipeline_version_id, o.amount_currency_code, o.amount_minor_units)
       and (exists (select from pipeline_stage s where s.version_id = o.pipeline_version_id and s.key = o.stage_key and 'key_account_group' = any (s.approvals))
            or coalesce((select p.state = 'skipped'
                           from advancement a join approval_step p on p.advancement_id = a.id and p.approver = 'key_account_group'
                          where a.opportunity_id = o.id and a.state = 'approved'
                          order by a.end_time desc, a.id desc limit 1), false))
$$;

-- Whose the verdict is. What the group said stays the group's to change, whatever the amount becomes.
create function verdict_approver(o opportunity) returns text language sql stable set search_path = kam, pg_temp as $$
    select case when group_decides(o.pipeline_version_id, o.amount_currency_code, o.amount_minor_units) or o.verdict_by is not distinct from 'key_account_group'
                then 'key_account_group' else 'team_manager' end
$$;

-- What was said of an earlier stage, or by the team's manager of what has become the group's to say, is no verdict of this one.
create function verdict_counts(o opportunity) returns boolean language sql stable set search_path = kam, pg_temp as $$
    select o.verdict is not null and o.verdict_time >= o.stage_since
       and coalesce(o.verdict_by = verdict_approver(o), false)
$$;

-- A verdict that the team's manager waived is the group's to give once the amount has grown.
create function waiver_counts(o opportunity, kind text, approver text) returns boolean language sql stable set search_path = kam, pg_temp as $$
    select kind <> 'verdict' or approver = 'key_account_group' or verdict_approver(o) = 'team_manager'
$$;

-- Its stage asks for a verdict that it has not got.
create function wants_verdict(opportunity_id uuid) returns boolean language sql stable set search_path = kam, pg_temp as $$
    select exists (select from opportunity o join stage_criterion c on c.version_id = o.pipeline_version_id and c.stage_key = o.stage_key and c.kind = 'verdict'
                    where o.id = wants_verdict.opportunity_id and o.state = 'open' and not is_deferred(o.verdict, o.review_on)
                      and (o.verdict is distinct from c.parameters ->> 'verdict' or not verdict_counts(o)))
$$;

-- The caller, or somebody for whom the caller stands in, belongs to the group.
create function is_in_group() returns boolean language sql stable security definer set search_path = kam, pg_temp as $$
    select caller_role() = 'manager' and exists (select from app_user u where u.id = any (caller_ids()) and u.is_key_account_group and u.disable_time is null)
$$;

-- ---- who decides ----

-- Who cannot decide about it: its owner, who owned it or asked when the advancement was asked for, who asked for a waiver that counts there, who decided a step before.
create function kept_from_deciding(opportunity_id uuid, advancement_id uuid) returns uuid[] language sql stable set search_path = kam, pg_temp as $$
    select array(
        select o.owner_id from opportunity o where o.id = opportunity_id
        union
        select u from advancement a, unnest(array[a.requested_by, a.owner_id]) u where a.id = advancement_id
        union
        select w.requested_by from criterion_waiver w join opportunity o on o.id = w.opportunity_id and o.stage_key = w.stage_key
         where w.opportunity_id = kept_from_deciding.opportunity_id and w.withdrawn_time is null and w.time >= o.stage_since
        union
        select u from approval_step s, unnest(array[s.decided_by, s.on_behalf_of]) u where s.advancement_id = kept_from_deciding.advancement_id and u is not null)
$$;

-- The managers who may decide: those of the nearest team, from the owner's up, that has one; or the members of the key account group.
create function deciders(approver text, opportunity_id uuid, kept_out uuid[]) returns setof uuid language sql stable set search_path = kam, pg_temp as $$
    select u.id
      from app_user u
     where approver = 'key_account_group' and u.is_key_account_group and u.role = 'manager' and u.disable_time is null and u.id <> all (kept_out)
    union all
    (select x.id
       from (select u.id, rank() over (order by c.depth) as place
               from opportunity o
               join app_user w on w.id = o.owner_id
               join team_closure c on c.descendant_id = w.team_id
               join app_user u on u.team_id = c.ancestor_id and u.role = 'manager' and u.disable_time is null and u.id <> all (kept_out)
              where approver = 'team_manager' and o.id = opportunity_id) x
      where x.place = 1)
$$;

-- It waits for the approval of the key account group, or for its verdict; or the caller judged it for the group in this stage, and may say something else until it goes on.
create function concerns_group(opportunity_id uuid) returns boolean language sql stable security definer set search_path = kam, pg_temp as $$
    select exists (select from advancement a join approval_step s on s.advancement_id = a.id and s.state = 'open' and s.approver = 'key_account_group'
                    where a.opportunity_id = concerns_group.opportunity_id and a.state = 'waiting')
        or exists (select from opportunity o
                    where o.id = concerns_group.opportunity_id and verdict_approver(o) = 'key_account_group'
                      and (wants_verdict(o.id)
                           or o.verdict_by = 'key_account_group' and o.verdict_time >= o.stage_since and (o.state = 'open' or o.verdict = 'terminate')
                              and caller_id() = (select c.changed_by from stage_change c where c.opportunity_id = o.id and c.verdict is not null
                                                  order by c.time desc, c.id desc limit 1)))
$$;

-- The people of a calling manager's teams, and of the teams below.
create function managed_people() returns setof uuid language sql stable security definer set search_path = kam, pg_temp as $$
    select u.id from app_user u
     where caller_role() = 'manager' and u.team_id in (select c.descendant_id from team_closure c where c.ancestor_id = any (caller_team_ids()))
$$;
grant execute on function concerns_group(uuid), is_in_group(), managed_people() to kam_manager;

-- Who decides about it reads it: managers what their people are at, whichever team has the account, and the group what concerns it.
create function is_decided_by_caller(o opportunity) returns boolean language sql stable security definer set search_path = kam, pg_temp as $$
    select caller_role() = 'manager'
       and ((o.state = 'open' or o.verdict = 'terminate') and o.owner_id in (select managed_people()) or is_in_group() and concerns_group(o.id))
$$;
create or replace function reads_opportunity(opportunity_id uuid) returns boolean language sql stable security definer set search_path = kam, pg_temp as $$
    select exists (select from opportunity o where o.id = reads_opportunity.opportunity_id and (reaches_account(o.account_id) or is_decided_by_caller(o)))
$$;

-- The same, with what is of the caller asked once per statement.
alter policy opportunity_manager_read on opportunity using (
    exists (select from team_closure c where c.ancestor_id = any ((select caller_team_ids())::uuid[]) and c.descendant_id = opportunity.account_team_id)
    or exists (select from account_reach r where r.account_id = opportunity.account_id)
    or (state = 'open' or verdict = 'terminate') and owner_id in (select managed_people())
    or (select is_in_group()) and concerns_group(id));

-- ---- rights ----

do $$
declare
    v_table text;
begin
    foreach v_table in array array['criterion_waiver', 'advancement', 'approval_step', 'advancement_evidence', 'stage_change'] loop
        execute format('alter table %I enable row level security', v_table);
        execute format('grant select on %I to kam_rep, kam_manager', v_table);
    end loop;
end
$$;
create policy criterion_waiver_read on criterion_waiver for select to kam_rep, kam_manager using (
    exists (select from opportunity o where o.id = criterion_waiver.opportunity_id offset 0));
create policy stage_change_read on stage_change for select to kam_rep, kam_manager using (
    exists (select from opportunity o where o.id = stage_change.opportunity_id offset 0));

-- Whoever decided a step of it reads the request for good, also when the opportunity is not theirs to read any more.
create function has_decided(advancement_id uuid) returns boolean language sql stable security definer set search_path = kam, pg_temp as $$
    select exists (select from approval_step s where s.advancement_id = has_decided.advancement_id and s.decided_by = caller_id())
$$;
grant execute on function has_decided(uuid) to kam_manager;
create policy advancement_rep_read on advancement for select to kam_rep using (
    exists (select from account_reach r where r.account_id = advancement.account_id));
create policy advancement_manager_read on advancement for select to kam_manager using (
    exists (select from opportunity o where o.id = advancement.opportunity_id offset 0) or has_decided(advancement.id));
create policy approval_step_read on approval_step for select to kam_rep, kam_manager using (
    exists (select from advancement a where a.id = approval_step.advancement_id offset 0));
create policy advancement_evidence_read on advancement_evidence for select to kam_rep, kam_manager using (
    exists (select from advancement a where a.id = advancement_evidence.advancement_id offset 0));
-- Requests and their steps are told to whoever reads them; both are logged under the request's id.
create policy change_advancement_read on change for select to kam_manager using (
    entity in ('advancement', 'approval_step') and exists (select from advancement a where a.id = change.record_id offset 0));
