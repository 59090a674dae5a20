-- SPDX-License-Identifier: Apache-2.0
-- What is written and decided about opportunities: their parts, who owns one, lost, reopened, gone with the account, searched, and what an erasure takes out.
set local search_path = kam, pg_temp;

-- ---- its parts ----

create function check_opportunity_person() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    perform require(not reaches_account(new.account_id) or exists (select from position p where p.contact_id = new.contact_id and p.account_id = new.account_id),
                    5, 'CONTACT_NOT_AT_ACCOUNT', 'The contact has no position at this account.');
    return new;
end
$$;
create trigger check_person before insert on opportunity_person for each row execute function check_opportunity_person();

create function check_opportunity_user() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    if reaches_account(new.account_id) then
        perform require_opportunity_worker(new.user_id, new.account_id);
    end if;
    return new;
end
$$;
create trigger check_user before insert on opportunity_user for each row execute function check_opportunity_user();

-- The greatest influence of a decider who is for us.
create function rank_person() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_id uuid := case tg_op when 'DELETE' then old.opportunity_id else new.opportunity_id end;
begin
    update opportunity o set person_rank = x.rank
      from (select coalesce(max(p.influence), -1) as rank from opportunity_person p
             where p.opportunity_id = v_id and p.stance = 'ally' and 'decider' = any (p.buying_roles)) x
     where o.id = v_id and o.person_rank <> x.rank;
    return null;
end
$$;
create trigger rank_person after insert or delete or update of buying_roles, stance, influence on opportunity_person for each row execute function rank_person();

create function keep_product_words() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_id uuid := case tg_op when 'DELETE' then old.opportunity_id else new.opportunity_id end;
begin
    update opportunity o set product_words = x.words
      from (select search_vector(coalesce(string_agg(p.product || ' ' || p.note, ' ' order by p.id), '')) as words from opportunity_product p where p.opportunity_id = v_id) x
     where o.id = v_id and o.product_words <> x.words;
    return null;
end
$$;
create trigger keep_words after insert or delete or update of product, note on opportunity_product for each row execute function keep_product_words();

-- A part is removed by deleting it; the log keeps what it was. Arguments as of record_change().
create function record_removal() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_row jsonb := to_jsonb(old);
begin
    perform refuse_merged(tg_op, old.account_id);
    perform write_change(tg_argv[0], (v_row ->> tg_argv[1])::uuid, old.account_id, null, 'delete', v_row, null, string_to_array(tg_argv[3], ','));
    return old;
end
$$;

-- Of a person only whom: the rest stands in the entries before, under the part's own id, where an erasure finds it.
create function record_person_removal() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    perform refuse_merged(tg_op, old.account_id);
    perform write_change('opportunity_person', old.opportunity_id, old.account_id, null, 'delete', jsonb_build_object('contact_id', old.contact_id), null, '{}');
    return old;
end
$$;

-- An opportunity is read as a whole.
create function limit_parts() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    c_most constant int := 100;
    v_count int;
begin
    execute format('select count(*) from %I where opportunity_id = $1', tg_table_name) into v_count using new.opportunity_id;
    perform require(v_count < c_most, 9, 'TOO_MANY_PARTS', 'An opportunity has at most {most} of these.', jsonb_build_object('metadata', jsonb_build_object('most', c_most::text)));
    return new;
end
$$;

do $$
declare
    v_part record;
begin
    for v_part in
        select * from (values ('opportunity_person', 'id', ''), ('opportunity_user', 'opportunity_id', ''),
                              ('opportunity_product', 'opportunity_id', 'price_currency_code,price_minor_units'),
                              ('opportunity_competitor', 'opportunity_id', 'price_currency_code,price_minor_units'),
                              ('decision_criterion', 'opportunity_id', ''), ('opportunity_answer', 'opportunity_id', '')) x (name, record, guarded)
    loop
        execute format('create trigger limit_parts before insert on %I for each row execute function limit_parts()', v_part.name);
        execute format('create trigger zz_record before insert or update on %1$I for each row execute function record_change(%1$L, %2$L, %3$L, %4$L)',
                       v_part.name, v_part.record, 'account_id', v_part.guarded);
        if v_part.name = 'opportunity_person' then
            create trigger zz_record_removal before delete on opportunity_person for each row execute function record_person_removal();
        else
            execute format('create trigger zz_record_removal before delete on %1$I for each row execute function record_removal(%1$L, %2$L, %3$L, %4$L)',
                           v_part.name, v_part.record, 'account_id', v_part.guarded);
        end if;
    end loop;
