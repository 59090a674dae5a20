-- SPDX-License-Identifier: Apache-2.0
-- A rep's accounts are found from the rep; a manager's from each team of the subtree, a page's worth of each along the index by name.
-- method: kam.v1.AccountService/ListAccounts
-- kind: read
-- roles: rep
-- into: accounts
with page as materialized (
    select a.id
      from account_reach r join account a on a.id = r.account_id
     where r.user_id = kam.caller_id()
        and (:owner_id::uuid is null or a.owner_id = :owner_id)
        and (:parent_id::uuid is null or a.parent_id = :parent_id)
        and (:team_id::uuid is null or a.team_id in (select t.descendant_id from team_closure t where t.ancestor_id = :team_id))
        and {{account_filter}})
select a.name as "page.1", a.id as "page.2", {{account_columns}}
  from page join {{account_tables}} on a.id = page.id
 order by a.name, a.id;
-- roles: manager
-- into: accounts
with found as materialized (
    (select a.id, a.name
       from (select distinct c.descendant_id from team_closure c
              where c.ancestor_id = any (case when :team_id::uuid is null then kam.caller_team_ids() else array[:team_id::uuid] end)) c
      cross join lateral (
        select a.id, a.name from account a
         where a.team_id = c.descendant_id
           and {{account_filter}}) a
      where :owner_id::uuid is null and :parent_id::uuid is null)
    union all
    (select a.id, a.name
       from (select distinct r.account_id from account_reach r where r.user_id = any (kam.caller_ids())) r join account a on a.id = r.account_id
      where :owner_id::uuid is null and :parent_id::uuid is null and :team_id::uuid is null
        and not exists (select from team_closure c where c.ancestor_id = any (kam.caller_team_ids()) and c.descendant_id = a.team_id)
        and {{account_filter}})
    union all
    (select a.id, a.name
       from account a
      where a.owner_id = :owner_id and (:parent_id::uuid is null or a.parent_id = :parent_id)
        and (:team_id::uuid is null or exists (select from team_closure c where c.ancestor_id = :team_id and c.descendant_id = a.team_id))
        and {{account_filter}})
    union all
    (select a.id, a.name
       from account a
      where :owner_id::uuid is null and a.parent_id = :parent_id
        and (:team_id::uuid is null or exists (select from team_closure c where c.ancestor_id = :team_id and c.descendant_id = a.team_id))
        and {{account_filter}})),
page as materialized (select id from found order by name, id limit :page.limit)
select a.name as "page.1", a.id as "page.2", {{account_columns}}
  from page join {{account_tables}} on a.id = page.id
 order by a.name, a.id;
-- roles: service
-- into: accounts
select a.id, a.code, a.name, a.phone, a.registered_address, a.delivery_address, a.owner_id, o.name as owner_name, a.version,
       a.name as "page.1", a.id as "page.2"
  from (
    (select a.id, a.code, a.name, a.phone, a.registered_address, a.delivery_address, a.owner_id, a.version
       from account a
      where :owner_id::uuid is null and (a.name, a.id) > ((select coalesce(:page.1, '')), (select coalesce(:page.2::uuid, '00000000-0000-0000-0000-000000000000')))
      order by a.name, a.id
      limit :page.limit)
    union all
    (select a.id, a.code, a.name, a.phone, a.registered_address, a.delivery_address, a.owner_id, a.version
       from account a
      where a.owner_id = :owner_id and (a.name, a.id) > ((select coalesce(:page.1, '')), (select coalesce(:page.2::uuid, '00000000-0000-0000-0000-000000000000')))
      order by a.name, a.id
      limit :page.limit)) a
  join app_user o on o.id = a.owner_id
 -- What service may not read it may not ask for.
 where :team_id::uuid is null and :status::text is null and :industry = '' and :region = '' and :parent_id::uuid is null
 order by a.name, a.id;
