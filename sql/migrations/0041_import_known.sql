-- SPDX-License-Identifier: Apache-2.0
-- An activity that is there already is not imported again, also when the file comes from an export, whose rows have no ids.
set local search_path = kam, pg_temp;

create or replace function import_activities(dry_run boolean, rows activity[], accounts text[], owners text[], people text[]) returns setof import_result
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
    -- What was exported has lost its id, and its time the seconds.
    for v_number in 1 .. v_count loop
        if v_results[v_number].outcome is null and exists (
               select from activity a
                where a.account_id = v_rows[v_number].account_id and a.kind = v_rows[v_number].kind and a.subject = v_rows[v_number].subject
                  and a.owner_id = v_rows[v_number].owner_id and a.description = v_rows[v_number].description and a.result = v_rows[v_number].result
                  and a.time >= date_trunc('minute', v_rows[v_number].time) and a.time < date_trunc('minute', v_rows[v_number].time) + interval '1 minute') then
            v_results[v_number] := row('present', v_rows[v_number].id, null, null, null, null, null, null)::import_result;
        end if;
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
