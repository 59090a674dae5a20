#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# PostgreSQL in the container of docker-compose.yml. The first time it makes a cluster with the schema's owner, who is no superuser, and the
# role that kamd logs in as; their passwords come from files. Nobody can log in as superuser but this container's own user, through the socket.
set -eu
volume=/var/lib/postgresql/data
binaries=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
major=${binaries#/usr/lib/postgresql/}
major=${major%/bin}
data=$volume/cluster
if [ ! -d "$data" ]; then
    # Under another name until it is complete, so that a start that was interrupted begins anew.
    rm -rf "$volume/unfinished"
    "$binaries/initdb" -D "$volume/unfinished" -U postgres -E UTF8 --locale=C.UTF-8 --data-checksums --auth=reject --no-instructions
    cat >"$volume/unfinished/pg_hba.conf" <<'HBA'
local all postgres peer
host kam kam_owner,kam_login all scram-sha-256
HBA
    "$binaries/pg_ctl" -D "$volume/unfinished" -w -s -o "-c listen_addresses= -c unix_socket_directories=/tmp" start
    psql -X -q -h /tmp -U postgres -d postgres -v ON_ERROR_STOP=1 <<'SQL'
\set owner `cat /run/secrets/owner_password`
\set login `cat /run/secrets/login_password`
create role kam_owner login createrole nosuperuser nobypassrls password :'owner';
create role kam_login login noinherit nosuperuser nobypassrls password :'login';
create database kam owner kam_owner encoding 'UTF8' template template0;
revoke all on database kam from public;
grant connect on database kam to kam_login;
SQL
    "$binaries/pg_ctl" -D "$volume/unfinished" -w -s -m fast stop
    mv "$volume/unfinished" "$data"
fi
made=$(cat "$data/PG_VERSION")
if [ "$made" != "$major" ]; then
    echo "The volume was made by PostgreSQL $made, this image has $major: back up with the old image, restore into a new volume." >&2
    exit 1
fi
# A container that was killed leaves the number of a process that is another one now.
rm -f "$data/postmaster.pid"
# DETAIL lines and statements would carry personal data into the log.
exec "$binaries/postgres" -D "$data" -c listen_addresses='*' -c unix_socket_directories=/tmp -c log_error_verbosity=terse -c log_min_error_statement=panic \
    -c log_timezone=UTC -c jit=off -c random_page_cost=1.1 -c wal_compression=on -c max_wal_size=2GB "$@"
