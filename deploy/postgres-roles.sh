#!/bin/sh
# Run once by the postgres image on an empty data directory: the two roles, the database, the one extension that
# only a superuser may create. config/up/postgres.py does the same for the embedded server.
set -eu
psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    -v owner_password="$PALABRE_OWNER_PASSWORD" -v app_password="$PALABRE_APP_PASSWORD" <<'SQL'
create role palabre_owner login nosuperuser nocreaterole createdb password :'owner_password';
grant pg_monitor, pg_signal_backend to palabre_owner;
create role palabre_app login nosuperuser nocreaterole nocreatedb password :'app_password';
create database palabre owner palabre_owner;
\connect palabre
create extension if not exists pg_stat_statements;
SQL
