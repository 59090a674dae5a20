-- SPDX-License-Identifier: Apache-2.0
-- Grades of an account (分级): potential, contribution, credit. Each is suggested, from an assessment by itself or by somebody with a reason, and holds when a manager of the
-- account's team, or of one above, has confirmed it; nobody confirms their own suggestion, nor for an account they own. What holds are columns of account that nobody is granted.
set local search_path = kam, pg_temp;

alter table account
    add potential_grade text,
    add contribution_grade text,
    add credit_grade text,
    add credit_limit_currency_code text,
    add credit_limit_minor_units bigint,
    add credit_terms_days int,
    add grade_review_on date,       -- the first of the days on which a grade that holds is due for review
    add constraint account_grades_form check (potential_grade ~ '^[A-Z][A-Z0-9+-]{0,3}$' and contribution_grade ~ '^[A-Z][A-Z0-9+-]{0,3}$' and credit_grade ~ '^[A-Z][A-Z0-9+-]{0,3}$'),
    add constraint account_credit_limit_complete check ((credit_limit_currency_code is null) = (credit_limit_minor_units is null)),
    add constraint account_credit_limit_form check (credit_limit_currency_code ~ '^[A-Z]{3}$' and credit_limit_minor_units between 0 and 100000000000000),
    add constraint account_credit_terms_range check (credit_terms_days between 0 and 720);
grant select (potential_grade, contribution_grade, credit_grade, credit_limit_currency_code, credit_limit_minor_units, credit_terms_days, grade_review_on)
    on account to kam_rep, kam_manager;
create index account_grade_review on account (owner_id, grade_review_on, id) where grade_review_on is not null;
create or replace trigger zz_record before insert or update on account for each row
    execute function record_change('account', 'id', 'id', 'registered_capital_currency_code,registered_capital_minor_units,bank,annual_revenue_currency_code,annual_revenue_minor_units,cash_flow,payables,bad_record,own_capital_currency_code,own_capital_minor_units,credit_limit_currency_code,credit_limit_minor_units');

-- One suggestion and what became of it. Of a kind an account has one open suggestion at most: the next one takes its place.
create table account_grade (
    id uuid primary key default uuid7(),
    account_id uuid not null references account,
    kind text not null,
    grade text not null,
    credit_limit_currency_code text,
    credit_limit_minor_units bigint,
    terms_days int,
    assessment_id uuid,             -- the one it follows from
    reason text not null default '',
    state text not null default 'suggested',
    suggested_by uuid not null references app_user,
    create_time timestamptz not null default now(),
    decided_by uuid references app_user,
    decide_time timestamptz,
    decision_reason text not null default '',
    review_on date,                 -- of a confirmed one
    update_time timestamptz not null default now(),
    updated_by uuid references app_user,
    version bigint not null default 1,
    foreign key (assessment_id, account_id) references assessment (id, account_id),
    constraint account_grade_kind_known check (kind in ('potential', 'contribution', 'credit')),
    constraint account_grade_form check (grade ~ '^[A-Z][A-Z0-9+-]{0,3}$' and grade <> all (array[''])),
    constraint account_grade_state_known check (state in ('suggested', 'confirmed', 'returned', 'replaced')),
    constraint account_grade_credit_only check (kind = 'credit' or (credit_limit_minor_units is null and terms_days is null)),
    constraint account_grade_limit_complete check ((credit_limit_currency_code is null) = (credit_limit_minor_units is null)),
    constraint account_grade_limit_form check (credit_limit_currency_code ~ '^[A-Z]{3}$' and credit_limit_minor_units between 0 and 100000000000000),
    constraint account_grade_terms_range check (terms_days between 0 and 720),
    constraint account_grade_reason_length check (octet_length(reason) <= 1000 and octet_length(decision_reason) <= 1000),
    -- A confirmed one is replaced where its account becomes one with another that has its own.
    constraint account_grade_decided check (case state when 'suggested' then decided_by is null when 'replaced' then true else decided_by is not null end
                                            and decided_by <> suggested_by)
);
create index account_grade_account on account_grade (account_id, create_time desc, id desc);
create index account_grade_waiting on account_grade (kind, create_time desc, id desc) where state = 'suggested';
create unique index account_grade_open on account_grade (account_id, kind) where state = 'suggested';
create trigger zz_record before insert or update on account_grade for each row
    execute function record_change('account_grade', 'id', 'account_id', 'credit_limit_currency_code,credit_limit_minor_units');

