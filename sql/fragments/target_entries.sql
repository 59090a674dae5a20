-- SPDX-License-Identifier: Apache-2.0
target_entry t
              join account a on a.id = t.account_id and a.retire_time is null
             cross join company f
             where t.list_id = l.id and t.remove_time is null
