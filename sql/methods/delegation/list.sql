-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.DelegationService/ListDelegations
-- kind: read
-- roles: rep, manager
-- into: delegations
select d.ends_on as "page.1", d.id as "page.2", {{delegation_columns}}
 where (:user_id::uuid is null or :user_id in (d.from_user_id, d.to_user_id))
   and (:include_ended or (d.end_time is null and d.ends_on >= (select kam.today())))
   and (d.ends_on, d.id) < ((select coalesce(:page.1::date, 'infinity')), (select coalesce(:page.2::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')))
 order by d.ends_on desc, d.id desc
 limit :page.limit;
