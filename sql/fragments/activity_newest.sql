-- SPDX-License-Identifier: Apache-2.0
(x.time, x.id) < ((select coalesce(:page.1::timestamptz, 'infinity')), (select coalesce(:page.2::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')))
      order by x.time desc, x.id desc
      limit :page.limit
