-- SPDX-License-Identifier: Apache-2.0
-- The roles. They are cluster-wide and several databases of one cluster may migrate at once, so each is made only where it is missing,
-- and losing the race to another migration is no error.
--
--   kam_rep, kam_manager, kam_service   what a caller of that role may do; the server's pools enter them with SET ROLE
--   kam_auth                            logging in, before there is a caller
--   kam_login                           what the server logs in as: a member of the four, with no rights of its own
--
-- The migrating role needs CREATEROLE unless the roles exist and kam_login is a member of the four.
set local search_path = kam, pg_temp;

do $$
declare
    v_role text;
begin
    foreach v_role in array array['kam_rep', 'kam_manager', 'kam_service', 'kam_auth'] loop
        if not exists (select from pg_catalog.pg_roles where rolname = v_role) then
            begin
                execute format('create role %I nologin noinherit', v_role);
            exception when duplicate_object or unique_violation then
                null;
            end;
        end if;
    end loop;

    if not exists (select from pg_catalog.pg_roles where rolname = 'kam_login') then
        begin
            create role kam_login login noinherit;
        exception when duplicate_object or unique_violation then
            null;
        end;
    end if;

    foreach v_role in array array['kam_rep', 'kam_manager', 'kam_service', 'kam_auth'] loop
        if not pg_catalog.pg_has_role('kam_login', v_role, 'member') then
            begin
                execute format('grant %I to kam_login', v_role);
            exception when unique_violation then
                null;
            end;
        end if;
    end loop;
end
$$;

-- New functions belong to nobody but the owner until they are granted.
alter default privileges revoke execute on functions from public;
revoke all on schema kam from public;
grant usage on schema kam to kam_rep, kam_manager, kam_service, kam_auth;
