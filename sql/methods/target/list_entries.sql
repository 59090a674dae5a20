-- SPDX-License-Identifier: Apache-2.0
-- At most 2000 entries of a list, or some lists' entries of one user, so they may be sorted.
-- method: kam.v1.TargetService/ListTargetEntries
-- kind: read
-- roles: rep, manager
-- into: entries
with found as materialized (
    (select t.id from target_entry t where t.list_id = :list_id and (:user_id::uuid is null or t.user_id = :user_id) and t.remove_time is null)
    union all
    (select t.id
       from target_entry t join target_list l on l.id = t.list_id
      where :list_id::uuid is null and t.user_id = (select coalesce(:user_id, kam.caller_id())) and t.remove_time is null
        and l.retire_time is null and kam.today() between l.starts_on and l.ends_on)),
entry as materialized (
    select t.id, t.list_id, l.name as list_name, t.account_id, a.code, a.name, a.status, t.user_id, l.ends_on, {{target_progress}} as progress
      from found
      join target_entry t on t.id = found.id
      join target_list l on l.id = t.list_id
      join account a on a.id = t.account_id and a.retire_time is null
     cross join company f
     where (l.ends_on, a.name, t.id) > ((select coalesce(:page.1::date, '-infinity')), (select coalesce(:page.2, '')),
                                        (select coalesce(:page.3::uuid, '00000000-0000-0000-0000-000000000000'))))
select t.id, t.list_id, t.list_name, t.account_id, t.code as account_code, t.name as account_name, t.status as account_status, t.user_id, u.name as user_name,
       t.progress, (select x.time from activity x where x.account_id = t.account_id and x.state = 'done' order by x.time desc, x.id desc limit 1) as last_activity_time,
       t.ends_on, t.ends_on as "page.1", t.name as "page.2", t.id as "page.3"
  from entry t join app_user u on u.id = t.user_id
 where :progress::text is null or t.progress = :progress
 order by t.ends_on, t.name, t.id
 limit :page.limit;
