-- SPDX-License-Identifier: Apache-2.0
-- The feed: the change log read onward from a place, in the order of (transaction, sequence), and only below the oldest transaction that still runs, so that
-- none which commits late is missed. Watch reads it; so will Sync.Pull.
set local search_path = kam, pg_temp;

-- The order of the feed. It says nothing but when.
grant select (xid) on change to kam_rep, kam_manager;

-- Who reaches an account.
create index account_reach_account on account_reach (account_id, user_id);

-- ---- epochs ----

-- What another cluster wrote comes before everything of this one, whose transaction numbers may be lower.
update change set xid = '0' where sequence <= (select c.feed_epoch_start from company c) and xid <> '0';

create or replace function operator_begin_epoch(backup_time timestamptz) returns uuid language sql set search_path = kam, pg_temp as $$
    update change set xid = '0' where xid <> '0';
    update company
       set feed_epoch = gen_random_uuid(), feed_epoch_start = nextval(pg_get_serial_sequence('kam.change', 'sequence')),
           last_backup_time = backup_time
    returning feed_epoch
$$;

-- ---- reading ----

-- Where a reader who stands after (after_xid, after_sequence) stands after at most so many entries more; NULL stands at the end. is_end: there is no more
-- below the oldest running transaction; the next place is then (that transaction, 0), because sequences begin with 1. No row for a place that this log
-- has not reached: the reader saw another one, before a failover say.
create function feed_window(after_xid bigint, after_sequence bigint, most int) returns table (end_xid bigint, end_sequence bigint, is_end boolean)
language plpgsql stable security definer set search_path = kam, pg_temp as $$
declare
    c_snapshot constant pg_snapshot := pg_current_snapshot();
    v_horizon xid8 := pg_snapshot_xmin(c_snapshot);
    v_xid xid8 := after_xid::text::xid8;
begin
    if v_xid > pg_snapshot_xmax(c_snapshot) then
        return;
    end if;
    if v_xid is not null then
        select c.xid::text::bigint, c.sequence into end_xid, end_sequence
          from change c
         where (c.xid, c.sequence) > (v_xid, after_sequence) and c.xid < v_horizon
         order by c.xid, c.sequence
        offset greatest(most, 1) - 1 limit 1;
    end if;
    is_end := end_xid is null;
    if is_end and v_xid >= v_horizon then
        end_xid := after_xid;
        end_sequence := after_sequence;
    elsif is_end then
        end_xid := v_horizon::text::bigint;
        end_sequence := 0;
    end if;
    return next;
end
$$;
grant execute on function feed_window(bigint, bigint, int) to kam_rep, kam_manager;

-- One page of the feed, as the caller may see it now: the policies of change decide. place is for clients: the epoch and where the page ends, in the
-- letters of base64url. after_xid NULL: an empty page at the end. No row when it is of another epoch.
create function feed_page(epoch uuid, after_xid bigint, after_sequence bigint, most int)
returns table (place text, is_current boolean, entities text[], record_ids uuid[], account_ids text[], versions bigint[], operations text[],
               actor_ids text[], times timestamptz[])
language plpgsql stable set search_path = kam, pg_temp as $$
declare
    v_epoch uuid := (select c.feed_epoch from company c);
    v_window record;
begin
    if v_epoch <> epoch then
        return;
    end if;
    select w.* into v_window from feed_window(after_xid, after_sequence, most) w;
    if not found then
        return;
    end if;
    is_current := v_window.is_end;
    place := rtrim(translate(encode(uuid_send(v_epoch) || int8send(v_window.end_xid) || int8send(v_window.end_sequence), 'base64'), '+/', '-_'), '=');
    if after_xid is not null then
        select array_agg(c.entity), array_agg(c.record_id), array_agg(coalesce(c.account_id::text, '')), array_agg(coalesce(c.version, 0)), array_agg(c.operation),
               array_agg(coalesce(c.actor_id::text, '')), array_agg(c.time)
          into entities, record_ids, account_ids, versions, operations, actor_ids, times
          from (select x.entity, x.record_id, x.account_id, x.version, x.operation, x.actor_id, x.time
                  from change x
                 where (x.xid, x.sequence) > (after_xid::text::xid8, after_sequence)
                   and (x.xid, x.sequence) <= (v_window.end_xid::text::xid8, v_window.end_sequence)
                 order by x.xid, x.sequence) c;
    end if;
    return next;
