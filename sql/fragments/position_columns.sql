-- SPDX-License-Identifier: Apache-2.0
p.id, p.contact_id, c.name as contact_name, p.account_id, a.name as account_name, p.title, p.department, p.level, p.reports_to_id, r.name as reports_to_name,
       p.buying_roles, p.stance, p.is_insider, p.influence, p.relationship, p.since, p.ended_on, p.counterpart_id, w.name as counterpart_name, p.trust, p.commitment, p.switching_cost,
       p.update_time, e.name as updated_by, p.version
  from position p
  join contact c on c.id = p.contact_id
  join account a on a.id = p.account_id
  left join contact r on r.id = p.reports_to_id
  left join app_user w on w.id = p.counterpart_id
  left join app_user e on e.id = p.updated_by
