-- SPDX-License-Identifier: Apache-2.0
left join lateral kam.account_completeness(a.id) k on true
