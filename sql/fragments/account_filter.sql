-- SPDX-License-Identifier: Apache-2.0
(:status::text is null or a.status = :status)
        and (:industry = '' or a.industry = :industry) and (:region = '' or a.region = :region)
        and (:include_retired or a.retire_time is null)
        and (a.name, a.id) > ((select coalesce(:page.1, '')), (select coalesce(:page.2::uuid, '00000000-0000-0000-0000-000000000000')))
      order by a.name, a.id
      limit :page.limit
