-- SPDX-License-Identifier: Apache-2.0
-- What happens to requests from outside: amounts that change, accounts that go, people who are erased; and the lists of what waits.
set local search_path = kam, pg_temp;

-- ---- with the amount ----

-- Whoever is to approve it sees what it is worth: a form that was open says something else now.
create function touch_request() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    update advancement a set state = a.state where a.opportunity_id = new.id and a.state = 'waiting';
    return null;
end
$$;
create trigger touch_request after update of amount_currency_code, amount_minor_units on opportunity for each row
    when ((new.amount_currency_code, new.amount_minor_units) is distinct from (old.amount_currency_code, old.amount_minor_units)) execute function touch_request();

-- ---- with the account ----

-- Nothing is decided about an account that is out of use. One that is merged takes its requests along, each as it stands.
create function end_advancements() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    perform from opportunity o where o.account_id = new.id order by o.id for no key update;
    perform cancel_advancement(a.opportunity_id, 'account_retired', current_setting('kam.reason', true)) from advancement a where a.account_id = new.id and a.state = 'waiting';
    return null;
end
$$;
create trigger end_advancements after update of retire_time on account for each row
    when (new.retire_time is not null and old.retire_time is null and new.merged_into_id is null) execute function end_advancements();

-- As before, and with an opportunity that goes back what was made for it after the merge: assessments, with the grades that follow from them, engagement plans,
-- SWOTs; and the activities that did steps of such plans, or are the care after its sale. What the survivor had before the merge stays with it.
create or replace function plan_followers(merge_id uuid, survivor_id uuid) returns void language plpgsql set search_path = kam, pg_temp as $$
declare
    c_planned constant text := 'exists (select from account_merge_row r where r.merge_id = $1 and r.table_name = %L and r.column_name = %L and r.row_key = array[%s::text])';
    c_made_for constant text[] := array['opportunity', 'assessment'];
    v_since timestamptz := (select m.merge_time from account_merge m where m.id = plan_followers.merge_id);
    v_link record;
    v_count int;
    v_found int;
