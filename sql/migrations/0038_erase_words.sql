-- SPDX-License-Identifier: Apache-2.0
-- Erasing where there is much to read: runs of characters that fold to themselves, one by one, are looked at as a whole, and the log is read once.
set local search_path = kam, pg_temp;

create or replace function erase_words(value text, pattern text) returns text language plpgsql immutable set search_path = kam, pg_temp as $$
declare
    v_folded text := fold_text(value) collate "und-x-icu";
    v_plain boolean[];      -- of each run: whether one character folds to one
    v_sources int[];        -- how many characters stand before it
    v_lengths int[];
    v_starts int[];         -- the same when folded
    v_folds int[];
    v_run int := 1;
    v_result text := '';
    v_next int := 1;
    v_from int;
    v_to int;
    v_first int;
    v_last int;
    v_at int := 1;
begin
    if value is null or value = '' or v_folded !~ pattern then
        return value;
    end if;
    with run as (
        select m[1] as t, i, lower(normalize(m[1], NFKC) collate "und-x-icu") as f
          from regexp_matches(value, '([\u0001-\u007f]+(?![\u0300-\u036f\u3099\u309a])|[\u4e00-\u9fff]+(?![\u0300-\u036f\u3099\u309a])|'
                                     '.[\u0300-\u036f\u0483-\u0489\u064b-\u065f\u3099\u309a\ufe00-\ufe0f]*)', 'g') with ordinality x (m, i))
    select array_agg(t ~ '^([\u0001-\u007f]+|[\u4e00-\u9fff]+)$' order by i), array_agg(length(t) order by i), array_agg(length(f) order by i),
           string_agg(f, '' order by i),
           array_agg(source order by i), array_agg(start order by i)
      into v_plain, v_lengths, v_folds, v_folded, v_sources, v_starts
      from (select r.*, (sum(length(t)) over w - length(t))::int as source, (sum(length(f)) over w - length(f))::int as start
              from run r window w as (order by i)) x;
    loop
        v_from := regexp_instr(v_folded collate "und-x-icu", pattern, v_at, 1, 0);
        exit when coalesce(v_from, 0) = 0;
        v_to := regexp_instr(v_folded collate "und-x-icu", pattern, v_at, 1, 1) - 1;
        while v_starts[v_run] + v_folds[v_run] < v_from loop
            v_run := v_run + 1;
        end loop;
        v_first := greatest(v_next, v_sources[v_run] + case when v_plain[v_run] then v_from - v_starts[v_run] else 1 end);
        while v_starts[v_run] + v_folds[v_run] < v_to loop
            v_run := v_run + 1;
        end loop;
        v_last := v_sources[v_run] + case when v_plain[v_run] then v_to - v_starts[v_run] else v_lengths[v_run] end;
        v_result := v_result || substr(value, v_next, v_first - v_next) || left('***', octet_length(substr(value, v_first, v_last - v_first + 1)));
        v_next := v_last + 1;
        v_at := v_to + 1;
        exit when v_at > length(v_folded);
    end loop;
    v_result := v_result || substr(value, v_next);
    if fold_text(v_result) collate "und-x-icu" ~ pattern then
        return regexp_replace(fold_text(value) collate "und-x-icu", pattern, '***', 'g');
    end if;
    return v_result;
end
$$;

create or replace function erase_log(account_ids uuid[], record_ids uuid[], activity_ids uuid[], pattern text, own_pattern text) returns void
language plpgsql set search_path = kam, pg_temp as $$
declare
    c_account_keys constant text[] := array['code', 'name', 'other_names'];
    c_contact_keys constant text[] := array['name', 'other_names', 'phones', 'emails', 'messaging_ids'];
    v_pattern text;
    v_is_own boolean;
begin
    foreach v_is_own in array array[true, false] loop
        v_pattern := case when v_is_own then own_pattern else pattern end;
        update change c
           set old_values = erase_words(c.old_values, v_pattern, case c.entity when 'account' then c_account_keys when 'contact' then c_contact_keys else '{}' end),
               new_values = erase_words(c.new_values, v_pattern, case c.entity when 'account' then c_account_keys when 'contact' then c_contact_keys else '{}' end),
               guarded_old_values = erase_words(c.guarded_old_values, v_pattern), guarded_new_values = erase_words(c.guarded_new_values, v_pattern),
               reason = erase_words(c.reason, v_pattern)
         where (c.account_id = any (account_ids) or (c.account_id is null and c.record_id = any (record_ids)))
           and c.record_id = any (activity_ids) = v_is_own
           -- A line break is two characters there.
           and regexp_replace(fold_text(concat_ws(chr(1), c.old_values, c.new_values, c.guarded_old_values, c.guarded_new_values, c.reason)), '\\[nt]', ' ', 'g')
               collate "und-x-icu" ~ v_pattern;
    end loop;
end
$$;
