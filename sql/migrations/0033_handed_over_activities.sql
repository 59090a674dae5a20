-- SPDX-License-Identifier: Apache-2.0
-- What was planned at an account goes to its new owner when whoever was to do it does not work on it any more: nobody else would ever see it fall due.
set local search_path = kam, pg_temp;

create function hand_over_activities() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    if not works_on_account(old.owner_id, new.id) then
        update activity a set owner_id = new.owner_id where a.account_id = new.id and a.state = 'planned' and a.owner_id = old.owner_id;
    end if;
    return null;
end
$$;
-- After keep_reach and make_visits, by its name.
create trigger move_activities after update of owner_id on account for each row when (new.owner_id <> old.owner_id) execute function hand_over_activities();
