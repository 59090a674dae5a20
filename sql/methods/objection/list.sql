-- SPDX-License-Identifier: Apache-2.0
-- Of an account or of the caller, each along an index that has the order.
-- method: kam.v1.ObjectionService/ListObjections
-- kind: read
-- roles: rep, manager
-- into: objections
select o.create_time as "page.1", o.id as "page.2", {{objection_columns}}
 where o.id in (
    (select y.id
       from objection y
      where y.account_id = :account_id
        and (:outcome::text is null or y.outcome = :outcome)
        and (y.create_time, y.id) < ((select coalesce(:page.1::timestamptz, 'infinity')), (select coalesce(:page.2::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')))
      order by y.create_time desc, y.id desc
      limit :page.limit)
    union all
    (select y.id
       from objection y
      where :account_id::uuid is null and y.created_by = (select kam.caller_id())
        and (:outcome::text is null or y.outcome = :outcome)
        and (y.create_time, y.id) < ((select coalesce(:page.1::timestamptz, 'infinity')), (select coalesce(:page.2::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')))
      order by y.create_time desc, y.id desc
      limit :page.limit))
 order by o.create_time desc, o.id desc
 limit :page.limit;
