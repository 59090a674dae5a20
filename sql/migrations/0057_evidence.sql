-- SPDX-License-Identifier: Apache-2.0
-- Exit criteria as evidence (转阶段条件): whether the records show what a stage asks for, which record does, and what would. One function for each family of
-- kinds; criterion_kinds() says what their parameters are. They read as the owner and ask for no reach: check_criteria() has, and who decides with
-- snapshot_evidence() has as well. They are in plpgsql, so that their statements are planned once per connection and not with each call.
set local search_path = kam, pg_temp;

-- The newest record that shows a criterion, or the one that comes closest. wanted: NULL when it is shown; else {"reason", "description", "values"} as
-- everywhere (docs/methods.md, "A reason"): "description" has places, "values" what goes there.
create type evidence as (kind text, id uuid, text text, "time" timestamptz, wanted jsonb);

-- As before, and planned once.
create or replace function fill_in(template text, given jsonb) returns text language plpgsql immutable set search_path = kam, pg_temp as $$
begin
    return (select string_agg(part[1] || case part[2] when '' then '' else coalesce(given ->> part[2], '{' || part[2] || '}') end, '' order by n)
              from regexp_matches(template || '{}', '([^{]*)\{([a-z_]*)\}', 'g') with ordinality x (part, n));
end
$$;

-- 'visit, call' of ["visit", "call"].
create function list_of(items jsonb) returns text language plpgsql immutable set search_path = kam, pg_temp as $$
begin
    return (select string_agg(i, ', ' order by n) from jsonb_array_elements_text(items) with ordinality x (i, n));
end
$$;

-- What was done for an earlier sale proves nothing of this one: when the last one closed that was over before this one was written down. NULL: there was none. Not when
-- this one was written down, as people visit first.
create function sale_began(o opportunity) returns timestamptz language sql stable set search_path = kam, pg_temp as $$
    select max(x.close_time) from opportunity x where x.account_id = o.account_id and x.state in ('won', 'lost') and x.close_time <= o.create_time
$$;

-- kinds, since, days, count. What was corrected or cancelled is not done.
create function evidence_of_activities(o opportunity, zone text, parameters jsonb) returns evidence
language plpgsql stable set search_path = kam, pg_temp as $$
declare
    v_count int := coalesce((parameters ->> 'count')::int, 1);
    v_from timestamptz := greatest(case parameters ->> 'since' when 'stage' then o.stage_since
                                                               when 'opportunity' then sale_began(o) end,
                                   ((now() at time zone zone)::date - (parameters ->> 'days')::int)::timestamp at time zone zone);
    v_found int := 0;
    e evidence;
begin
    select 'activity', x.id, x.subject, x.time, count(*) over () into e.kind, e.id, e.text, e.time, v_found
      from jsonb_array_elements_text(parameters -> 'kinds') k (kind)
     cross join lateral (select a.id, a.subject, a.time
                           from activity a
                          where a.account_id = o.account_id and a.kind = k.kind and a.state = 'done' and a.time >= coalesce(v_from, '-infinity')
                          order by a.time desc, a.id desc limit v_count) x
     order by x.time desc, x.id desc limit 1;
    v_found := coalesce(v_found, 0);
    if v_found < v_count and v_from is null then
        e.wanted := jsonb_build_object('reason', 'ACTIVITIES_WANTED', 'description', 'needs {count} more done: {kinds}',
                                       'values', jsonb_build_object('count', v_count - v_found, 'kinds', list_of(parameters -> 'kinds')));
    elsif v_found < v_count then
        e.wanted := jsonb_build_object('reason', 'ACTIVITIES_WANTED_SINCE', 'description', 'needs {count} more done since {from}: {kinds}',
                                       'values', jsonb_build_object('count', v_count - v_found, 'kinds', list_of(parameters -> 'kinds'),
                                                                    'from', (v_from at time zone zone)::date));
    end if;
    return e;
end
$$;

