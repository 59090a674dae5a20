-- SPDX-License-Identifier: Apache-2.0
(select coalesce(:id, (select id from opportunity where code = upper(:code))))