end
$$;

-- Numbers the criteria from 1 on in their order; one of them goes to the place that is wanted.
create function number_criteria(opportunity_id uuid, criterion_id uuid, wanted_rank int) returns void
language sql volatile set search_path = kam, pg_temp as $$
    update decision_criterion c set rank = x.place
      from (select d.id, row_number() over (order by case when d.id = criterion_id then wanted_rank - 0.5
                                                          else d.rank - (d.rank > coalesce(own.rank, 1000000))::int end, d.id)::int as place
              from decision_criterion d
              left join decision_criterion own on own.id = criterion_id
             where d.opportunity_id = number_criteria.opportunity_id) x
     where c.id = x.id and c.rank <> x.place
$$;

-- A new criterion (seen_version 0), or the fields of the mask of one that is there. Its place moves the others; the last one when none is wanted.
create function set_decision_criterion(opportunity_id uuid, seen_version bigint, mask text[], text text, rank int, our_fit int, tactic text) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_opportunity opportunity := lock_opportunity(opportunity_id, null);
    v_criterion decision_criterion;
begin
    select * into v_criterion from decision_criterion d where d.opportunity_id = v_opportunity.id and d.text = set_decision_criterion.text;
    if coalesce(v_criterion.version, 0) <> seen_version then
        return;
    end if;
    if seen_version = 0 then
        insert into decision_criterion (opportunity_id, account_id, rank, text, our_fit, tactic)
        select v_opportunity.id, v_opportunity.account_id, count(*) + 1, set_decision_criterion.text,
               case when 'our_fit' = any (mask) then set_decision_criterion.our_fit end, case when 'tactic' = any (mask) then set_decision_criterion.tactic end
          from decision_criterion d where d.opportunity_id = v_opportunity.id
        returning * into v_criterion;
    else
        update decision_criterion d
           set our_fit = case when 'our_fit' = any (mask) then set_decision_criterion.our_fit else d.our_fit end,
               tactic = case when 'tactic' = any (mask) then set_decision_criterion.tactic else d.tactic end
         where d.id = v_criterion.id;
    end if;
    if 'rank' = any (mask) and set_decision_criterion.rank > 0 then
        perform number_criteria(v_opportunity.id, v_criterion.id, set_decision_criterion.rank);
    end if;
end
$$;

create function remove_opportunity_part(part_id uuid) returns void language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_table text;
    v_opportunity_id uuid;
    v_count int;
begin
    foreach v_table in array array['opportunity_person', 'opportunity_user', 'opportunity_product', 'opportunity_competitor', 'decision_criterion', 'opportunity_answer'] loop
        execute format('select opportunity_id from %I where id = $1', v_table) into v_opportunity_id using part_id;
        exit when v_opportunity_id is not null;
    end loop;
    if v_opportunity_id is null or not reads_opportunity(v_opportunity_id) then
        perform refuse_not_found('entry');
    end if;
    perform lock_opportunity(v_opportunity_id, null);
    execute format('delete from %I where id = $1', v_table) using part_id;
    get diagnostics v_count = row_count;
    if v_count = 0 then     -- somebody else came first
        perform refuse_not_found('entry');
    end if;
    if v_table = 'decision_criterion' then
        perform number_criteria(v_opportunity_id, null, null);
    end if;
end
$$;
grant execute on function set_decision_criterion(uuid, bigint, text[], text, int, int, text), remove_opportunity_part(uuid) to kam_rep, kam_manager;

-- ---- decisions ----

create function require_owner(opportunity opportunity, account account) returns void language plpgsql stable set search_path = kam, pg_temp as $$
begin
    perform require(caller_id() in (opportunity.owner_id, account.owner_id) or manages_team(account.team_id), 7, 'NOT_OWNER',
                    'Only the owner, the account''s owner or a manager can do this.');
