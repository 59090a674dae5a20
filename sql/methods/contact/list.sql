-- SPDX-License-Identifier: Apache-2.0
-- All within reach: a rep's contacts are found from the rep's accounts. So are those of a manager of few accounts; a manager of many finds a page
-- quicker by reading along the names. OFFSET 0 makes each contact one look by key: without it the planner, who knows nothing of the
-- parameters, reads all contacts.
-- method: kam.v1.ContactService/ListContacts
-- kind: read
-- roles: rep
-- into: contacts
with page as materialized (
    select c.id
      from (select p.contact_id from position p where p.account_id = :account_id and (:include_past or p.ended_on is null)
            union
            select p.contact_id
              from account_reach r join position p on p.account_id = r.account_id
             where :account_id::uuid is null and r.user_id = kam.caller_id() and (:include_past or p.ended_on is null)) i
     cross join lateral (select c.id, c.name, c.retire_time from contact c where c.id = i.contact_id offset 0) c
     where (:include_past or c.retire_time is null) and {{after_name}}
     order by c.name, c.id
     limit :page.limit)
select c.name as "page.1", c.id as "page.2", {{contact_columns}}
  from page join contact c on c.id = page.id
  {{contact_positions}}
 order by c.name, c.id;
-- roles: manager
-- into: contacts
with few as materialized (
    select count(*) < 200 as accounts
      from (select from team_closure t join account a on a.team_id = t.descendant_id
             where :account_id::uuid is null and t.ancestor_id = any (kam.caller_team_ids()) limit 200) x),
page as materialized (
    (select c.id, c.name
       from (select p.contact_id from position p where p.account_id = :account_id and (:include_past or p.ended_on is null)
             union
             select p.contact_id
               from account_reach r join position p on p.account_id = r.account_id
              where :account_id::uuid is null and (select accounts from few) and r.user_id = any (kam.caller_ids()) and (:include_past or p.ended_on is null)
             union
             select p.contact_id
               from team_closure t join account a on a.team_id = t.descendant_id join position p on p.account_id = a.id
              where :account_id::uuid is null and (select accounts from few) and t.ancestor_id = any (kam.caller_team_ids()) and (:include_past or p.ended_on is null)) i
      cross join lateral (select c.id, c.name, c.retire_time from contact c where c.id = i.contact_id offset 0) c
      where (:include_past or c.retire_time is null) and {{after_name}}
      order by c.name, c.id
      limit :page.limit)
    union all
    (select c.id, c.name
       from contact c
      where :account_id::uuid is null and not (select accounts from few)
        and (:include_past or (c.retire_time is null and exists (select from position p where p.contact_id = c.id and p.ended_on is null)))
        and {{after_name}}
      order by c.name, c.id
      limit :page.limit))
select c.name as "page.1", c.id as "page.2", {{contact_columns}}
  from page join contact c on c.id = page.id
  {{contact_positions}}
 order by c.name, c.id;
-- roles: service
-- into: contacts
with page as materialized (
    (select c.id
       from position p cross join lateral (select c.id, c.name from contact c where c.id = p.contact_id offset 0) c
      where p.account_id = :account_id and {{after_name}}
      order by c.name, c.id
      limit :page.limit)
    union all
    (select c.id from contact c where :account_id::uuid is null and {{after_name}} order by c.name, c.id limit :page.limit))
select y.*
  from page
 cross join lateral (
    select c.name as "page.1", c.id as "page.2", {{contact_service_columns}}
     where c.id = page.id
    offset 0) y
 order by y."page.1", y."page.2";
