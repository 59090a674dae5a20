-- SPDX-License-Identifier: Apache-2.0
-- The lawful erasure of a person: no byte of their data stays in any table, and the history still tells what was done when, by whom of us.
-- docs/rights.md says what it finds and what it cannot know.
set local search_path = kam, pg_temp;

alter table contact add column erase_time timestamptz;
grant select (erase_time) on contact to kam_rep, kam_manager;

-- ---- alone ----

-- As in 0005, but writers share a lock that an erasure has to itself: it waits for who is writing, and what they write is found; who comes while
-- it runs waits, and sees that the person is gone.
create or replace function begin_write(token_hash bytea, request_id uuid, method text, payload_hash bytea) returns uuid
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_user_id uuid := (select b.user_id from begin_read(begin_write.token_hash) b);
    v_outcome request_outcome;
    v_set text;
begin
    if v_user_id is null then
        perform refuse(16, 'NO_SESSION', 'You are not logged in, or your session has ended. Please log in.');
    end if;
    if method like '%ContactService/EraseContact' then
        perform pg_advisory_xact_lock(hashtextextended('kam: erasure', 0));
    else
        perform pg_advisory_xact_lock_shared(hashtextextended('kam: erasure', 0));
    end if;
    perform pg_advisory_xact_lock(uuid_hash_extended(request_id, uuid_hash_extended(v_user_id, 0)));
    select * into v_outcome from request_outcome o where o.user_id = v_user_id and o.request_id = begin_write.request_id;
    if found then
        if v_outcome.method <> begin_write.method or v_outcome.payload_hash <> begin_write.payload_hash then
            perform refuse(3, 'REQUEST_ID_REUSED', 'This request id was used for another request. Make a new one for each request.');
        end if;
        raise exception using errcode = 'KA100', message = 'This request was done before.', hint = 'REQUEST_REPLAYED',
                              detail = jsonb_build_object('record_id', v_outcome.record_id, 'record_version', v_outcome.record_version)::text;
    end if;
    v_set := set_config('kam.request_id', request_id::text, true);
    v_set := set_config('kam.changed', '', true);
    v_set := set_config('kam.reason', '', true);
    return v_user_id;
end
$$;

-- ---- what to look for ----

create function quote_pattern(value text) returns text language sql immutable set search_path = kam, pg_temp as $$
    select regexp_replace(value, '([]*+?^${}()|.[\\-])', '\\\1', 'g')
$$;

-- Of a name its runs of letters and digits, with next to nothing between them; Chinese characters may stand apart as well. What is not Chinese is a
-- word of its own: 'Li' is not in 'Lindner'. Of 'Jane Doe' also 'Doe, Jane'.
create function name_pattern(name text) returns text language plpgsql immutable set search_path = kam, pg_temp as $$
declare
    c_gap constant text := '[-[:space:]\u200b-\u200f\u2060\ufeff.·‧・•_''’"\\,]{0,3}';
    c_not_after constant text := '(?<![a-z0-9\u00c0-\u024f\u0370-\u1fff])';
    c_not_before constant text := '(?![a-z0-9\u00c0-\u024f\u0370-\u1fff])';
    v_runs text[] := text_runs(fold_text(name));
    v_last int := cardinality(v_runs);
    v_parts text[];
begin
    v_parts := array(select case when is_cjk(r) then (select string_agg(c, c_gap order by i) from unnest(string_to_array(r, null)) with ordinality u (c, i))
                                 else quote_pattern(r) end
                       from unnest(v_runs) with ordinality u (r, n) order by n);
    if v_last = 0 then
        return quote_pattern(fold_text(name));
    end if;
    return case when is_cjk(v_runs[1]) then '' else c_not_after end
        || case when v_last > 1 and not is_cjk(v_runs[1]) and not is_cjk(v_runs[v_last])
                then '(?:' || array_to_string(v_parts, c_gap) || '|' || array_to_string(v_parts[v_last:] || v_parts[:v_last - 1], c_gap) || ')'
                else array_to_string(v_parts, c_gap) end
        || case when is_cjk(v_runs[v_last]) then '' else c_not_before end;
end
$$;

