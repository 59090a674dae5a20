-- SPDX-License-Identifier: Apache-2.0
s.position, s.approver, s.state, u.name as decided_by, b.name as on_behalf_of, s.open_time, s.decide_time, s.reason
  from approval_step s
  left join app_user u on u.id = s.decided_by
  left join app_user b on b.id = s.on_behalf_of
