-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.OpportunityService/SetOpportunityUser
-- kind: write
-- record: user.opportunity_id
-- version: user.version
-- roles: rep, manager
-- do:
select kam.hold_opportunity(:record.id);
-- do:
insert into opportunity_user (opportunity_id, account_id, user_id, role)
select o.id, o.account_id, :user.user_id,
       case when 'role' = any (:update_mask) then :user.role else '' end
  from opportunity o
 where o.id = :record.id and :user.version = 0 and not exists (select from opportunity_user p where p.opportunity_id = o.id and p.user_id = :user.user_id);
-- do:
update opportunity_user set @set(user: role) @mask(user_id)
 where opportunity_id = :record.id and user_id = :user.user_id and version = :user.version;
-- answer:
select {{opportunity_user_columns}}
 where o.id = :record.id and p.user_id = :user.user_id;