-- A number however it is written, with and without the country's and the area's, by its last 8 digits as search does it.
create function phone_pattern(phone text) returns text language sql immutable set search_path = kam, pg_temp as $$
    with number as (select regexp_replace(fold_text(phone), '[^0-9]', '', 'g') as digits)
    select '(?<![0-9])(?:(?:\+|00)[- ().+/]{0,2}[0-9]{1,3}[- ().+/]{0,2})?(?:\(?0\)?[- ().+/]{0,2}|\()?'
           || coalesce((select string_agg('(?:' || d || '[- ().+/]{0,2})?', '' order by i)
                          from unnest(string_to_array(left(digits, greatest(length(digits) - 8, 0)), null)) with ordinality u (d, i)), '')
           || (select string_agg(d, '[- ().+/]{0,3}' order by i) from unnest(string_to_array(right(digits, 8), null)) with ordinality u (d, i))
           || '(?![0-9])'
      from number where digits <> ''
$$;

-- The person's names, phones, e-mail addresses and messaging ids as one pattern for folded texts; NULL when there is nothing to look for. What is so
-- short that others have it as well (names of one Chinese character or two letters, numbers below five digits), and the single words of a
-- name, is looked for in the texts of what the person took part in only: is_own.
create function erasure_pattern(names text[], phones text[], emails text[], messaging_ids text[], is_own boolean) returns text
language sql immutable set search_path = kam, pg_temp as $$
    with name as (select n, (select sum(case when is_cjk(r) then 3 * length(r) else 2 * length(r) end) from unnest(text_runs(fold_text(n))) r) as weight
                    from unnest(names) n),
    id as (select fold_text(m) as whole, regexp_replace(fold_text(m), '^[^:]*:', '') as part from unnest(messaging_ids) m),
    number as (select p, length(regexp_replace(fold_text(p), '[^0-9]', '', 'g')) as digits
                 from (select unnest(phones) as p union select part from id where part ~ '^[+(]*[0-9][-0-9 ().+/]{6,}$') x)
    select string_agg(distinct pattern, '|')
      from (select name_pattern(n) from name where weight >= 6 or is_own
            union all
            select name_pattern(r) from name, unnest(text_runs(fold_text(n))) r where is_own and not is_cjk(r) and length(r) >= 3
            union all
            select phone_pattern(p) from number where digits >= 5 or is_own
            union all
            select '(?<![a-z0-9._%+-])' || quote_pattern(fold_text(e)) || '(?![a-z0-9_-]|\.[a-z0-9])' from unnest(emails) e
            union all
            select '(?<![a-z0-9_.-])' || quote_pattern(t) || '(?![a-z0-9_-])'
              from (select whole from id union select part from id where length(part) >= 4 or is_own) x (t) where t <> '') x (pattern)
     where pattern <> ''
$$;

-- ---- taking it out ----

-- The text with '***' in place of whatever matches when folded. The rest stays as it was written; nothing gets longer. What folds only together with
-- its neighbours is left folded.
create function erase_words(value text, pattern text) returns text language plpgsql immutable set search_path = kam, pg_temp as $$
declare
    v_folded text := fold_text(value) collate "und-x-icu";
    v_clusters text[];
    v_places int[] := '{}';     -- of each folded character: its cluster
    v_result text := '';
    v_next int := 1;
    v_from int;
    v_to int;
    v_at int := 1;
begin
    if value = '' or v_folded !~ pattern then
        return value;
    end if;
    v_clusters := array(select m[1] from regexp_matches(value, '(.[\u0300-\u036f\u0483-\u0489\u064b-\u065f\u3099\u309a\ufe00-\ufe0f]*)', 'g') m);
    v_folded := '';
    for i in 1 .. cardinality(v_clusters) loop
        v_folded := v_folded || fold_text(v_clusters[i]);
        v_places := v_places || array_fill(i, array[length(v_folded) - cardinality(v_places)]);
    end loop;
    loop
        v_from := regexp_instr(v_folded collate "und-x-icu", pattern, v_at, 1, 0);
        exit when v_from = 0;
        v_to := regexp_instr(v_folded collate "und-x-icu", pattern, v_at, 1, 1);
        if v_places[v_from] >= v_next then
            v_result := v_result || array_to_string(v_clusters[v_next : v_places[v_from] - 1], '');
        end if;
        v_result := v_result || left('***', octet_length(array_to_string(v_clusters[greatest(v_next, v_places[v_from]) : v_places[v_to - 1]], '')));
        v_next := v_places[v_to - 1] + 1;
        v_at := greatest(v_to, v_from + 1);
        exit when v_at > length(v_folded);
    end loop;
    v_result := v_result || array_to_string(v_clusters[v_next :], '');
    if fold_text(v_result) collate "und-x-icu" ~ pattern then
        return regexp_replace(fold_text(value) collate "und-x-icu", pattern, '***', 'g');
    end if;
    return v_result;