alter table account_grade enable row level security;
grant select on account_grade to kam_rep, kam_manager;
create policy account_grade_rep_read on account_grade for select to kam_rep using (
    exists (select from account_reach r where r.account_id = account_grade.account_id));
create policy account_grade_manager_read on account_grade for select to kam_manager using (
    exists (select from account a where a.id = account_grade.account_id offset 0));

-- ---- suggesting ----

-- The kind of grade that a kind of model suggests; NULL for none.
create function grade_kind_of_model(kind text) returns text language sql immutable as $$
    select case kind when 'value' then 'potential' when 'contribution' then 'contribution' when 'credit' then 'credit' end
$$;

-- Takes the place of the open suggestion. The caller has locked the account.
create function place_suggestion(grade_id uuid, account_id uuid, kind text, grade text, limit_currency_code text, limit_minor_units bigint, terms_days int,
                                 assessment_id uuid, reason text) returns void
language plpgsql set search_path = kam, pg_temp as $$
begin
    update account_grade g set state = 'replaced'
     where g.account_id = place_suggestion.account_id and g.kind = place_suggestion.kind and g.state = 'suggested';
    insert into account_grade (id, account_id, kind, grade, credit_limit_currency_code, credit_limit_minor_units, terms_days, assessment_id, reason, suggested_by)
    values (grade_id, place_suggestion.account_id, place_suggestion.kind, place_suggestion.grade, limit_currency_code, limit_minor_units, place_suggestion.terms_days,
            place_suggestion.assessment_id, place_suggestion.reason, caller_id());
end
$$;

-- The limit that a grade of a credit model is worth to an account, in the reporting currency; NULL where it is not known what they buy.
create function limit_of_grade(version_id uuid, grade text, account_id uuid) returns bigint language sql stable set search_path = kam, pg_temp as $$
    select case when s.limit_percent = 0 then 0 when p.amount is not null then least(round(p.amount::numeric * s.limit_percent / 10000), 100000000000000)::bigint end
      from scoring_grade s
      left join our_purchases() p on p.account_id = limit_of_grade.account_id
     where s.version_id = limit_of_grade.version_id and s.grade = limit_of_grade.grade
$$;

-- An assessment that is the latest of its kind suggests its grade, unless that holds already (of credit with this limit and these terms) and is not due for review.
-- What it speaks against goes.
create function suggest_from_assessment() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_kind text := (select grade_kind_of_model(m.kind) from scoring_model_version v join scoring_model m on m.id = v.model_id where v.id = new.model_version_id);
    v_limit bigint;
    v_currency text;
    v_terms int;
    v_present account_grade;
begin
    if v_kind is null
       or exists (select from assessment x join scoring_model_version v on v.id = x.model_version_id join scoring_model m on m.id = v.model_id
                   where x.account_id = new.account_id and grade_kind_of_model(m.kind) = v_kind and x.assessed_on > new.assessed_on) then
        return null;
    end if;
    select * into v_present from account_grade g
     where g.account_id = new.account_id and g.kind = v_kind and g.state = 'confirmed' order by g.decide_time desc, g.id desc limit 1;
    if v_kind = 'credit' then
        v_limit := limit_of_grade(new.model_version_id, new.grade, new.account_id);
        v_currency := case when v_limit is not null then (select c.currency_code from company c) end;
        v_terms := (select s.terms_days from scoring_grade s where s.version_id = new.model_version_id and s.grade = new.grade);
    end if;
    if (v_present.grade, v_present.credit_limit_currency_code, v_present.credit_limit_minor_units, v_present.terms_days) is not distinct from (new.grade, v_currency, v_limit, v_terms)
       and v_present.review_on > today() then
        update account_grade g set state = 'replaced' where g.account_id = new.account_id and g.kind = v_kind and g.state = 'suggested';
        return null;
    end if;
    perform place_suggestion(uuid7(), new.account_id, v_kind, new.grade, v_currency, v_limit, v_terms, new.id, '');
    return null;
end
$$;
create trigger suggest_grade after insert on assessment for each row execute function suggest_from_assessment();

