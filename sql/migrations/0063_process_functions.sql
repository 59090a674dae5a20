-- SPDX-License-Identifier: Apache-2.0
-- Asking, approving, returning, waiving, going back, verdicts. Who may decide is worked out when it is decided, so that a reassignment, a move to another team or a disabled
-- manager has one right outcome: who is the nearest manager then.
set local search_path = kam, pg_temp;

-- ---- who decides ----

-- As whom the caller may decide: themselves, or one of those for whom they stand in today; NULL for neither.
create function decides_as(approver text, opportunity_id uuid, kept_out uuid[]) returns uuid language sql stable set search_path = kam, pg_temp as $$
    select d.id
      from deciders(approver, opportunity_id, kept_out) d (id)
     where d.id = caller_id()
        or (caller_id() <> all (kept_out)
            and exists (select from delegation g where g.from_user_id = d.id and g.to_user_id = caller_id() and g.end_time is null and today() between g.starts_on and g.ends_on))
     order by d.id <> caller_id(), d.id
     limit 1
$$;

-- Refuses because there is nobody who could decide, and says who could be made able to.
create function refuse_no_approver(approver text, opportunity_id uuid, kept_out uuid[]) returns void language plpgsql stable set search_path = kam, pg_temp as $$
declare
    v_team team;
    v_names text;
begin
    select t.* into v_team from opportunity o join app_user u on u.id = o.owner_id join team t on t.id = u.team_id where o.id = opportunity_id;
    select string_agg(x.name, ', ' order by x.place, x.name) into v_names
      from (select u.name, case when approver = 'team_manager' and exists (select from team_closure c where c.descendant_id = v_team.id and c.ancestor_id = u.team_id) then 0 else 1 end as place
              from app_user u
             where u.role = 'manager' and u.id <> all (kept_out)
             order by 2, 1 limit 5) x;
    if approver = 'key_account_group' then
        perform refuse(9, 'NO_APPROVER', 'Nobody of the key account group can decide this. A manager of the root team could take in: {names}.',
                       jsonb_build_object('metadata', jsonb_build_object('names', coalesce(v_names, '-'))));
    end if;
    perform refuse(9, 'NO_APPROVER', 'No manager of {team} or above can decide this. These could be moved there, or enabled: {names}.',
                   jsonb_build_object('metadata', jsonb_build_object('team', v_team.name, 'names', coalesce(v_names, '-'))));
end
$$;

-- As whom the caller decides, or a refusal.
create function require_decider(approver text, opportunity_id uuid, kept_out uuid[]) returns uuid language plpgsql stable set search_path = kam, pg_temp as $$
declare
    v_as uuid := decides_as(approver, opportunity_id, kept_out);
begin
    if v_as is null then
        if not exists (select from deciders(approver, opportunity_id, kept_out)) then
            perform refuse_no_approver(approver, opportunity_id, kept_out);
        end if;
        perform require(caller_id() <> all (kept_out), 7, 'OWN_REQUEST', 'Nobody decides about what they own or asked for, nor two steps of one request.');
        perform refuse(7, 'NOT_APPROVER', 'This is decided by {names}.', jsonb_build_object('metadata', jsonb_build_object('names', (
            select string_agg(x.name, ', ' order by x.name) from (
                select u.name from deciders(approver, opportunity_id, kept_out) d (id) join app_user u on u.id = d.id order by u.name limit 5) x))));
    end if;
    return v_as;
end
$$;

create function require_not_deferred(opportunity opportunity) returns void language plpgsql stable set search_path = kam, pg_temp as $$
begin
    perform require(not is_deferred(opportunity.verdict, opportunity.review_on), 9, 'OPPORTUNITY_DEFERRED',
                    'The opportunity is deferred until {date}. A new verdict wakes it earlier.', jsonb_build_object('metadata', jsonb_build_object('date', opportunity.review_on)));
end
$$;

-- What the stage asks for was let pass, or judged, by somebody else than who owns the opportunity or asks for the next one.
create function require_other_hands(opportunity opportunity, requester_id uuid) returns void language plpgsql stable set search_path = kam, pg_temp as $$
declare
    v_name text;
