#!/bin/bash
# At the first start of the database: the hub's user, which makes a role for each organisation, its database, and Grafana's user, which
# sees nothing until it is given an organisation (docs/many-labs.md).
set -euo pipefail
psql -v ON_ERROR_STOP=1 -v hub="$POSTGRES_PASSWORD" -v reader="${HUB_GRAFANA_READER_PASSWORD:-}" --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
CREATE ROLE phonehome LOGIN CREATEROLE PASSWORD :'hub';
CREATE DATABASE phonehome OWNER phonehome;
CREATE ROLE grafana LOGIN PASSWORD :'reader';
SQL
