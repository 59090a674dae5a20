-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.HistoryService/ListChanges
-- kind: read
-- roles: rep, manager
-- into: changes
select x.sequence, x.time, x.actor_id, u.name as actor_name, x.entity, x.record_id, x.account_id, x.operation, x.version, x.reason,
       f.names as "fields[].field", f.old_values as "fields[].old_value", f.new_values as "fields[].new_value",
       f.old_names as "fields[].old_name", f.new_names as "fields[].new_name",
       x.time as "page.1", x.sequence as "page.2"
  from (
    (select {{change_row}}
       from change x
      where not :with_children and x.record_id = :record_id
        and {{change_page}})
    union all
    (select {{change_row}}
       from change x
      where :with_children and x.account_id = :record_id
        and {{change_page}})
    union all
    (select y.*
       from (select distinct p.contact_id from position p where p.account_id = :record_id) p
      cross join lateral (
        select {{change_row}}
          from change x
         where x.record_id = p.contact_id
           and {{change_page}}) y
      where :with_children)
    union all
    -- A record that is no account has no children: its own changes then.
    (select {{change_row}}
       from change x
      where :with_children and x.record_id = :record_id and x.account_id is distinct from :record_id
        and {{change_page}})
  ) x
  left join app_user u on u.id = x.actor_id
  left join lateral (
    select array_agg(k.name order by k.name) as names, array_agg(coalesce(v.old_row ->> k.name, '') order by k.name) as old_values,
           array_agg(coalesce(v.new_row ->> k.name, '') order by k.name) as new_values,
           array_agg(coalesce(case when k.name in ('owner_id', 'user_id') then (select n.name from app_user n where n.id = (v.old_row ->> k.name)::uuid)
                      when k.name = 'team_id' or k.name = 'parent_id' and x.entity = 'team' then (select n.name from team n where n.id = (v.old_row ->> k.name)::uuid)
                      when k.name in ('account_id', 'parent_id') then (select n.name from account n where n.id = (v.old_row ->> k.name)::uuid)
                      when k.name in ('contact_id', 'reports_to_id') then (select n.name from contact n where n.id = (v.old_row ->> k.name)::uuid) end, '') order by k.name) as old_names,
           array_agg(coalesce(case when k.name in ('owner_id', 'user_id') then (select n.name from app_user n where n.id = (v.new_row ->> k.name)::uuid)
                      when k.name = 'team_id' or k.name = 'parent_id' and x.entity = 'team' then (select n.name from team n where n.id = (v.new_row ->> k.name)::uuid)
                      when k.name in ('account_id', 'parent_id') then (select n.name from account n where n.id = (v.new_row ->> k.name)::uuid)
                      when k.name in ('contact_id', 'reports_to_id') then (select n.name from contact n where n.id = (v.new_row ->> k.name)::uuid) end, '') order by k.name) as new_names
      from (select x.old_values || x.guarded_old_values as old_row, x.new_values || x.guarded_new_values as new_row) v,
           lateral jsonb_object_keys(v.old_row || v.new_row) k (name)) f on true
 order by x.time desc, x.sequence desc
 limit :page.limit;