-- kind, from_days, to_days: after the last one of this kind, another contact with the customer so many days later.
create function evidence_of_follow_up(o opportunity, zone text, parameters jsonb) returns evidence
language plpgsql stable set search_path = kam, pg_temp as $$
declare
    v_first activity;
    v_from date;
    v_to date;
    e evidence;
begin
    select * into v_first from activity a
     where a.account_id = o.account_id and a.kind = parameters ->> 'kind' and a.state = 'done'
     order by a.time desc, a.id desc limit 1;
    if not found then
        e.wanted := jsonb_build_object('reason', 'ACTIVITIES_WANTED', 'description', 'needs {count} more done: {kinds}',
                                       'values', jsonb_build_object('count', 1, 'kinds', parameters ->> 'kind'));
        return e;
    end if;
    v_from := (v_first.time at time zone zone)::date + (parameters ->> 'from_days')::int;
    v_to := (v_first.time at time zone zone)::date + (parameters ->> 'to_days')::int;
    select 'activity', a.id, a.subject, a.time into e.kind, e.id, e.text, e.time
      from activity a
     where a.account_id = o.account_id and a.state = 'done' and a.kind <> 'note' and a.id <> v_first.id
       and a.time >= greatest(v_first.time, v_from::timestamp at time zone zone) and a.time < (v_to + 1)::timestamp at time zone zone
     order by a.time desc, a.id desc limit 1;
    if found then
        return e;
    end if;
    e := row('activity', v_first.id, v_first.subject, v_first.time, null);
    if (now() at time zone zone)::date <= v_to then
        e.wanted := jsonb_build_object('reason', 'FOLLOW_UP_WANTED', 'description', 'needs contact with the customer between {from} and {to}, after: {subject}',
                                       'values', jsonb_build_object('from', v_from, 'to', v_to, 'subject', left(v_first.subject, 100), 'kinds', parameters ->> 'kind'));
    else
        e.wanted := jsonb_build_object('reason', 'FOLLOW_UP_MISSED', 'description', 'there was no contact with the customer between {from} and {to}, after: {subject}',
                                       'values', jsonb_build_object('from', v_from, 'to', v_to, 'subject', left(v_first.subject, 100), 'kinds', parameters ->> 'kind'));
    end if;
    return e;
end
$$;

-- days, percent: of the visits that plans had for the account on the days before today. One that its plan withdrew was none; one that a person cancelled was not
-- kept. The last correction of one that was done says what it was: kept is what the plan asks for, or another visit.
create function evidence_of_visits(o opportunity, zone text, parameters jsonb) returns evidence
language plpgsql stable set search_path = kam, pg_temp as $$
declare
    v_today date := (now() at time zone zone)::date;
    v_planned int;
    v_kept int;
    e evidence;
begin
    with recursive planned as (
        select a.id, a.plan_date, p.kind
          from activity a join visit_plan p on p.id = a.visit_plan_id and p.kind <> 'note'
         where a.account_id = o.account_id and a.plan_date between v_today - (parameters ->> 'days')::int and v_today - 1
           and not (a.state = 'cancelled' and a.plan_version is not distinct from a.version)),
    made (id, plan_date, kind) as (
        select * from planned
        union all
        select n.id, m.plan_date, m.kind from made m join activity n on n.corrects_id = m.id),
    kept as (
        select a.id, a.subject, a.time, m.plan_date
          from made m join activity a on a.id = m.id and a.state = 'done' and a.kind in (m.kind, 'visit', 'site_visit', 'service_visit', 'senior_meeting')),
    newest as (select * from kept order by plan_date desc, id desc limit 1)
    select (select count(*) from planned), (select count(*) from kept), case when w.id is not null then 'activity' end, w.id, w.subject, w.time
      into v_planned, v_kept, e.kind, e.id, e.text, e.time
      from (values (1)) one left join newest w on true;
    if v_planned = 0 then
        e.wanted := jsonb_build_object('reason', 'VISITS_UNPLANNED', 'description', 'needs planned visits: there were none in the last {days} days',
                                       'values', jsonb_build_object('days', parameters -> 'days'));
    elsif v_kept * 100 < v_planned * (parameters ->> 'percent')::int then
        e.wanted := jsonb_build_object('reason', 'VISITS_MISSED', 'description', 'needs {percent} % of the planned visits done: {kept} of {planned} in the last {days} days',
                                       'values', jsonb_build_object('percent', parameters -> 'percent', 'kept', v_kept, 'planned', v_planned, 'days', parameters -> 'days'));
    end if;
    return e;
