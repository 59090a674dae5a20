-- SPDX-License-Identifier: Apache-2.0
-- What is decided about accounts: owner, team, code, members, retirement, and whether a new one is a new one (撞单).
-- Every function checks reach itself: it runs as the owner of the tables, whom no policy holds.
set local search_path = kam, pg_temp;

-- The caller is a manager, and the team is theirs or below it.
create function manages_team(team_id uuid) returns boolean language sql stable security definer set search_path = kam, pg_temp as $$
    select caller_role() = 'manager'
       and exists (select from team_closure c where c.ancestor_id = caller_team_id() and c.descendant_id = manages_team.team_id)
$$;

-- The same answer as the policies of account give to rep and manager.
create function reaches_account(account_id uuid) returns boolean language sql stable security definer set search_path = kam, pg_temp as $$
    select caller_role() in ('rep', 'manager')
       and exists (select from account a
                    where a.id = reaches_account.account_id
                      and (a.owner_id = caller_id()
                           or exists (select from account_reach r where r.user_id = caller_id() and r.account_id = a.id)
                           or manages_team(a.team_id)))
$$;

create function refuse_not_found(what text) returns void language sql volatile set search_path = kam, pg_temp as $$
    select refuse(5, 'NOT_FOUND', 'There is no such ' || what || ' within your reach.')
$$;

-- Somebody who can look after an account: enabled, and not of the service desk. Held until the transaction ends, so that the account
-- gets the team the user has.
create function require_account_worker(user_id uuid) returns app_user language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_user app_user;
begin
    select * into v_user from app_user u where u.id = user_id for share;
    if not found then
        perform refuse(5, 'USER_NOT_FOUND', 'There is no such user.');
    end if;
    perform require(v_user.disable_time is null, 9, 'USER_DISABLED', 'This user is disabled.');
    perform require(v_user.role in ('rep', 'manager'), 9, 'USER_IS_SERVICE', 'A user of the service desk cannot own or join an account.');
    return v_user;
end
$$;

-- ---- duplicates ----

-- Accounts with the same key of the name or registration number, or with at least 80 % of the pairs of characters in common, whoever's they are.
create function find_duplicates(account_name text, registration_number text)
returns table (id uuid, code text, name text, owner_name text, team_name text, similarity int, is_retired boolean)
language plpgsql stable security definer set search_path = kam, pg_temp as $$
declare
    v_key text := name_key(account_name);
    v_grams text[] := name_grams(v_key);
    v_registration text := registration_key(registration_number);
    v_count int := cardinality(v_grams);
begin
    if caller_id() is null then
        return;
    end if;
    return query
    select a.id, a.code, a.name, o.name, t.name, m.similarity, a.retire_time is not null
      from (select candidate.id, max(candidate.similarity) as similarity
              from (select x.id, 100 as similarity from account x where x.name_key = v_key and v_key <> ''
                    union all
                    select x.id, 100 from account x where x.registration_key = v_registration
                    union all
                    select x.id, name_similarity(v_key, v_grams, x.name_key, x.name_grams)
                      from account x
                     -- To reach 80 % at least two thirds of the pairs must be shared, so one of any third and one more is.
                     where x.name_grams && v_grams[v_count / 3 + 1 : v_count / 3 + 1 + v_count / 3]
                       and cardinality(x.name_grams) between v_count * 2 / 3 and (v_count * 3 + 1) / 2) candidate
             where candidate.similarity >= 80
             group by candidate.id
             order by 2 desc, 1
             limit 20) m
      join account a on a.id = m.id
      join app_user o on o.id = a.owner_id
      join team t on t.id = a.team_id
     order by m.similarity desc, a.code;
end
$$;
grant execute on function find_duplicates(text, text) to kam_rep, kam_manager;

-- The duplicate_reason to keep: the one given when the account looks like another one, '' when it does not; refuses when it does and none is given.
create function check_duplicates(account_id uuid, account_name text, registration_number text, given_reason text, what text) returns text
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_grams text[] := name_grams(name_key(account_name));
    v_matches jsonb;
    v_is_same boolean;
begin
    -- Who comes with nearly the same name waits, and then sees this one. Of two names that are 80 % alike at least two thirds of the pairs of either are
    -- in common; the first of these, in any order that is the same for all, is then within the first third, or one after it, of both. The order
    -- is that of the locks, so that nobody waits in a circle.
    perform pg_advisory_xact_lock(turn.number)
       from (select hashtextextended('kam: name of account: ' || g, 0) as number from unnest(v_grams) g order by 1 limit cardinality(v_grams) / 3 + 1) turn;
    if registration_key(registration_number) is not null then
        perform take_turn('number of account: ' || registration_key(registration_number));
    end if;
    select jsonb_agg(jsonb_build_object('type', 'Account', 'name', d.code || ' ' || d.name, 'owner', d.owner_name || ', ' || d.team_name,
                                        'description', case d.similarity when 100 then 'same name or registration number, 100% alike'
                                                                         else 'similar name, ' || d.similarity || '% alike' end
                                                       || case when d.is_retired then ', retired' else '' end)
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
                       case when v_is_same then 'This account exists already. Give a reason to '
                            else 'This account looks like one that exists. Give a reason to ' end || what || ' all the same.',
                       jsonb_build_object('resources', v_matches));
    end if;
    return given_reason;
end
$$;

-- ---- a new account ----

