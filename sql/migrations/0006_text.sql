-- SPDX-License-Identifier: Apache-2.0
-- How texts are compared: words for searching (the rule is docs/search.md, the client has the same), and keys for names of companies.
-- Generated columns use these functions: changing one means rewriting the tables. Case and character classes come from ICU, so that
-- they do not depend on the locale of the database.
set local search_path = kam, pg_temp;

create function fold_text(value text) returns text language sql immutable parallel safe set search_path = kam, pg_temp as $$
    select lower(normalize(value, NFKC) collate "und-x-icu")
$$;

-- Runs of letters and digits of a folded text, in order; Chinese, Japanese and Korean characters make runs of their own.
create function text_runs(folded text) returns text[] language sql immutable parallel safe set search_path = kam, pg_temp as $$
    select array(
        select m[1]
          from regexp_matches(
               regexp_replace(folded, '([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\U00020000-\U0003ffff]+)', ' \1 ', 'g') collate "und-x-icu",
               '([[:alnum:]]+)', 'g') m)
$$;

create function is_cjk(run text) returns boolean language sql immutable parallel safe set search_path = kam, pg_temp as $$
    select run ~ '^[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\U00020000-\U0003ffff]'
$$;

-- The overlapping pairs of characters of a run, and its last character alone.
create function bigrams(run text) returns text[] language sql immutable parallel safe set search_path = kam, pg_temp as $$
    select array(select c || coalesce(lead(c) over (order by i), '') from unnest(string_to_array(run, null)) with ordinality u (c, i) order by i)
$$;

-- The tokens of a text:
--   * of every run of Chinese, Japanese or Korean characters its overlapping pairs, and its last character alone;
--   * every other run of letters and digits, cut after 60 characters;
--   * of every run of digits, with blanks and + - ( ) . / between them, that has 7 to 20 digits: the digits alone, and the last 8 of them.
-- PL/pgSQL because it keeps its plans: this runs with every row that is written.
create function search_tokens(value text) returns text[] language plpgsql immutable parallel safe set search_path = kam, pg_temp as $$
declare
    v_folded text := lower(normalize(value, NFKC) collate "und-x-icu");
    v_tokens text[] := '{}';
    v_run text;
    v_characters text[];
    v_digits text;
begin
    for v_run in
        select m[1]
          from regexp_matches(regexp_replace(v_folded, '([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\U00020000-\U0003ffff]+)', ' \1 ', 'g') collate "und-x-icu",
                              '([[:alnum:]]+)', 'g') m
    loop
        if v_run ~ '^[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\U00020000-\U0003ffff]' then
            v_characters := string_to_array(v_run, null);
            for i in 1 .. cardinality(v_characters) - 1 loop
                v_tokens := v_tokens || (v_characters[i] || v_characters[i + 1]);
            end loop;
            v_tokens := v_tokens || v_characters[cardinality(v_characters)];
        else
            v_tokens := v_tokens || left(v_run, 60);
        end if;
    end loop;
    if v_folded ~ '[0-9][-0-9 ().+/]{5,}[0-9]' then
        for v_digits in
            select regexp_replace(m[1], '[^0-9]', '', 'g') from regexp_matches(v_folded, '([0-9][-0-9 ().+/]{5,}[0-9])', 'g') m
        loop
            if length(v_digits) between 7 and 20 then
                v_tokens := v_tokens || v_digits || right(v_digits, 8);
            end if;
        end loop;
    end if;
    return v_tokens;
end
$$;

create function search_vector(value text) returns tsvector language plpgsql immutable parallel safe set search_path = kam, pg_temp as $$
begin
    return array_to_tsvector(search_tokens(coalesce(value, '')));
end
$$;

-- array_to_string() is only stable, because it may meet any type.
create function list_text(texts text[]) returns text language plpgsql immutable parallel safe set search_path = kam, pg_temp as $$
begin
    return array_to_string(texts, ' ');
end
$$;

