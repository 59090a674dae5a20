-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.PipelineService/ImportPipeline
-- kind: write
-- record: pipeline.id
-- roles: manager
-- do:
select kam.import_pipeline(:record.id, {{pipeline_definition}}, :pipeline.reason, :validate_only);
-- answer:
select case when :validate_only then kam.is_new_definition({{pipeline_definition}})
            else exists (select from pipeline_version v where v.id = :record.id) end as is_new;
-- into: pipeline
select {{pipeline_columns}}
{{pipeline_newest}}
 where p.key = :pipeline.key;
