#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs once in the PostgreSQL container, as its superuser: the schema's owner, which is no superuser, and the role that kamd logs in as.
set -eu
psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" -v owner="$(cat /run/secrets/owner_password)" \
    -v login="$(cat /run/secrets/login_password)" <<'SQL'
create role kam_owner login createrole noinherit nosuperuser nobypassrls password :'owner';
create role kam_login login noinherit nosuperuser nobypassrls password :'login';
alter database kam owner to kam_owner;
SQL
