-- SPDX-License-Identifier: Apache-2.0
f.keys as "factors[].key", f.weights as "factors[].weight", f.inverse as "factors[].is_inverse", f.names_en as "factors[].name_en", f.names_zh as "factors[].name_zh",
       g.grades as "grades[].grade", g.least as "grades[].least", g.names_en as "grades[].name_en", g.names_zh as "grades[].name_zh",
       g.limits as "grades[].limit_percent", g.terms as "grades[].terms_days"
  from scoring_model_version v
  join scoring_model m on m.id = v.model_id
  left join app_user u on u.id = v.created_by
 cross join lateral (select array_agg(x.key order by x.position) as keys, array_agg(x.weight order by x.position) as weights,
                            array_agg(x.is_inverse order by x.position) as inverse, array_agg(x.name_en order by x.position) as names_en,
                            array_agg(x.name_zh order by x.position) as names_zh
                       from scoring_factor x where x.version_id = v.id) f
 cross join lateral (select array_agg(x.grade order by x.position) as grades, array_agg(x.least order by x.position) as least,
                            array_agg(x.name_en order by x.position) as names_en, array_agg(x.name_zh order by x.position) as names_zh,
                            array_agg(x.limit_percent order by x.position) as limits, array_agg(x.terms_days order by x.position) as terms
                       from scoring_grade x where x.version_id = v.id) g
