-- SPDX-License-Identifier: Apache-2.0
-- Pipelines as versioned data: the stages an opportunity passes, what must be shown before it leaves one, and who says yes. A version never changes, and an
-- opportunity stays on the one it began under. Keys of stages and criteria are for good; their texts may be put in other words in a new version.
set local search_path = kam, pg_temp;

-- 'first-contact': of pipelines, stages, criteria, questions.
create function is_key(value text) returns boolean language sql immutable parallel safe set search_path = kam, pg_temp as $$
    select value ~ '^[a-z][a-z0-9]*(-[a-z0-9]+)*$' and octet_length(value) <= 40
$$;
grant execute on function is_key(text) to kam_rep, kam_manager;

create table pipeline (
    id uuid primary key default uuid7(),
    key text not null,
    is_default boolean not null default false,  -- new opportunities begin here
    retire_time timestamptz,                    -- none begins here any more
    create_time timestamptz not null default now(),
    update_time timestamptz not null default now(),
    updated_by uuid references app_user,
    version bigint not null default 1,
    constraint pipeline_key unique (key),
    constraint pipeline_key_form check (is_key(key)),
    constraint pipeline_default_is_in_use check (not is_default or retire_time is null)
);
create unique index pipeline_one_default on pipeline (is_default) where is_default;

create table pipeline_version (
    id uuid primary key default uuid7(),
    pipeline_id uuid not null references pipeline,
    number int not null,
    name_en text not null,
    name_zh text not null,
    group_threshold_currency_code text,         -- from which amount the key account group is asked; NULL: never
    group_threshold_minor_units bigint,
    reason text not null default '',
    created_by uuid references app_user,        -- NULL: came with kam
    create_time timestamptz not null default now(),
    constraint pipeline_version_number unique (pipeline_id, number),
    constraint pipeline_version_number_positive check (number > 0),
    constraint pipeline_version_name_en_length check (is_visible(name_en) and octet_length(name_en) <= 200),
    constraint pipeline_version_name_zh_length check (is_visible(name_zh) and octet_length(name_zh) <= 200),
    constraint pipeline_version_reason_length check (octet_length(reason) <= 1000),
    constraint pipeline_version_group_threshold_currency_form check (group_threshold_currency_code ~ '^[A-Z]{3}$'),
    constraint pipeline_version_group_threshold_complete check ((group_threshold_currency_code is null) = (group_threshold_minor_units is null)),
    constraint pipeline_version_group_threshold_range check (group_threshold_minor_units >= 0)
);

create table pipeline_stage (
    version_id uuid not null references pipeline_version,
    key text not null,
    position int not null,
    name_en text not null,
    name_zh text not null,
    meaning_en text not null default '',
    meaning_zh text not null default '',
    allowed_days int,                           -- stalled after so many; NULL: never
    probability int not null,                   -- of winning what stands here, in percent
    approvals text[] not null default '{}',     -- in the order in which they are asked
    primary key (version_id, key),
    constraint pipeline_stage_position unique (version_id, position),
    constraint pipeline_stage_key_form check (is_key(key) and key <> 'won'),
    constraint pipeline_stage_name_en_length check (is_visible(name_en) and octet_length(name_en) <= 200),
    constraint pipeline_stage_name_zh_length check (is_visible(name_zh) and octet_length(name_zh) <= 200),
    constraint pipeline_stage_meaning_en_length check (octet_length(meaning_en) <= 2000),
    constraint pipeline_stage_meaning_zh_length check (octet_length(meaning_zh) <= 2000),
    constraint pipeline_stage_allowed_days_range check (allowed_days between 1 and 3650),
    constraint pipeline_stage_probability_range check (probability between 0 and 100),
    constraint pipeline_stage_approvals_known check (approvals <@ array['team_manager', 'key_account_group'])
);

create table stage_criterion (
    version_id uuid not null,
    stage_key text not null,
    key text not null,
    position int not null,
    kind text not null,
    parameters jsonb not null default '{}',     -- complete: defaults are filled in
    name_en text not null,
    name_zh text not null,
    primary key (version_id, stage_key, key),
    foreign key (version_id, stage_key) references pipeline_stage (version_id, key),
    constraint stage_criterion_position unique (version_id, stage_key, position),
    constraint stage_criterion_key_form check (is_key(key)),
    constraint stage_criterion_kind_known check (kind in ('activity_done', 'account_fields', 'opportunity_fields', 'need_stated', 'contact_relationship', 'profiles_present',
        'buying_process', 'assessment', 'engagement_plan', 'verdict', 'coverage', 'answered', 'follow_up', 'visits_kept', 'no_open_complaint', 'complaints_resolved',
        'satisfaction_surveyed', 'payment_received', 'order_placed')),
    constraint stage_criterion_parameters_length check (jsonb_typeof(parameters) = 'object' and octet_length(parameters::text) <= 16000),
    constraint stage_criterion_name_en_length check (is_visible(name_en) and octet_length(name_en) <= 400),
    constraint stage_criterion_name_zh_length check (is_visible(name_zh) and octet_length(name_zh) <= 400)
);

