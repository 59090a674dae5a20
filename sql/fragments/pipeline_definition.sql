-- SPDX-License-Identifier: Apache-2.0
jsonb_build_object(
           'key', :pipeline.key, 'name_en', :pipeline.name_en, 'name_zh', :pipeline.name_zh,
           'group_threshold_currency_code', :pipeline.group_threshold.currency_code, 'group_threshold_minor_units', :pipeline.group_threshold.minor_units,
           'stages', (select coalesce(jsonb_agg(jsonb_build_object(
                                 'key', s.key, 'name_en', s.name_en, 'name_zh', s.name_zh, 'meaning_en', s.meaning_en, 'meaning_zh', s.meaning_zh,
                                 'allowed_days', s.allowed_days, 'probability', s.probability, 'approvals', to_jsonb(string_to_array(s.approvals, ',')), 'next', s.next)
                                 order by s.place), '[]')
                        from unnest(:pipeline.stages[].key, :pipeline.stages[].name_en, :pipeline.stages[].name_zh, :pipeline.stages[].meaning_en,
                                    :pipeline.stages[].meaning_zh, :pipeline.stages[].allowed_days, :pipeline.stages[].probability, :pipeline.stages[].approvals,
                                    :pipeline.stages[].next)
                             with ordinality s (key, name_en, name_zh, meaning_en, meaning_zh, allowed_days, probability, approvals, next, place)),
           'criteria', (select coalesce(jsonb_agg(jsonb_build_object(
                                   'stage', c.stage, 'key', c.key, 'kind', c.kind, 'name_en', c.name_en, 'name_zh', c.name_zh,
                                   'parameters', case when c.parameters = '' then '{}' else kam.json_or_null(c.parameters) end) order by c.place), '[]')
                          from unnest(:pipeline.criteria[].stage, :pipeline.criteria[].key, :pipeline.criteria[].kind, :pipeline.criteria[].name_en,
                                      :pipeline.criteria[].name_zh, :pipeline.criteria[].parameters)
                               with ordinality c (stage, key, kind, name_en, name_zh, parameters, place)))
