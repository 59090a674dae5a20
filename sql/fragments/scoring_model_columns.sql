-- SPDX-License-Identifier: Apache-2.0
v.id, m.key, m.kind, v.number, v.name_en, v.name_zh, v.reason, u.name as created_by, v.create_time