begin
    select u.name into v_name
      from (select w.waived_by, w.on_behalf_of from criterion_waiver w
             where w.opportunity_id = opportunity.id and w.stage_key = opportunity.stage_key and w.withdrawn_time is null and w.time >= opportunity.stage_since
            union all
            (select c.changed_by, c.on_behalf_of from stage_change c
              where c.opportunity_id = opportunity.id and c.verdict is not null and verdict_counts(opportunity)
                and exists (select from stage_criterion k where k.version_id = opportunity.pipeline_version_id and k.stage_key = opportunity.stage_key and k.kind = 'verdict')
              order by c.time desc, c.id desc limit 1)) x (by_id, for_id)
      join app_user u on u.id in (x.by_id, x.for_id)
     where u.id in (requester_id, opportunity.owner_id)
     limit 1;
    if found then
        perform refuse(9, 'OWN_DECISION', '{name} waived a criterion of this stage or gave its verdict, and now owns the opportunity or asks for the next stage. Somebody else must decide that first.',
                       jsonb_build_object('metadata', jsonb_build_object('name', v_name)));
    end if;
end
$$;

-- ---- taking hold ----

-- The caller as they are now: a session that began before they were disabled or moved says nothing any more.
create function hold_caller() returns app_user language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_user app_user;
begin
    select * into v_user from app_user u where u.id = caller_id() for share;
    perform require(found and v_user.disable_time is null and v_user.role = caller_role(), 16, 'NO_SESSION', 'You are not logged in, or your session has ended. Please log in.');
    return v_user;
end
$$;

-- The caller, the account, and the opportunity, as they stay until the transaction ends; NULL when somebody changed it since seen_version. Open ones only.
create function hold_process(opportunity_id uuid, seen_version bigint) returns opportunity language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_opportunity opportunity;
begin
    perform hold_caller();
    perform from opportunity o join account a on a.id = o.account_id where o.id = opportunity_id for share of a;
    v_opportunity := lock_opportunity(opportunity_id, seen_version, true);
    if v_opportunity.id is not null then
        perform require(v_opportunity.state = 'open', 9, 'OPPORTUNITY_CLOSED', 'The opportunity is closed. Reopen it first.');
        perform require(exists (select from account a where a.id = v_opportunity.account_id and a.retire_time is null), 9, 'ACCOUNT_RETIRED', 'The account is retired.');
    end if;
    return v_opportunity;
end
$$;

-- ---- the one way to move ----

-- On whose behalf, and by which request, for the moves that follow in this transaction.
create function give_decision(on_behalf_of uuid, advancement_id uuid) returns void language sql volatile set search_path = kam, pg_temp as $$
    select set_config('kam.on_behalf_of', coalesce(nullif(on_behalf_of, caller_id())::text, ''), true), set_config('kam.advancement_id', coalesce(advancement_id::text, ''), true)
$$;

-- Ends the request that waits, if there is one.
create function cancel_advancement(opportunity_id uuid, cause text, reason text) returns void language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_id uuid;
begin
    update advancement a set state = 'cancelled', end_cause = cause, end_reason = coalesce(cancel_advancement.reason, ''), ended_by = caller_id(), end_time = now()
     where a.opportunity_id = cancel_advancement.opportunity_id and a.state = 'waiting'
    returning a.id into v_id;
    update approval_step s set state = 'skipped' where s.advancement_id = v_id and s.state in ('pending', 'open');
end
$$;

-- What was waived or decided for stages that it passes again is asked for again.
create function forget_stages(opportunity_id uuid, version_id uuid, from_position int) returns void language sql volatile set search_path = kam, pg_temp as $$
    update criterion_waiver w set withdrawn_time = now(), withdrawn_by = caller_id()
      from pipeline_stage s
     where w.opportunity_id = forget_stages.opportunity_id and w.withdrawn_time is null
       and s.version_id = forget_stages.version_id and s.key = w.stage_key and s.position >= from_position
$$;

-- Whatever moves an opportunity, closes it or gives a verdict is written down here, and ends a request that waits: what was asked is not the question any more.
create function record_stage() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_advancement_id uuid := nullif(current_setting('kam.advancement_id', true), '')::uuid;
    v_direction text := case when tg_op = 'INSERT' then 'import'
                             when new.state = 'lost' and old.state <> 'lost' then 'lose'
                             when new.state = 'won' and old.state <> 'won' then 'win'
                             when new.state = 'open' and old.state <> 'open' then 'reopen'
                             when new.verdict is not null and new.verdict_time is distinct from old.verdict_time then 'verdict'
                             when new.stage_key = old.stage_key then null
                             when (select s.position from pipeline_stage s where s.version_id = new.pipeline_version_id and s.key = new.stage_key)
                                  > (select s.position from pipeline_stage s where s.version_id = old.pipeline_version_id and s.key = old.stage_key) then 'forward'
                             else 'backward' end;
    v_reason text := coalesce(nullif(current_setting('kam.reason', true), ''), '');
