-- SPDX-License-Identifier: Apache-2.0
left join app_user ce on ce.id = c.updated_by
  left join lateral (select array_agg(x.id) as ids, array_agg(x.contact_id) as contact_ids, array_agg(x.contact_name) as contact_names, array_agg(x.account_id) as account_ids,
                            array_agg(a.name) as account_names, array_agg(x.title) as titles, array_agg(x.department) as departments, array_agg(x.level) as levels,
                            array_agg(x.reports_to_id) as reports_to_ids, array_agg(r.name) as reports_to_names,
                            array_agg(array_to_string(x.buying_roles, ',')) as buying_roles, array_agg(x.stance) as stances, array_agg(x.is_insider) as insiders,
                            array_agg(x.influence) as influences, array_agg(x.relationship) as relationships, array_agg(x.since) as sinces,
                            array_agg(x.ended_on) as ends, array_agg(x.update_time) as update_times, array_agg(e.name) as updaters, array_agg(x.version) as versions,
                            array_agg(x.counterpart_id) as counterpart_ids, array_agg(w.name) as counterpart_names, array_agg(x.trust) as trusts,
                            array_agg(x.commitment) as commitments, array_agg(x.switching_cost) as switching_costs
                       from (select q.*, c.name as contact_name from position q where q.contact_id = c.id order by q.ended_on is not null, q.ended_on desc, q.since desc, q.id) x
                       join account a on a.id = x.account_id
                       left join contact r on r.id = x.reports_to_id
                       left join app_user w on w.id = x.counterpart_id
                       left join app_user e on e.id = x.updated_by) p on true
