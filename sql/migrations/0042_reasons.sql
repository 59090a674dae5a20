-- SPDX-License-Identifier: Apache-2.0
-- Reasons as they are elsewhere: of rows of an import in capitals, and of a gift whose giver does not exist.
set local search_path = kam, pg_temp;

create or replace function import_failure(id uuid, state text, message text, hint text, detail text, constraint_name text) returns import_result
language plpgsql stable set search_path = kam, pg_temp as $$
declare
    v_detail jsonb := case when state like 'KA%' and detail <> '' then detail::jsonb else '{}' end;
begin
    if state like 'KA%' then
        return row(case hint when 'ACCOUNT_DUPLICATE' then 'duplicate' else 'refused' end, id, null, hint, message,
                   regexp_replace(coalesce(v_detail #>> '{violations,0,field}', ''), '^(account|contact|activity)\.', ''), null, v_detail -> 'metadata')::import_result;
    elsif state like '22%' or state like '23%' or state = '42501' then
        -- As the server says it of a single record.
        return row('refused', id, null, coalesce(nullif(upper(constraint_name), ''), case state when '42501' then 'PERMISSION_DENIED' else 'VALUE_NOT_ALLOWED' end),
                   case state when '23505' then 'a record with the same identifying value already exists'
                              when '23503' then 'it refers to a record that does not exist, or is still in use'
                              when '23502' then 'a required value is missing'
                              when '42501' then 'permission denied'
                              else 'a value is not one of those allowed' end, '', null, null)::import_result;
    end if;
    raise exception using errcode = state, message = message, hint = coalesce(hint, ''), detail = coalesce(detail, '');
end
$$;

-- The activity is one that the caller reaches, at an account of the person.
create or replace function check_gift() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    perform require(new.given_on <= today() + 1, 3, 'DATE_IN_FUTURE', 'A gift cannot have been given in the future.',
                    '{"violations": [{"field": "gift.given_on", "description": "must not be in the future"}]}');
    perform require(exists (select from app_user u where u.id = new.given_by_id), 5, 'USER_NOT_FOUND', 'There is no such user.');
    if new.activity_id is not null and (tg_op = 'INSERT' or new.activity_id is distinct from old.activity_id) then
        perform require(exists (select from activity a join position p on p.account_id = a.account_id
                                 where a.id = new.activity_id and p.contact_id = new.contact_id and reaches_account(a.account_id)),
                        5, 'ACTIVITY_NOT_FOUND', 'There is no such activity at an account of this contact.');
    end if;
    return new;
end
$$;