begin
    if v_direction is null then
        return null;
    end if;
    if v_direction = 'reopen' then
        perform forget_stages(new.id, new.pipeline_version_id, (select s.position from pipeline_stage s where s.version_id = new.pipeline_version_id and s.key = new.stage_key));
    end if;
    insert into stage_change (opportunity_id, account_id, direction, from_stage, to_stage, verdict, changed_by, on_behalf_of, reason, advancement_id)
    values (new.id, new.account_id, v_direction, case tg_op when 'UPDATE' then old.stage_key end, new.stage_key,
            case when tg_op = 'UPDATE' and new.verdict_time is distinct from old.verdict_time then new.verdict end,
            caller_id(), nullif(current_setting('kam.on_behalf_of', true), '')::uuid, v_reason, v_advancement_id);
    if v_advancement_id is null then
        perform cancel_advancement(new.id, case when v_direction in ('lose', 'win') then 'closed' when v_direction = 'verdict' then 'verdict' else 'moved' end, v_reason);
    end if;
    return null;
end
$$;
create trigger record_stage after update of stage_key, state, verdict, verdict_time on opportunity for each row execute function record_stage();
create trigger record_import after insert on opportunity for each row when (new.is_imported) execute function record_stage();

-- to_stage NULL: won. A verdict, with whose it is (as approvers are named), goes with a move back, or with none.
create function move_stage(opportunity opportunity, to_stage text, is_won boolean, verdict text, verdict_by text, review_on date, reason text) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    -- Not now(): this transaction may be older than what it waited for, and a verdict of the stage before would be one of the stage to come.
    c_now constant timestamptz := clock_timestamp();
    v_to text := coalesce(to_stage, opportunity.stage_key);
    v_position int := (select s.position from pipeline_stage s where s.version_id = opportunity.pipeline_version_id and s.key = v_to);
    v_is_back boolean := not is_won and v_position <= (select s.position from pipeline_stage s where s.version_id = opportunity.pipeline_version_id and s.key = opportunity.stage_key)
                         and (verdict is null or verdict = 'change');
begin
    perform give_reason(reason);
    if v_is_back then
        perform forget_stages(opportunity.id, opportunity.pipeline_version_id, v_position);
    end if;
    update opportunity o
       set stage_key = v_to,
           state = case when is_won then 'won' when move_stage.verdict = 'terminate' then 'lost' else o.state end,
           close_time = case when is_won or move_stage.verdict = 'terminate' then c_now end,
           lost_reason = case when move_stage.verdict = 'terminate' then 'terminated' end,
           close_note = case when move_stage.verdict = 'terminate' then reason else '' end,
           verdict = case when move_stage.verdict is not null then move_stage.verdict when not v_is_back then o.verdict end,
           verdict_time = case when move_stage.verdict is not null then c_now when not v_is_back then o.verdict_time end,
           verdict_by = case when move_stage.verdict is not null then move_stage.verdict_by when not v_is_back or o.verdict_by = 'key_account_group' then o.verdict_by end,
           review_on = case when move_stage.verdict is not null then move_stage.review_on when not v_is_back then o.review_on end,
           stage_since = case when v_to <> o.stage_key then c_now else o.stage_since end,
           -- The time for which it was deferred does not count; the present deferral is known from the verdict.
           clock_since = case when v_to = o.stage_key and o.verdict = 'defer' and (move_stage.verdict is not null or v_is_back)
                              then greatest(o.clock_since, o.stage_since)
                                   + greatest(least(c_now, day_start(o.review_on - today())) - greatest(o.verdict_time, o.clock_since, o.stage_since), interval '0')
                              when v_to = o.stage_key then o.clock_since end
     where o.id = opportunity.id;
end
$$;

-- ---- advancement ----

-- Refuses with all criteria of the present stage that are not met.
create function require_criteria(opportunity_id uuid) returns void language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_unmet jsonb;
    v_opportunity opportunity;
