-- SPDX-License-Identifier: Apache-2.0
-- Importing: many rows in one transaction, each in a savepoint where it needs one.
-- The functions run as the caller: row-level security, column privileges and triggers hold for every row as they do for a single one.
set local search_path = kam, pg_temp;

-- ---- names of accounts, for one and for many ----

-- Locks the names and registration numbers of accounts to be, so that who comes with nearly the same waits and then sees these. Of two names that are
-- 80 % alike at least two thirds of the pairs of either are in common; the first of these, in any order that is the same for all, is then within the
-- first third, or one after it, of both. The locks are numbered: a file of names must not fill the table of locks. They are taken in order, names first,
-- so that nobody waits in a circle.
create function hold_account_names(names text[], registration_numbers text[]) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    perform pg_advisory_xact_lock(turn.number)
       from (select distinct hashtextextended('kam: name of account: ' || (p.hash & 1023), 0) as number
               from unnest(names) n
              cross join lateral (select name_grams(name_key(n)) as grams) k
              cross join lateral (select hashtextextended(g, 0) as hash from unnest(k.grams) g order by 1 limit cardinality(k.grams) / 3 + 1) p
              order by 1) turn;
    perform pg_advisory_xact_lock(turn.number)
       from (select distinct hashtextextended('kam: number of account: ' || (hashtextextended(registration_key(r), 0) & 1023), 0) as number
               from unnest(registration_numbers) r
              where registration_key(r) is not null
              order by 1) turn;
end
$$;

create or replace function check_duplicates(account_id uuid, account_name text, registration_number text, given_reason text, what text) returns text
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_matches jsonb;
    v_is_same boolean;
begin
    -- An import holds its names already.
    if coalesce(current_setting('kam.names_held', true), '') = '' then
        perform hold_account_names(array[account_name], array[registration_number]);
    end if;
    select jsonb_agg(jsonb_build_object('type', 'Account', 'name', d.code || ' ' || d.name, 'owner', d.owner_name || ', ' || d.team_name,
                                        'description', case when d.similarity = 100 and d.is_retired then 'same name or registration number, {similarity}% alike, retired'
                                                            when d.similarity = 100 then 'same name or registration number, {similarity}% alike'
                                                            when d.is_retired then 'similar name, {similarity}% alike, retired'
                                                            else 'similar name, {similarity}% alike' end,
                                        'values', jsonb_build_object('similarity', d.similarity))
                     order by d.similarity desc, d.code),
           coalesce(bool_or(d.similarity = 100), false)
      into v_matches, v_is_same
      from find_duplicates(account_name, registration_number) d
     where d.id <> account_id;
    if v_matches is null then
        return '';
    end if;
    if coalesce(given_reason, '') = '' then
        perform refuse(6, 'ACCOUNT_DUPLICATE',
                       case when v_is_same then 'This account exists already. Give a reason to {what} all the same.'
                            else 'This account looks like one that exists. Give a reason to {what} all the same.' end,
                       jsonb_build_object('metadata', jsonb_build_object('what', what), 'resources', v_matches));
    end if;
    return given_reason;
end
$$;

-- The locks that adding these accounts one by one would take, in the order in which each of them takes its own: the tree, the channel, owners, names,
-- numbers.
create function begin_account_import(rows account[]) returns void language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    if caller_id() is null then
        return;
    end if;
    if exists (select from unnest(rows) r where r.parent_id is not null) then
        perform take_turn('account tree');
    end if;
    if exists (select from unnest(rows) r where r.upstream_id is not null) then
        perform take_turn('account channel');
    end if;
    perform from app_user u where u.id in (select coalesce(r.owner_id, caller_id()) from unnest(rows) r) order by u.id for share;
    perform hold_account_names(array(select r.name from unnest(rows) r), array(select r.registration_number from unnest(rows) r));
end
$$;

-- ---- what a row says ----

create type import_result as (outcome text, id uuid, code text, reason text, message text, field text, matches jsonb, given jsonb);

