-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.UserService/SetUserPassword
-- kind: write
-- record: id
-- roles: manager
-- do:
select kam.set_user_password(:record.id, :password);
-- answer:
select {{user_columns}}
 where u.id = :record.id;