begin
    select * into v_opportunity from opportunity o where o.id = opportunity_id;
    -- From the definition, so that a criterion without an answer counts as unmet.
    select jsonb_agg(jsonb_build_object('type', case c.state when 'not_recordable' then 'NOT_RECORDABLE' else 'UNMET' end, 'subject', d.key,
                                        'description', coalesce(c.wanted ->> 'description', d.name_en), 'reason', coalesce(c.wanted ->> 'reason', ''),
                                        'values', coalesce(c.wanted -> 'values', '{}') || jsonb_build_object('criterion_en', d.name_en, 'criterion_zh', d.name_zh))
                     order by d.position)
      into v_unmet
      from stage_criterion d
      left join snapshot_evidence(opportunity_id) c on c.criterion_key = d.key
     where d.version_id = v_opportunity.pipeline_version_id and d.stage_key = v_opportunity.stage_key and coalesce(c.state not in ('met', 'waived'), true);
    if v_unmet is not null then
        perform refuse(9, 'UNMET_CRITERIA', 'The stage cannot be left yet: {count} criteria of it are not met.',
                       jsonb_build_object('metadata', jsonb_build_object('count', jsonb_array_length(v_unmet)::text, 'opportunity_id', v_opportunity.id, 'code', v_opportunity.code),
                                          'preconditions', v_unmet));
    end if;
end
$$;

-- After require_criteria(), which saw what was there a moment before: what is kept must show as much. step: the position of the approval, 0 when it is asked.
create function keep_evidence(advancement advancement, moment text, step int) returns void language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_kept int;
begin
    insert into advancement_evidence (advancement_id, account_id, moment, step, position, criterion_key, kind, name_en, name_zh, state, evidence_kind, evidence_id, evidence_text,
                                      evidence_time, waived_by, waiver_reason)
    select advancement.id, advancement.account_id, keep_evidence.moment, keep_evidence.step, c.place, c.criterion_key, c.kind, c.name_en, c.name_zh,
           case c.state when 'not_recordable' then 'unmet' else c.state end, c.evidence_kind, c.evidence_id, coalesce(c.evidence_text, ''), c.evidence_time,
           case c.state when 'waived' then c.waived_by end, case c.state when 'waived' then c.waiver_reason else '' end
      from (select x.*, row_number() over () as place from snapshot_evidence(advancement.opportunity_id) x) c
     where c.state in ('met', 'waived') or keep_evidence.moment = 'step';
    get diagnostics v_kept = row_count;
    if v_kept < (select count(*) from opportunity o join stage_criterion c on c.version_id = o.pipeline_version_id and c.stage_key = o.stage_key
                  where o.id = advancement.opportunity_id) then
        perform require_criteria(advancement.opportunity_id);
        perform refuse(10, 'EVIDENCE_CHANGED', 'What the records show changed at this moment. Look again, and repeat it.');
    end if;
end
$$;

-- Opens the step whose turn it is; true when none is left. The group is passed over where it is not for it, and asked last where its turn was passed over, or never came.
create function open_next_step(advancement advancement, is_for_group boolean) returns boolean language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_step approval_step;
    v_kept_out uuid[];
begin
    if is_for_group and not exists (select from approval_step s where s.advancement_id = advancement.id and s.approver = 'key_account_group') then
        insert into approval_step (advancement_id, account_id, position, approver)
        select advancement.id, advancement.account_id, coalesce(max(s.position), 0) + 1, 'key_account_group' from approval_step s where s.advancement_id = advancement.id;
    end if;
    update approval_step s set state = 'skipped' where s.advancement_id = advancement.id and s.state = 'pending' and s.approver = 'key_account_group' and not is_for_group;
    select * into v_step from approval_step s
     where s.advancement_id = advancement.id and (s.state = 'pending' or s.state = 'skipped' and is_for_group)
     order by s.state = 'skipped', s.position
     limit 1;
    if not found then
        return true;
    end if;
    -- Asked in vain it would wait for ever.
    v_kept_out := kept_from_deciding(advancement.opportunity_id, advancement.id);
    if not exists (select from deciders(v_step.approver, advancement.opportunity_id, v_kept_out)) then
        perform refuse_no_approver(v_step.approver, advancement.opportunity_id, v_kept_out);
    end if;
    update approval_step s set state = 'open', open_time = now() where s.id = v_step.id;
    return false;
