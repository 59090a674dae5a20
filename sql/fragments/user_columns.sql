-- SPDX-License-Identifier: Apache-2.0
u.id, u.login, u.name, u.role, u.team_id, t.name as team_name, u.email, u.phone, u.locale, u.time_zone, u.is_key_account_group,
       u.disable_time is not null as is_disabled, u.create_time, u.update_time, u.version
  from app_user u join team t on t.id = u.team_id