create trigger zz_record before insert or update on pipeline for each row execute function record_change('pipeline', 'id', '', '');
create trigger zz_record before insert on pipeline_version for each row execute function record_link('pipeline_version', 'pipeline_id', '');
create trigger zz_record before insert on pipeline_stage for each row execute function record_link('pipeline_stage', 'version_id', '');
create trigger zz_record before insert on stage_criterion for each row execute function record_link('stage_criterion', 'version_id', '');

alter table pipeline enable row level security;
alter table pipeline_version enable row level security;
alter table pipeline_stage enable row level security;
alter table stage_criterion enable row level security;
grant select on pipeline, pipeline_version, pipeline_stage, stage_criterion to kam_rep, kam_manager;
create policy pipeline_read on pipeline for select to kam_rep, kam_manager using ((select caller_id()) is not null);
create policy pipeline_version_read on pipeline_version for select to kam_rep, kam_manager using ((select caller_id()) is not null);
create policy pipeline_stage_read on pipeline_stage for select to kam_rep, kam_manager using ((select caller_id()) is not null);
create policy stage_criterion_read on stage_criterion for select to kam_rep, kam_manager using ((select caller_id()) is not null);

-- As before, but an erasure does not write into what other rows point to, nor into keys.
create or replace function erasure_columns(tab regclass) returns table (name name, is_list boolean, is_json boolean)
language sql stable set search_path = kam, pg_temp as $$
    select a.attname, a.atttypid = 'text[]'::regtype, a.atttypid = 'jsonb'::regtype
      from pg_attribute a
     where a.attrelid = tab and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
       and a.atttypid in ('text'::regtype, 'text[]'::regtype, 'jsonb'::regtype)
       and a.attname !~ '_currency_code$'
       and not (tab = 'account'::regclass and a.attname in ('code', 'name', 'other_names'))
       and not (tab = 'contact'::regclass and a.attname in ('name', 'other_names', 'phones', 'emails', 'messaging_ids'))
       and not exists (select from pg_constraint k where k.conrelid = tab and k.contype in ('p', 'f') and a.attnum = any (k.conkey))
       and not exists (select from pg_constraint k where k.conrelid = tab and k.contype = 'c' and k.conkey = array[a.attnum]
                                                     and pg_get_constraintdef(k.oid) ~ 'ARRAY\[|is_key\(')
$$;

-- ---- what a criterion may ask for ----

