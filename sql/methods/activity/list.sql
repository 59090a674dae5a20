-- SPDX-License-Identifier: Apache-2.0
-- Three ways to a page, newest first, each along an index that has the order; the conditions on parameters alone switch all but one off. What is
-- planned for an account or an owner comes soonest first: there is little of it, in indexes of its own, so it is sorted. Every branch costs every
-- list something, so a contact has none for it. People are gathered once for the whole page.
-- method: kam.v1.ActivityService/ListActivities
-- kind: read
-- roles: rep, manager
-- into: activities
with page as materialized (
    (select {{activity_row}}
       from activity x
      where x.account_id = :account_id
        and (:contact_id::uuid is null or exists (select from activity_contact l where l.activity_id = x.id and l.contact_id = :contact_id))
        and (:owner_id::uuid is null or x.owner_id = :owner_id)
        and :state::text is distinct from 'planned' and {{activity_filter}} and {{activity_newest}})
    union all
    (select {{activity_row}}
       from activity_contact l join activity x on x.id = l.activity_id
      where :account_id::uuid is null and l.contact_id = :contact_id
        and (:owner_id::uuid is null or x.owner_id = :owner_id)
        and {{activity_filter}} and {{activity_newest}})
    union all
    (select {{activity_row}}
       from activity x
      where :account_id::uuid is null and :contact_id::uuid is null and x.owner_id = (select coalesce(:owner_id, kam.caller_id()))
        and :state::text is distinct from 'planned' and {{activity_filter}} and {{activity_newest}})
    union all
    (select {{activity_row}}
       from activity x
      where x.state = 'planned'
        and (x.account_id = :account_id
             or x.owner_id = (select coalesce(:owner_id, kam.caller_id()) where :account_id::uuid is null and :contact_id::uuid is null))
        and (:contact_id::uuid is null or exists (select from activity_contact l where l.activity_id = x.id and l.contact_id = :contact_id))
        and (:owner_id::uuid is null or x.owner_id = :owner_id)
        and {{activity_filter}} and {{activity_soonest}})),
their_people as (
    select l.activity_id, array_agg(l.contact_id) as ids, array_agg(n.name) as names
      from page join activity_contact l on l.activity_id = page.id join contact n on n.id = l.contact_id
     group by l.activity_id),
our_people as (
    select l.activity_id, array_agg(l.user_id) as ids, array_agg(n.name) as names
      from page join activity_user l on l.activity_id = page.id join app_user n on n.id = l.user_id
     group by l.activity_id)
select x.time as "page.1", x.id as "page.2", {{activity_columns}}
  from page x
  join account a on a.id = x.account_id
  join app_user o on o.id = x.owner_id
  left join app_user m on m.id = x.created_by
  left join app_user e on e.id = x.updated_by
  left join our_people u on u.activity_id = x.id
  left join their_people k on k.activity_id = x.id
 order by case when :state = 'planned' and (:account_id::uuid is not null or :contact_id::uuid is null) then x.time end,
          case when :state = 'planned' and (:account_id::uuid is not null or :contact_id::uuid is null) then x.id end, x.time desc, x.id desc;
