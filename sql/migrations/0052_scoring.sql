-- SPDX-License-Identifier: Apache-2.0
-- Scoring (价值评估, 信用评估): models of weighted factors as versioned data, and assessments made by them. What a model scores is its kind: value and dealer an
-- opportunity, contribution and credit an account. An assessment keeps the version it was made by, and is never changed: a correction is a new one.
set local search_path = kam, pg_temp;

-- Keys are words with a fixed meaning, which erasing a person leaves alone: it knows them by a list in a check of the column.
create table scoring_model (
    id uuid primary key default uuid7(),
    key text not null,
    kind text not null,
    create_time timestamptz not null default now(),
    constraint scoring_model_key unique (key),
    constraint scoring_model_key_form check (key ~ '^[a-z0-9][a-z0-9_]{0,39}$' and key <> all (array[''])),
    constraint scoring_model_kind_known check (kind in ('value', 'dealer', 'contribution', 'credit'))
);

create table scoring_model_version (
    id uuid primary key default uuid7(),
    model_id uuid not null references scoring_model,
    number int not null,
    name_en text not null,
    name_zh text not null,
    reason text not null default '',
    create_time timestamptz not null default now(),
    created_by uuid references app_user,        -- NULL: shipped
    constraint scoring_model_version_number unique (model_id, number),
    constraint scoring_model_version_name_length check (is_visible(name_en) and is_visible(name_zh) and octet_length(name_en) <= 200 and octet_length(name_zh) <= 200),
    constraint scoring_model_version_reason_length check (octet_length(reason) <= 1000)
);

-- The weights of a version make 100. Of an inverse factor much is bad: it counts 10 less its score.
create table scoring_factor (
    version_id uuid not null references scoring_model_version,
    key text not null,
    position int not null,
    weight int not null,
    is_inverse boolean not null default false,
    name_en text not null,
    name_zh text not null,
    primary key (version_id, key),
    constraint scoring_factor_position unique (version_id, position),
    constraint scoring_factor_key_form check (key ~ '^[a-z0-9][a-z0-9_]{0,39}$' and key <> all (array[''])),
    constraint scoring_factor_weight_range check (weight between 1 and 100),
    constraint scoring_factor_name_length check (is_visible(name_en) and is_visible(name_zh) and octet_length(name_en) <= 200 and octet_length(name_zh) <= 200)
);

-- The best first; a total gets the first grade whose least it reaches, the last one's is 0. Of a credit model also what the grade is worth: a limit as hundredths of a
-- percent of what they buy from us in a year, and days to pay.
create table scoring_grade (
    version_id uuid not null references scoring_model_version,
    grade text not null,
    position int not null,
    least int not null,
    name_en text not null default '',
    name_zh text not null default '',
    limit_percent int,
    terms_days int,
    primary key (version_id, grade),
    constraint scoring_grade_position unique (version_id, position),
    constraint scoring_grade_form check (grade ~ '^[A-Z][A-Z0-9+-]{0,3}$' and grade <> all (array[''])),
    constraint scoring_grade_least_range check (least between 0 and 100),
    constraint scoring_grade_name_length check (octet_length(name_en) <= 200 and octet_length(name_zh) <= 200),
    constraint scoring_grade_limit_range check (limit_percent between 0 and 10000000),
    constraint scoring_grade_terms_range check (terms_days between 0 and 720)
);

