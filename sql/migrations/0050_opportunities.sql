-- SPDX-License-Identifier: Apache-2.0
-- Opportunities (项目): the register of a sale, who of them and of us is in it, what is bought and against whom. Where one stands (stage, state, verdict, owner)
-- is decided by functions. Locks are taken in this order: the account, the opportunity, its parts.
set local search_path = kam, pg_temp;

create sequence opportunity_number;

create table opportunity (
    id uuid primary key default uuid7(),
    code text not null,
    account_id uuid not null references account,
    owner_id uuid not null references app_user,
    name text not null,
    pipeline_version_id uuid not null,      -- the one it began under, for ever
    stage_key text not null,                -- of one that is closed: where it was
    stage_since timestamptz not null default now(),
    clock_since timestamptz,                -- from when its time there counts, where that is later: it was deferred or closed meanwhile
    state text not null default 'open',
    close_time timestamptz,
    lost_reason text,
    lost_to text not null default '',
    close_note text not null default '',
    verdict text,                           -- the last one
    verdict_time timestamptz,
    verdict_by text,                        -- who gave it, as an approver of a stage is named
    review_on date,                         -- of a deferred one: when it is looked at again
    is_imported boolean not null default false,
    amount_currency_code text,
    amount_minor_units bigint,
    purchase_on date,
    decision_on date,
    buying_stage text,
    source text,
    source_note text not null default '',
    fund_source text,
    fund_state text,
    purchase_trigger text,
    probability int,                        -- NULL: the stage's
    worth_pursuing boolean,
    worth_reason text not null default '',
    positioning text not null default '',
    customer_value text not null default '',
    purchase_influences text not null default '',
    cost_and_benefit text not null default '',
    sales_plan text not null default '',
    insider_view text not null default '',
    note text not null default '',
    created_by uuid references app_user,
    create_time timestamptz not null default now(),
    update_time timestamptz not null default now(),
    updated_by uuid references app_user,
    version bigint not null default 1,
    -- What lists walk along, kept by triggers: the team of the account, the ranks (the greatest is the first), the words of the products.
    account_team_id uuid not null references team,
    amount_rank bigint not null default -1,
    purchase_rank bigint not null default -1000000,
    person_rank bigint not null default -1,
    product_words tsvector not null default '',
    search_all tsvector not null generated always as (search_vector(code || ' ' || name || ' ' || note) || product_words) stored,

    foreign key (pipeline_version_id, stage_key) references pipeline_stage (version_id, key),
    constraint opportunity_code unique (code),
    constraint opportunity_code_form check (code ~ '^[A-Z]{1,4}-[0-9]{1,12}$'),
    constraint opportunity_of_account unique (id, account_id),
    constraint opportunity_name_length check (is_visible(name) and octet_length(name) <= 200),
    constraint opportunity_state_known check (state in ('open', 'won', 'lost')),
    constraint opportunity_closed check ((state = 'open') = (close_time is null) and (state = 'lost') = (lost_reason is not null)),
    constraint opportunity_lost_reason_known check (lost_reason in ('price', 'product', 'service', 'relationship', 'terms', 'no_funds', 'no_decision', 'terminated', 'other')),
    constraint opportunity_lost_to_length check (octet_length(lost_to) <= 200),
    constraint opportunity_close_note_length check (octet_length(close_note) <= 2000),
    constraint opportunity_verdict_known check (verdict in ('prepare', 'defer', 'approve', 'terminate', 'change')),
    constraint opportunity_verdict_by_known check (verdict_by in ('team_manager', 'key_account_group')),
    constraint opportunity_verdict_complete check ((verdict is null) = (verdict_time is null) and (verdict = 'defer') = (review_on is not null)),
    constraint opportunity_amount_currency_form check (amount_currency_code ~ '^[A-Z]{3}$'),
    constraint opportunity_amount_complete check ((amount_currency_code is null) = (amount_minor_units is null)),
    constraint opportunity_amount_range check (amount_minor_units between 0 and 1000000000000000),
    constraint opportunity_dates_range check (purchase_on between '1990-01-01' and '2199-12-31' and decision_on between '1990-01-01' and '2199-12-31'),
    constraint opportunity_buying_stage_known check (buying_stage in ('need_identified', 'market_survey', 'supplier_evaluation', 'quotation_and_negotiation', 'contract',
                                                                      'performance_follow_up')),
    constraint opportunity_source_known check (source in ('peer_referral', 'competitor_dealer', 'retailer_referral', 'advertising', 'media_search', 'exhibition',
                                                          'inbound_enquiry', 'other')),
    constraint opportunity_source_note_length check (octet_length(source_note) <= 400),
    constraint opportunity_fund_source_known check (fund_source in ('own', 'bank', 'government', 'other')),
    constraint opportunity_fund_state_known check (fund_state in ('in_place', 'half', 'not_in_place')),
    constraint opportunity_purchase_trigger_known check (purchase_trigger in ('planned_replacement', 'unplanned_replacement', 'catching_up', 'taking_lead')),
    constraint opportunity_probability_range check (probability between 0 and 100),
    constraint opportunity_worth_reason_length check (octet_length(worth_reason) <= 1000),
    constraint opportunity_positioning_length check (octet_length(positioning) <= 4000),
    constraint opportunity_customer_value_length check (octet_length(customer_value) <= 4000),
    constraint opportunity_purchase_influences_length check (octet_length(purchase_influences) <= 4000),
    constraint opportunity_cost_and_benefit_length check (octet_length(cost_and_benefit) <= 4000),
    constraint opportunity_sales_plan_length check (octet_length(sales_plan) <= 4000),
    constraint opportunity_insider_view_length check (octet_length(insider_view) <= 4000),
    constraint opportunity_note_length check (octet_length(note) <= 8000)
);
create index opportunity_account on opportunity (account_id, state);
create index opportunity_owner on opportunity (owner_id, state);
create index opportunity_team_amount on opportunity (account_team_id, state, amount_rank desc, id desc);
create index opportunity_team_purchase on opportunity (account_team_id, state, purchase_rank desc, id desc);
create index opportunity_team_person on opportunity (account_team_id, state, person_rank desc, id desc);
create index opportunity_stage on opportunity (pipeline_version_id, stage_key);
create index opportunity_search_all on opportunity using gin (search_all) with (gin_pending_list_limit = 256);

