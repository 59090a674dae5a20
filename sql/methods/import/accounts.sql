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
select {{import_results}}
  from kam.import_accounts(:dry_run, array(
           select jsonb_populate_record(null::account, to_jsonb(r) || jsonb_build_object('other_names', string_to_array(r.names_of_old, E'\n')))
             from unnest(:rows[].account.id, :rows[].account.name, :rows[].account.other_names, :rows[].account.registration_number,
                         :rows[].account.registered_address, :rows[].account.delivery_address, :rows[].account.phone, :rows[].account.website,
                         :rows[].account.legal_representative, :rows[].account.founded_on, :rows[].account.ownership,
                         :rows[].account.registered_capital.currency_code, :rows[].account.registered_capital.minor_units, :rows[].account.employees,
                         :rows[].account.industry, :rows[].account.region, :rows[].account.parent_id, :rows[].account.tax_status, :rows[].account.bank,
                         :rows[].account.main_products, :rows[].account.market, :rows[].account.our_value, :rows[].account.management_level,
                         :rows[].account.culture, :rows[].account.philosophy, :rows[].account.industry_standing, :rows[].account.reputation,
                         :rows[].account.annual_revenue.currency_code, :rows[].account.annual_revenue.minor_units, :rows[].account.owner_id,
                         :rows[].account.source, :rows[].account.source_note, :rows[].account.status, :rows[].account.note, :rows[].duplicate_reason)
                  with ordinality
                  r (id, name, names_of_old, registration_number, registered_address, delivery_address, phone, website, legal_representative, founded_on,
                     ownership, registered_capital_currency_code, registered_capital_minor_units, employees, industry, region, parent_id, tax_status,
                     bank, main_products, market, our_value, management_level, culture, philosophy, industry_standing, reputation,
                     annual_revenue_currency_code, annual_revenue_minor_units, owner_id, source, source_note, status, note, duplicate_reason, number)
            order by r.number), :rows[].owner, :rows[].parent) x
  {{import_matches}};