-- All words of the text must be there; the last one may be unfinished. A single Chinese character finds every word that holds it. A text that
-- is nothing but a phone number (5 digits or more) finds it however it is written. NULL when there is nothing to look for.
create function search_query(value text) returns tsquery language sql immutable parallel safe set search_path = kam, pg_temp as $$
    with folded as (select btrim(fold_text(coalesce(value, ''))) as t),
    phone as (
        select regexp_replace(t, '[^0-9]', '', 'g') as digits
          from folded where t ~ '^[+(]*[0-9][-0-9 ().+/]*$'
    ),
    run as (select r, i, max(i) over () as last from folded, unnest(text_runs(t)) with ordinality u (r, i)),
    term as (
        select case when length(r) = 1 then quote_literal(r) || ':*'
                    else (select string_agg(quote_literal(b), ' & ') from unnest(bigrams(r)) b where length(b) = 2) end as term
          from run where is_cjk(r)
        union all
        select quote_literal(left(r, 60)) || case when i = last then ':*' else '' end from run where not is_cjk(r)
    )
    select case
           when (select length(digits) from phone) between 8 and 20
               then (select (quote_literal(digits) || ':* | ' || quote_literal(right(digits, 8)))::tsquery from phone)
           when (select length(digits) from phone) between 5 and 7 then (select (quote_literal(digits) || ':*')::tsquery from phone)
           else (select string_agg(term, ' & ')::tsquery from term)
           end
$$;

-- ---- names of companies ----

-- The name without what companies drop and add as they please: legal form, punctuation, blanks, the suffix of a place. All letters and digits
-- of the name where nothing else would be left.
create function name_key(name text) returns text language sql immutable parallel safe set search_path = kam, pg_temp as $$
    with folded as (
        -- Dots between single letters go first: 'S.A.' is the word 'sa'.
        select regexp_replace(fold_text(name), '(?<=\m[[:alpha:]])\.\s?(?=[[:alpha:]]\M)' collate "und-x-icu", '', 'g') as t
    ),
    word as (select r, i from folded, unnest(text_runs(t)) with ordinality u (r, i)),
    kept as (
        select i, case when is_cjk(r)
                       then regexp_replace(regexp_replace(r, '(股份有限公司|有限责任公司|有限责任|股份公司|有限公司|集团公司|控股集团|集团|公司|控股|株式会社|有限会社|주식회사)', '', 'g'),
                                           '(?<=..)(特别行政区|自治区|市|省)', '', 'g')
                       else r end as r
          from word
         where r not in ('inc', 'incorporated', 'ltd', 'limited', 'gmbh', 'mbh', 'ag', 'kg', 'kgaa', 'co', 'corp', 'corporation', 'company', 'companies',
                         'llc', 'llp', 'lp', 'plc', 'sa', 'sas', 'sarl', 'srl', 'spa', 'bv', 'nv', 'oy', 'oyj', 'ab', 'as', 'asa', 'aps', 'pty', 'pte',
                         'pvt', 'kk', 'bhd', 'sdn', 'sro', 'zoo', 'doo', 'group', 'holding', 'holdings', 'the')
    )
    select coalesce(nullif((select string_agg(r, '' order by i) from kept), ''), (select string_agg(r, '' order by i) from word), '')
$$;

-- The pairs of neighbouring characters of a key, each once; the key itself where it is a single character.
create function name_grams(key text) returns text[] language sql immutable parallel safe set search_path = kam, pg_temp as $$
    select array(select distinct b from unnest(bigrams(key)) b where length(b) = 2 or length(key) = 1)
$$;

-- Dice: twice the pairs in common over the pairs of both; 0..100, 100 for equal keys only.
create function name_similarity(key text, grams text[], other_key text, other_grams text[]) returns int
language sql immutable parallel safe set search_path = kam, pg_temp as $$
    select case when key = other_key then 100
                else least(99, (200 * (select count(*) from unnest(grams) g where g = any (other_grams))
                                / greatest(1, cardinality(grams) + cardinality(other_grams)))::int) end
$$;

-- Generated columns are computed as whoever writes the row.
grant execute on function fold_text(text), text_runs(text), is_cjk(text), bigrams(text), search_tokens(text), search_vector(text), list_text(text[]),
                          name_key(text), name_grams(text)
    to kam_rep, kam_manager;