-- The buying committee: a contact of the account with the part they have in this purchase.
create table opportunity_person (
    id uuid primary key default uuid7(),
    opportunity_id uuid not null,
    account_id uuid not null,
    contact_id uuid not null references contact,
    buying_roles text[] not null default '{}',
    stance text,
    influence int,
    is_connection boolean not null default false,   -- supports us 人脉
    note text not null default '',
    create_time timestamptz not null default now(),
    update_time timestamptz not null default now(),
    updated_by uuid references app_user,
    version bigint not null default 1,
    foreign key (opportunity_id, account_id) references opportunity (id, account_id),
    constraint opportunity_person_once unique (opportunity_id, contact_id),
    constraint opportunity_person_buying_roles_known check (
        buying_roles <@ array['initiator', 'gatekeeper', 'influencer', 'decider', 'purchaser', 'technical_expert', 'finance', 'user'] and cardinality(buying_roles) <= 8),
    constraint opportunity_person_stance_known check (stance in ('ally', 'neutral', 'opponent', 'unknown')),
    constraint opportunity_person_influence_range check (influence between 0 and 100),
    constraint opportunity_person_note_length check (octet_length(note) <= 1000)
);
create index opportunity_person_contact on opportunity_person (contact_id);

-- Our people who work on it, beside the owner.
create table opportunity_user (
    id uuid primary key default uuid7(),
    opportunity_id uuid not null,
    account_id uuid not null,
    user_id uuid not null references app_user,
    role text not null default '',
    create_time timestamptz not null default now(),
    update_time timestamptz not null default now(),
    updated_by uuid references app_user,
    version bigint not null default 1,
    foreign key (opportunity_id, account_id) references opportunity (id, account_id),
    constraint opportunity_user_once unique (opportunity_id, user_id),
    constraint opportunity_user_role_length check (octet_length(role) <= 200)
);
create index opportunity_user_user on opportunity_user (user_id);

