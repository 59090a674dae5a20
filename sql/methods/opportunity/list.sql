-- SPDX-License-Identifier: Apache-2.0
-- What one account or one owner has may be sorted. A manager's are found from each team of the subtree, a page's worth of each along the index by rank.
-- method: kam.v1.OpportunityService/ListOpportunities
-- kind: read
-- roles: rep
-- into: opportunities
with found as materialized (
    (select o.id, {{opportunity_rank}} as rank
       from opportunity o
      where o.account_id = :account_id and (:owner_id::uuid is null or o.owner_id = :owner_id)
        and (:team_id::uuid is null or exists (select from team_closure t where t.ancestor_id = :team_id and t.descendant_id = o.account_team_id))
        and o.state = any {{opportunity_states}} and {{opportunity_filter}})
    union all
    (select o.id, {{opportunity_rank}} as rank
       from opportunity o
      where :account_id::uuid is null and o.owner_id = :owner_id
        and (:team_id::uuid is null or exists (select from team_closure t where t.ancestor_id = :team_id and t.descendant_id = o.account_team_id))
        and o.state = any {{opportunity_states}} and {{opportunity_filter}})
    union all
    (select o.id, {{opportunity_rank}} as rank
       from account_reach r join opportunity o on o.account_id = r.account_id
      where :account_id::uuid is null and :owner_id::uuid is null and r.user_id = kam.caller_id()
        and (:team_id::uuid is null or exists (select from team_closure t where t.ancestor_id = :team_id and t.descendant_id = o.account_team_id))
        and o.state = any {{opportunity_states}} and {{opportunity_filter}})),
page as materialized (
    select f.id, f.rank from found f where (f.rank, f.id) < {{opportunity_after}} order by f.rank desc, f.id desc limit :page.limit)
select r.rank as "page.1", r.id as "page.2", x.*
  from page r
 cross join lateral (
    select {{opportunity_columns}}
      from {{opportunity_tables}}
     where o.id = r.id
    offset 0) x
 order by r.rank desc, r.id desc;
-- roles: manager
-- into: opportunities
with found as materialized (
    (select o.id, {{opportunity_rank}} as rank
       from opportunity o
      where o.account_id = :account_id and (:owner_id::uuid is null or o.owner_id = :owner_id)
        and (:team_id::uuid is null or exists (select from team_closure t where t.ancestor_id = :team_id and t.descendant_id = o.account_team_id))
        and o.state = any {{opportunity_states}} and {{opportunity_filter}})
    union all
    (select o.id, {{opportunity_rank}} as rank
       from opportunity o
      where :account_id::uuid is null and o.owner_id = :owner_id
        and (:team_id::uuid is null or exists (select from team_closure t where t.ancestor_id = :team_id and t.descendant_id = o.account_team_id))
        and o.state = any {{opportunity_states}} and {{opportunity_filter}})
    union all
    (select o.id, o.rank
       from (select distinct c.descendant_id from team_closure c
              where c.ancestor_id = any (case when :team_id::uuid is null then kam.caller_team_ids() else array[:team_id::uuid] end)) c
      cross join unnest{{opportunity_states}} w (state)
      cross join lateral (
        select o.id, o.amount_rank as rank
          from opportunity o
         where o.account_team_id = c.descendant_id and o.state = w.state and (o.amount_rank, o.id) < {{opportunity_after}} and {{opportunity_filter}}
         order by o.amount_rank desc, o.id desc
         limit :page.limit) o
      where :order = 'amount' and :account_id::uuid is null and :owner_id::uuid is null)
    union all
    (select o.id, o.rank
       from (select distinct c.descendant_id from team_closure c
              where c.ancestor_id = any (case when :team_id::uuid is null then kam.caller_team_ids() else array[:team_id::uuid] end)) c
      cross join unnest{{opportunity_states}} w (state)
      cross join lateral (
        select o.id, o.purchase_rank as rank
          from opportunity o
         where o.account_team_id = c.descendant_id and o.state = w.state and (o.purchase_rank, o.id) < {{opportunity_after}} and {{opportunity_filter}}
         order by o.purchase_rank desc, o.id desc
         limit :page.limit) o
      where coalesce(:order, 'purchase') = 'purchase' and :account_id::uuid is null and :owner_id::uuid is null)
    union all
    (select o.id, o.rank
       from (select distinct c.descendant_id from team_closure c
              where c.ancestor_id = any (case when :team_id::uuid is null then kam.caller_team_ids() else array[:team_id::uuid] end)) c
      cross join unnest{{opportunity_states}} w (state)
      cross join lateral (
        select o.id, o.person_rank as rank
          from opportunity o
         where o.account_team_id = c.descendant_id and o.state = w.state and (o.person_rank, o.id) < {{opportunity_after}} and {{opportunity_filter}}
         order by o.person_rank desc, o.id desc
         limit :page.limit) o
      where :order = 'key_person' and :account_id::uuid is null and :owner_id::uuid is null)
    union all
    (select o.id, {{opportunity_rank}} as rank
       from (select distinct r.account_id from account_reach r where r.user_id = any (kam.caller_ids())) r join opportunity o on o.account_id = r.account_id
      where :account_id::uuid is null and :owner_id::uuid is null and :team_id::uuid is null
        and not exists (select from team_closure c where c.ancestor_id = any (kam.caller_team_ids()) and c.descendant_id = o.account_team_id)
        and o.state = any {{opportunity_states}} and {{opportunity_filter}})),
page as materialized (
    select f.id, f.rank from found f where (f.rank, f.id) < {{opportunity_after}} order by f.rank desc, f.id desc limit :page.limit)
select r.rank as "page.1", r.id as "page.2", x.*
  from page r
 cross join lateral (
    select {{opportunity_columns}}
      from {{opportunity_tables}}
     where o.id = r.id
    offset 0) x
 order by r.rank desc, r.id desc;
