-- SPDX-License-Identifier: Apache-2.0
-- The epoch of the change log: a restored backup is another past than the one that clients saw. Whoever keeps a copy compares the epoch with the one
-- it knows, and begins anew when it is another. And when the last backup was made.
set local search_path = kam, pg_temp;

alter table company
    add column feed_epoch uuid not null default gen_random_uuid(),
    -- The change log of this epoch begins after this sequence. What is at or below it was written by another cluster, whose transaction numbers
    -- say nothing about order or visibility in this one.
    add column feed_epoch_start bigint not null default 0,
    -- Of the last one that kamd backup made; a restored company has the time of the backup it came from.
    add column last_backup_time timestamptz;

-- For Login, which answers before there is a caller, and for kamd check.
create function feed_epoch() returns uuid language sql stable security definer set search_path = kam, pg_temp as $$
    select c.feed_epoch from company c
$$;
create function last_backup_time() returns timestamptz language sql stable security definer set search_path = kam, pg_temp as $$
    select c.last_backup_time from company c
$$;
grant execute on function feed_epoch(), last_backup_time() to kam_auth;

-- ---- the operator's ----

create function operator_note_backup(at timestamptz) returns void language sql set search_path = kam, pg_temp as $$
    update company set last_backup_time = greatest(last_backup_time, at)
$$;

-- After a restore. The number that is taken from the sequence here is no entry's: all that follow are greater.
create function operator_begin_epoch(backup_time timestamptz) returns uuid language sql set search_path = kam, pg_temp as $$
    update company
       set feed_epoch = gen_random_uuid(), feed_epoch_start = nextval(pg_get_serial_sequence('kam.change', 'sequence')),
           last_backup_time = backup_time
    returning feed_epoch
$$;
