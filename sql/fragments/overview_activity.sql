-- SPDX-License-Identifier: Apache-2.0
x.id, x.account_id, a.name as account_name, x.kind, x.state, x.subject, x.time, x.duration_minutes, x.place, x.owner_id, o.name as owner_name,
       k.ids as contact_ids, k.names as contact_names, x.due_time, x.version
