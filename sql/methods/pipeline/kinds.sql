-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.PipelineService/ListCriterionKinds
-- kind: read
-- roles: rep, manager
-- into: kinds
select k.kind, k.name_en, k.name_zh, k.is_recordable, p.names as "parameters[].name", p.types as "parameters[].type", p.required as "parameters[].is_required",
       p.smallest as "parameters[].min", p.largest as "parameters[].max", p.defaults as "parameters[].default_value", p.known as "parameters[].values"
  from kam.criterion_kinds() with ordinality k (kind, name_en, name_zh, is_recordable, parameters, place)
  left join lateral (
      select array_agg(x ->> 'name' order by n) as names, array_agg(x ->> 'type' order by n) as types,
             array_agg(coalesce((x -> 'required')::boolean, false) order by n) as required, array_agg((x ->> 'min')::int order by n) as smallest,
             array_agg((x ->> 'max')::int order by n) as largest, array_agg((x -> 'default')::text order by n) as defaults,
             array_agg((select string_agg(i, ', ' order by o) from jsonb_array_elements_text(x -> 'values') with ordinality e (i, o)) order by n) as known
        from jsonb_array_elements(k.parameters) with ordinality e (x, n)) p on true
 order by k.place;
