-- SPDX-License-Identifier: Apache-2.0
 cross join lateral (select array_agg(f.key order by f.position) as keys, array_agg(c.score order by f.position) as scores, array_agg(c.note order by f.position) as notes,
                            array_agg(f.name_en order by f.position) as names_en, array_agg(f.name_zh order by f.position) as names_zh,
                            array_agg(f.weight order by f.position) as weights, array_agg(f.is_inverse order by f.position) as inverse,
                            array_agg((f.weight * case when f.is_inverse then 10 - c.score else c.score end / 10.0)::float8 order by f.position) as points,
                            array_agg(d.score order by f.position) as before
                       from scoring_factor f
                       join assessment_score c on c.assessment_id = x.id and c.factor_key = f.key
                       left join assessment_score d on d.assessment_id = b.id and d.factor_key = f.key
                      where f.version_id = x.model_version_id) s