create table assessment (
    id uuid primary key default uuid7(),
    account_id uuid not null references account,
    opportunity_id uuid,                            -- of value and dealer models
    model_version_id uuid not null references scoring_model_version,
    assessed_on date not null,
    total numeric(4, 1) not null,                   -- 0..100
    grade text not null,
    note text not null default '',
    expected_expenses_currency_code text,
    expected_expenses_minor_units bigint,
    obstacles text not null default '',             -- 成交障碍
    step_actions text[] not null default '{}',      -- the development procedure 开发程序, one element a step
    step_people text[] not null default '{}',
    step_supports text[] not null default '{}',     -- what the company gives to it
    step_dates date[] not null default '{}',
    assessed_by uuid references app_user,
    create_time timestamptz not null default now(),
    update_time timestamptz not null default now(),
    updated_by uuid references app_user,
    version bigint not null default 1,
    foreign key (opportunity_id, account_id) references opportunity (id, account_id),
    constraint assessment_of_account unique (id, account_id),
    constraint assessment_total_range check (total between 0 and 100),
    constraint assessment_grade_form check (grade ~ '^[A-Z][A-Z0-9+-]{0,3}$' and grade <> all (array[''])),
    constraint assessment_note_length check (octet_length(note) <= 4000),
    constraint assessment_expenses_currency_form check (expected_expenses_currency_code ~ '^[A-Z]{3}$'),
    constraint assessment_expenses_complete check ((expected_expenses_currency_code is null) = (expected_expenses_minor_units is null)),
    constraint assessment_obstacles_length check (octet_length(obstacles) <= 4000),
    constraint assessment_steps_form check (
        cardinality(step_actions) <= 50 and cardinality(step_people) = cardinality(step_actions) and cardinality(step_supports) = cardinality(step_actions)
        and cardinality(step_dates) = cardinality(step_actions) and all_lengths_within(step_actions, 400) and all_lengths_within(array_remove(step_people, ''), 200)
        and all_lengths_within(array_remove(step_supports, ''), 400))
);
create index assessment_opportunity on assessment (opportunity_id, assessed_on desc, create_time desc, id desc) where opportunity_id is not null;
create index assessment_account on assessment (account_id, assessed_on desc, create_time desc, id desc);

create table assessment_score (
    assessment_id uuid not null,
    account_id uuid not null,
    factor_key text not null,
    score int not null,
    note text not null default '',
    primary key (assessment_id, factor_key),
    foreign key (assessment_id, account_id) references assessment (id, account_id),
    constraint assessment_score_factor_key_form check (factor_key <> all (array[''])),
    constraint assessment_score_range check (score between 0 and 10),
    constraint assessment_score_note_length check (octet_length(note) <= 1000)
);

create trigger zz_record before insert on scoring_model for each row execute function record_link('scoring_model', 'id', '');
create trigger zz_record before insert on scoring_model_version for each row execute function record_link('scoring_model_version', 'id', '');
create trigger zz_record before insert on scoring_factor for each row execute function record_link('scoring_factor', 'version_id', '');
create trigger zz_record before insert on scoring_grade for each row execute function record_link('scoring_grade', 'version_id', '');
create trigger zz_record before insert or update on assessment for each row
    execute function record_change('assessment', 'id', 'account_id', 'expected_expenses_currency_code,expected_expenses_minor_units');
create trigger zz_record before insert or delete on assessment_score for each row execute function record_link('assessment_score', 'assessment_id', 'account_id');

-- ---- the shipped models ----

insert into scoring_model (key, kind) values ('value', 'value'), ('dealer', 'dealer'), ('contribution', 'contribution'), ('6c', 'credit'), ('5p', 'credit'), ('6a', 'credit');

insert into scoring_model_version (model_id, number, name_en, name_zh)
select m.id, 1, v.en, v.zh
  from (values ('value', 'Value of an opportunity', '价值评估'), ('dealer', 'Dealer cultivation', '经销商培养'),
               ('contribution', 'Contribution of a customer', '客户贡献度'), ('6c', 'Credit, 6C', '信用6C'), ('5p', 'Credit, 5P', '信用5P'),
               ('6a', 'Credit, 6A', '信用6A')) v (key, en, zh)
  join scoring_model m on m.key = v.key;