end
$$;

create function finish_advancement(advancement advancement, opportunity opportunity, on_behalf_of uuid) returns void language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    update advancement a set state = 'approved', end_time = now(), ended_by = caller_id() where a.id = advancement.id;
    perform give_decision(on_behalf_of, advancement.id);
    perform move_stage(opportunity, advancement.to_stage, advancement.to_stage is null, null, null, null, advancement.note);
    perform give_decision(null, null);
end
$$;

create function ask_advancement(advancement_id uuid, opportunity_id uuid, seen_version bigint, note text) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_opportunity opportunity := hold_process(opportunity_id, seen_version);
    v_stage pipeline_stage;
    v_advancement advancement;
    v_other record;
begin
    if v_opportunity.id is null then
        return;
    end if;
    perform require(reaches_account(v_opportunity.account_id), 7, 'OPPORTUNITY_READ_ONLY', 'You may read this opportunity, but not change it.');
    perform require_not_deferred(v_opportunity);
    select u.name into v_other from advancement a join app_user u on u.id = a.requested_by where a.opportunity_id = v_opportunity.id and a.state = 'waiting';
    if found then
        perform refuse(9, 'ADVANCEMENT_WAITING', '{name} has asked for it already, and it is not decided yet.', jsonb_build_object('metadata', jsonb_build_object('name', v_other.name)));
    end if;
    perform require_criteria(v_opportunity.id);
    perform require_other_hands(v_opportunity, caller_id());
    select * into v_stage from pipeline_stage s where s.version_id = v_opportunity.pipeline_version_id and s.key = v_opportunity.stage_key;
    insert into advancement (id, opportunity_id, account_id, from_stage, to_stage, requested_by, owner_id, is_for_group, note)
    values (advancement_id, v_opportunity.id, v_opportunity.account_id, v_opportunity.stage_key, next_stage(v_opportunity.pipeline_version_id, v_opportunity.stage_key),
            caller_id(), v_opportunity.owner_id, is_for_group(v_opportunity), coalesce(ask_advancement.note, ''))
    returning * into v_advancement;
    perform keep_evidence(v_advancement, 'ask', 0);
    insert into approval_step (advancement_id, account_id, position, approver)
    select v_advancement.id, v_advancement.account_id, s.place, s.approver from unnest(v_stage.approvals) with ordinality s (approver, place) order by s.place;
    if open_next_step(v_advancement, v_advancement.is_for_group) then
        perform finish_advancement(v_advancement, v_opportunity, null);
    end if;
end
$$;

-- The request, with its opportunity held; NULL when somebody changed it since seen_version. It waits, and it is known to the caller.
create function hold_advancement(advancement_id uuid, seen_version bigint, out advancement advancement, out opportunity opportunity) language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_opportunity_id uuid := (select a.opportunity_id from advancement a where a.id = advancement_id);
begin
    perform hold_caller();
    perform from opportunity o join account a on a.id = o.account_id where o.id = v_opportunity_id for share of a;
    select o.* into opportunity from opportunity o where o.id = v_opportunity_id for no key update;
    select a.* into advancement from advancement a where a.id = advancement_id for no key update;
    if advancement.id is null or not (reads_opportunity(v_opportunity_id) or has_decided(advancement_id)) then
        perform refuse_not_found('request');
    end if;
    -- Of another version it is the same answer as everywhere; of one that is over, that comes first: it says what happened.
    perform require(advancement.state = 'waiting', 9, 'ADVANCEMENT_OVER', 'The request is {state} and cannot be decided any more.',
                    jsonb_build_object('metadata', jsonb_build_object('state', advancement.state)));
    if advancement.version <> seen_version then
        advancement := null;
    end if;
end
$$;

-- By who asked, the opportunity's owner, or a manager of the account's team.
create function withdraw_advancement(advancement_id uuid, seen_version bigint, reason text) returns void language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v record;
begin
    select * into v from hold_advancement(advancement_id, seen_version);
    if (v.advancement).id is null then
        return;
    end if;
    perform require(caller_id() in ((v.advancement).requested_by, (v.opportunity).owner_id) or exists (
                        select from account a where a.id = (v.opportunity).account_id and manages_team(a.team_id)),
                    7, 'NOT_REQUESTER', 'Only who asked, the owner of the opportunity or a manager can withdraw the request.');
    perform give_reason(reason);
    update advancement a set state = 'withdrawn', end_time = now(), ended_by = caller_id(), end_reason = coalesce(withdraw_advancement.reason, '') where a.id = advancement_id;
    update approval_step s set state = 'skipped' where s.advancement_id = withdraw_advancement.advancement_id and s.state in ('pending', 'open');
