-- SPDX-License-Identifier: Apache-2.0
m.key as model_key, v.number as model_number, m.kind, v.name_en, v.name_zh, a.id as account_id, a.name as account_name, l.assessed_on as last_on, l.grade as last_grade
