-- SPDX-License-Identifier: Apache-2.0
(select coalesce(:account_id, (select account_id from opportunity where id = :opportunity_id)))