end
$$;

-- The open step, and as whom the caller decides it. The version grows with each decision, so that nobody decides another step than the one they saw.
create function hold_step(advancement_id uuid, seen_version bigint, out advancement advancement, out opportunity opportunity, out step_id uuid, out decides_as uuid)
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v record;
    v_step approval_step;
begin
    select * into v from hold_advancement(advancement_id, seen_version);
    advancement := v.advancement;
    opportunity := v.opportunity;
    if advancement.id is null then
        return;
    end if;
    select * into v_step from approval_step s where s.advancement_id = hold_step.advancement_id and s.state = 'open';
    decides_as := require_decider(v_step.approver, opportunity.id, kept_from_deciding(opportunity.id, advancement.id));
    step_id := v_step.id;
end
$$;

create function approve_step(advancement_id uuid, seen_version bigint, reason text) returns void language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v record;
    v_is_last boolean;
    v_is_for_group boolean;
begin
    select * into v from hold_step(advancement_id, seen_version);
    if (v.advancement).id is null then
        return;
    end if;
    perform require((select a.retire_time is null from account a where a.id = (v.opportunity).account_id), 9, 'ACCOUNT_RETIRED', 'The account is retired.');
    v_is_for_group := (v.advancement).is_for_group or is_for_group(v.opportunity);
    v_is_last := not exists (select from approval_step s where s.advancement_id = approve_step.advancement_id and s.state = 'pending' and s.approver = 'team_manager')
                 and (not v_is_for_group
                      or exists (select from approval_step s
                                  where s.advancement_id = approve_step.advancement_id and s.approver = 'key_account_group' and (s.state = 'approved' or s.id = v.step_id)));
    -- While it still waits: a member of the group reads it no longer than that.
    if v_is_last then
        perform require_criteria((v.opportunity).id);
        perform require_other_hands(v.opportunity, (v.advancement).requested_by);
    end if;
    perform keep_evidence(v.advancement, case when v_is_last then 'approval' else 'step' end, (select s.position from approval_step s where s.id = v.step_id));
    update approval_step s
       set state = 'approved', decided_by = caller_id(), on_behalf_of = nullif(v.decides_as, caller_id()), decide_time = now(), reason = coalesce(approve_step.reason, '')
     where s.id = v.step_id;
    perform open_next_step(v.advancement, v_is_for_group);
    if v_is_last then
        perform finish_advancement(v.advancement, v.opportunity, v.decides_as);
    else
        -- Its version says that it is another step's turn.
        update advancement a set state = a.state where a.id = advancement_id;
    end if;
end
$$;

create function return_step(advancement_id uuid, seen_version bigint, reason text) returns void language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v record;
begin
    select * into v from hold_step(advancement_id, seen_version);
    if (v.advancement).id is null then
        return;
    end if;
    perform give_reason(reason);
    update approval_step s
       set state = 'returned', decided_by = caller_id(), on_behalf_of = nullif(v.decides_as, caller_id()), decide_time = now(), reason = return_step.reason
     where s.id = v.step_id;
    update approval_step s set state = 'skipped' where s.advancement_id = return_step.advancement_id and s.state = 'pending';
    update advancement a set state = 'returned', end_time = now(), ended_by = caller_id(), end_reason = return_step.reason where a.id = advancement_id;
end
$$;

-- ---- waivers ----

-- To waive the verdict is a verdict.
create function waiver_approver(opportunity opportunity, criterion_key text) returns text language sql stable set search_path = kam, pg_temp as $$
    select case when exists (select from stage_criterion c where c.version_id = opportunity.pipeline_version_id and c.stage_key = opportunity.stage_key
                                                             and c.key = criterion_key and c.kind = 'verdict')
                then verdict_approver(opportunity) else 'team_manager' end
$$;