create table opportunity_product (
    id uuid primary key default uuid7(),
    opportunity_id uuid not null,
    account_id uuid not null,
    product text not null,
    quantity bigint,
    price_currency_code text,           -- of one
    price_minor_units bigint,
    note text not null default '',
    create_time timestamptz not null default now(),
    update_time timestamptz not null default now(),
    updated_by uuid references app_user,
    version bigint not null default 1,
    foreign key (opportunity_id, account_id) references opportunity (id, account_id),
    constraint opportunity_product_product_length check (is_visible(product) and octet_length(product) <= 200),
    constraint opportunity_product_quantity_range check (quantity between 0 and 1000000000000),
    constraint opportunity_product_price_currency_form check (price_currency_code ~ '^[A-Z]{3}$'),
    constraint opportunity_product_price_complete check ((price_currency_code is null) = (price_minor_units is null)),
    constraint opportunity_product_price_range check (price_minor_units between 0 and 1000000000000000),
    constraint opportunity_product_note_length check (octet_length(note) <= 1000)
);
create unique index opportunity_product_once on opportunity_product (opportunity_id, product) where product !~ '\*\*\*';    -- two may be alike when a person was erased from both
create index opportunity_product_opportunity on opportunity_product (opportunity_id);

create table opportunity_competitor (
    id uuid primary key default uuid7(),
    opportunity_id uuid not null,
    account_id uuid not null,
    name text not null,
    product text not null default '',
    price_currency_code text,
    price_minor_units bigint,
    share_percent int,                  -- hundredths of a percent
    strengths text not null default '',
    weaknesses text not null default '',
    relationship text not null default '',
    satisfaction int,                   -- the customer's with them, 5 is the best
    create_time timestamptz not null default now(),
    update_time timestamptz not null default now(),
    updated_by uuid references app_user,
    version bigint not null default 1,
    foreign key (opportunity_id, account_id) references opportunity (id, account_id),
    constraint opportunity_competitor_name_length check (is_visible(name) and octet_length(name) <= 200),
    constraint opportunity_competitor_product_length check (octet_length(product) <= 200),
    constraint opportunity_competitor_price_currency_form check (price_currency_code ~ '^[A-Z]{3}$'),
    constraint opportunity_competitor_price_complete check ((price_currency_code is null) = (price_minor_units is null)),
    constraint opportunity_competitor_price_range check (price_minor_units between 0 and 1000000000000000),
    constraint opportunity_competitor_share_range check (share_percent between 0 and 10000),
    constraint opportunity_competitor_strengths_length check (octet_length(strengths) <= 2000),
    constraint opportunity_competitor_weaknesses_length check (octet_length(weaknesses) <= 2000),
    constraint opportunity_competitor_relationship_length check (octet_length(relationship) <= 1000),
    constraint opportunity_competitor_satisfaction_range check (satisfaction between 1 and 5)
);
create unique index opportunity_competitor_once on opportunity_competitor (opportunity_id, name) where name !~ '\*\*\*';    -- two may be alike when a person was erased from both
create index opportunity_competitor_opportunity on opportunity_competitor (opportunity_id);

-- What the customer decides by (决策准则), the first counts most.
create table decision_criterion (
    id uuid primary key default uuid7(),
    opportunity_id uuid not null,
    account_id uuid not null,
    rank int not null,
    text text not null,
    our_fit int,
    tactic text,
    create_time timestamptz not null default now(),
    update_time timestamptz not null default now(),
    updated_by uuid references app_user,
    version bigint not null default 1,
    foreign key (opportunity_id, account_id) references opportunity (id, account_id),
    constraint decision_criterion_rank_range check (rank between 1 and 1000),
    constraint decision_criterion_text_length check (is_visible(text) and octet_length(text) <= 400),
    constraint decision_criterion_our_fit_range check (our_fit between 0 and 10),
    constraint decision_criterion_tactic_known check (tactic in ('establish', 'strengthen', 'raise', 'weaken'))
);
create unique index decision_criterion_once on decision_criterion (opportunity_id, text) where text !~ '\*\*\*';    -- two may be alike when a person was erased from both
create index decision_criterion_opportunity on decision_criterion (opportunity_id);