create function place_account() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_owner app_user;
begin
    new.owner_id := coalesce(new.owner_id, caller_id());
    v_owner := require_account_worker(new.owner_id);
    if new.owner_id is distinct from caller_id() and caller_id() is not null then
        perform require(manages_team(v_owner.team_id), 7, 'OWNER_OUT_OF_REACH',
                        case caller_role() when 'manager' then 'The owner must belong to your team or a team below it.'
                                           else 'You can create accounts for yourself only.' end);
    end if;
    new.team_id := v_owner.team_id;
    new.code := coalesce(new.code, (select account_code_prefix from company) || lpad(nextval('account_number')::text, 6, '0'));

    new.duplicate_reason := check_duplicates(new.id, new.name, new.registration_number, new.duplicate_reason, 'create it');
    return new;
end
$$;
create trigger place_account before insert on account for each row execute function place_account();

-- The same check for an account that gets another name or number, by what is new about it. duplicate_reason is what the request gave; it stays as it
-- was where the keys do.
create function rename_account() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_has_name boolean := new.name <> old.name and name_key(new.name) <> old.name_key;
    v_has_number boolean := new.registration_number <> old.registration_number
                            and registration_key(new.registration_number) is distinct from old.registration_key;
begin
    if v_has_name or v_has_number then
        new.duplicate_reason := check_duplicates(new.id, case when v_has_name then new.name else '' end,
                                                 case when v_has_number then new.registration_number else '' end, new.duplicate_reason, 'change it');
    else
        new.duplicate_reason := old.duplicate_reason;
    end if;
    return new;
end
$$;
create trigger rename_account before update of name, registration_number, duplicate_reason on account for each row execute function rename_account();

-- A parent is an account within the caller's reach (a foreign key would also take, and so give away, others), and never below its own child.
create function check_account_parent() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    if new.parent_id is null or (tg_op = 'UPDATE' and new.parent_id is not distinct from old.parent_id) then
        return new;
    end if;
    if caller_id() is not null then
        perform require(reaches_account(new.parent_id), 5, 'PARENT_NOT_FOUND', 'There is no such parent account within your reach.');
    end if;
    -- Two at once could be each other's parents.
    perform take_turn('account tree');
    perform require(not exists (
                        with recursive above (id) as (
                            select new.parent_id
                            union
                            select a.parent_id from above join account a on a.id = above.id where a.parent_id is not null)
                        select from above where above.id = new.id),
                    9, 'ACCOUNT_PARENT_LOOP', 'The account would be its own parent, through others.');
    return new;
end
$$;
create trigger check_parent before insert or update of parent_id on account for each row execute function check_account_parent();

-- ---- decisions ----

create function reassign_account(account_id uuid, seen_version bigint, owner_id uuid, reason text) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_account account;
    v_owner app_user;
begin
    select * into v_account from account a where a.id = account_id for no key update;
    if not found or not reaches_account(account_id) then
        perform refuse_not_found('account');
    end if;
    perform require(manages_team(v_account.team_id), 7, 'NOT_MANAGER', 'Only a manager of the account''s team can give it to another owner.');
    if v_account.version <> seen_version then
        return;
    end if;
    v_owner := require_account_worker(owner_id);
    perform require(manages_team(v_owner.team_id), 7, 'OWNER_OUT_OF_REACH', 'The owner must belong to your team or a team below it.');
    perform require(v_owner.id <> v_account.owner_id, 9, 'OWNER_UNCHANGED', 'This user owns the account already.');
    perform give_reason(reason);
    update account a set owner_id = v_owner.id, team_id = v_owner.team_id where a.id = account_id;
end
$$;

create function set_account_member(account_id uuid, user_id uuid, is_member boolean) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_account account;
begin
    select * into v_account from account a where a.id = account_id for no key update;
    if not found or not reaches_account(account_id) then
        perform refuse_not_found('account');
    end if;
    perform require(v_account.owner_id = caller_id() or manages_team(v_account.team_id), 7, 'NOT_OWNER',
                    'Only the owner of the account or a manager can say who works on it.');
    if is_member then
        perform require_account_worker(user_id);
        perform require(v_account.owner_id <> user_id and not exists (select from account_member m where m.account_id = v_account.id and m.user_id = set_account_member.user_id),
                        6, 'ACCOUNT_MEMBER_EXISTS', 'This user works on the account already.');
        insert into account_member (account_id, user_id, created_by) values (account_id, user_id, caller_id());
    else
        delete from account_member m where m.account_id = v_account.id and m.user_id = set_account_member.user_id;
        if not found then
            perform refuse(5, 'ACCOUNT_MEMBER_NOT_FOUND', 'This user is no member of the account.');
        end if;
    end if;
end
$$;

create function set_account_retired(account_id uuid, seen_version bigint, is_retired boolean, reason text) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_account account;
begin
    select * into v_account from account a where a.id = account_id for no key update;
    if not found or not reaches_account(account_id) then
        perform refuse_not_found('account');
    end if;
    if v_account.version <> seen_version then
        return;
    end if;
    if is_retired then
        perform require(v_account.retire_time is null, 9, 'ACCOUNT_RETIRED', 'The account is retired already.');
    else
        perform require(v_account.retire_time is not null, 9, 'ACCOUNT_NOT_RETIRED', 'The account is not retired.');
        perform require(not exists (select from app_user u where u.id = v_account.owner_id and u.disable_time is not null), 9, 'OWNER_DISABLED',
                        'The owner of the account is disabled. Give the account to somebody else first, then restore it.');
        -- Waits for whoever is retiring the team.
        perform from team t where t.id = v_account.team_id and t.retire_time is null for key share;
        perform require(found, 9, 'TEAM_RETIRED', 'The team of the account is retired. Give the account to somebody of another team first, then restore it.');
    end if;
    perform give_reason(reason);
    update account a set retire_time = case when is_retired then now() end where a.id = account_id;
end
$$;

grant execute on function reassign_account(uuid, bigint, uuid, text) to kam_manager;
grant execute on function set_account_member(uuid, uuid, boolean), set_account_retired(uuid, bigint, boolean, text) to kam_rep, kam_manager;
