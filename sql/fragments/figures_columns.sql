-- SPDX-License-Identifier: Apache-2.0
f.id, a.id as account_id, a.name as account_name, f.year, f.revenue_currency_code as "revenue.currency_code", f.revenue_minor_units as "revenue.minor_units",
       f.profit_currency_code as "profit.currency_code", f.profit_minor_units as "profit.minor_units", f.liquid_asset_ratio, f.net_margin, f.return_on_assets,
       f.collection_days, f.inventory_days, f.purchases_currency_code as "purchases.currency_code", f.purchases_minor_units as "purchases.minor_units",
       f.our_share, f.note, f.retire_time, f.create_time, f.update_time, e.name as updated_by, coalesce(f.version, 0) as version
  from account a