-- Answers to the questions that a pipeline asks.
create table opportunity_answer (
    id uuid primary key default uuid7(),
    opportunity_id uuid not null,
    account_id uuid not null,
    question text not null,             -- its key, of the criterion
    answer text not null,
    create_time timestamptz not null default now(),
    update_time timestamptz not null default now(),
    updated_by uuid references app_user,
    version bigint not null default 1,
    foreign key (opportunity_id, account_id) references opportunity (id, account_id),
    constraint opportunity_answer_once unique (opportunity_id, question),
    constraint opportunity_answer_question_form check (is_key(question)),
    constraint opportunity_answer_answer_length check (is_visible(answer) and octet_length(answer) <= 4000)
);

-- ---- where it stands ----

create function first_stage(version_id uuid) returns text language sql stable set search_path = kam, pg_temp as $$
    select s.key from pipeline_stage s where s.version_id = first_stage.version_id order by s.position limit 1
$$;

-- The stage after this one; NULL after the last.
create function next_stage(version_id uuid, stage_key text) returns text language sql stable set search_path = kam, pg_temp as $$
    select n.key
      from pipeline_stage s join pipeline_stage n on n.version_id = s.version_id and n.position > s.position
     where s.version_id = next_stage.version_id and s.key = next_stage.stage_key
     order by n.position limit 1
$$;

-- Until the review day begins. Deferred, it does not age.
create function is_deferred(verdict text, review_on date) returns boolean language sql stable set search_path = kam, pg_temp as $$
    select coalesce(verdict = 'defer' and review_on > today(), false)
$$;

-- How long it is in its stage by now, or was when it was closed, without the time for which it was deferred last.
create function time_in_stage(stage_since timestamptz, close_time timestamptz, verdict text, verdict_time timestamptz, review_on date) returns interval
language sql stable set search_path = kam, pg_temp as $$
    select greatest(coalesce(close_time, now()) - stage_since
                    - case when verdict = 'defer'
                           then greatest(least(coalesce(close_time, now()), day_start(review_on - today())) - greatest(verdict_time, stage_since), interval '0')
                           else interval '0' end, interval '0')
$$;

-- Open, not deferred, and longer in its stage than the stage allows (allowed_days NULL: any time).
create function is_stalled(state text, stage_since timestamptz, verdict text, verdict_time timestamptz, review_on date, allowed_days int) returns boolean
language sql stable set search_path = kam, pg_temp as $$
    select coalesce(state = 'open' and not is_deferred(verdict, review_on)
                    and time_in_stage(stage_since, null, verdict, verdict_time, review_on) > make_interval(days => allowed_days), false)
$$;
grant execute on function first_stage(uuid), next_stage(uuid, text), is_deferred(text, date), time_in_stage(timestamptz, timestamptz, text, timestamptz, date),
                          is_stalled(text, timestamptz, text, timestamptz, date, int)
    to kam_rep, kam_manager;

-- By what opportunities are ordered by amount: in the reporting currency by the newest rate there is, be it for a coming day, so that the order holds until another
-- one is set. -1 without an amount or a rate.
create function rank_of_amount(currency_code text, minor_units bigint) returns bigint language sql stable set search_path = kam, pg_temp as $$
    select coalesce(in_reporting_currency_or_null(minor_units, currency_code, date '2200-12-31'), -1)
$$;

-- ---- reach ----

-- For rep and manager: whoever reaches the account.
create function reads_opportunity(opportunity_id uuid) returns boolean language sql stable security definer set search_path = kam, pg_temp as $$
    select exists (select from opportunity o where o.id = reads_opportunity.opportunity_id and reaches_account(o.account_id))
$$;