end
$$;

-- fields that hold nothing: of each list "a|b" none does. Money stands in <field>_minor_units. What was judged to be not so (worth_pursuing) holds nothing either.
create function empty_fields(record jsonb, fields jsonb) returns text language plpgsql immutable set search_path = kam, pg_temp as $$
begin
    return (select string_agg(f.names, ', ' order by f.n)
              from jsonb_array_elements_text(fields) with ordinality f (names, n)
             where not exists (select from unnest(string_to_array(f.names, '|')) u (name)
                                where coalesce(record -> u.name, record -> (u.name || '_minor_units'), 'null') not in ('null', '[]', 'false')
                                  and is_visible(coalesce(record ->> u.name, record ->> (u.name || '_minor_units')))));
end
$$;

create function evidence_of_account_fields(o opportunity, parameters jsonb) returns evidence language plpgsql stable set search_path = kam, pg_temp as $$
declare
    v_account account;
    v_empty text;
begin
    select * into v_account from account a where a.id = o.account_id;
    v_empty := empty_fields(to_jsonb(v_account), parameters -> 'fields');
    return row('account', v_account.id, v_account.name, v_account.update_time,
               case when v_empty is not null then
                   jsonb_build_object('reason', 'ACCOUNT_FIELDS_WANTED', 'description', 'needs in the archive of the account: {fields}',
                                      'values', jsonb_build_object('fields', v_empty)) end)::evidence;
end
$$;

create function evidence_of_opportunity_fields(o opportunity, parameters jsonb) returns evidence language plpgsql stable set search_path = kam, pg_temp as $$
declare
    v_empty text := empty_fields(to_jsonb(o), parameters -> 'fields');
begin
    return row('opportunity', o.id, o.name, o.update_time,
               case when v_empty is not null then
                   jsonb_build_object('reason', 'OPPORTUNITY_FIELDS_WANTED', 'description', 'needs in the opportunity: {fields}',
                                      'values', jsonb_build_object('fields', v_empty)) end)::evidence;
end
$$;

-- explicit: said by the customer, and not only implied. What a person needs goes with the person.
create function evidence_of_need(o opportunity, parameters jsonb) returns evidence language plpgsql stable set search_path = kam, pg_temp as $$
declare
    v_is_explicit boolean := coalesce((parameters ->> 'explicit')::boolean, false);
    v_need need;
begin
    select * into v_need from need n
     where n.account_id = o.account_id and n.retire_time is null
       and (n.scope = 'organisation' or n.contact_id is null or exists (select from map_people(o.account_id) p where p.contact_id = n.contact_id))
     order by v_is_explicit and n.kind <> 'explicit', n.create_time desc, n.id desc limit 1;
    return row(case when v_need.id is not null then 'need' end, v_need.id, left(v_need.text, 200), v_need.create_time,
               case when v_need.id is null and not v_is_explicit then
                        jsonb_build_object('reason', 'NEED_WANTED', 'description', 'needs a need of the customer, explicit or implied', 'values', '{}'::jsonb)
                    when v_need.kind is distinct from 'explicit' and v_is_explicit then
                        jsonb_build_object('reason', 'EXPLICIT_NEED_WANTED', 'description', 'needs a need that the customer stated explicitly', 'values', '{}'::jsonb) end)::evidence;
end
$$;