-- Accounts within reach of this code, or, not retired, of this name, or of a name that comes to the same: one, or none, or several to choose from.
create function accounts_called(what text) returns uuid[] language plpgsql stable set search_path = kam, pg_temp as $$
declare
    v_ids uuid[] := array(select a.id from account a where a.code = upper(what));
begin
    if v_ids = '{}' then
        v_ids := array(select a.id from account a where a.name = what and a.retire_time is null order by a.id limit 5);
    end if;
    if v_ids = '{}' then
        v_ids := array(select a.id from find_duplicates(what, '') d join account a on a.id = d.id
                        where d.similarity = 100 and a.retire_time is null);
    end if;
    return v_ids;
end
$$;

create function users_called(what text) returns uuid[] language plpgsql stable set search_path = kam, pg_temp as $$
declare
    v_ids uuid[] := array(select u.id from app_user u where u.login = lower(what));
begin
    if v_ids = '{}' then
        v_ids := array(select u.id from app_user u where fold_text(u.name) = fold_text(what) and u.disable_time is null limit 5);
    end if;
    return v_ids;
end
$$;

-- What came of a row that could not be written. Raises again what is not the row's fault: the call as a whole is to be repeated.
create function import_failure(id uuid, state text, message text, hint text, detail text, constraint_name text) returns import_result
language plpgsql stable set search_path = kam, pg_temp as $$
declare
    v_detail jsonb := case when state like 'KA%' and detail <> '' then detail::jsonb else '{}' end;
