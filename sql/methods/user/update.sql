-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.UserService/UpdateUser
-- kind: write
-- record: user.id
-- roles: manager
-- do:
select kam.update_user(:record.id, :user.version, :update_mask, :user.name, :user.email, :user.phone, :user.locale, :user.time_zone, :user.role,
                       :user.team_id, :user.is_key_account_group) @mask(name, email, phone, locale, time_zone, role, team_id, is_key_account_group);
-- answer:
select {{user_columns}}
 where u.id = :record.id;
