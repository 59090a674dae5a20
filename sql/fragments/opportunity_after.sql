-- SPDX-License-Identifier: Apache-2.0
((select coalesce(:page.1::bigint, 9223372036854775807)), (select coalesce(:page.2::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')))
