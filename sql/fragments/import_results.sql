-- SPDX-License-Identifier: Apache-2.0
x.outcome, x.id, x.code, x.reason, x.message, x.field, m.ids as "matches[].id", m.codes as "matches[].code", m.names as "matches[].name",
       m.owners as "matches[].owner_name", m.teams as "matches[].team_name", m.similarities as "matches[].similarity", m.are_retired as "matches[].is_retired",
       array(select v.key from jsonb_each_text(coalesce(nullif(x.given, 'null'), '{}')) v order by v.key) as "values[].name",
       array(select v.value from jsonb_each_text(coalesce(nullif(x.given, 'null'), '{}')) v order by v.key) as "values[].value"
