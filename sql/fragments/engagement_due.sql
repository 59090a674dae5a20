-- SPDX-License-Identifier: Apache-2.0
s.user_id = (select coalesce(:user_id, kam.caller_id())) and s.activity_id is null and s.remove_time is null
   and s.by_on < (select kam.today()) + 8 and exists (select from engagement_plan p where p.id = s.plan_id and p.state = 'open')
   and exists (select from account a where a.id = s.account_id and a.retire_time is null)
