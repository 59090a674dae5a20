-- SPDX-License-Identifier: Apache-2.0
-- What hangs on an account, read from the catalogue: so that merging two accounts forgets no table, those made later included. The exceptions are
-- declared here; tests/sql/merge_structure_test.py holds every table to what this needs.
set local search_path = kam, pg_temp;

-- Every column that holds an account's id by a foreign key, its own or one of two columns to a row of the account ((activity_id, account_id)). depth: how
-- far from the account its table is, parents before children. key_columns: the primary key without this column. treatment:
--   move     goes to the survivor, unless a unique key says that the survivor has its own
--   member   whoever works on the merged account becomes a member of the survivor
--   derived  kept by triggers
--   kept     says what became of the merged account
create function account_references() returns table (table_name text, column_name text, depth int, key_columns text[], treatment text)
language sql stable set search_path = kam, pg_temp as $$
    with recursive pair as (
        select k.conrelid as child, k.conkey[n] as child_column, k.confrelid as parent, k.confkey[n] as parent_column, cardinality(k.conkey) as width
          from pg_constraint k join pg_class c on c.oid = k.conrelid cross join generate_subscripts(k.conkey, 1) n
         where k.contype = 'f' and not c.relispartition and c.relnamespace = 'kam'::regnamespace),
    found (relation, number, depth) as (
        select p.child, p.child_column, 0
          from pair p join pg_attribute a on a.attrelid = p.parent and a.attnum = p.parent_column
         where p.parent = 'account'::regclass and a.attname = 'id'
        union
        select p.child, p.child_column, f.depth + 1
          from found f join pair p on p.parent = f.relation and p.parent_column = f.number
         where p.width > 1 and p.child <> p.parent and f.depth < 9)
    select c.relname, a.attname, max(f.depth),
           (select array_agg(b.attname::text order by u.place)
              from pg_index i cross join unnest(i.indkey::int2[]) with ordinality u (number, place) join pg_attribute b on b.attrelid = i.indrelid and b.attnum = u.number
             where i.indrelid = c.oid and i.indisprimary and u.number <> a.attnum),
           coalesce(x.treatment, 'move')
      from found f
      join pg_class c on c.oid = f.relation
      join pg_attribute a on a.attrelid = f.relation and a.attnum = f.number
      left join (values ('account_reach', 'account_id', 'derived'), ('account_member', 'account_id', 'member'), ('account', 'merged_into_id', 'kept'),
                        ('account_merge', 'survivor_id', 'kept'), ('account_merge', 'merged_id', 'kept')) x (table_name, column_name, treatment)
             on x.table_name = c.relname and x.column_name = a.attname
     group by c.oid, c.relname, a.attname, a.attnum, x.treatment
$$;

-- The foreign keys of two columns among them: the row of table_name belongs to the row of parent_name that link_column names.
create function account_links() returns table (table_name text, column_name text, link_column text, parent_name text, parent_column text, is_required boolean)
language sql stable set search_path = kam, pg_temp as $$
    select r.table_name, r.column_name, l.attname, p.table_name, p.column_name, l.attnotnull
      from pg_constraint k
      join account_references() r on ('kam.' || quote_ident(r.table_name))::regclass = k.conrelid
      join account_references() p on ('kam.' || quote_ident(p.table_name))::regclass = k.confrelid
      join pg_attribute a on a.attrelid = k.conrelid and a.attname = r.column_name
      join pg_attribute b on b.attrelid = k.confrelid and b.attname = p.column_name
      join pg_attribute l on l.attrelid = k.conrelid and l.attnum = any (k.conkey) and l.attnum <> a.attnum
     where k.contype = 'f' and cardinality(k.conkey) = 2
       and array_position(k.conkey, a.attnum) = array_position(k.confkey, b.attnum)
$$;

-- A condition on a row of the table that moves from account $3 to $2: no unique key forbids it, and it is no link between the two.
create function account_row_fits(table_name text, column_name text) returns text
language plpgsql stable set search_path = kam, pg_temp as $$
declare
    v_relation regclass := ('kam.' || quote_ident(table_name))::regclass;
    v_number int2 := (select a.attnum from pg_attribute a where a.attrelid = v_relation and a.attname = column_name);
    v_index record;
    v_text text := 'true';
begin
    for v_index in
        select pg_get_expr(i.indpred, i.indrelid) as predicate,
               (select string_agg(format('(%s) as merge_key_%s', pg_get_indexdef(i.indexrelid, n, true), n), ', ')
                  from generate_series(1, i.indnkeyatts) n where i.indkey[n - 1] <> v_number) as keys,
               (select string_agg(format('s.merge_key_%s = (%s)', n, pg_get_indexdef(i.indexrelid, n, true)), ' and ')
                  from generate_series(1, i.indnkeyatts) n where i.indkey[n - 1] <> v_number) as equal
          from pg_index i
         where i.indrelid = v_relation and i.indisunique and v_number = any (i.indkey::int2[])
           -- With a key that is unique without the account there can be no second row.
           and not exists (select from pg_index p
                            where p.indrelid = v_relation and p.indisprimary and not v_number = any (p.indkey::int2[])
                              and p.indkey::int2[] <@ i.indkey::int2[])
    loop
        v_text := v_text || format(' and not (%s and exists (select from (select %s from %s where %I = $2 and %s) s where %s))',
                                   coalesce('(' || v_index.predicate || ')', 'true'), coalesce(v_index.keys, '1 as merge_key_0'), v_relation, column_name,
                                   coalesce('(' || v_index.predicate || ')', 'true'), coalesce(v_index.equal, 'true'));
    end loop;
    if table_name = 'account' then
        return v_text || ' and t.id <> $2 and t.id <> $3';
    end if;
    return v_text || coalesce((select string_agg(format(' and t.%I is distinct from $2', r.column_name), '')
                                 from account_references() r
                                where r.table_name = account_row_fits.table_name and r.column_name <> account_row_fits.column_name and r.depth = 0), '');
end
$$;
