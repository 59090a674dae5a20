-- SPDX-License-Identifier: Apache-2.0
-- Accounts that had a person whose data was erased can be merged, and such merges undone: what is left of the person goes along.
set local search_path = kam, pg_temp;

create or replace function begin_merge() returns void language plpgsql set search_path = kam, pg_temp as $$
begin
    perform set_config('lock_timeout', '5s', true);
    perform set_config('kam.merging', 'yes', true);
    perform take_turn('merging accounts');
end
$$;

-- A merge writes nothing into a row but where it belongs and whether it is past.
create or replace function refuse_erased() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    perform require((tg_op = 'UPDATE' and coalesce(current_setting('kam.merging', true), '') <> '')
                    or not exists (select from contact c where c.id = (to_jsonb(new) ->> tg_argv[0])::uuid and c.erase_time is not null), 9, 'CONTACT_ERASED',
                    'The data of this person was erased.');
    return new;
end
$$;
