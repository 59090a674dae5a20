-- SPDX-License-Identifier: Apache-2.0
-- Three ways to a page, each along an index that has the order; the conditions on parameters alone switch two of them off.
-- method: kam.v1.ActivityService/ListActivities
-- kind: read
-- roles: rep, manager
-- into: activities
select x.time as "page.1", x.id as "page.2", {{activity_columns}}
  from (
    (select {{activity_row}}
       from activity x
      where x.account_id = :account_id
        and (:contact_id::uuid is null or exists (select from activity_contact l where l.activity_id = x.id and l.contact_id = :contact_id))
        and (:owner_id::uuid is null or x.owner_id = :owner_id)
        and {{activity_filter}})
    union all
    (select {{activity_row}}
       from activity_contact l join activity x on x.id = l.activity_id
      where :account_id::uuid is null and l.contact_id = :contact_id
        and (:owner_id::uuid is null or x.owner_id = :owner_id)
        and {{activity_filter}})
    union all
    (select {{activity_row}}
       from activity x
      where :account_id::uuid is null and :contact_id::uuid is null and x.owner_id = coalesce(:owner_id, kam.caller_id())
        and {{activity_filter}})
  ) x
  {{activity_joins}}
 order by x.time desc, x.id desc;
