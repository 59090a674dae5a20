-- SPDX-License-Identifier: Apache-2.0
x.moment, x.criterion_key, x.kind, x.name_en, x.name_zh, x.state = 'waived' as is_waived, x.evidence_kind, x.evidence_id::text as evidence_id, x.evidence_text, x.evidence_time
  from advancement_evidence x
