-- SPDX-License-Identifier: Apache-2.0
a.id, a.code, a.name, a.other_names, a.registration_number, a.registered_address, a.delivery_address, a.phone, a.website, a.legal_representative,
a.founded_on, a.ownership, a.registered_capital_currency_code as "registered_capital.currency_code",
a.registered_capital_minor_units as "registered_capital.minor_units", a.employees, a.industry, a.region,
a.parent_id, p.name as parent_name, a.tax_status, a.bank, a.main_products, a.market, a.our_value, a.management_level, a.culture, a.philosophy,
a.industry_standing, a.reputation, a.annual_revenue_currency_code as "annual_revenue.currency_code",
a.annual_revenue_minor_units as "annual_revenue.minor_units", a.owner_id, o.name as owner_name, a.team_id, t.name as team_name,
m.user_ids as "members[].user_id", m.user_names as "members[].user_name", m.since as "members[].since",
a.source, a.source_note, a.status, a.note, a.duplicate_reason, a.create_time, a.update_time, e.name as updated_by, a.retire_time, a.version,
a.organisation, a.business_scope, a.cash_flow, a.payables, a.market_trend, a.company_trend, a.special_requirements, a.bad_record, a.development_plans,
a.relationship_kind, a.selling_level, a.payment_reputation, a.quality_reputation, a.stability_reputation, a.channel_position, a.upstream_id,
s.name as upstream_name, a.distributor_count, a.retailer_count, a.own_capital_currency_code as "own_capital.currency_code",
a.own_capital_minor_units as "own_capital.minor_units", a.own_staff, a.territories, a.merged_into_id,
(select g.code from account g where g.id = a.merged_into_id) as merged_into_code, (select g.name from account g where g.id = a.merged_into_id) as merged_into_name