-- The opportunity, locked; NULL when somebody changed it since seen_version (NULL: any version will do). What the decisions about opportunities, and all changes of
-- its parts, begin with. for_reader: also for those who may read it and no more.
create function lock_opportunity(opportunity_id uuid, seen_version bigint, for_reader boolean default false) returns opportunity
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_opportunity opportunity;
begin
    select * into v_opportunity from opportunity o where o.id = opportunity_id for no key update;
    if not found or not reads_opportunity(opportunity_id) then
        perform refuse_not_found('opportunity');
    end if;
    perform require(for_reader or reaches_account(v_opportunity.account_id), 7, 'OPPORTUNITY_READ_ONLY', 'You may read this opportunity, but not change it.');
    if v_opportunity.version <> seen_version then
        return null;
    end if;
    return v_opportunity;
end
$$;

-- Before a part is written, so that whoever checks criteria sees it whole.
create function hold_opportunity(opportunity_id uuid) returns void language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    perform lock_opportunity(opportunity_id, null);
end
$$;
grant execute on function hold_opportunity(uuid) to kam_rep, kam_manager;

-- The name of the account for those who read the opportunity and do not reach the account.
create function account_of_opportunity(opportunity_id uuid) returns text language sql stable security definer set search_path = kam, pg_temp as $$
    select a.name from opportunity o join account a on a.id = o.account_id where o.id = account_of_opportunity.opportunity_id and reads_opportunity(o.id)
$$;
grant execute on function account_of_opportunity(uuid) to kam_rep, kam_manager;

-- The name of a person in it for those.
create function contact_of_opportunity(part_id uuid) returns text language sql stable security definer set search_path = kam, pg_temp as $$
    select c.name from opportunity_person p join contact c on c.id = p.contact_id where p.id = contact_of_opportunity.part_id and reads_opportunity(p.opportunity_id)
$$;
grant execute on function contact_of_opportunity(uuid) to kam_rep, kam_manager;

-- ---- a new one ----

-- Whoever owns it works on its account.
create function require_opportunity_worker(user_id uuid, account_id uuid) returns void language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_user app_user := require_account_worker(user_id);
begin
    perform require(works_on_account(v_user.id, account_id), 9, 'OWNER_OUT_OF_REACH',
                    'The owner does not work on this account. Make them a member of the account first, or choose somebody else.');
end
$$;

-- former_id: who owned it, or would. The managers above the owner decide about it, so nobody but a manager chooses among teams.
create function require_opportunity_owner(user_id uuid, account account, former_id uuid) returns void language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    perform require_opportunity_worker(user_id, account.id);
    perform require(caller_id() is null or user_id = caller_id() or manages_team(account.team_id)
                    or exists (select from app_user u join app_user f on f.team_id = u.team_id
                                where u.id = require_opportunity_owner.user_id and f.id in (former_id, account.owner_id)), 7, 'OWNER_OF_ANOTHER_TEAM',
                    'Only a manager of the account''s team can give it to another team.');
end
$$;

create function place_opportunity() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_account account;
    v_pipeline pipeline;
begin
    -- Out of reach is for the policies to refuse.
    if caller_id() is not null and not reaches_account(new.account_id) then
        return new;
    end if;
    -- Held, so that who gives the account to somebody else comes before and is seen here, or after and sees this one.
    select * into v_account from account a where a.id = new.account_id for share;
    if caller_id() is not null and not reaches_account(new.account_id) then
        perform refuse_not_found('account');
    end if;
    perform require(v_account.retire_time is null or v_account.merged_into_id is not null, 9, 'ACCOUNT_RETIRED', 'The account is retired.');
    new.code := coalesce(new.code, 'O-' || lpad(nextval('opportunity_number')::text, 6, '0'));
    if new.owner_id is null then
        new.owner_id := case when works_on_account(v_account.owner_id, v_account.id) then v_account.owner_id else caller_id() end;
    end if;
    perform require_opportunity_owner(new.owner_id, v_account, caller_id());
    -- Nobody is granted the stage: who gives one is a function that knows what it does.
    if new.stage_key is null then
        select p.* into v_pipeline from pipeline p
         where case when new.pipeline_version_id is null then p.is_default
                    else p.id = (select v.pipeline_id from pipeline_version v where v.id = new.pipeline_version_id) end;
        if not found then
            perform refuse(5, 'PIPELINE_NOT_FOUND', 'There is no such pipeline.');
        end if;
        perform require(v_pipeline.retire_time is null, 9, 'PIPELINE_RETIRED', 'The pipeline is retired: nothing new begins in it.');
        select v.id into new.pipeline_version_id from pipeline_version v where v.pipeline_id = v_pipeline.id order by v.number desc limit 1;
        new.stage_key := first_stage(new.pipeline_version_id);
    end if;
    return new;
