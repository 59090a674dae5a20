-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.UserService/CreateUser
-- kind: write
-- record: user.id
-- roles: manager
-- do:
select kam.require(:user.login <> '', 3, 'FIELD_REQUIRED', 'A user needs a login.', '{"violations": [{"field": "user.login", "description": "must be set"}]}'),
       kam.require(:user.name <> '', 3, 'FIELD_REQUIRED', 'A user needs a name.', '{"violations": [{"field": "user.name", "description": "must be set"}]}'),
       kam.require(:user.role is not null, 3, 'FIELD_REQUIRED', 'A user needs a role.', '{"violations": [{"field": "user.role", "description": "must be set"}]}'),
       kam.require(:user.team_id is not null, 3, 'FIELD_REQUIRED', 'A user needs a team.', '{"violations": [{"field": "user.team_id", "description": "must be set"}]}');
-- do:
select kam.create_user(:record.id, :user.login, :user.name, :user.role, :user.team_id, :user.email, :user.phone, :user.locale, :user.time_zone,
                       :user.is_key_account_group, :password);
-- answer:
select {{user_columns}}
 where u.id = :record.id;
