-- SPDX-License-Identifier: Apache-2.0
((select coalesce(:page.1::timestamptz, '-infinity')), (select coalesce(:page.2::uuid, '00000000-0000-0000-0000-000000000000')))