-- By a manager who could approve the advancement as the team's, or by a member of the group. requested_by NULL: the opportunity's owner. Whoever is named cannot decide
-- then, so that no manager is but who owns it or asked for what waits: naming would be a way to shut out who is in the way.
create function waive_criterion(waiver_id uuid, opportunity_id uuid, criterion_key text, requested_by uuid, reason text) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_opportunity opportunity := hold_process(opportunity_id, null);
    v_requester uuid := coalesce(requested_by, v_opportunity.owner_id);
    v_asker uuid := (select a.requested_by from advancement a where a.opportunity_id = v_opportunity.id and a.state = 'waiting');
    v_kept_out uuid[] := kept_from_deciding(v_opportunity.id, null) || v_requester || coalesce(v_asker, v_requester);
    v_approver text := 'key_account_group';
    v_as uuid;
    v_kind text;
begin
    select c.kind into v_kind from stage_criterion c
     where c.version_id = v_opportunity.pipeline_version_id and c.stage_key = v_opportunity.stage_key and c.key = waive_criterion.criterion_key;
    perform require(found, 5, 'CRITERION_NOT_FOUND', 'The present stage has no such criterion.');
    perform require(works_on_account(v_requester, v_opportunity.account_id) or v_requester = v_opportunity.owner_id, 5, 'USER_NOT_FOUND', 'There is no such user.');
    v_as := decides_as(v_approver, v_opportunity.id, v_kept_out);
    if v_as is null then
        v_approver := waiver_approver(v_opportunity, criterion_key);
        v_as := require_decider(v_approver, v_opportunity.id, v_kept_out);
    end if;
    perform require(v_requester in (v_opportunity.owner_id, v_asker) or exists (select from app_user u where u.id = v_requester and u.role = 'rep'),
                    3, 'REQUESTER_DECIDES', 'A manager is named as who asked only where they own the opportunity, or asked for the advancement that waits.',
                    '{"violations": [{"field": "requested_by_id", "description": "must not be a manager who could decide"}]}');
    -- One that does not count any more gives way.
    update criterion_waiver w set withdrawn_time = now(), withdrawn_by = caller_id()
     where w.opportunity_id = v_opportunity.id and w.stage_key = v_opportunity.stage_key and w.criterion_key = waive_criterion.criterion_key and w.withdrawn_time is null
       and not waiver_counts(v_opportunity, v_kind, w.approver);
    perform require(not exists (select from criterion_waiver w where w.opportunity_id = v_opportunity.id and w.stage_key = v_opportunity.stage_key
                                                                 and w.criterion_key = waive_criterion.criterion_key and w.withdrawn_time is null),
                    9, 'CRITERION_WAIVED', 'The criterion is waived already.');
    perform give_reason(reason);
    insert into criterion_waiver (id, opportunity_id, account_id, stage_key, criterion_key, waived_by, on_behalf_of, requested_by, approver, reason)
    values (waiver_id, v_opportunity.id, v_opportunity.account_id, v_opportunity.stage_key, waive_criterion.criterion_key, caller_id(), nullif(v_as, caller_id()), v_requester,
            v_approver, waive_criterion.reason);
end
$$;

-- By who gave it, or somebody who could now.
create function withdraw_waiver(opportunity_id uuid, criterion_key text, reason text) returns void language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_opportunity opportunity := hold_process(opportunity_id, null);
    v_waiver criterion_waiver;
    v_kept_out uuid[];
begin
    select * into v_waiver from criterion_waiver w
     where w.opportunity_id = v_opportunity.id and w.stage_key = v_opportunity.stage_key and w.criterion_key = withdraw_waiver.criterion_key and w.withdrawn_time is null
       for no key update;
    perform require(found, 9, 'CRITERION_NOT_WAIVED', 'No such criterion of the present stage is waived.');
    if caller_id() not in (v_waiver.waived_by, coalesce(v_waiver.on_behalf_of, v_waiver.waived_by)) then
        v_kept_out := kept_from_deciding(v_opportunity.id, null);
        if decides_as('key_account_group', v_opportunity.id, v_kept_out) is null then
            perform require_decider(waiver_approver(v_opportunity, v_waiver.criterion_key), v_opportunity.id, v_kept_out);
        end if;
    end if;
    perform give_reason(reason);
    update criterion_waiver w set withdrawn_time = now(), withdrawn_by = caller_id() where w.id = v_waiver.id;
end
$$;

-- ---- back, and verdicts ----

