-- SPDX-License-Identifier: Apache-2.0
case coalesce(:order, 'purchase') when 'amount' then o.amount_rank when 'key_person' then o.person_rank else o.purchase_rank end
