-- SPDX-License-Identifier: Apache-2.0
-- The rows are made and written by import_accounts(), as the caller.
-- method: kam.v1.ImportService/ImportAccounts
-- kind: write
-- roles: rep, manager
-- do:
select kam.begin_import();
-- answer:
select;
-- into: results
select {{import_results}},
       case when :dry_run and x.outcome = 'added' then kam.name_key((:rows[].account.name)[x.ordinality]) end as name_key
  from kam.import_accounts(:dry_run, array(
           select jsonb_populate_record(null::account, to_jsonb(r) || jsonb_build_object(
                      'other_names', string_to_array(r.names_of_old, E'\n'), 'territories', string_to_array(r.territory_names, E'\n')))
             from unnest(:rows[].account.id, :rows[].account.name, :rows[].account.other_names, :rows[].account.registration_number,
                         :rows[].account.registered_address, :rows[].account.delivery_address, :rows[].account.phone, :rows[].account.website,
                         :rows[].account.legal_representative, :rows[].account.founded_on, :rows[].account.ownership,
                         :rows[].account.registered_capital.currency_code, :rows[].account.registered_capital.minor_units, :rows[].account.employees,
                         :rows[].account.industry, :rows[].account.region, :rows[].account.parent_id, :rows[].account.tax_status, :rows[].account.bank,
                         :rows[].account.main_products, :rows[].account.market, :rows[].account.our_value, :rows[].account.management_level,
                         :rows[].account.culture, :rows[].account.philosophy, :rows[].account.industry_standing, :rows[].account.reputation,
                         :rows[].account.annual_revenue.currency_code, :rows[].account.annual_revenue.minor_units, :rows[].account.owner_id,
                         :rows[].account.source, :rows[].account.source_note, :rows[].account.status, :rows[].account.note, :rows[].duplicate_reason,
                         :rows[].account.organisation, :rows[].account.business_scope, :rows[].account.cash_flow, :rows[].account.payables,
                         :rows[].account.market_trend, :rows[].account.company_trend, :rows[].account.special_requirements, :rows[].account.bad_record,
                         :rows[].account.development_plans, :rows[].account.relationship_kind, :rows[].account.selling_level,
                         :rows[].account.payment_reputation, :rows[].account.quality_reputation, :rows[].account.stability_reputation,
                         :rows[].account.channel_position, :rows[].account.upstream_id, :rows[].account.distributor_count,
                         :rows[].account.retailer_count, :rows[].account.own_capital.currency_code, :rows[].account.own_capital.minor_units,
                         :rows[].account.own_staff, :rows[].account.territories, :rows[].account.budget_month, :rows[].account.budget_day,
                         :rows[].account.budget_lead_days)
                  with ordinality
                  r (id, name, names_of_old, registration_number, registered_address, delivery_address, phone, website, legal_representative, founded_on,
                     ownership, registered_capital_currency_code, registered_capital_minor_units, employees, industry, region, parent_id, tax_status,
                     bank, main_products, market, our_value, management_level, culture, philosophy, industry_standing, reputation,
                     annual_revenue_currency_code, annual_revenue_minor_units, owner_id, source, source_note, status, note, duplicate_reason, organisation, business_scope,
                     cash_flow, payables, market_trend, company_trend, special_requirements, bad_record, development_plans, relationship_kind,
                     selling_level, payment_reputation, quality_reputation, stability_reputation, channel_position, upstream_id, distributor_count,
                     retailer_count, own_capital_currency_code, own_capital_minor_units, own_staff, territory_names, budget_month, budget_day, budget_lead_days, number)
            order by r.number), :rows[].owner, :rows[].parent) with ordinality x
  {{import_matches}};
