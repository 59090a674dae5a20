-- SPDX-License-Identifier: Apache-2.0
(:kind::text is null or y.kind = :kind)
        and (y.create_time, y.id) < ((select coalesce(:page.1::timestamptz, 'infinity')), (select coalesce(:page.2::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')))
      order by y.create_time desc, y.id desc
      limit :page.limit
