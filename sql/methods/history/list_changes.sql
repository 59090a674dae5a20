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
    -- Of an account also what happened to those that were merged into it.
    (select y.*
       from kam.merged_accounts(:record_id) m
      cross join lateral (
        select {{change_row}}
          from change x
         where x.account_id = m.id
           and {{change_page}}) y
      where :with_children)
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
    -- Of a contact, what hangs on their positions and needs, which have an account, so that its policy decides, gifts, and their part in purchases; of an
    -- opportunity its people. Its other parts are logged under its own id.
    (select y.*
       from (select p.id from position p where p.contact_id = :record_id
             union all select n.id from need n where n.contact_id = :record_id
             union all select g.id from contact_gift g where g.contact_id = :record_id
             union all select o.id from opportunity_person o where o.contact_id = :record_id
             union all select o.id from opportunity_person o where o.opportunity_id = :record_id) p
      cross join lateral (
        select {{change_row}}
          from change x
         where x.record_id = p.id
           and {{change_page}}) y
      where :with_children)
    union all
    -- A record that is no account: its own changes.
    (select {{change_row}}
       from change x
      where :with_children and x.record_id = :record_id and x.account_id is distinct from :record_id
        and {{change_page}})
  ) x
  left join app_user u on u.id = x.actor_id
  left join lateral (
    select array_agg(k.name order by k.name) as names, array_agg(coalesce(v.old_row ->> k.name, '') order by k.name) as old_values,
           array_agg(coalesce(v.new_row ->> k.name, '') order by k.name) as new_values,
           array_agg({{change_old_name}} order by k.name) as old_names, array_agg({{change_new_name}} order by k.name) as new_names
      from (select x.old_values || x.guarded_old_values as old_row, x.new_values || x.guarded_new_values as new_row) v
     cross join lateral jsonb_object_keys(v.old_row || v.new_row) k (name)
     -- Made ids here: a policy would not let a cast that may fail into the index condition.
      left join lateral (select (v.old_row ->> k.name)::uuid as old_id, (v.new_row ->> k.name)::uuid as new_id
                          where k.name in ('owner_id', 'merged_into_id', 'merged_id', 'survivor_id', 'user_id', 'team_id', 'parent_id', 'upstream_id', 'account_id', 'contact_id', 'reports_to_id',
                                           'counterpart_id', 'given_by_id', 'from_contact_id', 'to_contact_id', 'opportunity_id', 'from_user_id', 'to_user_id', 'requested_by', 'ended_by', 'decided_by', 'on_behalf_of',
                                           'waived_by', 'withdrawn_by', 'suggested_by', 'assessed_by')
                         offset 0) i on true) f on true
 order by x.time desc, x.sequence desc
 limit :page.limit;
