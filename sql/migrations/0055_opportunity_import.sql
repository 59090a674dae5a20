-- SPDX-License-Identifier: Apache-2.0
-- Opportunities from files. Without a stage they begin as others do, and anybody may import them; at a stage, won or lost they come without evidence and
-- approvals, so managers of the root team alone import these, and it can be seen of them for ever.
set local search_path = kam, pg_temp;

-- As before, and of pipelines and stages.
create or replace function import_refusal(id uuid, reason text, field text, given text) returns import_result
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
    when 'PIPELINE_NAME_NOT_FOUND' then perform refuse(5, 'PIPELINE_NAME_NOT_FOUND', 'There is no pipeline called ''{name}''.', v_values);
    when 'STAGE_NAME_NOT_FOUND' then perform refuse(5, 'STAGE_NAME_NOT_FOUND', 'The pipeline has no stage called ''{name}''.', v_values);
    else perform refuse(5, 'ACCOUNT_NAME_NOT_FOUND', 'There is no account called ''{name}'' within your reach.', v_values);
    end case;
    return null;
exception when others then
    get stacked diagnostics v_hint = pg_exception_hint, v_detail = pg_exception_detail;
    return import_failure(id, sqlstate, sqlerrm, v_hint, v_detail, '');
end
$$;

-- The newest version of the pipeline of this key or name, in use; of the default one for ''. NULL when there is none.
create function pipeline_called(what text) returns uuid language sql stable set search_path = kam, pg_temp as $$
    select v.id
      from pipeline p
      join lateral (select * from pipeline_version n where n.pipeline_id = p.id order by n.number desc limit 1) v on true
     where p.retire_time is null and case when what = '' then p.is_default else p.key = lower(what) or fold_text(what) in (fold_text(v.name_en), fold_text(v.name_zh)) end
     order by p.key <> lower(what), p.key limit 1
$$;

-- The key of the stage of this key or name; ':won' and ':lost', which are no keys, where it says that; NULL when there is none.
create function stage_called(version_id uuid, what text) returns text language sql stable set search_path = kam, pg_temp as $$
    select coalesce((select s.key from pipeline_stage s
                      where s.version_id = stage_called.version_id and (s.key = lower(what) or fold_text(what) in (fold_text(s.name_en), fold_text(s.name_zh)))
                      order by s.key <> lower(what), s.position limit 1),
                    case when fold_text(what) in ('won', '赢单', '成交') then ':won' when fold_text(what) in ('lost', '丢单', '输单') then ':lost' end)
$$;

-- The accounts of a call, in one order, so that two imports do not wait for each other.
create function begin_opportunity_import(account_ids uuid[]) returns void language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    if caller_role() = 'manager' and caller_team_id() = root_team_id() then
        perform from account a where a.id = any (account_ids) order by a.id for no key update;
    end if;
end
$$;

-- One that comes with its stage. Whoever has it works on the account from now on, as they did where it comes from.
create function import_staged_opportunity(opportunity opportunity) returns void language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    perform require(caller_role() = 'manager' and caller_team_id() = root_team_id(), 7, 'NOT_ROOT_MANAGER_IMPORT',
                    'Only managers of the root team import opportunities at a stage, with a date, won or lost.');
    perform from account a where a.id = opportunity.account_id for no key update;
    if not found or not reaches_account(opportunity.account_id) then
        perform refuse_not_found('account');
    end if;
    perform require(opportunity.stage_since <= now() and coalesce(opportunity.close_time, now()) <= now(), 3, 'DATE_IN_FUTURE_IMPORT',
                    'What is imported cannot have begun or ended in the future.');
    perform require(opportunity.close_time is null or opportunity.stage_since <= opportunity.close_time, 3, 'ENDED_BEFORE_BEGUN', 'It cannot have ended before it began.');
    if not works_on_account(opportunity.owner_id, opportunity.account_id) then
        perform set_account_member(opportunity.account_id, opportunity.owner_id, true);
    end if;
    insert into opportunity (id, account_id, owner_id, name, pipeline_version_id, stage_key, stage_since, state, close_time, lost_reason, lost_to, is_imported,
                             amount_currency_code, amount_minor_units, purchase_on, note)
    select (opportunity).id, (opportunity).account_id, (opportunity).owner_id, (opportunity).name, (opportunity).pipeline_version_id, (opportunity).stage_key,
           (opportunity).stage_since, (opportunity).state, (opportunity).close_time, (opportunity).lost_reason, (opportunity).lost_to, true,
           (opportunity).amount_currency_code, (opportunity).amount_minor_units, (opportunity).purchase_on, (opportunity).note;
end
$$;

-- stages: '' for those that begin; products: '' for none; begun_on and closed_on may be NULL. Of what is open closed_on is when it will be bought.
create function import_opportunities(dry_run boolean, rows opportunity[], accounts text[], owners text[], pipelines text[], stages text[], products text[],
                                     begun_on date[], closed_on date[]) returns setof import_result
language plpgsql set search_path = kam, pg_temp as $$
declare
    v_rows opportunity[] := rows;
    v_results import_result[];
    v_count int := cardinality(rows);
    v_at int := 1;
    v_to int;
    v_is_alone boolean := false;
    v_text text;
    v_ids uuid[];
    v_id uuid;
    v_zone text := (select c.time_zone from company c);
    v_row opportunity;
    v_is_staged boolean[];
    v_state text; v_message text; v_hint text; v_detail text; v_constraint text;
