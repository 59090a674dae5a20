-- SPDX-License-Identifier: Apache-2.0
-- Who may read the change log: rep and manager what is within their reach now; changes of users and teams the managers above them.
-- Guarded values have columns of their own, granted apart.
set local search_path = kam, pg_temp;

grant select (sequence, time, actor_id, entity, record_id, account_id, version, operation, old_values, new_values, reason) on change to kam_rep, kam_manager;
grant select (guarded_old_values, guarded_new_values) on change to kam_rep, kam_manager;

create policy change_rep_read on change for select to kam_rep using (
    case when account_id is not null then exists (select from account_reach r where r.account_id = change.account_id)
         when entity in ('contact', 'contact_profile') then exists (select from contact c where c.id = change.record_id offset 0)
         else false end);
create policy change_manager_read on change for select to kam_manager using (
    case when account_id is not null then exists (select from account a where a.id = change.account_id offset 0)
         when entity in ('contact', 'contact_profile') then exists (select from contact c where c.id = change.record_id offset 0)
         when entity = 'team' then exists (select from team_closure c where c.ancestor_id = (select caller_team_id()) and c.descendant_id = change.record_id)
         when entity = 'app_user' then exists (
             select from app_user u join team_closure c on c.descendant_id = u.team_id
              where u.id = change.record_id and c.ancestor_id = (select caller_team_id()))
         else false end);