-- role, insider, relationship: of somebody who is there now.
create function evidence_of_relationship(o opportunity, zone text, parameters jsonb) returns evidence
language plpgsql stable set search_path = kam, pg_temp as $$
declare
    v_level int := (parameters ->> 'relationship')::int;
    v_who text := concat_ws(', ', parameters ->> 'role', case when (parameters ->> 'insider')::boolean then 'insider' end);
    v_present int;
    e evidence;
begin
    select 'contact', c.id, c.name, coalesce(r.time, n.update_time), coalesce(p.relationship, 0) into e.kind, e.id, e.text, e.time, v_present
      from map_people(o.account_id, o.id) p
      join contact c on c.id = p.contact_id
      join position n on n.contact_id = p.contact_id and n.account_id = o.account_id and n.ended_on is null
      left join lateral (select l.changed_on::timestamp at time zone zone as time from relationship_change l
                          where l.position_id = n.id order by l.changed_on desc, l.id desc limit 1) r on true
     where (parameters ->> 'role' is null or parameters ->> 'role' = any (p.buying_roles)) and (coalesce((parameters ->> 'insider')::boolean, false) is false or p.is_insider)
     order by p.relationship desc nulls last, p.influence desc nulls last, c.id limit 1;
    if e.id is null then
        e.wanted := jsonb_build_object('reason', 'PERSON_WANTED', 'description', 'needs somebody at the account who is: {who}',
                                       'values', jsonb_build_object('who', coalesce(nullif(v_who, ''), 'contact')));
    elsif v_present < v_level and v_who = '' then
        e.wanted := jsonb_build_object('reason', 'RELATIONSHIP_WANTED', 'description', 'needs relationship {level} with somebody (now {present}, {name})',
                                       'values', jsonb_build_object('level', v_level, 'present', v_present, 'name', e.text));
    elsif v_present < v_level then
        e.wanted := jsonb_build_object('reason', 'RELATIONSHIP_WITH_WANTED', 'description', 'needs relationship {level} with: {who} (now {present}, {name})',
                                       'values', jsonb_build_object('level', v_level, 'who', v_who, 'present', v_present, 'name', e.text));
    end if;
    return e;
end
$$;

-- role: everybody there who has it is known by title, relationship, stance and influence. The text names up to five who are not, and what is missing.
create function evidence_of_profiles(o opportunity, parameters jsonb) returns evidence language plpgsql stable set search_path = kam, pg_temp as $$
declare
    v_lacking int;
    v_people text;
    e evidence;
begin
    with person as materialized (
        select c.id, c.name, p.influence, n.update_time,
               concat_ws(', ', case when p.title = '' then 'title' end, case when p.relationship is null then 'relationship' end,
                         case when coalesce(p.stance, 'unknown') = 'unknown' then 'stance' end, case when p.influence is null then 'influence' end) as missing
          from map_people(o.account_id, o.id) p
          join contact c on c.id = p.contact_id
          join position n on n.contact_id = p.contact_id and n.account_id = o.account_id and n.ended_on is null
         where parameters ->> 'role' = any (p.buying_roles)),
    newest as (select * from person order by update_time desc, id limit 1)
    select 'contact', w.id, w.name, w.update_time, (select count(*) from person where missing <> ''),
           (select string_agg(format('%s (%s)', left(x.name, 60), x.missing), '; ' order by x.influence desc nulls last, x.id)
              from (select * from person where missing <> '' order by influence desc nulls last, id limit 5) x)
      into e.kind, e.id, e.text, e.time, v_lacking, v_people
      from newest w;
    if e.id is null then
        e.wanted := jsonb_build_object('reason', 'PERSON_WANTED', 'description', 'needs somebody at the account who is: {who}',
                                       'values', jsonb_build_object('who', parameters ->> 'role'));
    elsif v_lacking between 1 and 5 then
        e.wanted := jsonb_build_object('reason', 'PROFILES_WANTED', 'description', 'needs to be known: {people}', 'values', jsonb_build_object('people', v_people));
    elsif v_lacking > 5 then
        e.wanted := jsonb_build_object('reason', 'MANY_PROFILES_WANTED', 'description', 'needs to be known of {count} people, first: {people}',
                                       'values', jsonb_build_object('count', v_lacking, 'people', v_people));
    end if;
    return e;