begin
    v_results := array(select case when o.id is not null then row('present', o.id, o.code, null, null, null, null, null)::import_result
                                   when import_is_repeated() then row('not_added', r.id, null, null, null, null, null, null)::import_result end
                         from unnest(rows) with ordinality r left join opportunity o on o.id = r.id order by r.ordinality);
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
    -- Nobody named: the owner of the account.
    for v_text in select distinct o from unnest(owners) o where o <> '' loop
        v_ids := users_called(v_text);
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
    for v_text in select distinct p from unnest(pipelines) p loop
        v_id := pipeline_called(v_text);
        foreach v_at in array array_positions(pipelines, v_text) loop
            if v_results[v_at].outcome is null and v_id is null then
                v_results[v_at] := import_refusal(rows[v_at].id, 'PIPELINE_NAME_NOT_FOUND', 'pipeline', v_text);
            end if;
            v_rows[v_at].pipeline_version_id := v_id;
        end loop;
    end loop;
    for v_at in 1 .. v_count loop
        v_row := v_rows[v_at];
        v_is_staged[v_at] := stages[v_at] <> '' or begun_on[v_at] is not null;
        continue when v_results[v_at].outcome is not null;
        v_row.stage_key := case when stages[v_at] = '' then first_stage(v_row.pipeline_version_id) else stage_called(v_row.pipeline_version_id, stages[v_at]) end;
        if v_row.stage_key is null then
            v_results[v_at] := import_refusal(rows[v_at].id, 'STAGE_NAME_NOT_FOUND', 'stage', stages[v_at]);
            continue;
        end if;
        v_row.state := case v_row.stage_key when ':won' then 'won' when ':lost' then 'lost' else 'open' end;
        -- What is won went through all stages; where something was lost a file with one word for both does not say.
        v_row.stage_key := case v_row.state when 'open' then v_row.stage_key when 'lost' then first_stage(v_row.pipeline_version_id)
                           else (select s.key from pipeline_stage s where s.version_id = v_row.pipeline_version_id order by s.position desc limit 1) end;
        v_row.stage_since := coalesce((begun_on[v_at] + time '12:00') at time zone v_zone, (closed_on[v_at] + time '12:00') at time zone v_zone, now());
        v_row.close_time := case when v_row.state <> 'open' then coalesce((closed_on[v_at] + time '12:00') at time zone v_zone, now()) end;
        if v_row.state = 'open' then
            v_row.purchase_on := coalesce(v_row.purchase_on, closed_on[v_at]);
            v_row.stage_since := coalesce((begun_on[v_at] + time '12:00') at time zone v_zone, now());
        end if;
        -- Noon of today may be still to come.
        v_row.stage_since := case when begun_on[v_at] = today() or closed_on[v_at] = today() then least(v_row.stage_since, now()) else v_row.stage_since end;
        v_row.close_time := case when closed_on[v_at] = today() then least(v_row.close_time, now()) else v_row.close_time end;
        v_row.lost_reason := case when v_row.state = 'lost' then coalesce(v_row.lost_reason, 'other') end;
        v_row.owner_id := coalesce(v_row.owner_id, (select a.owner_id from account a where a.id = v_row.account_id));
        v_rows[v_at] := v_row;
    end loop;
    begin
        perform begin_opportunity_import(array(select r.account_id from unnest(v_rows) with ordinality r
                                                where v_results[r.ordinality].outcome is null and v_is_staged[r.ordinality]));
        v_at := 1;
        while v_at <= v_count loop
            v_to := case when v_is_alone then v_at else v_count end;
            begin
                for v_number in v_at .. v_to loop
                    continue when v_results[v_number].outcome is not null;
                    v_row := v_rows[v_number];
                    if v_is_staged[v_number] then
                        perform import_staged_opportunity(v_row);
                    else
                        insert into opportunity (id, account_id, owner_id, name, pipeline_version_id, amount_currency_code, amount_minor_units, purchase_on, note)
                        values (v_row.id, v_row.account_id, v_row.owner_id, v_row.name, v_row.pipeline_version_id, v_row.amount_currency_code, v_row.amount_minor_units,
                                v_row.purchase_on, v_row.note);
                    end if;
                    if products[v_number] <> '' then
                        insert into opportunity_product (opportunity_id, account_id, product) values (v_row.id, v_row.account_id, products[v_number]);
                    end if;
                end loop;
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
        v_ids := array(select r.id from unnest(rows) r);
        v_results := array(select case when x.outcome is null then row('added', r.id, o.code, null, null, null, null, null)::import_result
                                       else row(x.outcome, x.id, x.code, x.reason, x.message, x.field, x.matches, x.given)::import_result end
                             from unnest(v_ids) with ordinality r (id, place)
                             join unnest(v_results) with ordinality x on x.ordinality = r.place
                             left join opportunity o on o.id = r.id and not dry_run
                            order by r.place);
        if dry_run then
            raise exception using errcode = 'KA999';
        end if;
    exception when sqlstate 'KA999' then
        null;
    end;
    return query select x.outcome, x.id, x.code, x.reason, x.message, x.field, x.matches, x.given from unnest(v_results) with ordinality x order by x.ordinality;
end
$$;
grant execute on function pipeline_called(text), stage_called(uuid, text), begin_opportunity_import(uuid[]), import_staged_opportunity(opportunity),
                          import_opportunities(boolean, opportunity[], text[], text[], text[], text[], text[], date[], date[]) to kam_rep, kam_manager;