-- Every kind, and its parameters: name, type, and by type required, min, max, default, values.
--   integer, boolean, choice (one of values), choices (a list of them)
--   fields      a list of names out of values; "a|b": any of them
--   key         the key of a scoring model of opportunities
--   grade       one of its grades: A, B1
--   questions   a list of {"key", "en", "zh"}
-- An activity that is a note to ourselves shows nothing. What no record shows yet is not recordable: never met, but a manager may waive it.
create function criterion_kinds() returns table (kind text, name_en text, name_zh text, is_recordable boolean, parameters jsonb)
language sql immutable set search_path = kam, pg_temp as $$
    with list (activities, roles) as (values (
        '["call", "visit", "message", "email", "sample", "quotation", "technical_exchange", "demonstration", "site_visit", "senior_meeting", "negotiation",
          "contract_signing", "delivery", "payment_follow_up", "service_visit", "gift", "survey"]'::jsonb,
        '["initiator", "gatekeeper", "influencer", "decider", "purchaser", "technical_expert", "finance", "user"]'::jsonb))
    select k.kind, k.name_en, k.name_zh, k.is_recordable,
           (select coalesce(jsonb_agg(case p.value ->> 'values' when 'activities' then p.value || jsonb_build_object('values', l.activities)
                                                                when 'roles' then p.value || jsonb_build_object('values', l.roles)
                                                                else p.value end order by p.ordinality), '[]')
              from jsonb_array_elements(k.parameters) with ordinality p)
      from list l, (values
        ('activity_done', 'an activity done', '已完成的跟进', true,
         '[{"name": "kinds", "type": "choices", "required": true, "values": "activities"},
           {"name": "since", "type": "choice", "values": ["stage", "opportunity", "ever"], "default": "ever"},
           {"name": "days", "type": "integer", "min": 1, "max": 3650},
           {"name": "count", "type": "integer", "min": 1, "max": 100, "default": 1}]'::jsonb),
        ('account_fields', 'the account''s archive filled in', '客户档案已填写', true,
         '[{"name": "fields", "type": "fields", "required": true,
            "values": ["other_names", "registration_number", "registered_address", "delivery_address", "phone", "website", "legal_representative", "founded_on",
                       "ownership", "registered_capital", "employees", "industry", "region", "parent_id", "tax_status", "bank", "main_products", "market", "our_value",
                       "management_level", "culture", "philosophy", "industry_standing", "reputation", "annual_revenue", "source", "organisation", "business_scope",
                       "cash_flow", "payables", "market_trend", "company_trend", "special_requirements", "bad_record", "development_plans", "relationship_kind",
                       "selling_level", "payment_reputation", "quality_reputation", "stability_reputation", "channel_position", "upstream_id", "distributor_count",
                       "retailer_count", "own_capital", "own_staff", "territories"]}]'),
        ('opportunity_fields', 'the opportunity''s register filled in', '项目信息已填写', true,
         '[{"name": "fields", "type": "fields", "required": true,
            "values": ["amount", "purchase_on", "decision_on", "buying_stage", "source", "source_note", "fund_source", "fund_state", "purchase_trigger", "probability",
                       "worth_pursuing", "worth_reason", "positioning", "customer_value", "purchase_influences", "cost_and_benefit", "sales_plan", "insider_view"]}]'),
        ('need_stated', 'a need stated', '需求已明确', true,
         '[{"name": "explicit", "type": "boolean", "default": false}]'),
        ('contact_relationship', 'a relationship to somebody', '与关键人的关系', true,
         '[{"name": "role", "type": "choice", "values": "roles"},
           {"name": "insider", "type": "boolean", "default": false},
           {"name": "relationship", "type": "integer", "required": true, "min": 1, "max": 5}]'),
        ('profiles_present', 'profiles of the people who decide', '关键人资料齐全', true,
         '[{"name": "role", "type": "choice", "values": "roles", "default": "decider"}]'),
        ('buying_process', 'how the customer buys', '客户采购流程已掌握', true,
         '[{"name": "criteria", "type": "integer", "min": 1, "max": 20, "default": 3}]'),
        ('assessment', 'an assessment', '评估', true,
         '[{"name": "model", "type": "key", "required": true},
           {"name": "days", "type": "integer", "min": 1, "max": 3650},
           {"name": "grade", "type": "grade"}]'),
        ('engagement_plan', 'a plan that reaches somebody', '公关路线图', true,
         '[{"name": "role", "type": "choice", "values": "roles", "default": "decider"}]'),
        ('verdict', 'a verdict', '项目定性', true,
         '[{"name": "verdict", "type": "choice", "required": true, "values": ["prepare", "defer", "approve", "change"]}]'),
        ('coverage', 'coverage of those with influence', '影响力覆盖率', true,
         '[{"name": "percent", "type": "integer", "required": true, "min": 1, "max": 100}]'),
        ('answered', 'questions answered', '问题已回答', true,
         '[{"name": "questions", "type": "questions", "required": true}]'),
        ('follow_up', 'a follow-up in time', '按时跟进', true,
         '[{"name": "kind", "type": "choice", "required": true, "values": "activities"},
           {"name": "from_days", "type": "integer", "required": true, "min": 0, "max": 400},
           {"name": "to_days", "type": "integer", "required": true, "min": 0, "max": 400}]'),
        ('visits_kept', 'planned visits kept', '固定拜访已落实', true,
         '[{"name": "days", "type": "integer", "required": true, "min": 1, "max": 3650},
           {"name": "percent", "type": "integer", "required": true, "min": 1, "max": 100}]'),
        ('no_open_complaint', 'no grave complaint open', '无未结重大投诉', false,
         '[{"name": "severity", "type": "integer", "required": true, "min": 1, "max": 4}]'),
        ('complaints_resolved', 'every complaint resolved', '投诉全部解决', false, '[]'),
        ('satisfaction_surveyed', 'satisfaction surveyed', '已做满意度调查', false, '[]'),
        ('payment_received', 'payment received', '货款已收到', false, '[]'),
        ('order_placed', 'an order placed', '已下订单', false, '[]')) k (kind, name_en, name_zh, is_recordable, parameters)
$$;
grant execute on function criterion_kinds() to kam_rep, kam_manager;

-- NULL where the text is no JSON.
create function json_or_null(value text) returns jsonb language plpgsql immutable set search_path = kam, pg_temp as $$
begin
    return value::jsonb;
exception when data_exception or statement_too_complex then
    return null;
end
$$;
grant execute on function json_or_null(text) to kam_manager;

create function check_questions(value jsonb, field text) returns jsonb language plpgsql immutable set search_path = kam, pg_temp as $$
declare
    v_wrong jsonb := '[]';
    v_question jsonb;
    v_keys text[] := '{}';
    v_at int := 0;
    v_word text;
