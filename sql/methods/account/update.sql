-- SPDX-License-Identifier: Apache-2.0
-- The trigger rename_account refuses a name or number that looks like another account's, and keeps duplicate_reason where neither changes.
-- method: kam.v1.AccountService/UpdateAccount
-- kind: write
-- record: account.id
-- roles: rep, manager
-- do:
update account
   set @set(account: name, other_names, registration_number, registered_address, delivery_address, phone, website, legal_representative, founded_on, ownership,
            registered_capital, employees, industry, region, parent_id, tax_status, bank, main_products, market, our_value, management_level, culture,
            philosophy, industry_standing, reputation, annual_revenue, source, source_note),
       @set(account: organisation, business_scope, cash_flow, payables, market_trend, company_trend, special_requirements, bad_record, development_plans,
            relationship_kind, selling_level, payment_reputation, quality_reputation, stability_reputation, channel_position, upstream_id,
            distributor_count, retailer_count, own_capital, own_staff, territories, budget_month, budget_day, budget_lead_days),
       @set(account: note),
       duplicate_reason = :duplicate_reason,
       status = case when 'status' = any (:update_mask) then coalesce(:account.status, 'prospect') else status end @mask(status)
 where id = :record.id and version = :account.version;
-- answer:
select {{account_columns}}
  from {{account_tables}}
 where a.id = :record.id;