end
$$;

-- What is kept of other tables and columns.
create function rank_opportunity() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    new.amount_rank := rank_of_amount(new.amount_currency_code, new.amount_minor_units);
    new.purchase_rank := coalesce(date '2000-01-01' - new.purchase_on, -1000000);
    if tg_op = 'INSERT' or new.account_id <> old.account_id then
        new.account_team_id := (select a.team_id from account a where a.id = new.account_id);
    end if;
    return new;
end
$$;

-- Another rate, or another reporting currency.
create function rank_amounts() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_currency text := to_jsonb(new) ->> 'currency_code';
begin
    update opportunity o set amount_rank = rank_of_amount(o.amount_currency_code, o.amount_minor_units)
     where (tg_table_name = 'company' or o.amount_currency_code = v_currency)
       and o.amount_rank <> rank_of_amount(o.amount_currency_code, o.amount_minor_units);
    return null;
end
$$;
-- Amounts are not written while rates are: each would judge by what the other has replaced. Before any row is locked, so that neither waits for the other's rows.
create function hold_rates() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    if tg_table_name = 'opportunity' then
        perform pg_advisory_xact_lock_shared(hashtextextended('kam: exchange rates', 0));       -- that of take_turn()
    else
        perform take_turn('exchange rates');
    end if;
    return null;
end
$$;
create trigger hold_rates before insert or update on exchange_rate for each statement execute function hold_rates();
create trigger hold_rates before update of currency_code on company for each statement execute function hold_rates();
create trigger hold_rates before insert or update of amount_currency_code, amount_minor_units on opportunity for each statement execute function hold_rates();
create trigger rank_amounts after insert or update on exchange_rate for each row execute function rank_amounts();
create trigger rank_amounts after update of currency_code on company for each row execute function rank_amounts();

-- No update of the kept columns alone is logged or makes a version, since it names none of these.
create trigger place_opportunity before insert on opportunity for each row execute function place_opportunity();
create trigger rank_opportunity before insert or update of amount_currency_code, amount_minor_units, purchase_on, account_id on opportunity
    for each row execute function rank_opportunity();
create trigger set_creator before insert on opportunity for each row execute function set_creator();
create trigger zz_record before insert or update of code, account_id, owner_id, name, pipeline_version_id, stage_key, stage_since, state, close_time, lost_reason, lost_to,
        close_note, verdict, verdict_time, review_on, is_imported, amount_currency_code, amount_minor_units, purchase_on, decision_on, buying_stage, source, source_note,
        fund_source, fund_state, purchase_trigger, probability, worth_pursuing, worth_reason, positioning, customer_value, purchase_influences, cost_and_benefit,
        sales_plan, insider_view, note
    on opportunity for each row execute function record_change('opportunity', 'id', 'account_id', 'amount_currency_code,amount_minor_units');

-- ---- rights ----

do $$
declare
    v_table text;
begin
    foreach v_table in array array['opportunity_person', 'opportunity_user', 'opportunity_product', 'opportunity_competitor', 'decision_criterion', 'opportunity_answer'] loop
        execute format('alter table %I enable row level security', v_table);
        execute format('grant select on %I to kam_rep, kam_manager', v_table);
        -- Whoever reads the opportunity reads its parts; whoever reaches the account changes them.
        execute format('create policy %1$s_read on %1$I for select to kam_rep, kam_manager using (
                            exists (select from opportunity o where o.id = %1$I.opportunity_id offset 0))', v_table);
        execute format('create policy %1$s_rep_insert on %1$I for insert to kam_rep with check (
                            exists (select from account_reach r where r.account_id = %1$I.account_id))', v_table);
        execute format('create policy %1$s_rep_update on %1$I for update to kam_rep using (
                            exists (select from account_reach r where r.account_id = %1$I.account_id))', v_table);
        execute format('create policy %1$s_manager_insert on %1$I for insert to kam_manager with check (
                            exists (select from account a where a.id = %1$I.account_id offset 0))', v_table);
        execute format('create policy %1$s_manager_update on %1$I for update to kam_manager using (
                            exists (select from account a where a.id = %1$I.account_id offset 0))', v_table);
    end loop;