end
$$;

-- To somebody who works on the account, by its owner, the account's owner or a manager of the account's team.
create function assign_opportunity(opportunity_id uuid, seen_version bigint, owner_id uuid, reason text) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_opportunity opportunity;
    v_account account;
begin
    -- The account first: whoever gives it to somebody else holds it and then comes for its opportunities.
    select a.* into v_account from opportunity o join account a on a.id = o.account_id where o.id = opportunity_id for share of a;
    v_opportunity := lock_opportunity(opportunity_id, seen_version);
    if v_opportunity.id is null then
        return;
    end if;
    perform require_owner(v_opportunity, v_account);
    perform require(v_opportunity.state = 'open', 9, 'OPPORTUNITY_CLOSED', 'The opportunity is closed. Reopen it first.');
    perform require(v_opportunity.owner_id <> assign_opportunity.owner_id, 9, 'OWNER_UNCHANGED', 'This user owns the opportunity already.');
    perform require_opportunity_owner(assign_opportunity.owner_id, v_account, v_opportunity.owner_id);
    perform give_reason(reason);
    update opportunity o set owner_id = assign_opportunity.owner_id where o.id = v_opportunity.id;
end
$$;

create function lose_opportunity(opportunity_id uuid, seen_version bigint, lost_reason text, lost_to text, note text) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_opportunity opportunity;
    v_account account;
begin
    select a.* into v_account from opportunity o join account a on a.id = o.account_id where o.id = opportunity_id for share of a;
    v_opportunity := lock_opportunity(opportunity_id, seen_version);
    if v_opportunity.id is null then
        return;
    end if;
    perform require_owner(v_opportunity, v_account);
    perform require(v_opportunity.state = 'open', 9, 'OPPORTUNITY_CLOSED', 'The opportunity is closed. Reopen it first.');
    perform require(lose_opportunity.lost_reason <> 'terminated', 3, 'LOST_REASON_VERDICT', 'Terminated is what a verdict does.',
                    '{"violations": [{"field": "lost_reason", "reason": "LOST_REASON_VERDICT", "description": "must be why the customer did not buy (to terminate is a verdict)"}]}');
    perform give_reason(lose_opportunity.note);
    update opportunity o
       set state = 'lost', close_time = now(), lost_reason = lose_opportunity.lost_reason, lost_to = lose_opportunity.lost_to, close_note = lose_opportunity.note
     where o.id = v_opportunity.id;
end
$$;

-- It goes on in the stage where it was closed; the time for which it was closed does not count. One that was won only by a manager: managers had let it through. One that a verdict
-- terminated by who gives verdicts about it; and deferred it stays.
create function reopen_opportunity(opportunity_id uuid, seen_version bigint, reason text) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_opportunity opportunity;
    v_account account;
    v_stays boolean;
begin
    perform hold_caller();
    select a.* into v_account from opportunity o join account a on a.id = o.account_id where o.id = opportunity_id for share of a;
    v_opportunity := lock_opportunity(opportunity_id, seen_version, true);
    if v_opportunity.id is null then
        return;
    end if;
    if v_opportunity.verdict is distinct from 'terminate' then
        perform require(reaches_account(v_opportunity.account_id), 7, 'OPPORTUNITY_READ_ONLY', 'You may read this opportunity, but not change it.');
        perform require_owner(v_opportunity, v_account);
    end if;
    perform require(v_opportunity.state <> 'open', 9, 'OPPORTUNITY_OPEN', 'The opportunity is open already.');
    perform require(v_account.retire_time is null, 9, 'ACCOUNT_RETIRED', 'The account is retired.');
    perform require(v_opportunity.state = 'lost' or manages_team(v_account.team_id), 7, 'OPPORTUNITY_WON', 'Only a manager can reopen an opportunity that was won.');
    if v_opportunity.verdict = 'terminate' then
        perform require_decider(verdict_approver(v_opportunity), v_opportunity.id, array[v_opportunity.owner_id]);
    end if;
    v_stays := is_deferred(v_opportunity.verdict, v_opportunity.review_on);
    perform give_reason(reason);
    update opportunity o
       set state = 'open', close_time = null, lost_reason = null, lost_to = '', close_note = '',
           clock_since = case when v_stays then o.clock_since
                              else greatest(o.stage_since, o.clock_since) + (now() - o.close_time)
                                   + case when o.verdict = 'defer'
                                          then greatest(least(o.close_time, day_start(o.review_on - today())) - greatest(o.verdict_time, o.stage_since, o.clock_since), interval '0')
                                          else interval '0' end end,
           verdict = case when v_stays then o.verdict end, verdict_time = case when v_stays then o.verdict_time end,
           -- What was the group's to judge stays so, unless the group itself begins anew.
           verdict_by = case when v_stays or o.verdict_by = 'key_account_group' and o.verdict is distinct from 'terminate' then o.verdict_by end, review_on = case when v_stays then o.review_on end,
           owner_id = case when works_on_account(o.owner_id, o.account_id) then o.owner_id else v_account.owner_id end
     where o.id = v_opportunity.id;
