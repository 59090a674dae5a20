-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.PipelineService/RetirePipeline
-- kind: write
-- roles: manager
-- do:
select kam.retire_pipeline(:key);
-- answer:
select {{pipeline_columns}}
{{pipeline_newest}}
 where p.key = :key;
