-- SPDX-License-Identifier: Apache-2.0
(select coalesce(:id, (select id from account where code = :code)))