insert into scoring_factor (version_id, key, position, weight, is_inverse, name_en, name_zh)
select n.id, v.key, v.position, v.weight, v.is_inverse, v.en, v.zh
  from (values
        ('value', 1, 'share_after_closing', 20, false, 'Share after closing', '成交后的份额'),
        ('value', 2, 'our_benefit', 20, false, 'Our benefit', '我方收益'),
        ('value', 3, 'closing_probability', 15, false, 'Probability of closing', '成交概率'),
        ('value', 4, 'time_and_expense', 10, true, 'Time and expense', '时间与费用'),
        ('value', 5, 'closing_risk', 10, true, 'Closing risk', '成交风险'),
        ('value', 6, 'payment_risk', 10, true, 'Payment risk', '货款风险'),
        ('value', 7, 'our_ability', 10, false, 'Our ability to supply and serve', '我方供货与服务能力'),
        ('value', 8, 'technical_difficulty', 5, true, 'Technical difficulty', '技术难度'),
        ('dealer', 1, 'distributors', 20, false, 'Distributors', '分销商'),
        ('dealer', 2, 'retailers', 20, false, 'Retailers', '终端'),
        ('dealer', 3, 'product_fit', 15, false, 'Product fit', '产品匹配'),
        ('dealer', 4, 'loyalty', 15, false, 'Loyalty', '忠诚度'),
        ('dealer', 5, 'funds', 15, false, 'Funds', '资金'),
        ('dealer', 6, 'people', 15, false, 'People', '人员'),
        ('contribution', 1, 'yearly_purchases', 20, false, 'Yearly purchases', '年进货额'),
        ('contribution', 2, 'yearly_discount', 5, true, 'Discount given', '年折扣额'),
        ('contribution', 3, 'contact_cost', 10, true, 'Cost of contact', '接触成本'),
        ('contribution', 4, 'net_profit', 15, false, 'Net profit', '年净利润'),
        ('contribution', 5, 'historical_contribution', 10, false, 'Historical contribution', '历史贡献'),
        ('contribution', 6, 'years_together', 10, false, 'Years together', '合作时间'),
        ('contribution', 7, 'budget', 10, false, 'Budget', '预算总利'),
        ('contribution', 8, 'background', 5, false, 'Background and ability', '背景能力'),
        ('contribution', 9, 'potential', 10, false, 'Potential', '客户潜力'),
        ('contribution', 10, 'referrals', 5, false, 'Influence and referrals', '影响推荐'),
        ('6c', 1, 'character', 25, false, 'Character', '品德'),
        ('6c', 2, 'capacity', 20, false, 'Capacity', '能力'),
        ('6c', 3, 'capital', 20, false, 'Capital', '资本'),
        ('6c', 4, 'collateral', 15, false, 'Collateral', '抵押品'),
        ('6c', 5, 'condition', 10, false, 'Condition', '经济状况'),
        ('6c', 6, 'continuity', 10, false, 'Continuity', '持续力'),
        ('5p', 1, 'people', 25, false, 'People', '人'),
        ('5p', 2, 'purpose', 15, false, 'Purpose', '目的'),
        ('5p', 3, 'payment', 25, false, 'Payment', '还款'),
        ('5p', 4, 'protection', 20, false, 'Protection', '保障'),
        ('5p', 5, 'prospect', 15, false, 'Prospect', '展望'),
        ('6a', 1, 'economic', 20, false, 'Economic aspects', '经济因素'),
        ('6a', 2, 'technical', 15, false, 'Technical aspects', '技术因素'),
        ('6a', 3, 'managerial', 15, false, 'Managerial aspects', '管理因素'),
        ('6a', 4, 'organisational', 15, false, 'Organisational aspects', '组织因素'),
        ('6a', 5, 'commercial', 15, false, 'Commercial aspects', '商业因素'),
        ('6a', 6, 'financial', 20, false, 'Financial aspects', '财务因素')) v (model, position, key, weight, is_inverse, en, zh)
  join scoring_model m on m.key = v.model
  join scoring_model_version n on n.model_id = m.id;