end
$$;

-- percent of all influence that people with a relationship of 3 or better have.
create function evidence_of_coverage(o opportunity, parameters jsonb) returns evidence language plpgsql stable set search_path = kam, pg_temp as $$
declare
    v_percent int := map_coverage(o.account_id, o.id);
begin
    return row('account', o.account_id, format('%s %%', v_percent), now(),
               case when v_percent < (parameters ->> 'percent')::int then
                   jsonb_build_object('reason', 'COVERAGE_WANTED', 'description', 'needs a coverage of {percent} %, has {present} %',
                                      'values', jsonb_build_object('percent', parameters -> 'percent', 'present', v_percent)) end)::evidence;
end
$$;

-- criteria: how many the customer decides by are ranked; buying stage, present supplier, time of the decision.
create function evidence_of_buying_process(o opportunity, parameters jsonb) returns evidence language plpgsql stable set search_path = kam, pg_temp as $$
declare
    v_wanted int := coalesce((parameters ->> 'criteria')::int, 3);
    v_ranked int := (select count(*) from decision_criterion d where d.opportunity_id = o.id);
    v_missing text := concat_ws(', ', case when o.buying_stage is null then 'buying_stage' end,
                                case when not exists (select from account_supply s where s.account_id = o.account_id and s.ended_on is null) then 'supply' end,
                                case when o.decision_on is null then 'decision_on' end);
begin
    return row('opportunity', o.id, o.name, o.update_time,
               case when v_missing <> '' and v_ranked < v_wanted then
                        jsonb_build_object('reason', 'BUYING_PROCESS_WANTED', 'description', 'needs {fields}, and {count} more ranked decision criteria',
                                           'values', jsonb_build_object('fields', v_missing, 'count', v_wanted - v_ranked))
                    when v_missing <> '' then
                        jsonb_build_object('reason', 'BUYING_PROCESS_FIELDS_WANTED', 'description', 'needs {fields}', 'values', jsonb_build_object('fields', v_missing))
                    when v_ranked < v_wanted then
                        jsonb_build_object('reason', 'DECISION_CRITERIA_WANTED', 'description', 'needs {count} more ranked decision criteria',
                                           'values', jsonb_build_object('count', v_wanted - v_ranked)) end)::evidence;
end
$$;

create function evidence_of_verdict(o opportunity, parameters jsonb) returns evidence language plpgsql stable set search_path = kam, pg_temp as $$
begin
    return row(case when o.verdict is not null then 'opportunity' end, case when o.verdict is not null then o.id end, case when o.verdict is not null then o.name end,
               o.verdict_time,
               case when o.verdict is distinct from parameters ->> 'verdict' or not verdict_counts(o) then
                   jsonb_build_object('reason', 'VERDICT_WANTED', 'description', 'needs the verdict: {verdict}',
                                      'values', jsonb_build_object('verdict', parameters -> 'verdict')) end)::evidence;
end
$$;

-- questions, of which {questions} names the first three without an answer.
create function evidence_of_answers(o opportunity, parameters jsonb) returns evidence language plpgsql stable set search_path = kam, pg_temp as $$
declare
    e evidence;
    v_missing jsonb;
