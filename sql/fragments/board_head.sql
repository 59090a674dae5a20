-- SPDX-License-Identifier: Apache-2.0
p.key as pipeline_key, p.name_en as pipeline_name_en, p.name_zh as pipeline_name_zh, f.currency_code, t.count,
       f.currency_code as "amount.currency_code", t.amount as "amount.minor_units",
       f.currency_code as "weighted_amount.currency_code", t.weighted as "weighted_amount.minor_units", t.stalled_count, t.without_amount_count,
       s.key as "stages[].key", s.name_en as "stages[].name_en", s.name_zh as "stages[].name_zh", s.count as "stages[].count",
       s.currency_code as "stages[].amount.currency_code", s.amount as "stages[].amount.minor_units",
       s.currency_code as "stages[].weighted_amount.currency_code", s.weighted as "stages[].weighted_amount.minor_units", s.stalled_count as "stages[].stalled_count",
       u.count as "unrated[].count", u.currency_code as "unrated[].amount.currency_code", u.amount as "unrated[].amount.minor_units",
       n.key as "pipelines[].key", n.name_en as "pipelines[].name_en", n.name_zh as "pipelines[].name_zh", n.count as "pipelines[].count"
