-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.ProcessService/CheckOpportunity
-- kind: read
-- roles: rep, manager
-- into: .
select o.id as opportunity_id, o.code, o.name, o.account_id, a.code as account_code, coalesce(a.name, kam.account_of_opportunity(o.id)) as account_name,
       l.key as pipeline_key, o.stage_key, s.name_en as stage_name_en, s.name_zh as stage_name_zh, n.key as next_stage_key, n.name_en as next_stage_name_en,
       n.name_zh as next_stage_name_zh
  from opportunity o
  join pipeline_version v on v.id = o.pipeline_version_id
  join pipeline l on l.id = v.pipeline_id
  join pipeline_stage s on s.version_id = o.pipeline_version_id and s.key = o.stage_key
  left join pipeline_stage n on n.version_id = o.pipeline_version_id and n.position = s.position + 1
  left join account a on a.id = o.account_id
 where o.id = {{opportunity_meant}};
-- into: criteria
select c.criterion_key as key, c.kind, c.name_en, c.name_zh, c.state, c.evidence_kind, c.evidence_id, c.evidence_text, c.evidence_time,
       c.wanted ->> 'reason' as wanted_reason, kam.fill_in(c.wanted ->> 'description', c.wanted -> 'values') as wanted_text,
       v.names as "wanted_values[].name", v.contents as "wanted_values[].value", u.name as waived_by, c.waiver_reason, c.waive_time
  from kam.check_criteria({{opportunity_meant}}) with ordinality c (stage_key, criterion_key, kind, name_en, name_zh, state, evidence_kind, evidence_id, evidence_text,
                                                                  evidence_time, wanted, waived_by, waiver_reason, waive_time, place)
  left join lateral (select array_agg(x.key order by x.key) as names, array_agg(x.value order by x.key) as contents from jsonb_each_text(c.wanted -> 'values') x) v on true
  left join app_user u on u.id = c.waived_by
 order by c.place;
