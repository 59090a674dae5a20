-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.PipelineService/SetDefaultPipeline
-- kind: write
-- roles: manager
-- do:
select kam.set_default_pipeline(:key);
-- answer:
select {{pipeline_columns}}
{{pipeline_newest}}
 where p.key = :key;