insert into scoring_grade (version_id, grade, position, least, name_en, name_zh, limit_percent, terms_days)
select n.id, v.grade, v.position, v.least, v.en, v.zh, v.limit_percent, v.terms_days
  from (values
        ('value', 1, 'A', 80, 'All in', '全力投入', null::int, null::int), ('value', 2, 'B', 60, 'Limited time', '限时投入', null, null),
        ('value', 3, 'C', 40, 'Watch', '观察', null, null), ('value', 4, 'D', 0, 'On hold', '暂缓', null, null),
        ('dealer', 1, 'A', 80, 'Backbone', '骨干', null, null), ('dealer', 2, 'B', 60, 'Cultivate', '培养', null, null),
        ('dealer', 3, 'C', 40, 'Support', '扶持', null, null), ('dealer', 4, 'D', 0, 'Replace', '调整', null, null),
        ('contribution', 1, 'A1', 90, '', '', null, null), ('contribution', 2, 'A2', 80, '', '', null, null), ('contribution', 3, 'A3', 70, '', '', null, null),
        ('contribution', 4, 'B1', 60, '', '', null, null), ('contribution', 5, 'B2', 50, '', '', null, null), ('contribution', 6, 'C1', 40, '', '', null, null),
        ('contribution', 7, 'C2', 0, '', '', null, null)) v (model, position, grade, least, en, zh, limit_percent, terms_days)
  join scoring_model m on m.key = v.model
  join scoring_model_version n on n.model_id = m.id
union all
select n.id, v.grade, v.position, v.least, v.en, v.zh, v.limit_percent, v.terms_days
  from (values (1, 'A', 80, 'Good', '优良', 2500, 60), (2, 'B', 60, 'Fair', '一般', 1500, 30), (3, 'C', 40, 'Weak', '较差', 500, 15),
               (4, 'D', 0, 'Payment in advance', '预付款', 0, 0)) v (position, grade, least, en, zh, limit_percent, terms_days)
 cross join scoring_model m
  join scoring_model_version n on n.model_id = m.id
 where m.kind = 'credit';

-- ---- rights ----

alter table scoring_model enable row level security;
alter table scoring_model_version enable row level security;
alter table scoring_factor enable row level security;
alter table scoring_grade enable row level security;
alter table assessment enable row level security;
alter table assessment_score enable row level security;
grant select on scoring_model, scoring_model_version, scoring_factor, scoring_grade, assessment, assessment_score to kam_rep, kam_manager;
create policy scoring_model_read on scoring_model for select to kam_rep, kam_manager using ((select caller_id()) is not null);
create policy scoring_model_version_read on scoring_model_version for select to kam_rep, kam_manager using ((select caller_id()) is not null);
create policy scoring_factor_read on scoring_factor for select to kam_rep, kam_manager using ((select caller_id()) is not null);
create policy scoring_grade_read on scoring_grade for select to kam_rep, kam_manager using ((select caller_id()) is not null);
create policy assessment_rep_read on assessment for select to kam_rep using (
    exists (select from account_reach r where r.account_id = assessment.account_id));
-- Or of an opportunity that the caller reads because the key account group is to decide on it.
create policy assessment_manager_read on assessment for select to kam_manager using (
    exists (select from account a where a.id = assessment.account_id offset 0) or exists (select from opportunity o where o.id = assessment.opportunity_id offset 0));
create policy assessment_score_read on assessment_score for select to kam_rep, kam_manager using (
    exists (select from assessment x where x.id = assessment_score.assessment_id offset 0));

-- ---- what they buy from us ----

-- Of every account that is not retired, what they bought from us in the latest year that says so, of this one and the two before: purchases of our kind times our share,
-- in its own currency and in the reporting currency by today's rate (NULL without one). Orders will take its place when there are any.
create function our_purchases() returns table (account_id uuid, year int, currency_code text, minor_units bigint, amount bigint) language sql stable as $$
    select x.account_id, x.year, x.currency_code, x.minor_units, kam.in_reporting_currency_or_null(x.minor_units, x.currency_code, kam.today())
      from (select distinct on (f.account_id) f.account_id, f.year, f.purchases_currency_code as currency_code,
                   round(f.purchases_minor_units::numeric * f.our_share / 10000)::bigint as minor_units
              from kam.account_figures f
             where f.retire_time is null and f.purchases_minor_units is not null and f.our_share is not null
               and f.year between extract(year from kam.today())::int - 2 and extract(year from kam.today())::int
             order by f.account_id, f.year desc) x
      join kam.account a on a.id = x.account_id and a.retire_time is null
