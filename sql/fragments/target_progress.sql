-- SPDX-License-Identifier: Apache-2.0
case when exists (select from change h
                   where h.record_id = a.id and h.entity = 'account' and h.operation = 'update' and h.new_values ->> 'status' in ('trial', 'active')
                     and h.time >= l.starts_on::timestamp at time zone f.time_zone and h.time < (l.ends_on + 1)::timestamp at time zone f.time_zone) then 'won'
     when not exists (select from activity x
                       where x.account_id = a.id and x.state = 'done' and x.kind <> 'note'
                         and x.time >= l.starts_on::timestamp at time zone f.time_zone
                         and x.time < (l.ends_on + 1)::timestamp at time zone f.time_zone) then 'untouched'
     when a.status = 'developing' then 'developing'
     else 'contacted' end
