-- SPDX-License-Identifier: Apache-2.0
v.id, p.key, v.number, v.name_en, v.name_zh, v.group_threshold_currency_code as "group_threshold.currency_code",
       v.group_threshold_minor_units as "group_threshold.minor_units", p.is_default, v.reason, u.name as created_by, v.create_time, p.retire_time