end
$$;
grant execute on function feed_page(uuid, bigint, bigint, int) to kam_rep, kam_manager;

-- ---- whom it concerns ----

-- For the server, which tells nobody what is here but has those people's streams read on: who may be able to see what a window of the feed holds. More people
-- than the policies of change let see it do no harm; fewer would be late by as long as the server takes to look after everybody. tests/sql/feed_test.py
-- compares the two. is_for_all: there is something that is not asked so cheaply. lag_ms: how long ago the transaction began whose entries have waited longest,
-- because an older one still runs; NULL when none waits.
create function feed_news(after_xid bigint, after_sequence bigint, most int)
returns table (epoch uuid, end_xid bigint, end_sequence bigint, is_end boolean, is_for_all boolean, user_ids uuid[], lag_ms bigint)
language plpgsql stable security definer set search_path = kam, pg_temp as $$
declare
    -- Of a person, seen by whoever reaches an account where the person has or had a position.
    c_of_people constant text[] := array['contact', 'contact_profile', 'contact_gift', 'contact_tie'];
    v_people uuid[];
    v_accounts uuid[];
begin
    select w.end_xid, w.end_sequence, w.is_end into end_xid, end_sequence, is_end from feed_window(after_xid, after_sequence, most) w;
    if not found then
        -- A log that has not come so far is another one: everybody finds that out.
        select true, w.end_xid, w.end_sequence, w.is_end into is_for_all, end_xid, end_sequence, is_end from feed_window(null, null, most) w;
    elsif after_xid is not null then
        select array_agg(distinct c.account_id) filter (where c.account_id is not null),
               array_agg(distinct coalesce(g.contact_id, c.record_id)) filter (where c.account_id is null and c.entity = any (c_of_people)),
               bool_or(c.account_id is null and c.entity <> all (c_of_people))
          into v_accounts, v_people, is_for_all
          from change c
          left join contact_gift g on c.entity = 'contact_gift' and g.id = c.record_id
         where (c.xid, c.sequence) > (after_xid::text::xid8, after_sequence)
           and (c.xid, c.sequence) <= (end_xid::text::xid8, end_sequence);
        if v_people is not null then
            v_accounts := array(select unnest(v_accounts) union select p.account_id from position p where p.contact_id = any (v_people));
        end if;
        if v_accounts is not null then
            user_ids := array(
                select r.user_id from account_reach r where r.account_id = any (v_accounts)
                union
                select u.id
                  from account a join team_closure c on c.descendant_id = a.team_id join app_user u on u.team_id = c.ancestor_id
                 where a.id = any (v_accounts) and u.role = 'manager'
                union
                -- What waits for the key account group is theirs to read, wherever it is.
                select u.id from app_user u where u.is_key_account_group
                union
                -- And for the managers above its owner, who may be of another team than the account; whoever decided once reads on.
                select m.id
                  from opportunity o join app_user w on w.id = o.owner_id join team_closure c on c.descendant_id = w.team_id
                  join app_user m on m.team_id = c.ancestor_id and m.role = 'manager'
                 where o.account_id = any (v_accounts)
                union
                select s.decided_by from approval_step s where s.account_id = any (v_accounts) and s.decided_by is not null);
            -- Whoever stands in for one of them, today or another day.
            user_ids := user_ids || array(select d.to_user_id from delegation d where d.from_user_id = any (user_ids) and d.end_time is null);
        end if;
    end if;
    is_for_all := coalesce(is_for_all, false);
    epoch := (select c.feed_epoch from company c);
    lag_ms := (select greatest(0, extract(epoch from clock_timestamp() - c.time) * 1000)::bigint
                 from change c
                where c.xid >= pg_snapshot_xmin(pg_current_snapshot())
                order by c.xid, c.sequence limit 1);
    return next;
end
$$;
grant execute on function feed_news(bigint, bigint, int) to kam_auth;
