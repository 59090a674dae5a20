-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.PipelineService/ListPipelines
-- kind: read
-- roles: rep, manager
-- into: pipelines
select p.key as "page.1", {{pipeline_columns}}
{{pipeline_newest}}
 where p.key > (select coalesce(:page.1, ''))
   and (p.retire_time is null or :include_retired)
 order by p.key
 limit :page.limit;