begin
    if jsonb_typeof(value) <> 'array' or jsonb_array_length(value) not between 1 and 20 then
        return jsonb_build_array(jsonb_build_object('field', field, 'reason', 'QUESTIONS_NONE', 'description', 'must be a list of 1 to 20 questions'));
    end if;
    for v_question in select q from jsonb_array_elements(value) q loop
        if jsonb_typeof(v_question) <> 'object' or jsonb_typeof(v_question -> 'key') is distinct from 'string' or is_key(v_question ->> 'key') is not true or v_question - '{key,en,zh}'::text[] <> '{}' then
            v_wrong := v_wrong || jsonb_build_object('field', format('%s[%s]', field, v_at), 'reason', 'QUESTION_FORM',
                                                     'description', 'must have a key of a-z, 0-9 and -, the question in English (en) and in Chinese (zh), and nothing else');
        elsif v_question ->> 'key' = any (v_keys) then
            v_wrong := v_wrong || jsonb_build_object('field', format('%s[%s].key', field, v_at), 'reason', 'KEY_TWICE',
                                                     'description', '{key} is there already', 'values', jsonb_build_object('key', v_question ->> 'key'));
        else
            foreach v_word in array array['en', 'zh'] loop
                if jsonb_typeof(v_question -> v_word) is distinct from 'string' or not is_visible(v_question ->> v_word) or octet_length(v_question ->> v_word) > 400 then
                    v_wrong := v_wrong || jsonb_build_object('field', format('%s[%s].%s', field, v_at, v_word), 'reason', 'QUESTION_TEXT',
                                                             'description', 'must be a text of at most 400 bytes');
                end if;
            end loop;
        end if;
        v_keys := v_keys || (v_question ->> 'key');
        v_at := v_at + 1;
    end loop;
    return v_wrong;
end
$$;

-- Of the known ones as many as there is room for.
create function not_one_of(actual text, known text[], field text) returns jsonb language sql immutable set search_path = kam, pg_temp as $$
    select jsonb_build_object('field', field, 'reason', 'PARAMETER_UNKNOWN_VALUE', 'description', '{actual} is not one of: {known}',
               'values', jsonb_build_object('actual', left(actual, 24), 'known', case when octet_length(k) > 100 then left(k, 97) || '...' else k end))
      from array_to_string(known, ', ') k
$$;

-- One value against what the kind says of it. field: its path in the request.
create function check_parameter(parameter jsonb, value jsonb, field text) returns jsonb language plpgsql immutable set search_path = kam, pg_temp as $$
declare
    v_type text := parameter ->> 'type';
    v_min numeric := (parameter ->> 'min')::numeric;
    v_max numeric := (parameter ->> 'max')::numeric;
    v_known text[] := array(select jsonb_array_elements_text(parameter -> 'values'));
    v_items text[];
    v_bad text;