begin
    select 'answer', a.id, left(a.answer, 200), a.update_time into e.kind, e.id, e.text, e.time
      from opportunity_answer a
      join jsonb_array_elements(parameters -> 'questions') q on q ->> 'key' = a.question
     where a.opportunity_id = o.id
     order by a.update_time desc, a.id desc limit 1;
    select jsonb_build_object('keys', string_agg(x.q ->> 'key', ', ' order by x.n),
                              'questions', string_agg(left(x.q ->> 'en', 200), ' ' order by x.n) filter (where x.place <= 3),
                              'questions_zh', string_agg(left(x.q ->> 'zh', 100), '' order by x.n) filter (where x.place <= 3),
                              'count', count(*))
      into v_missing
      from (select q, n, row_number() over (order by n) as place
              from jsonb_array_elements(parameters -> 'questions') with ordinality y (q, n)
             where not exists (select from opportunity_answer a where a.opportunity_id = o.id and a.question = q ->> 'key')) x;
    if (v_missing ->> 'count')::int > 0 then
        e.wanted := jsonb_build_object('reason', 'ANSWERS_WANTED', 'description', 'needs {count} more answers: {questions}',
                                       'values', jsonb_build_object('count', v_missing -> 'count', 'questions', v_missing -> 'questions',
                                                                    'questions_zh', v_missing -> 'questions_zh', 'keys', v_missing -> 'keys'));
    end if;
    return e;
end
$$;

-- model, days, grade: the newest assessment of the opportunity by this model. Grades are in the order of the version that gave them.
create function evidence_of_assessment(o opportunity, zone text, parameters jsonb) returns evidence
language plpgsql stable set search_path = kam, pg_temp as $$
declare
    v_oldest date := (now() at time zone zone)::date - (parameters ->> 'days')::int;
    v_key text := parameters ->> 'model';
    v_name_en text;
    v_name_zh text;
    v_on date;
    v_grade text;
    v_is_enough boolean;
    e evidence;
begin
    select v.name_en, v.name_zh into v_name_en, v_name_zh
      from scoring_model m join scoring_model_version v on v.model_id = m.id where m.key = v_key order by v.number desc limit 1;
    v_name_en := coalesce(v_name_en, v_key);
    v_name_zh := coalesce(v_name_zh, v_key);
    select 'assessment', a.id, format('%s %s', a.grade, a.total), a.assessed_on::timestamp at time zone zone, a.assessed_on, a.grade,
           coalesce(g.position <= (select w.position from scoring_grade w where w.version_id = a.model_version_id and w.grade = parameters ->> 'grade'), false)
      into e.kind, e.id, e.text, e.time, v_on, v_grade, v_is_enough
      from assessment a
      join scoring_model_version v on v.id = a.model_version_id
      join scoring_model m on m.id = v.model_id and m.key = v_key
      left join scoring_grade g on g.version_id = a.model_version_id and g.grade = a.grade
     where a.opportunity_id = o.id
     order by a.assessed_on desc, a.create_time desc, a.id desc limit 1;
    if e.id is null then
        e.wanted := jsonb_build_object('reason', 'ASSESSMENT_WANTED', 'description', 'needs an assessment: {model}',
                                       'values', jsonb_build_object('model', v_name_en, 'model_zh', v_name_zh, 'key', v_key));
    elsif v_on < v_oldest then
        e.wanted := jsonb_build_object('reason', 'ASSESSMENT_TOO_OLD', 'description', 'needs a new assessment ({model}): the last one is of {on}, and {days} days are allowed',
                                       'values', jsonb_build_object('model', v_name_en, 'model_zh', v_name_zh, 'key', v_key, 'on', v_on, 'days', parameters -> 'days'));
    elsif parameters ->> 'grade' is not null and not v_is_enough then
        e.wanted := jsonb_build_object('reason', 'GRADE_WANTED', 'description', 'needs grade {grade} or better ({model}): the last assessment gave {present}',
                                       'values', jsonb_build_object('model', v_name_en, 'model_zh', v_name_zh, 'key', v_key, 'grade', parameters -> 'grade',
                                                                    'present', v_grade));
    end if;
    return e;
end
$$;

-- role: a plan that runs or was carried out, of this opportunity or of the account alone, whose last step is with somebody who has it. One that ended before
-- an earlier sale did led there.
create function evidence_of_engagement(o opportunity, parameters jsonb) returns evidence language plpgsql stable set search_path = kam, pg_temp as $$
declare
    e evidence;