begin
    loop
        v_found := 0;
        for v_link in
            select l.*, (select string_agg(format('t.%I::text', k), ', ') from unnest(r.key_columns) k) as keys
              from account_links() l join account_references() r using (table_name, column_name)
             where l.is_required or l.parent_name = l.table_name or l.parent_name = any (c_made_for)
        loop
            execute format('insert into account_merge_row (merge_id, table_name, column_name, row_key)
                            select $1, %1$L, %2$L, array[%3$s]
                              from %1$I t
                             where t.%2$I = $2 and t.%4$I in (select r.row_key[1]::uuid from account_merge_row r
                                                               where r.merge_id = $1 and r.table_name = %5$L and r.column_name = %6$L)'
                           || case when not v_link.is_required and v_link.parent_name = any (c_made_for) then ' and t.create_time > $3' else '' end || '
                            on conflict do nothing', v_link.table_name, v_link.column_name, v_link.keys, v_link.link_column, v_link.parent_name, v_link.parent_column)
              using merge_id, survivor_id, v_since;
            get diagnostics v_count = row_count;
            v_found := v_found + v_count;
        end loop;
        insert into account_merge_row (merge_id, table_name, column_name, row_key)
        select plan_followers.merge_id, 'activity', 'account_id', array[a.id::text]
          from account_merge_row r
          join (select s.id, s.activity_id, 'engagement_step' as name from engagement_step s where s.account_id = survivor_id
                union all
                select p.id, p.activity_id, 'care_phase' from care_phase p where p.account_id = survivor_id) x on x.name = r.table_name and x.id = r.row_key[1]::uuid
          join activity a on a.id = x.activity_id and a.account_id = survivor_id and a.create_time > v_since
         where r.merge_id = plan_followers.merge_id and r.column_name = 'account_id'
        on conflict do nothing;
        get diagnostics v_count = row_count;
        v_found := v_found + v_count;
        exit when v_found = 0;
    end loop;
    for v_link in
        select l.*, (select string_agg(format('t.%I::text', k), ', ') from unnest(r.key_columns) k) as keys
          from account_links() l join account_references() r using (table_name, column_name)
         where not l.is_required
    loop
        -- Of the rows that go, and of those that hang on rows that go.
        execute format('update %1$I t set %4$I = null
                         where t.%2$I = $2 and t.%4$I is not null and not ' || format(c_planned, v_link.parent_name, v_link.parent_column, 't.%4$I') || '
                           and array[%3$s] in (select r.row_key from account_merge_row r where r.merge_id = $1 and r.table_name = %1$L and r.column_name = %2$L)',
                       v_link.table_name, v_link.column_name, v_link.keys, v_link.link_column)
          using merge_id, survivor_id;
        execute format('update %1$I t set %4$I = null
                         where t.%2$I = $2 and t.%4$I in (select r.row_key[1]::uuid from account_merge_row r
                                                           where r.merge_id = $1 and r.table_name = %5$L and r.column_name = %6$L)
                           and not exists (select from account_merge_row r
                                            where r.merge_id = $1 and r.table_name = %1$L and r.column_name = %2$L and r.row_key = array[%3$s])',
                       v_link.table_name, v_link.column_name, v_link.keys, v_link.link_column, v_link.parent_name, v_link.parent_column)
          using merge_id, survivor_id;
    end loop;
end
$$;

-- ---- erasure ----

-- What evidence copied of the person: their name, their needs, the way to them. It still says that there was evidence, and when.
create function erase_from_process(contact_id uuid, account_ids uuid[]) returns uuid[] language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    update advancement_evidence x set evidence_text = '[erased]'
     where x.account_id = any (account_ids)
       and (x.evidence_kind = 'contact' and x.evidence_id = erase_from_process.contact_id
            or x.evidence_kind = 'need' and x.evidence_id in (select n.id from need n where n.contact_id = erase_from_process.contact_id)
            or x.evidence_kind = 'engagement_plan' and x.evidence_id in (select s.plan_id from engagement_step s where s.contact_id = erase_from_process.contact_id));
    return '{}';
end
$$;

-- ---- lists ----

-- Who decides the open step of a request, by name, at most five, and whether the caller does. No row for one that is over or not known to the caller.
create function approval_deciders(advancement_id uuid) returns table (names text[], is_caller boolean) language plpgsql stable security definer set search_path = kam, pg_temp as $$
declare
    v_step approval_step;
    v_opportunity_id uuid;
    v_kept_out uuid[];
begin
    select s.* into v_step from approval_step s where s.advancement_id = approval_deciders.advancement_id and s.state = 'open';
    if not found then
        return;
    end if;
    v_opportunity_id := (select a.opportunity_id from advancement a where a.id = approval_deciders.advancement_id);
    if not (reads_opportunity(v_opportunity_id) or has_decided(advancement_id)) then
        return;
    end if;
    v_kept_out := kept_from_deciding(v_opportunity_id, advancement_id);
    return query
    select array(select u.name from deciders(v_step.approver, v_opportunity_id, v_kept_out) d (id) join app_user u on u.id = d.id order by u.name limit 5),
           decides_as(v_step.approver, v_opportunity_id, v_kept_out) is not null;
end
$$;

-- The requests whose open step the caller may decide now, the oldest first, after the given one.
create function approvals_for_caller(after_time timestamptz, after_id uuid, most int) returns table (id uuid, create_time timestamptz)
language plpgsql stable security definer set search_path = kam, pg_temp as $$
declare
    v_people uuid[] := array(select managed_people());
    v_is_in_group boolean := is_in_group();
begin
    if caller_role() is distinct from 'manager' or caller_id() is null then
        return;
    end if;
    return query
    select a.id, a.create_time
      from advancement a
      join approval_step s on s.advancement_id = a.id and s.state = 'open'
      join opportunity o on o.id = a.opportunity_id
     where a.state = 'waiting' and (after_time is null or (a.create_time, a.id) > (after_time, after_id))
       and case s.approver when 'key_account_group' then v_is_in_group else o.owner_id = any (v_people) end
       and decides_as(s.approver, o.id, kept_from_deciding(o.id, a.id)) is not null
     order by a.create_time, a.id
     limit most;
end
$$;

-- The opportunities whose verdict is the caller's to give now, those that wait longest in their stage first, after the given one. One whose currency has no rate is the
-- group's until it has.
create function verdicts_for_caller(after_time timestamptz, after_id uuid, most int) returns table (id uuid, stage_since timestamptz)
language plpgsql stable security definer set search_path = kam, pg_temp as $$
declare
    v_people uuid[];
    v_is_in_group boolean := is_in_group();
begin
    if caller_role() is distinct from 'manager' or caller_id() is null then
        return;
    end if;
    v_people := array(select managed_people());
    return query
    select x.id, x.stage_since
      from (select o as opportunity, o.id, o.stage_since, o.owner_id
              from (select distinct k.version_id, k.stage_key from stage_criterion k where k.kind = 'verdict') c
              join opportunity o on o.pipeline_version_id = c.version_id and o.stage_key = c.stage_key and o.state = 'open'
              join account a on a.id = o.account_id and a.retire_time is null
             where (v_is_in_group or o.owner_id = any (v_people))
               and (after_time is null or (o.stage_since, o.id) > (after_time, after_id))
             order by o.stage_since, o.id
            offset 0) x
     -- One after the other, until there are enough.
     where wants_verdict(x.id) and decides_as(verdict_approver(x.opportunity), x.id, array[x.owner_id]) is not null
     limit most;
end
$$;
grant execute on function approval_deciders(uuid), approvals_for_caller(timestamptz, uuid, int), verdicts_for_caller(timestamptz, uuid, int) to kam_rep, kam_manager;