end
$$;

create function erase_words(texts text[], pattern text) returns text[] language sql immutable set search_path = kam, pg_temp as $$
    select array(select erase_words(t, pattern) from unnest(texts) with ordinality u (t, i) order by i)
$$;

-- All texts within, but those of these keys.
create function erase_words(value jsonb, pattern text, kept_keys text[] default '{}') returns jsonb language plpgsql immutable set search_path = kam, pg_temp as $$
begin
    return case jsonb_typeof(value)
           when 'string' then to_jsonb(erase_words(value #>> '{}', pattern))
           when 'object' then (select coalesce(jsonb_object_agg(e.key, case when e.key = any (kept_keys) then e.value else erase_words(e.value, pattern) end), '{}')
                                 from jsonb_each(value) e)
           when 'array' then (select coalesce(jsonb_agg(erase_words(e, pattern) order by n), '[]') from jsonb_array_elements(value) with ordinality x (e, n))
           else value end;
end
$$;

-- Values of the log about the person alone: which fields they were of stays, and ids and times; of where they worked the dates as well.
create function blank_values(entity text, given jsonb) returns jsonb language sql stable set search_path = kam, pg_temp as $$
    select coalesce(jsonb_object_agg(e.key,
                    case when e.value in ('null', '""', '[]') or a.atttypid in ('uuid'::regtype, 'timestamptz'::regtype)
                              or (a.atttypid = 'date'::regtype and entity in ('position', 'relationship_change', 'contact_gift')) then e.value
                         else '"[erased]"' end), '{}')
      from jsonb_each(given) e
      left join pg_attribute a on a.attrelid = to_regclass('kam.' || quote_ident(entity)) and a.attname = e.key
$$;

-- ---- where to look: every table, from the catalogue ----

-- Which rows of a table hang on these accounts ($1) or contacts ($2): a condition, NULL when none can. By the table's own columns, else by what its
-- rows refer to. A new table needs nothing here.
create function erasure_condition(tab regclass, above regclass[] default '{}') returns text language plpgsql stable set search_path = kam, pg_temp as $$
declare
    v_parts text[];
    v_key record;
    v_condition text;
begin
    if tab = any (above) then
        return null;
    elsif tab = 'account'::regclass then
        return 'id = any ($1)';
    elsif tab = 'contact'::regclass then
        return 'id = any ($2)';
    end if;
    foreach v_condition in array array['account', 'contact'] loop
        v_parts := array(select format('%I = any (%s)', a.attname, case v_condition when 'account' then '$1' else '$2' end)
                           from pg_attribute a
                          where a.attrelid = tab and a.attnum > 0 and not a.attisdropped and a.atttypid = 'uuid'::regtype
                            and (a.attname = v_condition || '_id'
                                 or exists (select from pg_constraint k
                                             where k.conrelid = tab and k.contype = 'f' and k.confrelid = v_condition::regclass and k.conkey = array[a.attnum])));
        if v_parts <> '{}' then
            return array_to_string(v_parts, ' or ');
        end if;
    end loop;
    for v_key in
        select k.confrelid::regclass as parent,
               (select string_agg(quote_ident(a.attname), ', ' order by i) from unnest(k.conkey) with ordinality u (n, i)
                  join pg_attribute a on a.attrelid = k.conrelid and a.attnum = n) as columns,
               (select string_agg(quote_ident(a.attname), ', ' order by i) from unnest(k.confkey) with ordinality u (n, i)
                  join pg_attribute a on a.attrelid = k.confrelid and a.attnum = n) as parent_columns
          from pg_constraint k where k.conrelid = tab and k.contype = 'f'
    loop
        v_condition := erasure_condition(v_key.parent, above || tab);
        if v_condition is not null then
            v_parts := v_parts || format('(%s) in (select %s from %s where %s)', v_key.columns, v_key.parent_columns, v_key.parent, v_condition);
        end if;
    end loop;
    return nullif(array_to_string(v_parts, ' or '), '');
end
$$;

-- What others are called is theirs: names of accounts and numbers of other people, though they be the same, and words with a fixed meaning.
create function erasure_columns(tab regclass) returns table (name name, is_list boolean, is_json boolean)
language sql stable set search_path = kam, pg_temp as $$
    select a.attname, a.atttypid = 'text[]'::regtype, a.atttypid = 'jsonb'::regtype
      from pg_attribute a
     where a.attrelid = tab and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
       and a.atttypid in ('text'::regtype, 'text[]'::regtype, 'jsonb'::regtype)
       and a.attname !~ '_currency_code$'
       and not (tab = 'account'::regclass and a.attname in ('code', 'name', 'other_names'))
       and not (tab = 'contact'::regclass and a.attname in ('name', 'other_names', 'phones', 'emails', 'messaging_ids'))
       and not exists (select from pg_constraint k where k.conrelid = tab and k.contype = 'c' and k.conkey = array[a.attnum]
                                                     and pg_get_constraintdef(k.oid) ~ 'ARRAY\[')
$$;

-- Takes the pattern out of all texts that hang on these accounts and contacts, but not out of the log; out of what hangs on these activities, the
-- other pattern. The row of the contact is left to the caller.
create function erase_texts(contact_id uuid, account_ids uuid[], contact_ids uuid[], activity_ids uuid[], pattern text, own_pattern text) returns void
language plpgsql set search_path = kam, pg_temp as $$
declare
    v_table regclass;
    v_own text;
    v_set text;
    v_all text;
begin
    for v_table in
        select c.oid::regclass from pg_class c
         where c.relnamespace = 'kam'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition and c.oid <> 'change'::regclass
           and erasure_condition(c.oid::regclass) is not null
         order by c.relname
    loop
        v_own := case when v_table = 'activity'::regclass then 'case when id = any ($3) then $5 else $4 end'
                      when exists (select from pg_attribute a where a.attrelid = v_table and a.attname = 'activity_id' and not a.attisdropped)
                      then 'case when activity_id = any ($3) then $5 else $4 end'
                      else '$4' end;
        select string_agg(format('%I = erase_words(%I, %s)', c.name, c.name, v_own), ', '),
               string_agg(case when c.is_list then format('list_text(%I)', c.name) when c.is_json then format('%I::text', c.name) else quote_ident(c.name) end, ', ')
          into v_set, v_all from erasure_columns(v_table) c;
        if v_set is not null then
            execute format('update %s set %s where (%s) and fold_text(concat_ws(chr(1), %s)) collate "und-x-icu" ~ (%s)%s',
                           v_table, v_set, erasure_condition(v_table), v_all, v_own, case when v_table = 'contact'::regclass then ' and id <> $6' else '' end)
              using account_ids, contact_ids, activity_ids, pattern, own_pattern, contact_id;
        end if;
    end loop;
end
$$;

-- The same in the log: entries of these accounts, and of these records without an account.
create function erase_log(account_ids uuid[], record_ids uuid[], activity_ids uuid[], pattern text, own_pattern text) returns void
language plpgsql set search_path = kam, pg_temp as $$
declare
    c_account_keys constant text[] := array['code', 'name', 'other_names'];
    c_contact_keys constant text[] := array['name', 'other_names', 'phones', 'emails', 'messaging_ids'];
begin
    update change c
       set old_values = erase_words(c.old_values, x.pattern, x.kept), new_values = erase_words(c.new_values, x.pattern, x.kept),
           guarded_old_values = erase_words(c.guarded_old_values, x.pattern), guarded_new_values = erase_words(c.guarded_new_values, x.pattern),
           reason = erase_words(c.reason, x.pattern)
      from (select y.xid, y.sequence, y.time, case y.entity when 'account' then c_account_keys when 'contact' then c_contact_keys else '{}' end as kept,
                   case when y.record_id = any (activity_ids) then own_pattern else erase_log.pattern end as pattern,
                   fold_text(concat_ws(chr(1), y.old_values, y.new_values, y.guarded_old_values, y.guarded_new_values, y.reason)) as folded
              from change y
             where y.account_id = any (account_ids) or (y.account_id is null and y.record_id = any (record_ids))) x
     where c.xid = x.xid and c.sequence = x.sequence and c.time = x.time
       -- A line break is two characters there.
       and regexp_replace(x.folded, '\\[nt]', ' ', 'g') collate "und-x-icu" ~ x.pattern;
end
$$;

-- ---- the erasure ----

create function erase_contact(contact_id uuid, seen_version bigint, reason text) returns void
language plpgsql security definer set search_path = kam, pg_temp as $$
declare
    v_contact contact;
    v_positions uuid[] := array(select p.id from position p where p.contact_id = erase_contact.contact_id);
    v_accounts uuid[] := array(select distinct p.account_id from position p where p.contact_id = erase_contact.contact_id);
    v_contacts uuid[];
    v_activities uuid[];
    v_own uuid[];
    v_names text[];
    v_phones text[];
    v_emails text[];
    v_messaging_ids text[];
    v_pattern text;
    v_own_pattern text;
begin
    select * into v_contact from contact c where c.id = erase_contact.contact_id for update;
    if not found or not reaches_contact(erase_contact.contact_id) then
        perform refuse_not_found('contact');
    end if;
    perform require(caller_role() = 'manager' and not exists (select from unnest(v_accounts) a where not reaches_account(a)), 7, 'ERASE_OUT_OF_REACH',
                    'The person has or had a position at an account out of your reach. A manager who reaches all of them can erase the person.');
    perform require(v_contact.erase_time is null, 9, 'CONTACT_ERASED', 'The data of this person was erased.');
    if v_contact.version <> seen_version then
        return;
    end if;

    -- Also what they were called before, and where they were recorded before accounts became one.
    v_accounts := v_accounts || array(select distinct c.account_id from change c where c.record_id = any (v_positions) and c.account_id is not null);
    with known as (select to_jsonb(v_contact) as v union all select c.old_values from change c where c.record_id = v_contact.id and c.entity = 'contact'
                   union all select c.new_values from change c where c.record_id = v_contact.id and c.entity = 'contact'),
    part as (select l.list, t.text
               from known, unnest(array['other_names', 'phones', 'emails', 'messaging_ids']) l (list),
                    jsonb_array_elements_text(case when jsonb_typeof(v -> l.list) = 'array' then v -> l.list else '[]' end) t (text)
             union select 'other_names', v ->> 'name' from known where v ? 'name')
    select array_agg(text) filter (where list = 'other_names'), array_agg(text) filter (where list = 'phones'),
           array_agg(text) filter (where list = 'emails'), array_agg(text) filter (where list = 'messaging_ids')
      into v_names, v_phones, v_emails, v_messaging_ids from part;
    v_pattern := coalesce(erasure_pattern(v_names, v_phones, v_emails, v_messaging_ids, false), '(?!)');
    v_own_pattern := coalesce(erasure_pattern(v_names, v_phones, v_emails, v_messaging_ids, true), '(?!)');
    perform require(fold_text(erase_contact.reason) collate "und-x-icu" !~ v_own_pattern, 3, 'REASON_NAMES_PERSON',
                    'The reason stays, so it must not hold the name or another word of the person.',
                    '{"violations": [{"field": "reason", "description": "must not name the person"}]}');

    v_contacts := array(select distinct p.contact_id from position p where p.account_id = any (v_accounts));
    v_activities := array(select x.activity_id from activity_contact x where x.contact_id = v_contact.id
                          union
                          select c.record_id from change c
                           where c.account_id = any (v_accounts) and c.entity = 'activity_contact'
                             and v_contact.id::text in (c.old_values ->> 'contact_id', c.new_values ->> 'contact_id'));
    v_own := v_positions || v_contact.id || array(select g.id from contact_gift g where g.contact_id = v_contact.id)
                         || array(select n.id from need n where n.contact_id = v_contact.id and n.scope = 'person');

    perform give_reason(erase_contact.reason);
    perform set_config('kam.erasing', 'yes', true);
    -- What describes the person alone.
    delete from contact_tie t where v_contact.id in (t.from_contact_id, t.to_contact_id);
    delete from relationship_change r where r.position_id = any (v_positions);
    update contact_profile p set home_town = '', birthday = null, hobbies = '', temperament = '', family = '', education = '', career = '', motives = ''
     where p.contact_id = v_contact.id;
    update contact_gift g set what = '[erased]', value_currency_code = null, value_minor_units = null where g.contact_id = v_contact.id;
    update need n set text = '[erased]', level = null, expression = null, retire_time = coalesce(n.retire_time, now())
     where n.contact_id = v_contact.id and n.scope = 'person';
    update position p
       set title = '', department = '', level = null, reports_to_id = null, buying_roles = '{}', stance = null, is_insider = false, influence = null,
           relationship = null, counterpart_id = null, trust = null, commitment = null, switching_cost = null
     where p.id = any (v_positions);
    -- What else names them.
    perform erase_texts(v_contact.id, v_accounts, v_contacts, v_activities, v_pattern, v_own_pattern);
    update contact c
       set name = '[erased]', other_names = '{}', phones = '{}', emails = '{}', messaging_ids = '{}', note = '',
           retire_time = coalesce(c.retire_time, now()), erase_time = now()
     where c.id = v_contact.id;

    -- The log last: all of the above has written to it.
    update change c
       set old_values = blank_values(c.entity, c.old_values), new_values = blank_values(c.entity, c.new_values),
           guarded_old_values = blank_values(c.entity, c.guarded_old_values), guarded_new_values = blank_values(c.entity, c.guarded_new_values),
           reason = case when c.xid = pg_current_xact_id() or c.reason is null then c.reason else '[erased]' end
     where c.record_id = any (v_own)
        or (c.entity = 'contact_tie' and c.account_id is null
            and c.record_id in (select (coalesce(x.old_values, '{}') || x.new_values ->> k)::uuid
                                  from change x, unnest(array['from_contact_id', 'to_contact_id']) k
                                 where x.record_id = v_contact.id and x.entity = 'contact_tie')
            and v_contact.id::text in (c.old_values ->> 'from_contact_id', c.old_values ->> 'to_contact_id',
                                       c.new_values ->> 'from_contact_id', c.new_values ->> 'to_contact_id'));
    perform erase_log(v_accounts, v_contacts || array(select g.id from contact_gift g where g.contact_id = any (v_contacts)), v_activities, v_pattern, v_own_pattern);
end
$$;
grant execute on function erase_contact(uuid, bigint, text) to kam_manager;

-- The reason for a duplicate is a text as others are; nothing else of the account changes here.
create or replace trigger rename_account before update of name, registration_number, duplicate_reason on account for each row
    when (coalesce(current_setting('kam.erasing', true), '') = '') execute function rename_account();

-- ---- and afterwards ----

-- Nothing is hung on who was erased. Argument: the column with the contact's id.
create function refuse_erased() returns trigger language plpgsql security definer set search_path = kam, pg_temp as $$
begin
    perform require(not exists (select from contact c where c.id = (to_jsonb(new) ->> tg_argv[0])::uuid and c.erase_time is not null), 9, 'CONTACT_ERASED',
                    'The data of this person was erased.');
    return new;
end
$$;
create trigger refuse_erased before update on contact for each row when (old.erase_time is not null) execute function refuse_erased('id');
create trigger refuse_erased before insert or update on position for each row execute function refuse_erased('contact_id');
create trigger refuse_erased before insert or update on contact_profile for each row execute function refuse_erased('contact_id');
create trigger refuse_erased before insert or update on contact_gift for each row execute function refuse_erased('contact_id');
create trigger refuse_erased before insert or update on need for each row when (new.contact_id is not null) execute function refuse_erased('contact_id');
create trigger refuse_erased_from before insert on contact_tie for each row execute function refuse_erased('from_contact_id');
create trigger refuse_erased_to before insert on contact_tie for each row execute function refuse_erased('to_contact_id');