$$;

-- What the records say of the factors of contribution; for whoever reaches the account. Ranks are among all accounts: the least is 0, the greatest 10.
create function proposed_scores(account_id uuid) returns table (factor_key text, score int, basis text)
language plpgsql stable security definer set search_path = kam, pg_temp as $$
declare
    v_amount bigint;
    v_cost numeric;
    v_share int;
    v_zone text := (select c.time_zone from company c);
    v_since date;
begin
    if not reaches_account(proposed_scores.account_id) then
        return;
    end if;
    select p.amount into v_amount from our_purchases() p where p.account_id = proposed_scores.account_id;
    if v_amount is not null then
        return query
        select 'yearly_purchases', case when count(*) = 1 then 10 else round(10.0 * count(*) filter (where p.amount < v_amount) / (count(*) - 1))::int end, 'purchases_rank'
          from our_purchases() p where p.amount is not null;
        return query
        with history as (
            select f.account_id as id, sum(in_reporting_currency_or_null(round(f.purchases_minor_units::numeric * f.our_share / 10000)::bigint, f.purchases_currency_code, today())) as amount
              from account_figures f join account a on a.id = f.account_id and a.retire_time is null
             where f.retire_time is null and f.purchases_minor_units is not null and f.our_share is not null
             group by f.account_id)
        select 'historical_contribution',
               case when count(*) = 1 then 10
                    else round(10.0 * count(*) filter (where h.amount < (select o.amount from history o where o.id = proposed_scores.account_id)) / (count(*) - 1))::int end,
               'history_rank'
          from history h where h.amount is not null;
        select coalesce(sum(in_reporting_currency_or_null(x.cost_minor_units, x.cost_currency_code, today())), 0) into v_cost
          from activity x
         where x.account_id = proposed_scores.account_id and x.state = 'done'
           and x.time >= (today() - interval '12 months') at time zone v_zone and x.cost_minor_units is not null;
        if v_amount > 0 then
            return query select 'contact_cost', least(10, greatest(0, round(100.0 * v_cost / v_amount)))::int, 'contact_cost';
        end if;
    end if;
    select (min(x.time) at time zone v_zone)::date into v_since from activity x where x.account_id = proposed_scores.account_id and x.state = 'done' and x.kind <> 'note';
    if v_since is not null then
        return query select 'years_together', least(10, greatest(0, extract(year from age(today(), v_since))))::int, 'years_together';
    end if;
    select f.our_share into v_share from account_figures f
     where f.account_id = proposed_scores.account_id and f.retire_time is null and f.our_share is not null order by f.year desc limit 1;
    if v_share is not null then
        return query select 'potential', round((10000 - v_share) / 1000.0)::int, 'share_left';
    end if;
end
$$;
grant execute on function proposed_scores(uuid) to kam_rep, kam_manager;

-- ---- making them ----

-- The version that new assessments are made by.
create function newest_scoring_version(model_key text) returns uuid language sql stable as $$
    select v.id from kam.scoring_model m join kam.scoring_model_version v on v.model_id = m.id
     where m.key = newest_scoring_version.model_key order by v.number desc limit 1
$$;

-- Whether a grade of a version is at least another one.
create function is_grade_at_least(version_id uuid, grade text, wanted text) returns boolean language sql stable as $$
    select coalesce((select g.position <= w.position from kam.scoring_grade g, kam.scoring_grade w
                      where g.version_id = is_grade_at_least.version_id and g.grade = is_grade_at_least.grade
                        and w.version_id = is_grade_at_least.version_id and w.grade = is_grade_at_least.wanted), false)
$$;
grant execute on function newest_scoring_version(text), is_grade_at_least(uuid, text, text) to kam_rep, kam_manager;

