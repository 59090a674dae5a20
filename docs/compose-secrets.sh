#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes the secrets that docker-compose.yml mounts, in ./secrets; keeps those that are there.
set -eu
mkdir -p secrets
umask 022  # the containers' users are not the one who runs this; the folder itself is closed
chmod 0700 secrets
make() { [ -f "secrets/$1" ] || printf '%s' "$2" >"secrets/$1"; }
password() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
make owner_password "$(password)"
make login_password "$(password)"
make database_url "postgresql://kam_login:$(cat secrets/login_password)@postgres/kam"
make database_owner_url "postgresql://kam_owner:$(cat secrets/owner_password)@postgres/kam"
echo "secrets/ is ready"
