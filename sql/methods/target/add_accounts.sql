-- SPDX-License-Identifier: Apache-2.0
-- What this call added has the time that the list keeps; a repeated call finds the same.
-- method: kam.v1.TargetService/AddTargetAccounts
-- kind: write
-- record: list_id
-- roles: manager
-- do:
select kam.add_target_accounts(:record.id, :account_ids,
                               :segment.industry <> '' or :segment.region <> '' or :segment.status is not null or :segment.least_employees is not null
                               or :segment.most_employees is not null or :segment.team_id is not null,
                               :segment.industry, :segment.region, :segment.status, :segment.least_employees, :segment.most_employees, :segment.team_id, :user_id);
-- answer:
select l.id as list_id, l.name as list_name, n.added_count, n.entry_count
  from target_list l
 cross join lateral (
    select count(*) filter (where t.create_time = l.last_addition_time)::int as added_count, count(*) filter (where a.retire_time is null)::int as entry_count
      from target_entry t join account a on a.id = t.account_id
     where t.list_id = l.id and t.remove_time is null) n
 where l.id = :record.id;