end
$$;
grant execute on function assign_opportunity(uuid, bigint, uuid, text), lose_opportunity(uuid, bigint, text, text, text), reopen_opportunity(uuid, bigint, text)
    to kam_rep, kam_manager;

-- What was sold for how much stands; a manager may correct it.
create function keep_closed_amount() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    perform require(caller_id() is null or exists (select from account a where a.id = new.account_id and manages_team(a.team_id)), 9, 'OPPORTUNITY_CLOSED',
                    'The opportunity is closed. Reopen it first.');
    return new;
end
$$;
create trigger keep_closed_amount before update of amount_currency_code, amount_minor_units on opportunity for each row
    when (old.state <> 'open' and (new.amount_currency_code, new.amount_minor_units) is distinct from (old.amount_currency_code, old.amount_minor_units))
    execute function keep_closed_amount();

-- With the account go what is open and was its owner's, or is of somebody who works on it no longer. What is closed stays with whoever closed it.
create function pass_opportunities() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    if tg_table_name = 'account_member' then
        update opportunity o set owner_id = a.owner_id
          from account a
         where o.account_id = old.account_id and o.owner_id = old.user_id and o.state = 'open' and a.id = o.account_id and a.merged_into_id is null
           and not works_on_account(old.user_id, o.account_id);
        return null;
    end if;
    update opportunity o set account_team_id = new.team_id where o.account_id = new.id and o.account_team_id <> new.team_id;
    if new.owner_id <> old.owner_id and new.merged_into_id is null then
        update opportunity o set owner_id = new.owner_id
         where o.account_id = new.id and o.state = 'open' and o.owner_id <> new.owner_id
           and (o.owner_id = old.owner_id or not works_on_account(o.owner_id, new.id));
    end if;
    return null;
end
$$;
-- After keep_reach, by its name.
create trigger pass_opportunities after update of owner_id, team_id on account for each row
    when (new.owner_id <> old.owner_id or new.team_id <> old.team_id) execute function pass_opportunities();
create trigger pass_opportunities after delete on account_member for each row execute function pass_opportunities();

-- ---- the log ----

-- As before, without what triggers keep beside an opportunity.
create or replace function write_change(entity text, record_id uuid, account_id uuid, version bigint, operation text, old_row jsonb, new_row jsonb,
                                        guarded_columns text[]) returns void
language plpgsql set search_path = kam, pg_temp as $$
declare
    -- What stands in columns of the log itself, what triggers keep for lists and searches, and columns that PostgreSQL generates (in OLD only, when this runs).
    c_bookkeeping constant text[] := array['id', 'version', 'create_time', 'created_by', 'update_time', 'updated_by',
                                           'search_public', 'search_all', 'name_key', 'name_grams', 'registration_key',
                                           'account_team_id', 'amount_rank', 'purchase_rank', 'person_rank', 'product_words'];
    v_values jsonb;
    v_guarded jsonb;
    v_old_values jsonb;
    v_old_guarded jsonb;
    v_set text;
