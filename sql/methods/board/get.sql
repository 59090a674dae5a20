-- SPDX-License-Identifier: Apache-2.0
-- Two statements over the same opportunities: what they sum up to, and the cards. The first says whose board it may be; without its row the answer is NOT_FOUND.
-- method: kam.v1.BoardService/GetBoard
-- kind: read
-- roles: rep
-- into: .
with open as materialized (
    select {{board_columns}}
      from opportunity o
     where o.owner_id = kam.caller_id() and o.state = 'open'
       and exists (select from account a where a.id = o.account_id and a.retire_time is null offset 0)),
{{board_valued}}
select w.id as owner_id, w.name as owner_name, {{board_head}}
  from app_user w
 cross join {{board_sums}}
 where w.id = (select kam.caller_id()) and coalesce(:owner_id = w.id, true) and :team_id::uuid is null;
-- into: cards
with open as materialized (
    select {{board_columns}}
      from opportunity o
     where o.owner_id = kam.caller_id() and o.state = 'open'
       and exists (select from account a where a.id = o.account_id and a.retire_time is null offset 0)),
{{board_valued}},
{{board_cards}};
-- roles: manager
-- into: .
with open as materialized (
    select {{board_columns}}
      from opportunity o
     where o.owner_id = :owner_id and o.state = 'open'
       and (:team_id::uuid is null or exists (select from team_closure c where c.ancestor_id = :team_id and c.descendant_id = o.account_team_id))
       and exists (select from account a where a.id = o.account_id and a.retire_time is null offset 0)
    union all
    select {{board_columns}}
      from team_closure c join opportunity o on o.account_team_id = c.descendant_id
     where :owner_id::uuid is null and c.ancestor_id = (select coalesce(:team_id, kam.caller_team_id())) and o.state = 'open'
       and exists (select from account a where a.id = o.account_id and a.retire_time is null offset 0)),
{{board_valued}}
select m.id as team_id, m.name as team_name, w.id as owner_id, w.name as owner_name, {{board_head}}
  from (select coalesce(:team_id, case when :owner_id::uuid is null then kam.caller_team_id() end) as team_id offset 0) b
  left join team m on m.id = b.team_id
  left join app_user w on w.id = :owner_id
 cross join {{board_sums}}
 where (b.team_id is null or exists (select from team_closure c where c.ancestor_id = any ((select kam.caller_team_ids())::uuid[]) and c.descendant_id = b.team_id))
   and (:owner_id::uuid is null or w.id = (select kam.caller_id())
        or exists (select from team_closure c where c.ancestor_id = any ((select kam.caller_team_ids())::uuid[]) and c.descendant_id = w.team_id));
-- into: cards
with open as materialized (
    select {{board_columns}}
      from opportunity o
     where o.owner_id = :owner_id and o.state = 'open'
       and (:team_id::uuid is null or exists (select from team_closure c where c.ancestor_id = :team_id and c.descendant_id = o.account_team_id))
       and exists (select from account a where a.id = o.account_id and a.retire_time is null offset 0)
    union all
    select {{board_columns}}
      from team_closure c join opportunity o on o.account_team_id = c.descendant_id
     where :owner_id::uuid is null and c.ancestor_id = (select coalesce(:team_id, kam.caller_team_id())) and o.state = 'open'
       and exists (select from account a where a.id = o.account_id and a.retire_time is null offset 0)),
{{board_valued}},
{{board_cards}};
