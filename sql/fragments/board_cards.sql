-- SPDX-License-Identifier: Apache-2.0
shown as materialized (
    select y.*
      from (select x.*, row_number() over (partition by x.stage_key
                                           order by case coalesce(:order, 'purchase') when 'amount' then coalesce(x.worth, -1) when 'key_person' then x.person_rank
                                                                                      else x.purchase_rank end desc, x.id desc) as place
              from valued x) y
     where y.place <= (select coalesce(nullif(:cards_per_stage, 0), 500))
     order by y.place, y.id
     limit 2000)
select x.id, x.code, x.name, x.account_id, coalesce(a.name, kam.account_of_opportunity(x.id)) as account_name, x.owner_id, w.name as owner_name, x.stage_key,
       x.amount_currency_code as "amount.currency_code", x.amount_minor_units as "amount.minor_units",
       case when x.worth is not null then x.currency_code end as "reporting_amount.currency_code", x.worth as "reporting_amount.minor_units",
       x.chance as probability, x.purchase_on, extract(day from justify_hours(x.age))::int as days_in_stage, x.allowed_days, x.is_stalled,
       case when x.is_deferred then x.review_on end as review_on, x.is_imported, k.name as key_person_name,
       (select count(*)::int from kam.check_criteria(x.id) c where c.state not in ('met', 'waived')) as unmet_count, q.approver as waiting_for
  from shown x
  join stages g on g.key = x.stage_key
  join app_user w on w.id = x.owner_id
  left join account a on a.id = x.account_id
  left join lateral (
    select s.approver from advancement v join approval_step s on s.advancement_id = v.id and s.state = 'open'
     where v.opportunity_id = x.id and v.state = 'waiting') q on true
  left join lateral (
    select c.name
      from opportunity_person p join contact c on c.id = p.contact_id
     where x.person_rank >= 0 and p.opportunity_id = x.id and p.influence = x.person_rank and p.stance = 'ally' and 'decider' = any (p.buying_roles)
     order by p.id limit 1) k on true
 order by g.place, x.place