begin
    if v_type = 'questions' then
        return check_questions(value, field);
    elsif v_type = 'integer' then
        if jsonb_typeof(value) <> 'number' or value::numeric <> trunc(value::numeric) or value::numeric not between v_min and v_max then
            return jsonb_build_array(jsonb_build_object('field', field, 'reason', 'PARAMETER_RANGE', 'description', 'must be a whole number from {min} to {max}',
                                                        'values', jsonb_build_object('min', v_min, 'max', v_max)));
        end if;
    elsif v_type = 'boolean' then
        if jsonb_typeof(value) <> 'boolean' then
            return jsonb_build_array(jsonb_build_object('field', field, 'reason', 'PARAMETER_NOT_BOOLEAN', 'description', 'must be true or false'));
        end if;
    elsif v_type in ('key', 'grade') then
        if jsonb_typeof(value) <> 'string' or value #>> '{}' !~ (case v_type when 'key' then '^[a-z0-9][a-z0-9_]{0,39}$' else '^[A-Z][A-Z0-9+-]{0,3}$' end) then
            return jsonb_build_array(jsonb_build_object('field', field, 'reason', 'PARAMETER_FORM', 'description',
                case v_type when 'key' then 'must be a key of a-z, 0-9 and _' else 'must be a grade such as A or B1' end));
        end if;
    else
        if v_type = 'choice' then
            v_items := case when jsonb_typeof(value) = 'string' then array[value #>> '{}'] end;
        elsif jsonb_typeof(value) = 'array' and jsonb_array_length(value) between 1 and 50
              and not exists (select from jsonb_array_elements(value) e where jsonb_typeof(e) <> 'string') then
            v_items := array(select i from jsonb_array_elements_text(value) e, unnest(case v_type when 'fields' then string_to_array(e, '|') else array[e] end) i);
        end if;
        if v_items is null then
            return jsonb_build_array(jsonb_build_object('field', field, 'reason', 'PARAMETER_TYPE', 'description',
                case v_type when 'choice' then 'must be one word' else 'must be a list of words, and not an empty one' end));
        end if;
        select i into v_bad from unnest(v_items) with ordinality u (i, n) where i <> all (v_known) order by n limit 1;
        if v_bad is not null then
            return jsonb_build_array(not_one_of(v_bad, v_known, field));
        elsif (select count(distinct i) from unnest(v_items) i) < cardinality(v_items) then
            return jsonb_build_array(jsonb_build_object('field', field, 'reason', 'PARAMETER_VALUE_TWICE', 'description', 'must not name anything twice'));
        end if;
    end if;
    return '[]';
end
$$;

-- What is wrong with the parameters of a criterion of a known kind; and the parameters with defaults.
create function check_parameters(kind text, given jsonb, field text, out wrong jsonb, out complete jsonb)
language plpgsql immutable set search_path = kam, pg_temp as $$
declare
    v_known jsonb;
    v_parameter jsonb;
    v_name text;
begin
    wrong := '[]';
    complete := '{}';
    if jsonb_typeof(given) is distinct from 'object' then
        wrong := jsonb_build_array(jsonb_build_object('field', field, 'reason', 'PARAMETERS_FORM', 'description', 'must be a JSON object'));
        return;
    end if;
    select k.parameters into strict v_known from criterion_kinds() k where k.kind = check_parameters.kind;
    for v_parameter in select p from jsonb_array_elements(v_known) p loop
        v_name := v_parameter ->> 'name';
        if coalesce(given -> v_name, 'null') <> 'null' then
            wrong := wrong || check_parameter(v_parameter, given -> v_name, field || '.' || v_name);
            complete := complete || jsonb_build_object(v_name, given -> v_name);
            if v_parameter ->> 'type' = 'integer' and wrong = '[]' then
                complete := complete || jsonb_build_object(v_name, trunc((given -> v_name)::numeric));    -- 50.0 is 50
            end if;
        elsif v_parameter -> 'default' is not null then
            complete := complete || jsonb_build_object(v_name, v_parameter -> 'default');
        elsif (v_parameter -> 'required')::boolean then
            wrong := wrong || jsonb_build_object('field', field || '.' || v_name, 'reason', 'PARAMETER_MISSING', 'description', '{kind} needs {parameter}',
                                                 'values', jsonb_build_object('kind', kind, 'parameter', v_name));
        end if;
    end loop;
    for v_name in select g from jsonb_object_keys(given) g where not exists (select from jsonb_array_elements(v_known) p where p ->> 'name' = g) order by g limit 8 loop
        wrong := wrong || jsonb_build_object('field', field || '.' || left(v_name, 40), 'reason', 'PARAMETER_UNKNOWN', 'description', '{kind} knows no {parameter}',
                                             'values', jsonb_build_object('kind', kind, 'parameter', left(v_name, 40)));
    end loop;
    if kind = 'follow_up' and wrong = '[]' and (given -> 'from_days')::int > (given -> 'to_days')::int then
        wrong := wrong || jsonb_build_object('field', field || '.to_days', 'reason', 'FOLLOW_UP_DAYS', 'description', 'must not be less than from_days');
    end if;
end
$$;

-- ---- definitions ----

-- A definition is {"key", "name_en", "name_zh", "group_threshold_currency_code", "group_threshold_minor_units",
--   "stages": [{"key", "name_en", "name_zh", "meaning_en", "meaning_zh", "allowed_days", "probability", "approvals": [], "next"}],
--   "criteria": [{"stage", "key", "kind", "name_en", "name_zh", "parameters": {}}]}. next: the stage that follows, "won" for none; by default the next in the list.
-- wrong: what is wrong with it, as violations. complete: the same definition with stages in the order in which they are passed and nothing left to default.
create function check_pipeline(definition jsonb, out wrong jsonb, out complete jsonb)
language plpgsql immutable set search_path = kam, pg_temp as $$
declare
    v_stages jsonb := definition -> 'stages';
    v_keys text[] := array(select s ->> 'key' from jsonb_array_elements(definition -> 'stages') with ordinality u (s, n) order by n);
    v_next text[];
    v_order int[] := '{}';
    v_at int := 1;
    v_seen text[] := '{}';
    v_one jsonb;
    v_key text;
    v_field text;
    v_checked record;
    v_criteria jsonb := '[]';
begin
    wrong := '[]';
    if not is_key(definition ->> 'key') then
        wrong := wrong || jsonb_build_object('field', 'pipeline.key', 'reason', 'KEY_FORM', 'description', 'must be a-z, 0-9 and -, beginning with a letter, at most 40');
    end if;
    if (definition ->> 'group_threshold_minor_units')::bigint < 0 then
        wrong := wrong || jsonb_build_object('field', 'pipeline.group_threshold.minor_units', 'reason', 'THRESHOLD_NEGATIVE', 'description', 'must not be negative');
    end if;
    if cardinality(v_keys) = 0 then
        wrong := wrong || jsonb_build_object('field', 'pipeline.stages', 'reason', 'STAGES_NONE', 'description', 'must have one stage at least');
    end if;

    -- Stages one by one.
    for i in 1 .. cardinality(v_keys) loop
        v_one := v_stages -> i - 1;
        v_field := format('pipeline.stages[%s]', i - 1);
        if not is_key(v_keys[i]) or v_keys[i] = 'won' then
            wrong := wrong || jsonb_build_object('field', v_field || '.key', 'reason', 'STAGE_KEY_FORM', 'description',
                                                 'must be a-z, 0-9 and -, beginning with a letter, at most 40, and not "won"');
        elsif v_keys[i] = any (v_keys[: i - 1]) then
            wrong := wrong || jsonb_build_object('field', v_field || '.key', 'reason', 'STAGE_TWICE', 'description', 'there is another stage {key}',
                                                 'values', jsonb_build_object('key', v_keys[i]));
        end if;
        if (select count(distinct a) <> count(*) from jsonb_array_elements(v_one -> 'approvals') a) then
            wrong := wrong || jsonb_build_object('field', v_field || '.approvals', 'reason', 'APPROVER_TWICE', 'description', 'must not ask anybody twice');
        end if;
        if 'key_account_group' = any (array(select jsonb_array_elements_text(v_one -> 'approvals'))) and definition ->> 'group_threshold_minor_units' is null then
            wrong := wrong || jsonb_build_object('field', v_field || '.approvals', 'reason', 'THRESHOLD_MISSING', 'description',
                                                 'asks the key account group, and the pipeline has no group_threshold from which it is asked');
        end if;
        v_next[i] := coalesce(nullif(v_one ->> 'next', ''), v_keys[i + 1], 'won');
        if v_next[i] <> 'won' and v_next[i] <> all (v_keys) then
            wrong := wrong || jsonb_build_object('field', v_field || '.next', 'reason', 'STAGE_MISSING', 'description', 'there is no stage {key}',
                                                 'values', jsonb_build_object('key', left(v_next[i], 40)));
        end if;
    end loop;

    -- Their order: each is passed once, beginning with the first.
    if wrong = '[]' then
        loop
            v_order := v_order || v_at;
            exit when v_next[v_at] = 'won';
            if array_position(v_keys, v_next[v_at]) = any (v_order) then
                wrong := wrong || jsonb_build_object('field', format('pipeline.stages[%s].next', v_at - 1), 'reason', 'STAGE_LOOP', 'description',
                                                     'leads back to {key}, so that nothing is ever won', 'values', jsonb_build_object('key', v_next[v_at]));
                exit;
            end if;
            v_at := array_position(v_keys, v_next[v_at]);
        end loop;
        for i in 1 .. cardinality(v_keys) loop
            if wrong = '[]' and i <> all (v_order) then
                wrong := wrong || jsonb_build_object('field', format('pipeline.stages[%s]', i - 1), 'reason', 'STAGE_NOT_REACHED', 'description',
                                                     'no stage leads to {key}', 'values', jsonb_build_object('key', v_keys[i]));
            end if;
        end loop;
    end if;

    for v_one, v_at in select c, n from jsonb_array_elements(definition -> 'criteria') with ordinality u (c, n) order by n loop
        v_field := format('pipeline.criteria[%s]', v_at - 1);
        v_key := concat(v_one ->> 'stage', '/', v_one ->> 'key');
        if v_one ->> 'stage' <> all (v_keys) then
            wrong := wrong || jsonb_build_object('field', v_field || '.stage', 'reason', 'STAGE_MISSING', 'description', 'there is no stage {key}',
                                                 'values', jsonb_build_object('key', left(v_one ->> 'stage', 40)));
        end if;
        if not is_key(v_one ->> 'key') then
            wrong := wrong || jsonb_build_object('field', v_field || '.key', 'reason', 'KEY_FORM', 'description', 'must be a-z, 0-9 and -, beginning with a letter, at most 40');
        elsif v_key = any (v_seen) then
            wrong := wrong || jsonb_build_object('field', v_field || '.key', 'reason', 'CRITERION_TWICE', 'description', 'there is another criterion {key} in this stage',
                                                 'values', jsonb_build_object('key', v_one ->> 'key'));
        end if;
        v_seen := v_seen || v_key;
        if not exists (select from criterion_kinds() k where k.kind = v_one ->> 'kind') then
            wrong := wrong || jsonb_build_object('field', v_field || '.kind', 'reason', 'CRITERION_UNKNOWN', 'description', 'there is no kind of criterion {kind}',
                                                 'values', jsonb_build_object('kind', left(v_one ->> 'kind', 40)));
        else
            v_checked := check_parameters(v_one ->> 'kind', v_one -> 'parameters', v_field || '.parameters');
            wrong := wrong || v_checked.wrong;
            v_criteria := v_criteria || (v_one || jsonb_build_object('parameters', v_checked.complete));
        end if;
    end loop;

    if wrong = '[]' then
        complete := definition || jsonb_build_object(
            'stages', (select jsonb_agg((v_stages -> o - 1) - 'next' order by n) from unnest(v_order) with ordinality u (o, n)),
            'criteria', (select coalesce(jsonb_agg(c order by array_position(v_order, array_position(v_keys, c ->> 'stage')), n), '[]')
                           from jsonb_array_elements(v_criteria) with ordinality u (c, n)));
    end if;
end
$$;

-- What no assessment of an opportunity can ever show: by a model that does not exist, or scores accounts, or does not give this grade.
create function check_models(definition jsonb) returns jsonb language plpgsql stable set search_path = kam, pg_temp as $$
begin
    return (select coalesce(jsonb_agg(case when m.id is null then not_one_of(x.model, array(select k.key from scoring_model k where k.kind in ('value', 'dealer') order by k.key),
                                                                             x.field || '.model')
                                           else not_one_of(x.grade, g.grades, x.field || '.grade') end order by x.n), '[]')
              from (select n, format('pipeline.criteria[%s].parameters', n - 1), c -> 'parameters', c #>> '{parameters,model}', c #>> '{parameters,grade}'
                      from jsonb_array_elements(definition -> 'criteria') with ordinality u (c, n)
                     where c ->> 'kind' = 'assessment') x (n, field, parameters, model, grade)
              left join scoring_model m on m.key = x.model and m.kind in ('value', 'dealer')
             cross join lateral (select array_agg(s.grade order by s.position) as grades from scoring_grade s where s.version_id = newest_scoring_version(x.model)) g
             where check_parameter('{"type": "key"}', coalesce(x.parameters -> 'model', 'null'), '') = '[]'
               and (m.id is null or check_parameter('{"type": "grade"}', coalesce(x.parameters -> 'grade', 'null'), '') = '[]' and x.grade <> all (g.grades)));
end
$$;

-- What is kept of a version, in the form above.
create function pipeline_definition(version_id uuid) returns jsonb language sql stable set search_path = kam, pg_temp as $$
    select jsonb_build_object(
               'key', p.key, 'name_en', v.name_en, 'name_zh', v.name_zh, 'group_threshold_currency_code', v.group_threshold_currency_code,
               'group_threshold_minor_units', v.group_threshold_minor_units,
               'stages', (select jsonb_agg(to_jsonb(s) - '{version_id,position}'::text[] order by s.position) from pipeline_stage s where s.version_id = v.id),
               'criteria', (select coalesce(jsonb_agg((to_jsonb(c) - '{version_id,stage_key,position}'::text[]) || jsonb_build_object('stage', c.stage_key)
                                                      order by s.position, c.position), '[]')
                              from stage_criterion c join pipeline_stage s on s.version_id = c.version_id and s.key = c.stage_key where c.version_id = v.id))
      from pipeline_version v join pipeline p on p.id = v.pipeline_id where v.id = version_id
$$;

create function newest_pipeline_version(key text) returns uuid language sql stable set search_path = kam, pg_temp as $$
    select v.id from pipeline p join pipeline_version v on v.pipeline_id = p.id where p.key = newest_pipeline_version.key order by v.number desc limit 1
$$;

-- Whether this definition, where nothing is wrong with it, is another one than the newest of its pipeline.
create function is_new_definition(definition jsonb) returns boolean language sql stable security definer set search_path = kam, pg_temp as $$
    select (check_pipeline(definition)).complete is distinct from pipeline_definition(newest_pipeline_version(definition ->> 'key'))
$$;
grant execute on function is_new_definition(jsonb) to kam_manager;

-- complete: as check_pipeline() gives it.
create function add_pipeline_version(version_id uuid, complete jsonb, reason text) returns void language plpgsql set search_path = kam, pg_temp as $$
declare
    v_pipeline_id uuid;
begin
    select p.id into v_pipeline_id from pipeline p where p.key = complete ->> 'key';
    if not found then
        insert into pipeline (key) values (complete ->> 'key') returning id into v_pipeline_id;
    end if;
    insert into pipeline_version (id, pipeline_id, number, name_en, name_zh, group_threshold_currency_code, group_threshold_minor_units, reason, created_by)
    select version_id, v_pipeline_id, 1 + (select coalesce(max(v.number), 0) from pipeline_version v where v.pipeline_id = v_pipeline_id),
           complete ->> 'name_en', complete ->> 'name_zh', complete ->> 'group_threshold_currency_code', (complete ->> 'group_threshold_minor_units')::bigint,
           add_pipeline_version.reason, caller_id();
    insert into pipeline_stage (version_id, key, position, name_en, name_zh, meaning_en, meaning_zh, allowed_days, probability, approvals)
    select add_pipeline_version.version_id, s ->> 'key', n, s ->> 'name_en', s ->> 'name_zh', s ->> 'meaning_en', s ->> 'meaning_zh', (s ->> 'allowed_days')::int,
           (s ->> 'probability')::int, array(select jsonb_array_elements_text(s -> 'approvals'))
      from jsonb_array_elements(complete -> 'stages') with ordinality u (s, n);
    insert into stage_criterion (version_id, stage_key, key, position, kind, parameters, name_en, name_zh)
    select add_pipeline_version.version_id, c ->> 'stage', c ->> 'key', row_number() over (partition by c ->> 'stage' order by n), c ->> 'kind', c -> 'parameters',
           c ->> 'name_en', c ->> 'name_zh'
      from jsonb_array_elements(complete -> 'criteria') with ordinality u (c, n);
end
$$;

-- ---- what managers of the root team do ----

create function require_root_manager_of_pipelines() returns void language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    perform require(caller_role() = 'manager' and caller_team_id() = root_team_id(), 7, 'NOT_ROOT_MANAGER_PIPELINES',
                    'Only managers of the root team decide about pipelines.');
end
$$;

-- A new version, unless the newest is just the same; a retired pipeline comes back. validate_only: says what is wrong, and no more.
create function import_pipeline(version_id uuid, definition jsonb, reason text, validate_only boolean) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_checked record;
    v_is_new boolean;
begin
    perform require_root_manager_of_pipelines();
    perform take_turn('pipelines');
    v_checked := check_pipeline(definition);
    v_checked.wrong := v_checked.wrong || check_models(definition);
    if v_checked.wrong <> '[]' then
        perform refuse(3, 'PIPELINE_WRONG', 'The pipeline is not right: {count} mistakes.',
                       jsonb_build_object('violations', v_checked.wrong, 'metadata', jsonb_build_object('count', jsonb_array_length(v_checked.wrong))));
    end if;
    v_is_new := v_checked.complete is distinct from pipeline_definition(newest_pipeline_version(definition ->> 'key'));
    if v_is_new and v_checked.complete -> 'stages' @> '[{"approvals": ["key_account_group"]}]'
       and not exists (select from app_user u where u.is_key_account_group and u.role = 'manager' and u.disable_time is null) then
        perform refuse(9, 'KEY_ACCOUNT_GROUP_EMPTY', 'The pipeline asks the key account group, and nobody is in it. Put a manager into it first.',
                       jsonb_build_object('violations', (select jsonb_agg(jsonb_build_object(
                           'field', format('pipeline.stages[%s].approvals', n - 1), 'reason', 'GROUP_EMPTY', 'description', 'asks a group that nobody is in'))
                          from jsonb_array_elements(definition -> 'stages') with ordinality u (s, n) where s -> 'approvals' @> '["key_account_group"]')));
    end if;
    if not validate_only then
        if v_is_new then
            perform add_pipeline_version(version_id, v_checked.complete, import_pipeline.reason);
        end if;
        update pipeline p set retire_time = null where p.key = definition ->> 'key' and p.retire_time is not null;
    end if;
    perform mark_changed();
end
$$;
grant execute on function import_pipeline(uuid, jsonb, text, boolean) to kam_manager;

create function hold_pipeline(key text) returns pipeline language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_pipeline pipeline;
begin
    perform require_root_manager_of_pipelines();
    perform take_turn('pipelines');
    select * into v_pipeline from pipeline p where p.key = hold_pipeline.key;
    if not found then
        perform refuse_not_found('pipeline');
    end if;
    return v_pipeline;
end
$$;

create function set_default_pipeline(key text) returns void language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_pipeline pipeline := hold_pipeline(key);
begin
    perform require(v_pipeline.retire_time is null, 9, 'PIPELINE_RETIRED', 'The pipeline is retired. Import it again first.');
    update pipeline p set is_default = false where p.is_default and p.id <> v_pipeline.id;
    update pipeline p set is_default = true where not p.is_default and p.id = v_pipeline.id;
    perform mark_changed();
end
$$;
grant execute on function set_default_pipeline(text) to kam_manager;

create function retire_pipeline(key text) returns void language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_pipeline pipeline := hold_pipeline(key);
begin
    perform require(not v_pipeline.is_default, 9, 'PIPELINE_IS_DEFAULT', 'New opportunities begin in this pipeline. Make another one the default first.');
    update pipeline p set retire_time = now() where p.id = v_pipeline.id and p.retire_time is null;
    perform mark_changed();
end
$$;
grant execute on function retire_pipeline(text) to kam_manager;