-- By somebody: another grade than the latest assessment's, or another limit or terms, with a reason; or the assessment's once more. grade NULL: the assessment's.
create function suggest_grade(grade_id uuid, account_id uuid, kind text, grade text, limit_currency_code text, limit_minor_units bigint, terms_days int, reason text) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_assessment assessment;
    v_version_id uuid;
    v_limit bigint;
    v_terms int;
    v_differs boolean;
begin
    if not reaches_account(suggest_grade.account_id) then
        perform refuse_not_found('account');
    end if;
    perform from account a where a.id = suggest_grade.account_id for no key update;
    select x.* into v_assessment
      from assessment x join scoring_model_version v on v.id = x.model_version_id join scoring_model m on m.id = v.model_id
     where x.account_id = suggest_grade.account_id and grade_kind_of_model(m.kind) = suggest_grade.kind
     order by x.assessed_on desc, x.create_time desc, x.id desc limit 1;
    perform require(v_assessment.id is not null or suggest_grade.grade <> '', 9, 'NO_ASSESSMENT',
                    'There is no assessment that this grade could follow from. Make one, or name the grade with a reason.');
    v_version_id := coalesce(v_assessment.model_version_id,
                             newest_scoring_version(case suggest_grade.kind when 'potential' then 'value' when 'contribution' then 'contribution' else '6c' end));
    suggest_grade.grade := coalesce(nullif(suggest_grade.grade, ''), v_assessment.grade);
    perform require(exists (select from scoring_grade s where s.version_id = v_version_id and s.grade = suggest_grade.grade), 3, 'GRADE_UNKNOWN', 'There is no grade {grade}; there is {known}.',
                    jsonb_build_object('metadata', jsonb_build_object('grade', suggest_grade.grade, 'known',
                        (select string_agg(s.grade, ', ' order by s.position) from scoring_grade s where s.version_id = v_version_id)),
                        'violations', jsonb_build_array(jsonb_build_object('field', 'grade.grade', 'reason', 'GRADE_UNKNOWN', 'description', 'must be a grade of the model'))));
    if suggest_grade.kind = 'credit' then
        v_limit := limit_of_grade(v_version_id, suggest_grade.grade, suggest_grade.account_id);
        v_terms := (select s.terms_days from scoring_grade s where s.version_id = v_version_id and s.grade = suggest_grade.grade);
        v_differs := limit_minor_units is not null or suggest_grade.terms_days is not null;
        if limit_minor_units is null and v_limit is not null then
            limit_minor_units := v_limit;
            limit_currency_code := (select c.currency_code from company c);
        end if;
        suggest_grade.terms_days := coalesce(suggest_grade.terms_days, v_terms);
    else
        perform require(limit_minor_units is null and suggest_grade.terms_days is null, 3, 'CREDIT_ONLY', 'Only a credit grade has a limit and terms.');
    end if;
    perform require(is_visible(suggest_grade.reason) or (v_assessment.grade = suggest_grade.grade and v_differs is not true), 3, 'REASON_REQUIRED',
                    'What differs from the assessment needs a reason.',
                    '{"violations": [{"field": "grade.reason", "reason": "FIELD_REQUIRED", "description": "must be set"}]}');
    perform require(limit_minor_units is null or limit_minor_units between 0 and 100000000000000, 3, 'LIMIT_RANGE', 'A credit limit is from 0 to 100000000000000 minor units of its currency.',
                    '{"violations": [{"field": "grade.credit_limit", "reason": "LIMIT_RANGE", "description": "must be from 0 to 100000000000000 minor units"}]}');
    perform place_suggestion(grade_id, suggest_grade.account_id, suggest_grade.kind, suggest_grade.grade, limit_currency_code, limit_minor_units, suggest_grade.terms_days,
                             case when v_assessment.grade = suggest_grade.grade then v_assessment.id end, suggest_grade.reason);
end
$$;
grant execute on function suggest_grade(uuid, uuid, text, text, text, bigint, int, text) to kam_rep, kam_manager;

-- ---- deciding ----