begin
    if operation = 'update' then
        select jsonb_object_agg(n.key, n.value) filter (where n.key <> all (guarded_columns)),
               jsonb_object_agg(n.key, n.value) filter (where n.key = any (guarded_columns)),
               jsonb_object_agg(n.key, o.value) filter (where n.key <> all (guarded_columns)),
               jsonb_object_agg(n.key, o.value) filter (where n.key = any (guarded_columns))
          into v_values, v_guarded, v_old_values, v_old_guarded
          from jsonb_each(new_row) n join jsonb_each(old_row) o on o.key = n.key
         where n.value <> o.value and n.key <> all (c_bookkeeping);
    else
        select jsonb_object_agg(r.key, r.value) filter (where r.key <> all (guarded_columns)),
               jsonb_object_agg(r.key, r.value) filter (where r.key = any (guarded_columns))
          into v_values, v_guarded
          from jsonb_each(coalesce(new_row, old_row)) r
         where r.value not in ('null', '""', '[]') and r.key <> all (c_bookkeeping);
        if operation = 'delete' then
            v_old_values := v_values;
            v_old_guarded := v_guarded;
            v_values := null;
            v_guarded := null;
        end if;
    end if;

    insert into change (actor_id, entity, record_id, account_id, version, operation, old_values, new_values,
                        guarded_old_values, guarded_new_values, reason, request_id)
    values (caller_id(), entity, record_id, account_id, version, operation, coalesce(v_old_values, '{}'), coalesce(v_values, '{}'),
            coalesce(v_old_guarded, '{}'), coalesce(v_guarded, '{}'), nullif(current_setting('kam.reason', true), ''),
            nullif(current_setting('kam.request_id', true), '')::uuid);
    v_set := set_config('kam.changed', record_id || '=' || coalesce(version::text, '') || ' ' || left(coalesce(current_setting('kam.changed', true), ''), 1000), true);
end
$$;

-- ---- searching ----

-- After search(), search_objections() and search_archive(), in the same form: rank 10.
create function search_opportunities(words text, only_kind text, most_rows int, after_rank int, after_time timestamptz, after_id uuid)
returns table (kind text, id uuid, code text, title text, snippet text, account_id uuid, account_name text, "time" timestamptz,
               activity_kind text, rank int, sort_time timestamptz)
language plpgsql stable security definer set search_path = kam, pg_temp set plan_cache_mode = force_custom_plan set random_page_cost = 1.1 as $$
declare
    v_query tsquery := search_query(words);
    v_user_id uuid := caller_id();
    v_role text := caller_role();
    v_teams uuid[];
    v_accounts uuid[];
begin
    if v_user_id is null or v_query is null or v_role is null or v_role not in ('rep', 'manager') or coalesce(only_kind, 'opportunity') <> 'opportunity' then
        return;
    end if;
    after_rank := coalesce(after_rank, 0);
    v_accounts := array(select r.account_id from account_reach r where r.user_id = any (caller_ids()));
    if v_role = 'manager' then
        v_teams := array(select c.descendant_id from team_closure c where c.ancestor_id = any (caller_team_ids()));
    end if;
    return query
    select 'opportunity'::text, o.id, o.code, o.name,
           coalesce((select string_agg(p.product, ', ' order by p.id) from opportunity_product p where p.opportunity_id = o.id), ''), o.account_id, a.name,
           null::timestamptz, null::text, 10, o.create_time
      from opportunity o join account a on a.id = o.account_id
     where o.search_all @@ v_query and a.retire_time is null and (o.account_team_id = any (v_teams) or o.account_id = any (v_accounts))
       and (after_rank < 10 or (o.create_time, o.id) < (after_time, after_id))
     order by o.create_time desc, o.id desc limit most_rows;
end
$$;
grant execute on function search_opportunities(text, text, int, int, timestamptz, uuid) to kam_rep, kam_manager, kam_service;

-- ---- erasing a person ----

