-- SPDX-License-Identifier: Apache-2.0
x.moment, x.criterion_key, x.kind, x.name_en, x.name_zh, x.state = 'waived' as is_waived, x.evidence_kind, x.evidence_id::text as evidence_id, x.evidence_text, x.evidence_time,
       x.step, x.state = 'unmet' as is_unmet, y.name as waived_by, x.waiver_reason
  from advancement_evidence x
  left join app_user y on y.id = x.waived_by
