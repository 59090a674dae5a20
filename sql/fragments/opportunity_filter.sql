-- SPDX-License-Identifier: Apache-2.0
(:pipeline_key = '' or exists (select from pipeline_version v join pipeline l on l.id = v.pipeline_id where v.id = o.pipeline_version_id and l.key = :pipeline_key))
        and (:stage_key = '' or o.stage_key = :stage_key)
        and (not :is_stalled
             or kam.is_stalled(o.state, greatest(o.stage_since, o.clock_since), o.verdict, o.verdict_time, o.review_on,
                               (select s.allowed_days from pipeline_stage s where s.version_id = o.pipeline_version_id and s.key = o.stage_key)))
