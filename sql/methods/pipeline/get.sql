-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.PipelineService/GetPipeline
-- kind: read
-- roles: rep, manager
-- into: .
select {{pipeline_columns}}
  from pipeline p
  join pipeline_version v on v.pipeline_id = p.id
  left join app_user u on u.id = v.created_by
 where p.key = :key and (v.number = :number or :number = 0)
 order by v.number desc
 limit 1;
-- into: stages
select s.key, s.name_en, s.name_zh, s.meaning_en, s.meaning_zh, s.allowed_days, s.probability, s.approvals
  from pipeline_stage s
 where s.version_id = (select v.id from pipeline p join pipeline_version v on v.pipeline_id = p.id
                        where p.key = :key and (v.number = :number or :number = 0) order by v.number desc limit 1)
 order by s.position;
-- into: criteria
select c.stage_key as stage, c.key, c.kind, c.name_en, c.name_zh, c.parameters::text as parameters
  from pipeline_stage s join stage_criterion c on c.version_id = s.version_id and c.stage_key = s.key
 where s.version_id = (select v.id from pipeline p join pipeline_version v on v.pipeline_id = p.id
                        where p.key = :key and (v.number = :number or :number = 0) order by v.number desc limit 1)
 order by s.position, c.position;
