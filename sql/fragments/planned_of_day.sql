-- SPDX-License-Identifier: Apache-2.0
x.state = 'planned' and x.owner_id = (select coalesce(:user_id, kam.caller_id()))
   and exists (select from account a where a.id = x.account_id and a.retire_time is null offset 0)