-- The caller, or somebody for whom they stand in, manages the account's team; neither of the two owns the account, suggested the grade or made the assessment. To be a member
-- is not enough: whoever adds members would choose who confirms.
create function decides_grade(account_id uuid, suggested_by uuid, assessment_id uuid) returns boolean language sql stable security definer set search_path = kam, pg_temp as $$
    with kept_out as (
        select array(select a.owner_id from account a where a.id = decides_grade.account_id
                     union all select decides_grade.suggested_by
                     union all select x.assessed_by from assessment x where x.id = decides_grade.assessment_id and x.assessed_by is not null) as ids)
    select caller_role() = 'manager' and caller_id() <> all (k.ids)
       and exists (select from account a
                     join team_closure c on c.descendant_id = a.team_id
                     join app_user u on u.team_id = c.ancestor_id
                    where a.id = decides_grade.account_id and u.id = any (caller_ids()) and u.id <> all (k.ids))
      from kept_out k
$$;
grant execute on function decides_grade(uuid, uuid, uuid) to kam_rep, kam_manager;

-- The suggestion, locked after its account; NULL when somebody changed it since seen_version. For who decides about it.
create function hold_suggestion(grade_id uuid, seen_version bigint) returns account_grade language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_grade account_grade;
    v_account_id uuid := (select g.account_id from account_grade g where g.id = grade_id);
begin
    perform from account a where a.id = v_account_id for no key update;
    -- A merge may have moved it meanwhile.
    select * into v_grade from account_grade g where g.id = grade_id for no key update;
    if not found or not reaches_account(v_grade.account_id) then
        perform refuse_not_found('suggestion');
    end if;
    perform require(not exists (select from account a where a.id = v_grade.account_id and a.owner_id = caller_id()), 7, 'OWN_ACCOUNT',
                    'Nobody decides about the grade of an account they own.');
    perform require(manages_team((select a.team_id from account a where a.id = v_grade.account_id)), 7, 'NOT_TEAM_MANAGER',
                    'This is decided by a manager of the account''s team, or of one above it.');
    perform require(v_grade.state = 'suggested', 9, 'GRADE_DECIDED', 'The suggestion is not open any more.');
    if v_grade.version <> seen_version then
        return null;
    end if;
    perform require(exists (select from account a where a.id = v_grade.account_id and a.retire_time is null), 9, 'ACCOUNT_RETIRED', 'The account is retired.');
    -- Also who made the assessment that somebody else then put forward.
    perform require(v_grade.suggested_by <> caller_id() and not exists (select from assessment x where x.id = v_grade.assessment_id and x.assessed_by = caller_id()),
                    9, 'OWN_SUGGESTION', 'You suggested it, so another manager has to decide.');
    perform require(decides_grade(v_grade.account_id, v_grade.suggested_by, v_grade.assessment_id), 7, 'STANDS_IN_FOR_OWN',
                    'The manager for whom you stand in owns the account or suggested the grade, so another manager has to decide.');
    return v_grade;
end
$$;

-- Of each kind the grade that was confirmed last holds.
create function hold_grades(account_id uuid) returns void language sql volatile security definer set search_path = kam, pg_temp as $$
    update account a
       set potential_grade = x.potential, contribution_grade = x.contribution, credit_grade = x.credit, credit_limit_currency_code = x.currency_code,
           credit_limit_minor_units = x.minor_units, credit_terms_days = x.terms_days, grade_review_on = x.review_on
      from (select max(l.grade) filter (where l.kind = 'potential') as potential, max(l.grade) filter (where l.kind = 'contribution') as contribution,
                   max(l.grade) filter (where l.kind = 'credit') as credit, max(l.credit_limit_currency_code) as currency_code,
                   max(l.credit_limit_minor_units) as minor_units, max(l.terms_days) as terms_days, min(l.review_on) as review_on
              from (select distinct on (g.kind) g.* from account_grade g
                     where g.account_id = hold_grades.account_id and g.state = 'confirmed' order by g.kind, g.decide_time desc, g.id desc) l) x
     where a.id = hold_grades.account_id
       and (a.potential_grade, a.contribution_grade, a.credit_grade, a.credit_limit_currency_code, a.credit_limit_minor_units, a.credit_terms_days, a.grade_review_on)
           is distinct from (x.potential, x.contribution, x.credit, x.currency_code, x.minor_units, x.terms_days, x.review_on)
$$;

-- review_on NULL: in half a year; in a year for a contribution.
create function confirm_grade(grade_id uuid, seen_version bigint, review_on date, reason text) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_grade account_grade := hold_suggestion(grade_id, seen_version);
    v_review date;
