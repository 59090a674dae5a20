-- SPDX-License-Identifier: Apache-2.0
p.id, a.id as account_id, a.name as account_name, p.goals, p.actions, p.resources, p.review, p.create_time, p.update_time, e.name as updated_by,
       coalesce(p.version, 0) as version
  from account a