end
$$;
grant insert (id, opportunity_id, account_id, contact_id, buying_roles, stance, influence, is_connection, note),
      update (buying_roles, stance, influence, is_connection, note) on opportunity_person to kam_rep, kam_manager;
grant insert (id, opportunity_id, account_id, user_id, role), update (role) on opportunity_user to kam_rep, kam_manager;
grant insert (id, opportunity_id, account_id, product, quantity, price_currency_code, price_minor_units, note),
      update (quantity, price_currency_code, price_minor_units, note) on opportunity_product to kam_rep, kam_manager;
grant insert (id, opportunity_id, account_id, name, product, price_currency_code, price_minor_units, share_percent, strengths, weaknesses, relationship, satisfaction),
      update (product, price_currency_code, price_minor_units, share_percent, strengths, weaknesses, relationship, satisfaction)
    on opportunity_competitor to kam_rep, kam_manager;
grant insert (id, opportunity_id, account_id, question, answer), update (answer) on opportunity_answer to kam_rep, kam_manager;
-- Criteria are written by set_decision_criterion(), which numbers them.
drop policy decision_criterion_rep_insert on decision_criterion;
drop policy decision_criterion_rep_update on decision_criterion;
drop policy decision_criterion_manager_insert on decision_criterion;
drop policy decision_criterion_manager_update on decision_criterion;

alter table opportunity enable row level security;
grant select (id, code, account_id, owner_id, name, pipeline_version_id, stage_key, stage_since, clock_since, verdict_by, state, close_time, lost_reason, lost_to, close_note, verdict, verdict_time,
              review_on, is_imported, amount_currency_code, amount_minor_units, purchase_on, decision_on, buying_stage, source, source_note, fund_source, fund_state,
              purchase_trigger, probability, worth_pursuing, worth_reason, positioning, customer_value, purchase_influences, cost_and_benefit, sales_plan, insider_view,
              note, created_by, create_time, update_time, updated_by, version, account_team_id, amount_rank, purchase_rank, person_rank)
    on opportunity to kam_rep, kam_manager;
grant insert (id, account_id, owner_id, name, pipeline_version_id, amount_currency_code, amount_minor_units, purchase_on, decision_on, buying_stage, source, source_note,
              fund_source, fund_state, purchase_trigger, probability, worth_pursuing, worth_reason, positioning, customer_value, purchase_influences, cost_and_benefit,
              sales_plan, insider_view, note),
      update (name, amount_currency_code, amount_minor_units, purchase_on, decision_on, buying_stage, source, source_note, fund_source, fund_state, purchase_trigger,
              probability, worth_pursuing, worth_reason, positioning, customer_value, purchase_influences, cost_and_benefit, sales_plan, insider_view, note)
    on opportunity to kam_rep, kam_manager;

create policy opportunity_rep_read on opportunity for select to kam_rep using (exists (select from account_reach r where r.account_id = opportunity.account_id));
-- account_team_id is the account's, so this is what the policy of account says.
create policy opportunity_manager_read on opportunity for select to kam_manager using (
    exists (select from team_closure c where c.ancestor_id = (select caller_team_id()) and c.descendant_id = opportunity.account_team_id)
    or exists (select from account_reach r where r.account_id = opportunity.account_id));
create policy opportunity_rep_insert on opportunity for insert to kam_rep with check (exists (select from account_reach r where r.account_id = opportunity.account_id));
create policy opportunity_manager_insert on opportunity for insert to kam_manager with check (exists (select from account a where a.id = opportunity.account_id offset 0));
create policy opportunity_rep_update on opportunity for update to kam_rep using (exists (select from account_reach r where r.account_id = opportunity.account_id));
create policy opportunity_manager_update on opportunity for update to kam_manager using (exists (select from account a where a.id = opportunity.account_id offset 0));