begin
    if v_grade.id is null then
        return;
    end if;
    v_review := coalesce(confirm_grade.review_on, (today() + case when v_grade.kind = 'contribution' then interval '1 year' else interval '6 months' end)::date);
    perform require(v_review > today() and v_review < today() + 3660, 3, 'REVIEW_DATE_RANGE', 'A grade is reviewed after today, within ten years.',
                    '{"violations": [{"field": "review_on", "reason": "REVIEW_DATE_RANGE", "description": "must be after today, within ten years"}]}');
    update account_grade g set state = 'confirmed', decided_by = caller_id(), decide_time = now(), decision_reason = confirm_grade.reason, review_on = v_review
     where g.id = v_grade.id;
    perform give_reason(reason);
    perform hold_grades(v_grade.account_id);
end
$$;

create function return_grade(grade_id uuid, seen_version bigint, reason text) returns void language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_grade account_grade := hold_suggestion(grade_id, seen_version);
begin
    if v_grade.id is null then
        return;
    end if;
    perform require(is_visible(return_grade.reason), 3, 'REASON_REQUIRED', 'Whoever returns a suggestion says why.',
                    '{"violations": [{"field": "reason", "reason": "FIELD_REQUIRED", "description": "must be set"}]}');
    update account_grade g set state = 'returned', decided_by = caller_id(), decide_time = now(), decision_reason = return_grade.reason where g.id = v_grade.id;
end
$$;
grant execute on function confirm_grade(uuid, bigint, date, text), return_grade(uuid, bigint, text) to kam_manager;

-- ---- accounts that become one ----

-- What the survivor has of its own stays: the grade that holds, the open suggestion. The other one's of that kind is as good as replaced, which the undo takes back.
-- Otherwise what the other one has goes over with its rows.
create function replace_merged_grades() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    with replaced as (
        update account_grade g set state = 'replaced'
          from account_grade o
         where o.id = g.id and g.account_id = new.merged_id and g.state in ('suggested', 'confirmed')
           and exists (select from account_grade s where s.account_id = new.survivor_id and s.kind = g.kind and s.state = g.state)
        returning g.id, o.state)
    insert into account_merge_row (merge_id, table_name, column_name, row_key, old_value, new_value)
    select new.id, 'account_grade', 'state', array[r.id::text], to_jsonb(r.state), '"replaced"' from replaced r;
    return null;
end
$$;
create trigger replace_grades after insert on account_merge for each row execute function replace_merged_grades();

-- When the rows are where they belong; after an undo what was replaced by it is as it was, but a suggestion where another one is open by now.
create function settle_merged_grades() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    if new.undo_time is not null then
        update account_grade g set state = r.old_value #>> '{}'
          from account_merge_row r
         where r.merge_id = new.id and r.table_name = 'account_grade' and r.column_name = 'state' and g.id = r.row_key[1]::uuid
           and g.account_id = new.merged_id and g.state = 'replaced'
           and (r.old_value = '"confirmed"'
                or not exists (select from account_grade o where o.account_id = g.account_id and o.kind = g.kind and o.state = 'suggested'));
        perform hold_grades(new.merged_id);
    end if;
    perform hold_grades(new.survivor_id);
    return null;
end
$$;
create trigger settle_grades after update of undo_time, part_moved on account_merge for each row execute function settle_merged_grades();

-- As before, and the grades of which the survivor has none, so that whoever merges sees them.
alter function merge_fillings(account, account) rename to merge_archive_fillings;
create function merge_fillings(survivor account, merged account) returns jsonb language sql stable set search_path = kam, pg_temp as $$
    select merge_archive_fillings(survivor, merged)
           || coalesce((select jsonb_object_agg(v.key, v.value)
                          from (values ('potential_grade', survivor.potential_grade), ('contribution_grade', survivor.contribution_grade), ('credit_grade', survivor.credit_grade),
                                       ('credit_limit_currency_code', survivor.credit_grade), ('credit_limit_minor_units', survivor.credit_grade),
                                       ('credit_terms_days', survivor.credit_grade)) k (name, present)
                          join jsonb_each(to_jsonb(merged)) v on v.key = k.name
                         where k.present is null and v.value <> 'null'), '{}')
$$;