begin
    select 'engagement_plan', p.id, c.name, p.update_time into e.kind, e.id, e.text, e.time
      from engagement_plan p
     cross join lateral (select s.contact_id from engagement_step s where s.plan_id = p.id and s.remove_time is null order by s.position desc limit 1) l
      join map_people(o.account_id, o.id) m on m.contact_id = l.contact_id
      join contact c on c.id = l.contact_id
     where p.account_id = o.account_id and (p.state = 'open' or p.state = 'done' and p.end_time >= coalesce(sale_began(o), '-infinity'))
       and (p.opportunity_id is null or p.opportunity_id = o.id) and parameters ->> 'role' = any (m.buying_roles)
     order by p.create_time desc, p.id desc limit 1;
    if e.id is null then
        e.wanted := jsonb_build_object('reason', 'ENGAGEMENT_WANTED', 'description', 'needs an open engagement plan that ends with: {who}',
                                       'values', jsonb_build_object('who', parameters ->> 'role'));
    end if;
    return e;
end
$$;

create function evidence_of(o opportunity, zone text, kind text, parameters jsonb) returns evidence language plpgsql stable set search_path = kam, pg_temp as $$
begin
    case kind
        when 'activity_done' then return evidence_of_activities(o, zone, parameters);
        when 'account_fields' then return evidence_of_account_fields(o, parameters);
        when 'opportunity_fields' then return evidence_of_opportunity_fields(o, parameters);
        when 'need_stated' then return evidence_of_need(o, parameters);
        when 'contact_relationship' then return evidence_of_relationship(o, zone, parameters);
        when 'profiles_present' then return evidence_of_profiles(o, parameters);
        when 'buying_process' then return evidence_of_buying_process(o, parameters);
        when 'assessment' then return evidence_of_assessment(o, zone, parameters);
        when 'engagement_plan' then return evidence_of_engagement(o, parameters);
        when 'verdict' then return evidence_of_verdict(o, parameters);
        when 'coverage' then return evidence_of_coverage(o, parameters);
        when 'answered' then return evidence_of_answers(o, parameters);
        when 'follow_up' then return evidence_of_follow_up(o, zone, parameters);
        when 'visits_kept' then return evidence_of_visits(o, zone, parameters);
        else
            return row(null, null, null, null,
                       jsonb_build_object('reason', 'NOT_RECORDABLE', 'description', 'no record can show this yet (a manager can waive it)', 'values', '{}'::jsonb))::evidence;
    end case;
end
$$;

-- Every criterion of the stage where an opportunity stands, in order. For functions that decide; others ask check_criteria().
create function snapshot_evidence(opportunity_id uuid)
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
           case when e.wanted is null then 'met' when e.wanted ->> 'reason' = 'NOT_RECORDABLE' then 'not_recordable' else 'unmet' end,
           e.kind, e.id, e.text, e.time, e.wanted, null::uuid, null::text, null::timestamptz
      from stage_criterion c
     cross join lateral evidence_of(v_opportunity, v_zone, c.kind, c.parameters) e
     where c.version_id = v_opportunity.pipeline_version_id and c.stage_key = v_opportunity.stage_key
     order by c.position;
end
$$;

-- The same for people: nothing of an opportunity that the caller may not read.
create function check_criteria(opportunity_id uuid)
returns table (stage_key text, criterion_key text, kind text, name_en text, name_zh text, state text, evidence_kind text, evidence_id uuid, evidence_text text,
               evidence_time timestamptz, wanted jsonb, waived_by uuid, waiver_reason text, waive_time timestamptz)
language plpgsql stable security definer set search_path = kam, pg_temp as $$
begin
    if reads_opportunity(opportunity_id) then
        return query select * from snapshot_evidence(opportunity_id);
    end if;
end
$$;
grant execute on function check_criteria(uuid) to kam_rep, kam_manager;
