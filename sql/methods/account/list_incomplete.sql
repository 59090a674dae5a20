-- SPDX-License-Identifier: Apache-2.0
-- One owner's, so that what each account lacks is looked up for hundreds and not for all.
-- method: kam.v1.AccountService/ListIncompleteAccounts
-- kind: read
-- roles: rep, manager
-- into: accounts
select x.completeness as "page.1", x.name as "page.2", x.id as "page.3", x.id, x.code, x.name, x.status, x.owner_id, o.name as owner_name,
       x.completeness, x.missing
  from (select a.id, a.code, a.name, a.status, a.owner_id, k.completeness, k.missing
          from account a cross join lateral kam.account_completeness(a.id) k
         where a.owner_id = (select coalesce(:owner_id, kam.caller_id())) and a.retire_time is null) x
  join app_user o on o.id = x.owner_id
 where x.status not in ('lost', 'rejected') and x.completeness < 100
   and (x.completeness, x.name, x.id) > ((select coalesce(:page.1::int, -1)), (select coalesce(:page.2, '')),
                                         (select coalesce(:page.3::uuid, '00000000-0000-0000-0000-000000000000')))
 order by x.completeness, x.name, x.id
 limit :page.limit;
