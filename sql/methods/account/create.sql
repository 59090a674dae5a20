-- SPDX-License-Identifier: Apache-2.0
-- The trigger place_account sets owner, team and code, and refuses what looks like an account that exists.
-- method: kam.v1.AccountService/CreateAccount
-- kind: write
-- record: account.id
-- roles: rep, manager
-- do:
select kam.require(:account.name <> '', 3, 'FIELD_REQUIRED', 'An account needs a name.', '{"violations": [{"field": "account.name", "description": "must be set"}]}');
-- do:
insert into account (id, name, other_names, registration_number, registered_address, delivery_address, phone, website, legal_representative, founded_on,
                     ownership, registered_capital_currency_code, registered_capital_minor_units, employees, industry, region, parent_id, tax_status, bank,
                     main_products, market, our_value, management_level, culture, philosophy, industry_standing, reputation, annual_revenue_currency_code,
                     annual_revenue_minor_units, owner_id, source, source_note, status, note, duplicate_reason,
                     organisation, business_scope, cash_flow, payables, market_trend, company_trend, special_requirements, bad_record, development_plans,
                     relationship_kind, selling_level, payment_reputation, quality_reputation, stability_reputation, channel_position, upstream_id,
                     distributor_count, retailer_count, own_capital_currency_code, own_capital_minor_units, own_staff, territories, budget_month, budget_day, budget_lead_days)
values (:record.id, :account.name, :account.other_names, :account.registration_number, :account.registered_address, :account.delivery_address, :account.phone,
        :account.website, :account.legal_representative, :account.founded_on, :account.ownership, :account.registered_capital.currency_code,
        :account.registered_capital.minor_units, :account.employees, :account.industry, :account.region, :account.parent_id, :account.tax_status, :account.bank,
        :account.main_products, :account.market, :account.our_value, :account.management_level, :account.culture, :account.philosophy,
        :account.industry_standing, :account.reputation, :account.annual_revenue.currency_code, :account.annual_revenue.minor_units, :account.owner_id,
        :account.source, :account.source_note, coalesce(:account.status, 'prospect'), :account.note, :duplicate_reason,
        :account.organisation, :account.business_scope, :account.cash_flow, :account.payables, :account.market_trend, :account.company_trend,
        :account.special_requirements, :account.bad_record, :account.development_plans, :account.relationship_kind, :account.selling_level,
        :account.payment_reputation, :account.quality_reputation, :account.stability_reputation, :account.channel_position, :account.upstream_id,
        :account.distributor_count, :account.retailer_count, :account.own_capital.currency_code, :account.own_capital.minor_units, :account.own_staff,
        :account.territories, :account.budget_month, :account.budget_day, :account.budget_lead_days);
-- answer:
select {{account_columns}}
  from {{account_tables}}
 where a.id = :record.id;
