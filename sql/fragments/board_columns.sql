-- SPDX-License-Identifier: Apache-2.0
o.id, o.code, o.name, o.account_id, o.owner_id, o.pipeline_version_id, o.stage_key, greatest(o.stage_since, o.clock_since) as stage_since, o.verdict, o.verdict_time, o.review_on, o.is_imported,
           o.amount_currency_code, o.amount_minor_units, o.purchase_on, o.probability, o.purchase_rank, o.person_rank