-- One of opportunity_id and account_id, as the model's kind wants. assessed_on NULL: today.
create function record_assessment(assessment_id uuid, model_key text, opportunity_id uuid, account_id uuid, assessed_on date, factor_keys text[], scores int[],
                                  score_notes text[], note text, expenses_currency_code text, expenses_minor_units bigint, obstacles text,
                                  step_actions text[], step_people text[], step_supports text[], step_dates date[]) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_version_id uuid := newest_scoring_version(model_key);
    v_kind text := (select m.kind from scoring_model m where m.key = model_key);
    v_account_id uuid := record_assessment.account_id;
    v_on date := coalesce(assessed_on, today());
    v_opportunity opportunity;
    v_names text;
    v_total numeric;
begin
    perform require(v_version_id is not null, 5, 'MODEL_NOT_FOUND', 'There is no scoring model called {model}.',
                    jsonb_build_object('metadata', jsonb_build_object('model', model_key)));
    if v_kind in ('value', 'dealer') then
        perform require(opportunity_id is not null, 3, 'OPPORTUNITY_REQUIRED', 'The model {model} scores an opportunity, not an account.',
                        jsonb_build_object('metadata', jsonb_build_object('model', model_key), 'violations', jsonb_build_array(jsonb_build_object(
                            'field', 'assessment.opportunity_id', 'reason', 'FIELD_REQUIRED', 'description', 'must be set'))));
        select o.account_id into v_account_id from opportunity o where o.id = record_assessment.opportunity_id;
    else
        perform require(opportunity_id is null and v_account_id is not null, 3, 'ACCOUNT_REQUIRED', 'The model {model} scores an account, not an opportunity.',
                        jsonb_build_object('metadata', jsonb_build_object('model', model_key), 'violations', jsonb_build_array(jsonb_build_object(
                            'field', 'assessment.account_id', 'reason', 'FIELD_REQUIRED', 'description', 'must be set'))));
    end if;
    if v_account_id is null or not reaches_account(v_account_id) then
        perform refuse_not_found(case when opportunity_id is null then 'account' else 'opportunity' end);
    end if;
    perform require(v_on between date '2000-01-01' and today(), 3, 'DATE_IN_FUTURE', 'An assessment cannot have been made in the future.',
                    '{"violations": [{"field": "assessment.assessed_on", "reason": "DATE_IN_FUTURE", "description": "must not be in the future"}]}');

    select string_agg(f.key, ', ' order by f.position) into v_names from scoring_factor f where f.version_id = v_version_id and not f.key = any (factor_keys);
    perform require(v_names is null, 3, 'SCORE_MISSING', 'There is no score for {factors}.', jsonb_build_object('metadata', jsonb_build_object('factors', v_names),
                    'violations', jsonb_build_array(jsonb_build_object('field', 'assessment.scores', 'reason', 'SCORE_MISSING',
                                                                       'description', 'must have one for each factor of the model'))));
    for i in 1 .. cardinality(factor_keys) loop
        perform require(exists (select from scoring_factor f where f.version_id = v_version_id and f.key = factor_keys[i])
                        and not exists (select from generate_series(1, i - 1) j where factor_keys[j] = factor_keys[i]),
                        3, 'SCORE_UNKNOWN', '{factor} is no factor of the model, or has a score already.',
                        jsonb_build_object('metadata', jsonb_build_object('factor', factor_keys[i]), 'violations', jsonb_build_array(jsonb_build_object(
                            'field', 'assessment.scores[' || i - 1 || '].factor_key', 'reason', 'SCORE_UNKNOWN', 'description', 'must be a factor of the model, each once'))));
        perform require(scores[i] is not null, 3, 'SCORE_MISSING', 'There is no score for {factors}.',
                        jsonb_build_object('metadata', jsonb_build_object('factors', factor_keys[i]), 'violations', jsonb_build_array(jsonb_build_object(
                            'field', 'assessment.scores[' || i - 1 || '].score', 'reason', 'SCORE_MISSING', 'description', 'must be set'))));
    end loop;

    -- The account, then the opportunity: as everywhere. Whoever decides by assessments waits.
    perform from account a where a.id = v_account_id for no key update;
    if opportunity_id is not null then
        select * into v_opportunity from opportunity o where o.id = record_assessment.opportunity_id and o.account_id = v_account_id for no key update;
        if not found then
            perform refuse_not_found('opportunity');
        end if;
        perform require(v_opportunity.state = 'open', 9, 'OPPORTUNITY_CLOSED', 'The opportunity is closed. Reopen it first.');
    end if;
    select sum(f.weight * case when f.is_inverse then 10 - s.score else s.score end) / 10.0 into v_total
      from unnest(factor_keys, record_assessment.scores) s (key, score)
      join scoring_factor f on f.version_id = v_version_id and f.key = s.key;
    insert into assessment (id, account_id, opportunity_id, model_version_id, assessed_on, total, grade, note, expected_expenses_currency_code, expected_expenses_minor_units,
                            obstacles, step_actions, step_people, step_supports, step_dates, assessed_by)
    values (assessment_id, v_account_id, record_assessment.opportunity_id, v_version_id, v_on, v_total,
            (select g.grade from scoring_grade g where g.version_id = v_version_id and g.least <= v_total order by g.position limit 1),
            record_assessment.note, expenses_currency_code, expenses_minor_units, record_assessment.obstacles, record_assessment.step_actions,
            record_assessment.step_people, record_assessment.step_supports, record_assessment.step_dates, caller_id());
    insert into assessment_score (assessment_id, account_id, factor_key, score, note)
    select record_assessment.assessment_id, v_account_id, s.key, s.score, s.note from unnest(factor_keys, record_assessment.scores, score_notes) s (key, score, note);