-- As before, and no codes.
create or replace function erasure_columns(tab regclass) returns table (name name, is_list boolean, is_json boolean)
language sql stable set search_path = kam, pg_temp as $$
    select a.attname, a.atttypid = 'text[]'::regtype, a.atttypid = 'jsonb'::regtype
      from pg_attribute a
     where a.attrelid = tab and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
       and a.atttypid in ('text'::regtype, 'text[]'::regtype, 'jsonb'::regtype)
       and a.attname !~ '(^|_)currency_code$' and a.attname <> 'code'
       and not (tab = 'account'::regclass and a.attname in ('name', 'other_names', 'potential_grade', 'contribution_grade', 'credit_grade'))
       and not (tab = 'contact'::regclass and a.attname in ('name', 'other_names', 'phones', 'emails', 'messaging_ids'))
       and not exists (select from pg_constraint k where k.conrelid = tab and k.contype in ('p', 'f') and a.attnum = any (k.conkey))
       and not exists (select from pg_constraint k where k.conrelid = tab and k.contype = 'c' and k.conkey = array[a.attnum]
                                                     and pg_get_constraintdef(k.oid) ~ 'ARRAY\[|is_key\(')
$$;

-- What was said of the person in purchases, also what was taken back since: the ids of these records in the log.
create function erase_from_opportunities(contact_id uuid, account_ids uuid[]) returns uuid[]
language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    update opportunity_person p set buying_roles = '{}', stance = null, influence = null, is_connection = false, note = ''
     where p.contact_id = erase_from_opportunities.contact_id;
    return array(select p.id from opportunity_person p where p.contact_id = erase_from_opportunities.contact_id
                 union
                 select c.record_id from change c
                  where c.account_id = any (account_ids) and c.entity = 'opportunity_person' and c.operation = 'insert'
                    and c.new_values ->> 'contact_id' = erase_from_opportunities.contact_id::text);
end
$$;

-- As before; and what other tables say of the person is taken out by functions called erase_from_...(contact_id, account_ids), each of which returns the ids of
-- the records that are about the person alone: their entries in the log are blanked. A new table that refers to a contact brings its own.
create or replace function erase_contact(contact_id uuid, seen_version bigint, reason text) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_contact contact;
    v_positions uuid[] := array(select p.id from position p where p.contact_id = erase_contact.contact_id);
    v_accounts uuid[] := array(select distinct p.account_id from position p where p.contact_id = erase_contact.contact_id);
    v_contacts uuid[];
    v_activities uuid[];
    v_own uuid[];
    v_names text[];
    v_phones text[];
    v_emails text[];
    v_messaging_ids text[];
    v_pattern text;
    v_own_pattern text;
    v_function regproc;
    v_ids uuid[];
