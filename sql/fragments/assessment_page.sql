-- SPDX-License-Identifier: Apache-2.0
(:model_key = '' or y.model_version_id in (select w.id from scoring_model_version w join scoring_model k on k.id = w.model_id where k.key = :model_key))
           and (y.assessed_on, y.create_time, y.id)
               < ((select coalesce(:page.1::date, 'infinity')), (select coalesce(:page.2::timestamptz, 'infinity')), (select coalesce(:page.3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')))
         order by y.assessed_on desc, y.create_time desc, y.id desc
         limit :page.limit