begin
    if state like 'KA%' then
        return row(case hint when 'ACCOUNT_DUPLICATE' then 'duplicate' else 'refused' end, id, null, hint, message,
                   regexp_replace(coalesce(v_detail #>> '{violations,0,field}', ''), '^(account|contact|activity)\.', ''), null, v_detail -> 'metadata')::import_result;
    elsif state like '22%' or state like '23%' or state = '42501' then
        -- As the server says it of a single record.
        return row('refused', id, null, coalesce(nullif(constraint_name, ''), case state when '42501' then 'PERMISSION_DENIED' else 'VALUE_NOT_ALLOWED' end),
                   case state when '23505' then 'a record with the same identifying value already exists'
                              when '23503' then 'it refers to a record that does not exist, or is still in use'
                              when '23502' then 'a required value is missing'
                              when '42501' then 'permission denied'
                              else 'a value is not one of those allowed' end, '', null, null)::import_result;
    end if;
    raise exception using errcode = state, message = message, hint = coalesce(hint, ''), detail = coalesce(detail, '');
end
$$;

-- A row that is refused before it is written. given: the text that names a record of which there is none, or several.
create function import_refusal(id uuid, reason text, field text, given text) returns import_result
language plpgsql stable set search_path = kam, pg_temp as $$
declare
    v_values jsonb := jsonb_build_object('metadata', jsonb_build_object('name', given),
                                         'violations', jsonb_build_array(jsonb_build_object('field', field)));
    v_hint text; v_detail text;
begin
    case reason
    when 'NAME_REQUIRED' then perform refuse(3, 'NAME_REQUIRED', 'The row has no name.', v_values);
    when 'OWNER_NOT_FOUND' then perform refuse(5, 'OWNER_NOT_FOUND', 'There is no user called ''{name}''.', v_values);
    when 'OWNER_AMBIGUOUS' then perform refuse(9, 'OWNER_AMBIGUOUS', 'There are several users called ''{name}''. Write the login.', v_values);
    when 'CONTACT_NOT_FOUND' then perform refuse(5, 'CONTACT_NOT_FOUND', 'There is no contact called ''{name}'' at the account.', v_values);
    when 'ACCOUNT_AMBIGUOUS' then perform refuse(9, 'ACCOUNT_AMBIGUOUS', 'There are several accounts called ''{name}''. Write the code.', v_values);
    else perform refuse(5, 'ACCOUNT_NAME_NOT_FOUND', 'There is no account called ''{name}'' within your reach.', v_values);
    end case;
    return null;
exception when others then
    get stacked diagnostics v_hint = pg_exception_hint, v_detail = pg_exception_detail;
    return import_failure(id, sqlstate, sqlerrm, v_hint, v_detail, '');
end
$$;

-- A row that names a record (field, given) which is not exactly one (ids).
create function import_unresolved(id uuid, field text, given text, ids uuid[]) returns import_result
language sql stable set search_path = kam, pg_temp as $$
    select import_refusal(id, case when field = 'owner' then 'OWNER' else 'ACCOUNT' end || case when cardinality(ids) = 0 then '_NOT_FOUND' else '_AMBIGUOUS' end,
                          field, given)
$$;

-- True while a request that was done before is answered again: nothing may be written then.
create function import_is_repeated() returns boolean language sql stable set search_path = kam, pg_temp as $$
    select coalesce(current_setting('kam.request_id', true), '') = ''
$$;

-- That nothing is added, in a dry run or because all rows are there, is an outcome as well: end_write() is not to take it for a failure.
create function begin_import() returns void language sql volatile set search_path = kam, pg_temp as $$
    select set_config('kam.changed', 'import', true)
$$;

-- ---- accounts ----

-- All rows at once; where that fails, one by one. What is refused there leaves the others alone.
create function import_accounts(dry_run boolean, rows account[], owners text[], parents text[]) returns setof import_result
language plpgsql set search_path = kam, pg_temp as $$
declare
    v_rows account[] := rows;
    v_results import_result[];
    v_count int := cardinality(rows);
    v_at int := 1;
    v_to int;
    v_is_alone boolean := false;
    v_text text;
    v_ids uuid[];
    v_code text;
    v_row account;
    v_state text; v_message text; v_hint text; v_detail text; v_constraint text;
begin
    v_results := array(select case when a.id is not null then row('present', a.id, a.code, null, null, null, null, null)::import_result
                                   when import_is_repeated() then row('not_added', r.id, null, null, null, null, null, null)::import_result
                                   when r.name = '' then import_refusal(r.id, 'NAME_REQUIRED', 'name', '') end
                         from unnest(rows) with ordinality r left join account a on a.id = r.id order by r.ordinality);
    for v_text in select distinct o from unnest(owners) o where o <> '' loop
        v_ids := users_called(v_text);
        foreach v_at in array array_positions(owners, v_text) loop
            if v_rows[v_at].owner_id is not null or v_results[v_at].outcome is not null then
                continue;
            elsif cardinality(v_ids) = 1 then
                v_rows[v_at].owner_id := v_ids[1];
            else
                v_results[v_at] := import_unresolved(v_rows[v_at].id, 'owner', v_text, v_ids);
            end if;
        end loop;
    end loop;
    for v_text in select distinct p from unnest(parents) p where p <> '' loop
        v_ids := accounts_called(v_text);
        foreach v_at in array array_positions(parents, v_text) loop
            if v_rows[v_at].parent_id is not null or v_results[v_at].outcome is not null then
                continue;
            elsif cardinality(v_ids) = 1 then
                v_rows[v_at].parent_id := v_ids[1];
            else
                v_results[v_at] := import_unresolved(v_rows[v_at].id, 'parent', v_text, v_ids);
            end if;
        end loop;
    end loop;
    begin
        perform begin_account_import(array(select r.account from (select v_rows[i] as account, i from generate_series(1, v_count) i) r
                                            where v_results[r.i].outcome is null));
        perform set_config('kam.names_held', 'yes', true);
        v_at := 1;
        while v_at <= v_count loop
            v_to := case when v_is_alone then v_at else v_count end;
            begin
                insert into account (id, name, other_names, registration_number, registered_address, delivery_address, phone, website, legal_representative,
                                     founded_on, ownership, registered_capital_currency_code, registered_capital_minor_units, employees, industry, region,
                                     parent_id, tax_status, bank, main_products, market, our_value, management_level, culture, philosophy,
                                     industry_standing, reputation, annual_revenue_currency_code, annual_revenue_minor_units, owner_id, source,
                                     source_note, status, note, duplicate_reason, organisation, business_scope, cash_flow, payables, market_trend,
                                     company_trend, special_requirements, bad_record, development_plans, relationship_kind, selling_level,
                                     payment_reputation, quality_reputation, stability_reputation, channel_position, upstream_id, distributor_count,
                                     retailer_count, own_capital_currency_code, own_capital_minor_units, own_staff, territories)
                select r.id, r.name, r.other_names, r.registration_number, r.registered_address, r.delivery_address, r.phone, r.website, r.legal_representative,
                       r.founded_on, r.ownership, r.registered_capital_currency_code, r.registered_capital_minor_units, r.employees, r.industry, r.region,
                       r.parent_id, r.tax_status, r.bank, r.main_products, r.market, r.our_value, r.management_level, r.culture, r.philosophy,
                       r.industry_standing, r.reputation, r.annual_revenue_currency_code, r.annual_revenue_minor_units, r.owner_id, r.source,
                       r.source_note, coalesce(r.status, 'prospect'), r.note, r.duplicate_reason, r.organisation, r.business_scope, r.cash_flow, r.payables,
                       r.market_trend, r.company_trend, r.special_requirements, r.bad_record, r.development_plans, r.relationship_kind, r.selling_level,
                       r.payment_reputation, r.quality_reputation, r.stability_reputation, r.channel_position, r.upstream_id, r.distributor_count,
                       r.retailer_count, r.own_capital_currency_code, r.own_capital_minor_units, r.own_staff, r.territories
                  from unnest(v_rows[v_at:v_to]) with ordinality r
                 where v_results[v_at + r.ordinality - 1].outcome is null
                 order by r.ordinality;
                v_at := v_to + 1;
            exception when others then
                if v_to > v_at then
                    v_is_alone := true;
                    continue;
                end if;
                get stacked diagnostics v_state = returned_sqlstate, v_message = message_text, v_hint = pg_exception_hint,
                                        v_detail = pg_exception_detail, v_constraint = constraint_name;
                v_row := v_rows[v_at];
                v_results[v_at] := import_failure(v_row.id, v_state, v_message, v_hint, v_detail, v_constraint);
                if v_hint = 'ACCOUNT_DUPLICATE' then
                    v_results[v_at].matches := (select jsonb_agg(to_jsonb(d)) from find_duplicates(v_row.name, v_row.registration_number) d
                                                 where d.id <> v_row.id);
                end if;
                v_at := v_at + 1;
            end;
        end loop;
        if dry_run then
            raise exception using errcode = 'KA999';
        end if;
    exception when sqlstate 'KA999' then
        null;
    end;
    perform set_config('kam.names_held', '', true);
    return query
    select case when x.outcome is null then 'added' else x.outcome end, r.id, coalesce(x.code, a.code), x.reason, x.message, x.field, x.matches, x.given
      from unnest(rows) with ordinality r
      join unnest(v_results) with ordinality x on x.ordinality = r.ordinality
      left join account a on a.id = r.id
     order by r.ordinality;
end
$$;

-- ---- contacts ----

create function import_contacts(dry_run boolean, rows contact[], positions kam.position[], accounts text[]) returns setof import_result
language plpgsql set search_path = kam, pg_temp as $$
declare
    v_positions kam.position[] := positions;
    v_results import_result[];
    v_count int := cardinality(rows);
    v_at int := 1;
    v_to int;
    v_is_alone boolean := false;
    v_text text;
    v_ids uuid[];
    v_state text; v_message text; v_hint text; v_detail text; v_constraint text;
begin
    for v_text in select distinct a from unnest(accounts) a loop
        v_ids := accounts_called(v_text);
        foreach v_at in array array_positions(accounts, v_text) loop
            if cardinality(v_ids) = 1 then
                v_positions[v_at].account_id := v_ids[1];
            else
                v_results[v_at] := import_unresolved(rows[v_at].id, 'account', v_text, v_ids);
            end if;
        end loop;
    end loop;
    v_results := array(select case when c.id is not null then row('present', c.id, null, null, null, null, null, null)::import_result
                                   when import_is_repeated() then row('not_added', r.id, null, null, null, null, null, null)::import_result
                                   when v_results[r.ordinality].outcome is not null then v_results[r.ordinality]
                                   when r.name = '' then import_refusal(r.id, 'NAME_REQUIRED', 'name', '')
                                   when s.id is not null then row('present', s.id, null, null, null, null, null, null)::import_result end
                         from unnest(rows) with ordinality r
                         left join contact c on c.id = r.id
                         left join lateral (select n.id from kam.position p join contact n on n.id = p.contact_id
                                             where p.account_id = v_positions[r.ordinality].account_id and n.name = r.name and n.retire_time is null
                                             order by n.id limit 1) s on true
                        order by r.ordinality);
    begin
        v_at := 1;
        while v_at <= v_count loop
            v_to := case when v_is_alone then v_at else v_count end;
            begin
                insert into contact (id, name, other_names, phones, emails, messaging_ids, note)
                select r.id, r.name, r.other_names, r.phones, r.emails, r.messaging_ids, r.note
                  from unnest(rows[v_at:v_to]) with ordinality r
                 where v_results[v_at + r.ordinality - 1].outcome is null
                 order by r.ordinality;
                insert into kam.position (contact_id, account_id, title, department, buying_roles, stance, is_insider, influence, since)
                select r.id, p.account_id, p.title, p.department, p.buying_roles, p.stance, p.is_insider, p.influence, p.since
                  from unnest(rows[v_at:v_to]) with ordinality r
                  join unnest(v_positions[v_at:v_to]) with ordinality p on p.ordinality = r.ordinality
                 where v_results[v_at + r.ordinality - 1].outcome is null
                 order by r.ordinality;
                v_at := v_to + 1;
            exception when others then
                if v_to > v_at then
                    v_is_alone := true;
                    continue;
                end if;
                get stacked diagnostics v_state = returned_sqlstate, v_message = message_text, v_hint = pg_exception_hint,
                                        v_detail = pg_exception_detail, v_constraint = constraint_name;
                v_results[v_at] := import_failure(rows[v_at].id, v_state, v_message, v_hint, v_detail, v_constraint);
                v_at := v_at + 1;
            end;
        end loop;
        if dry_run then
            raise exception using errcode = 'KA999';
        end if;
    exception when sqlstate 'KA999' then
        null;
    end;
    return query
    select case when x.outcome is null then 'added' else x.outcome end, coalesce(x.id, r.id), x.code, x.reason, x.message, x.field, x.matches, x.given
      from unnest(rows) with ordinality r
      join unnest(v_results) with ordinality x on x.ordinality = r.ordinality
     order by r.ordinality;
end
$$;

-- ---- activities ----

-- The locks that the follow-ups of what was done take one by one (plan_follow_up()), in one order for all.
create function begin_activity_import(account_ids uuid[]) returns void language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    if caller_id() is not null then
        perform take_turn(turn.what)
           from (select 'follow-ups of account: ' || i as what from (select distinct unnest(account_ids) i) x where i is not null order by 1) turn;
    end if;
end
$$;

-- people: names of contacts, one a line.
create function import_activities(dry_run boolean, rows activity[], accounts text[], owners text[], people text[]) returns setof import_result
language plpgsql set search_path = kam, pg_temp as $$
declare
    v_rows activity[] := rows;
    v_results import_result[];
    v_people jsonb := '{}';
    v_count int := cardinality(rows);
    v_at int := 1;
    v_to int;
    v_is_alone boolean := false;
    v_text text;
    v_ids uuid[];
    v_state text; v_message text; v_hint text; v_detail text; v_constraint text;
begin
    v_results := array(select case when a.id is not null then row('present', a.id, null, null, null, null, null, null)::import_result
                                   when import_is_repeated() then row('not_added', r.id, null, null, null, null, null, null)::import_result end
                         from unnest(rows) with ordinality r left join activity a on a.id = r.id order by r.ordinality);
    for v_text in select distinct a from unnest(accounts) with ordinality a where v_results[a.ordinality].outcome is null loop
        v_ids := accounts_called(v_text);
        foreach v_at in array array_positions(accounts, v_text) loop
            if v_results[v_at].outcome is not null then
                continue;
            elsif cardinality(v_ids) = 1 then
                v_rows[v_at].account_id := v_ids[1];
            else
                v_results[v_at] := import_unresolved(rows[v_at].id, 'account', v_text, v_ids);
            end if;
        end loop;
    end loop;
    for v_text in select distinct o from unnest(owners) o loop
        v_ids := case when v_text = '' then array[caller_id()] else users_called(v_text) end;
        foreach v_at in array array_positions(owners, v_text) loop
            if v_results[v_at].outcome is not null then
                continue;
            elsif cardinality(v_ids) = 1 then
                v_rows[v_at].owner_id := v_ids[1];
            else
                v_results[v_at] := import_unresolved(rows[v_at].id, 'owner', v_text, v_ids);
            end if;
        end loop;
    end loop;
    for v_at in select p.ordinality from unnest(people) with ordinality p (names, ordinality)
                 where p.names <> '' and v_results[p.ordinality].outcome is null loop
        v_ids := '{}';
        foreach v_text in array string_to_array(people[v_at], E'\n') loop
            v_ids := v_ids || (select p.contact_id from kam.position p join contact c on c.id = p.contact_id
                                where p.account_id = v_rows[v_at].account_id and c.name = v_text and c.retire_time is null
                                order by p.ended_on nulls first, c.id limit 1);
            if v_ids[cardinality(v_ids)] is null then
                v_results[v_at] := import_refusal(rows[v_at].id, 'CONTACT_NOT_FOUND', 'contacts', v_text);
                exit;
            end if;
        end loop;
        v_people := v_people || jsonb_build_object(rows[v_at].id, v_ids);
    end loop;
    begin
        perform begin_activity_import(array(select r.account_id from unnest(v_rows) with ordinality r
                                             where v_results[r.ordinality].outcome is null and r.state = 'done' and r.time > now() - interval '8 days'));
        v_at := 1;
        while v_at <= v_count loop
            v_to := case when v_is_alone then v_at else v_count end;
            begin
                insert into activity (id, account_id, kind, state, subject, time, duration_minutes, place, owner_id, cost_currency_code, cost_minor_units,
                                      description, customer_reaction, result)
                select r.id, r.account_id, r.kind, r.state, r.subject, r.time, r.duration_minutes, r.place, r.owner_id, r.cost_currency_code,
                       r.cost_minor_units, r.description, r.customer_reaction, r.result
                  from unnest(v_rows[v_at:v_to]) with ordinality r
                 where v_results[v_at + r.ordinality - 1].outcome is null
                 order by r.ordinality;
                perform add_activity_people(r.id, array(select jsonb_array_elements_text(v_people -> r.id::text)::uuid), '{}')
                   from unnest(v_rows[v_at:v_to]) with ordinality r
                  where v_results[v_at + r.ordinality - 1].outcome is null and v_people ? r.id::text;
                v_at := v_to + 1;
            exception when others then
                if v_to > v_at then
                    v_is_alone := true;
                    continue;
                end if;
                get stacked diagnostics v_state = returned_sqlstate, v_message = message_text, v_hint = pg_exception_hint,
                                        v_detail = pg_exception_detail, v_constraint = constraint_name;
                v_results[v_at] := import_failure(rows[v_at].id, v_state, v_message, v_hint, v_detail, v_constraint);
                v_at := v_at + 1;
            end;
        end loop;
        if dry_run then
            raise exception using errcode = 'KA999';
        end if;
    exception when sqlstate 'KA999' then
        null;
    end;
    return query
    select case when x.outcome is null then 'added' else x.outcome end, r.id, x.code, x.reason, x.message, x.field, x.matches, x.given
      from unnest(rows) with ordinality r
      join unnest(v_results) with ordinality x on x.ordinality = r.ordinality
     order by r.ordinality;
end
$$;

grant execute on function begin_import(), begin_account_import(account[]), begin_activity_import(uuid[]), accounts_called(text), users_called(text), import_refusal(uuid, text, text, text),
                          import_unresolved(uuid, text, text, uuid[]), import_failure(uuid, text, text, text, text, text), import_is_repeated(),
                          import_accounts(boolean, account[], text[], text[]), import_contacts(boolean, contact[], kam.position[], text[]),
                          import_activities(boolean, activity[], text[], text[], text[])
    to kam_rep, kam_manager;
