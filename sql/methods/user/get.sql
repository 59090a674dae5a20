-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.UserService/GetUser
-- kind: read
-- roles: rep, manager, service
-- into: .
select {{user_columns}}
 where u.id = (select coalesce(:id, (select id from app_user where login = :login)));
