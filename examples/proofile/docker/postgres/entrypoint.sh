#!/bin/bash
# Make the database at the first start, then become the server.
set -euo pipefail

initialise() {
    : "${POSTGRES_PASSWORD:?must be set for the first start}"
    local user=${POSTGRES_USER:-postgres}
    local database=${POSTGRES_DB:-$user}
    local building=$PGDATA.building

    # A first start that was killed halfway leaves only the building directory, which is started over.
    rm -rf "$building"
    initdb --pgdata="$building" --username="$user" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") \
        --auth-local=scram-sha-256 --auth-host=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8
    echo "host all all all scram-sha-256" >> "$building/pg_hba.conf"
    echo "listen_addresses = '*'" >> "$building/postgresql.conf"

    # Socket only, so that nobody connects to a database that is not ready.
    export PGPASSWORD=$POSTGRES_PASSWORD
    pg_ctl --pgdata="$building" --options="-c listen_addresses=''" --wait start
    if [ "$database" != postgres ]; then
        createdb --username="$user" --maintenance-db=postgres "$database"
    fi
    local script
    for script in /docker-entrypoint-initdb.d/*.sql; do
        [ -e "$script" ] || continue
        echo "entrypoint: running $script"
        psql --username="$user" --dbname="$database" --no-psqlrc --set=ON_ERROR_STOP=1 --file="$script"
    done
    pg_ctl --pgdata="$building" --mode=fast --wait stop
    unset PGPASSWORD
    mv "$building" "$PGDATA"
}

if [ "${1:-}" = postgres ] && [ ! -s "$PGDATA/PG_VERSION" ]; then
    initialise
fi
exec "$@"
