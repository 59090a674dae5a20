-- SPDX-License-Identifier: Apache-2.0
r.id, r.currency_code, trim_scale(r.rate)::text as rate, r.reporting_currency_code, r.from_on, r.note, u.name as created_by, r.create_time
