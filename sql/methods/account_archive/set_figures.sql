-- SPDX-License-Identifier: Apache-2.0
-- Made where the year has none and none was seen, changed otherwise.
-- method: kam.v1.AccountArchiveService/SetAccountFigures
-- kind: write
-- record: figures.account_id
-- roles: rep, manager
-- do:
insert into account_figures (account_id, year, revenue_currency_code, revenue_minor_units, profit_currency_code, profit_minor_units, liquid_asset_ratio,
                             net_margin, return_on_assets, collection_days, inventory_days, purchases_currency_code, purchases_minor_units, our_share, note)
select a.id, :figures.year,
       case when 'revenue' = any (:update_mask) then :figures.revenue.currency_code end,
       case when 'revenue' = any (:update_mask) then :figures.revenue.minor_units end,
       case when 'profit' = any (:update_mask) then :figures.profit.currency_code end,
       case when 'profit' = any (:update_mask) then :figures.profit.minor_units end,
       case when 'liquid_asset_ratio' = any (:update_mask) then :figures.liquid_asset_ratio end,
       case when 'net_margin' = any (:update_mask) then :figures.net_margin end,
       case when 'return_on_assets' = any (:update_mask) then :figures.return_on_assets end,
       case when 'collection_days' = any (:update_mask) then :figures.collection_days end,
       case when 'inventory_days' = any (:update_mask) then :figures.inventory_days end,
       case when 'purchases' = any (:update_mask) then :figures.purchases.currency_code end,
       case when 'purchases' = any (:update_mask) then :figures.purchases.minor_units end,
       case when 'our_share' = any (:update_mask) then :figures.our_share end,
       case when 'note' = any (:update_mask) then :figures.note else '' end
  from account a
 where a.id = :record.id and :figures.version = 0
   and not exists (select from account_figures f where f.account_id = a.id and f.year = :figures.year and f.retire_time is null);
-- do:
update account_figures
   set @set(figures: revenue, profit, liquid_asset_ratio, net_margin, return_on_assets, collection_days, inventory_days, purchases, our_share, note)
 where account_id = :record.id and year = :figures.year and retire_time is null and version = :figures.version;
-- answer:
select {{figures_columns}}
  left join account_figures f on f.account_id = a.id and f.year = :figures.year and f.retire_time is null
  left join app_user e on e.id = f.updated_by
 where a.id = :record.id;
