-- SPDX-License-Identifier: Apache-2.0
-- One branch answers: what waits for the caller, what the caller asked for or is of their opportunities, or all of one opportunity.
-- method: kam.v1.ProcessService/ListApprovals
-- kind: read
-- roles: rep, manager
-- into: advancements
with page as materialized (
    select x.id
      from ((select x.id, x.create_time
               from kam.approvals_for_caller(:page.1::timestamptz, :page.2::uuid, :page.limit) x
              where :opportunity_id::uuid is null and coalesce(:scope, 'for_me') = 'for_me')
            union
            (select v.id, v.create_time
               from advancement v
              where :opportunity_id::uuid is null and :scope = 'asked' and v.requested_by = (select kam.caller_id())
                and (:include_ended or v.state = 'waiting') and (v.create_time, v.id) > {{after_time}}
              order by v.create_time, v.id
              limit :page.limit)
            union
            (select v.id, v.create_time
               from opportunity o join advancement v on v.opportunity_id = o.id
              where :opportunity_id::uuid is null and :scope = 'asked' and o.owner_id = (select kam.caller_id())
                and (:include_ended or (o.state = 'open' and v.state = 'waiting')) and (v.create_time, v.id) > {{after_time}}
              order by v.create_time, v.id
              limit :page.limit)
            union
            (select v.id, v.create_time
               from advancement v
              where v.opportunity_id = :opportunity_id and (v.create_time, v.id) > {{after_time}}
              order by v.create_time, v.id
              limit :page.limit)) x
     order by x.create_time, x.id
     limit :page.limit)
select v.create_time as "page.1", v.id as "page.2", {{advancement_columns}}
  from page join {{advancement_tables}} on v.id = page.id
 order by v.create_time, v.id;