begin
    select * into v_contact from contact c where c.id = erase_contact.contact_id for update;
    if not found or not reaches_contact(erase_contact.contact_id) then
        perform refuse_not_found('contact');
    end if;
    perform require(caller_role() = 'manager' and not exists (select from unnest(v_accounts) a where not reaches_account(a)), 7, 'ERASE_OUT_OF_REACH',
                    'The person has or had a position at an account out of your reach. A manager who reaches all of them can erase the person.');
    perform require(v_contact.erase_time is null, 9, 'CONTACT_ERASED', 'The data of this person was erased.');
    if v_contact.version <> seen_version then
        return;
    end if;

    -- Also what they were called before, and where they were recorded before accounts became one.
    v_accounts := v_accounts || array(select distinct c.account_id from change c where c.record_id = any (v_positions) and c.account_id is not null);
    with known as (select to_jsonb(v_contact) as v union all select c.old_values from change c where c.record_id = v_contact.id and c.entity = 'contact'
                   union all select c.new_values from change c where c.record_id = v_contact.id and c.entity = 'contact'),
    part as (select l.list, t.text
               from known, unnest(array['other_names', 'phones', 'emails', 'messaging_ids']) l (list),
                    jsonb_array_elements_text(case when jsonb_typeof(v -> l.list) = 'array' then v -> l.list else '[]' end) t (text)
             union select 'other_names', v ->> 'name' from known where v ? 'name')
    select array_agg(text) filter (where list = 'other_names'), array_agg(text) filter (where list = 'phones'),
           array_agg(text) filter (where list = 'emails'), array_agg(text) filter (where list = 'messaging_ids')
      into v_names, v_phones, v_emails, v_messaging_ids from part;
    v_pattern := coalesce(erasure_pattern(v_names, v_phones, v_emails, v_messaging_ids, false), '(?!)');
    v_own_pattern := coalesce(erasure_pattern(v_names, v_phones, v_emails, v_messaging_ids, true), '(?!)');
    perform require(fold_text(erase_contact.reason) collate "und-x-icu" !~ v_own_pattern, 3, 'REASON_NAMES_PERSON',
                    'The reason stays, so it must not hold the name or another word of the person.',
                    '{"violations": [{"field": "reason", "description": "must not name the person"}]}');

    v_contacts := array(select distinct p.contact_id from position p where p.account_id = any (v_accounts));
    v_activities := array(select x.activity_id from activity_contact x where x.contact_id = v_contact.id
                          union
                          select c.record_id from change c
                           where c.account_id = any (v_accounts) and c.entity = 'activity_contact'
                             and v_contact.id::text in (c.old_values ->> 'contact_id', c.new_values ->> 'contact_id'));
    v_own := v_positions || v_contact.id || array(select g.id from contact_gift g where g.contact_id = v_contact.id)
                         || array(select n.id from need n where n.contact_id = v_contact.id and n.scope = 'person');

    perform give_reason(erase_contact.reason);
    perform set_config('kam.erasing', 'yes', true);
    -- What describes the person alone.
    delete from contact_tie t where v_contact.id in (t.from_contact_id, t.to_contact_id);
    delete from relationship_change r where r.position_id = any (v_positions);
    update contact_profile p set home_town = '', birthday = null, hobbies = '', temperament = '', family = '', education = '', career = '', motives = ''
     where p.contact_id = v_contact.id;
    update contact_gift g set what = '[erased]', value_currency_code = null, value_minor_units = null where g.contact_id = v_contact.id;
    update need n set text = '[erased]', level = null, expression = null, retire_time = coalesce(n.retire_time, now())
     where n.contact_id = v_contact.id and n.scope = 'person';
    update position p
       set title = '', department = '', level = null, reports_to_id = null, buying_roles = '{}', stance = null, is_insider = false, influence = null,
           relationship = null, counterpart_id = null, trust = null, commitment = null, switching_cost = null
     where p.id = any (v_positions);
    for v_function in
        select p.oid::regproc from pg_proc p where p.pronamespace = 'kam'::regnamespace and p.proname ~ '^erase_from_' order by p.proname
    loop
        execute format('select %s($1, $2)', v_function) into v_ids using v_contact.id, v_accounts;
        v_own := v_own || v_ids;
    end loop;
    -- What else names them.
    perform erase_texts(v_contact.id, v_accounts, v_contacts, v_activities, v_pattern, v_own_pattern);
    update contact c
       set name = '[erased]', other_names = '{}', phones = '{}', emails = '{}', messaging_ids = '{}', note = '',
           retire_time = coalesce(c.retire_time, now()), erase_time = now()
     where c.id = v_contact.id;

    -- The log last: all of the above has written to it.
    update change c
       set old_values = blank_values(c.entity, c.old_values), new_values = blank_values(c.entity, c.new_values),
           guarded_old_values = blank_values(c.entity, c.guarded_old_values), guarded_new_values = blank_values(c.entity, c.guarded_new_values),
           reason = case when c.xid = pg_current_xact_id() or c.reason is null then c.reason else '[erased]' end
     where c.record_id = any (v_own)
        or (c.entity = 'contact_tie' and c.account_id is null
            and c.record_id in (select (coalesce(x.old_values, '{}') || x.new_values ->> k)::uuid
                                  from change x, unnest(array['from_contact_id', 'to_contact_id']) k
                                 where x.record_id = v_contact.id and x.entity = 'contact_tie')
            and v_contact.id::text in (c.old_values ->> 'from_contact_id', c.old_values ->> 'to_contact_id',
                                       c.new_values ->> 'from_contact_id', c.new_values ->> 'to_contact_id'));
    perform erase_log(v_accounts, v_contacts || array(select g.id from contact_gift g where g.contact_id = any (v_contacts)), v_activities, v_pattern, v_own_pattern);
end
$$;

create trigger refuse_erased before insert or update on opportunity_person for each row execute function refuse_erased('contact_id');
