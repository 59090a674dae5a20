-- SPDX-License-Identifier: Apache-2.0
coalesce(case when k.name in ('owner_id', 'user_id', 'counterpart_id', 'given_by_id', 'from_user_id', 'to_user_id', 'requested_by', 'ended_by', 'decided_by', 'on_behalf_of', 'waived_by',
                                               'withdrawn_by', 'suggested_by', 'assessed_by') then (select n.name from app_user n where n.id = i.old_id)
                               when k.name = 'team_id' or (k.name = 'parent_id' and x.entity = 'team') then (select n.name from team n where n.id = i.old_id)
                               when k.name in ('account_id', 'merged_into_id', 'merged_id', 'survivor_id', 'parent_id', 'upstream_id') then (select n.name from account n where n.id = i.old_id)
                               when k.name in ('contact_id', 'reports_to_id', 'from_contact_id', 'to_contact_id') then (select n.name from contact n where n.id = i.old_id)
                               when k.name = 'opportunity_id' then (select o.code || ' ' || o.name from opportunity o where o.id = i.old_id) end, '')
