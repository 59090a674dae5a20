-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.UserService/DisableUser
-- kind: write
-- record: id
-- roles: manager
-- do:
select kam.set_user_disabled(:record.id, true, :reason);
-- answer:
select {{user_columns}}
 where u.id = :record.id;
