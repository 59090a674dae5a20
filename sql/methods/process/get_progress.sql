-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.ProcessService/GetProgress
-- kind: read
-- roles: rep, manager
-- into: .
select o.id as opportunity_id
  from opportunity o
 where o.id = :opportunity_id;
-- into: changes
select x.id, x.direction, x.from_stage, f.name_en as from_stage_en, f.name_zh as from_stage_zh, x.to_stage, t.name_en as to_stage_en, t.name_zh as to_stage_zh, x.verdict,
       u.name as changed_by, b.name as on_behalf_of, x.time, x.reason, x.advancement_id::text as advancement_id
  from (select * from stage_change x where x.opportunity_id = :opportunity_id order by x.time desc, x.id desc limit 200) x
  join opportunity o on o.id = x.opportunity_id
  left join pipeline_stage f on f.version_id = o.pipeline_version_id and f.key = x.from_stage
  left join pipeline_stage t on t.version_id = o.pipeline_version_id and t.key = x.to_stage
  left join app_user u on u.id = x.changed_by
  left join app_user b on b.id = x.on_behalf_of
 order by x.time, x.id;
-- into: waivers
select {{waiver_columns}}
 where x.id in (select y.id from criterion_waiver y where y.opportunity_id = :opportunity_id order by y.time desc, y.id desc limit 200)
 order by x.time, x.id;
-- into: advancements
select {{advancement_columns}}
  from {{advancement_tables}}
 where v.id in (select y.id from advancement y where y.opportunity_id = :opportunity_id order by y.create_time desc, y.id desc limit 200)
 order by v.create_time, v.id;