-- The key of an earlier stage (or, where is_same_too, the present one); to_stage '' is the one before.
create function require_earlier_stage(opportunity opportunity, to_stage text, is_same_too boolean) returns text language plpgsql stable set search_path = kam, pg_temp as $$
declare
    v_now int := (select s.position from pipeline_stage s where s.version_id = opportunity.pipeline_version_id and s.key = opportunity.stage_key);
    v_stage pipeline_stage;
begin
    if coalesce(to_stage, '') = '' then
        select * into v_stage from pipeline_stage s where s.version_id = opportunity.pipeline_version_id and s.position < v_now order by s.position desc limit 1;
        perform require(found, 9, 'FIRST_STAGE', 'It stands at the first stage: there is none before.');
        return v_stage.key;
    end if;
    select * into v_stage from pipeline_stage s where s.version_id = opportunity.pipeline_version_id and s.key = to_stage;
    perform require(found, 5, 'STAGE_NOT_FOUND', 'The pipeline has no such stage.');
    perform require(v_stage.position < v_now or (is_same_too and v_stage.position = v_now), 9, 'STAGE_NOT_EARLIER', 'This stage comes later: going on takes an advancement.');
    return v_stage.key;
end
$$;

-- By the owner or a manager of the account's team: going back admits that something is missing, and needs nobody's leave.
create function move_back(opportunity_id uuid, seen_version bigint, to_stage text, reason text) returns void language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_opportunity opportunity := hold_process(opportunity_id, seen_version);
begin
    if v_opportunity.id is null then
        return;
    end if;
    perform require(reaches_account(v_opportunity.account_id)
                    and (v_opportunity.owner_id = caller_id() or exists (select from account a where a.id = v_opportunity.account_id and manages_team(a.team_id))),
                    7, 'NOT_OWNER', 'Only the owner of the opportunity or a manager can move it back.');
    perform require_not_deferred(v_opportunity);
    perform move_stage(v_opportunity, require_earlier_stage(v_opportunity, to_stage, false), false, null, null, null, reason);
end
$$;

-- By the group from the threshold on, by the team's manager below it; never by the owner.
create function set_verdict(opportunity_id uuid, seen_version bigint, verdict text, review_on date, to_stage text, reason text) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_opportunity opportunity := hold_process(opportunity_id, seen_version);
    v_as uuid;
begin
    if v_opportunity.id is null then
        return;
    end if;
    v_as := require_decider(verdict_approver(v_opportunity), v_opportunity.id, array[v_opportunity.owner_id]);
    perform require((verdict = 'defer') = (review_on is not null), 3, 'REVIEW_ON', 'A deferred opportunity has a day on which it is looked at again, and no other has.',
                    '{"violations": [{"field": "review_on", "description": "must be set with the verdict to defer, and with no other"}]}');
    perform require(review_on is null or review_on > today() and review_on <= today() + 731, 3, 'REVIEW_ON', 'It is looked at again within two years from tomorrow on.',
                    '{"violations": [{"field": "review_on", "description": "must be after today, and within two years"}]}');
    perform require(verdict = 'change' or coalesce(to_stage, '') = '', 3, 'STAGE_WITHOUT_CHANGE', 'Only the verdict to change names a stage.',
                    '{"violations": [{"field": "stage_key", "description": "must not be set with this verdict"}]}');
    perform require(verdict <> 'change' or coalesce(to_stage, '') <> '', 3, 'FIELD_REQUIRED', 'The verdict to change names the stage to go back to.',
                    '{"violations": [{"field": "stage_key", "description": "must be set with the verdict to change"}]}');
    perform give_decision(v_as, null);
    perform move_stage(v_opportunity, case verdict when 'change' then require_earlier_stage(v_opportunity, to_stage, true) end, false, verdict,
                       verdict_approver(v_opportunity), review_on, reason);
    perform give_decision(null, null);
end
$$;

grant execute on function ask_advancement(uuid, uuid, bigint, text), withdraw_advancement(uuid, bigint, text), move_back(uuid, bigint, text, text) to kam_rep, kam_manager;
grant execute on function approve_step(uuid, bigint, text), return_step(uuid, bigint, text), waive_criterion(uuid, uuid, text, uuid, text),
                          withdraw_waiver(uuid, text, text), set_verdict(uuid, bigint, text, date, text, text)
    to kam_manager;
