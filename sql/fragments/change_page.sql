-- SPDX-License-Identifier: Apache-2.0
(x.time, x.sequence) < ((select coalesce(:page.1::timestamptz, 'infinity')), (select coalesce(:page.2, 9223372036854775807)))
      order by x.time desc, x.sequence desc
      limit :page.limit