end
$$;
grant execute on function record_assessment(uuid, text, uuid, uuid, date, text[], int[], text[], text, text, bigint, text, text[], text[], text[], date[]) to kam_rep, kam_manager;

-- A whole new version, or a new model. replaces: the number of the version that was seen, 0 for whichever there is.
create function set_scoring_model(version_id uuid, model_key text, kind text, replaces int, name_en text, name_zh text, reason text, factor_keys text[],
                                  weights int[], are_inverse boolean[], factor_names_en text[], factor_names_zh text[], grades text[], leasts int[],
                                  grade_names_en text[], grade_names_zh text[], limit_percents int[], terms_days int[]) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_model scoring_model;
    v_number int;
    v_sum int;
begin
    perform require(caller_role() = 'manager' and caller_team_id() = root_team_id(), 7, 'NOT_ROOT_MANAGER', 'Only managers of the root team set scoring models.');
    perform require(model_key ~ '^[a-z0-9][a-z0-9_]{0,39}$', 3, 'MODEL_KEY_FORM', 'A key is made of a-z 0-9 and _, at most 40 of them.',
                    '{"violations": [{"field": "model.key", "reason": "MODEL_KEY_FORM", "description": "must be of a-z 0-9 and _"}]}');
    for i in 1 .. cardinality(factor_keys) loop
        perform require(factor_keys[i] ~ '^[a-z0-9][a-z0-9_]{0,39}$' and not exists (select from generate_series(1, i - 1) j where factor_keys[j] = factor_keys[i]),
                        3, 'FACTOR_KEY_FORM', 'The key of each factor is another one of a-z 0-9 and _: {key}.',
                        jsonb_build_object('metadata', jsonb_build_object('key', factor_keys[i]), 'violations', jsonb_build_array(jsonb_build_object(
                            'field', 'model.factors[' || i - 1 || '].key', 'reason', 'FACTOR_KEY_FORM', 'description', 'must be of a-z 0-9 and _, each once'))));
    end loop;
    select coalesce(sum(w), 0) into v_sum from unnest(weights) w;
    perform require(v_sum = 100, 3, 'WEIGHTS_NOT_100', 'The weights of the factors make {sum}, not 100.',
                    jsonb_build_object('metadata', jsonb_build_object('sum', v_sum::text), 'violations', jsonb_build_array(jsonb_build_object(
                        'field', 'model.factors', 'reason', 'WEIGHTS_NOT_100', 'description', 'must have weights that make 100, and not {sum}',
                        'values', jsonb_build_object('sum', v_sum::text)))));
    for i in 1 .. cardinality(grades) loop
        perform require(grades[i] ~ '^[A-Z][A-Z0-9+-]{0,3}$' and not exists (select from generate_series(1, i - 1) j where grades[j] = grades[i]), 3, 'GRADE_FORM',
                        'A grade is a capital letter with at most three more letters, digits, + or -, each once: {grade}.',
                        jsonb_build_object('metadata', jsonb_build_object('grade', grades[i]), 'violations', jsonb_build_array(jsonb_build_object(
                            'field', 'model.grades[' || i - 1 || '].grade', 'reason', 'GRADE_FORM', 'description', 'must be a short word of capitals, each once'))));
    end loop;
    leasts := array(select coalesce(l.least, 0) from unnest(leasts) with ordinality l (least, position) order by l.position);
    perform require(cardinality(grades) >= 2 and leasts[cardinality(leasts)] = 0
                    and not exists (select from generate_series(2, cardinality(leasts)) i where leasts[i] >= leasts[i - 1]),
                    3, 'GRADES_NOT_FALLING', 'Grades are at least two, the best first, each with a smaller least total than the one before, the last with 0.',
                    '{"violations": [{"field": "model.grades", "reason": "GRADES_NOT_FALLING", "description": "must fall from the best to one from 0 on"}]}');
    perform take_turn('scoring models');
    select * into v_model from scoring_model m where m.key = model_key;
    if found then
        perform require(kind is null or kind = v_model.kind, 9, 'MODEL_KIND_FIXED', 'The model {model} is of another kind, for good. Give the new one another key.',
                        jsonb_build_object('metadata', jsonb_build_object('model', model_key)));
    else
        perform require(kind is not null, 3, 'FIELD_REQUIRED', 'A new model needs a kind.', '{"violations": [{"field": "model.kind", "reason": "FIELD_REQUIRED", "description": "must be set"}]}');
        insert into scoring_model (key, kind) values (model_key, set_scoring_model.kind) returning * into v_model;
    end if;
    select coalesce(max(v.number), 0) into v_number from scoring_model_version v where v.model_id = v_model.id;
    if replaces <> 0 and replaces <> v_number then
        perform refuse(10, 'VERSION_CONFLICT', 'Somebody made another version of the model since you saw it.',
                       jsonb_build_object('metadata', jsonb_build_object('current_version', v_number::text)));
    end if;
    insert into scoring_model_version (id, model_id, number, name_en, name_zh, reason, created_by)
    values (version_id, v_model.id, v_number + 1, set_scoring_model.name_en, set_scoring_model.name_zh, set_scoring_model.reason, caller_id());
    insert into scoring_factor (version_id, key, position, weight, is_inverse, name_en, name_zh)
    select set_scoring_model.version_id, f.key, f.position, f.weight, f.is_inverse, f.en, f.zh
      from unnest(factor_keys, weights, are_inverse, factor_names_en, factor_names_zh) with ordinality f (key, weight, is_inverse, en, zh, position);
    insert into scoring_grade (version_id, grade, position, least, name_en, name_zh, limit_percent, terms_days)
    select set_scoring_model.version_id, g.grade, g.position, g.least, g.en, g.zh, g.limit_percent, g.terms_days
      from unnest(grades, leasts, grade_names_en, grade_names_zh, limit_percents, set_scoring_model.terms_days) with ordinality
           g (grade, least, en, zh, limit_percent, terms_days, position);
end
$$;
grant execute on function set_scoring_model(uuid, text, text, int, text, text, text, text[], int[], boolean[], text[], text[], text[], int[], text[], text[], int[], int[])
    to kam_manager;
