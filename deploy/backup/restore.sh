#!/bin/sh
# Restores a dump into a new, empty database, and closes sales until it is known what was sold since.
#
#   DATABASE_URL=postgresql://…/admit_restored  restore.sh admit-20261130T030000Z.dump [--down-since "2026-11-30 17:05Z"]
#
# DATABASE_URL is the *new* database's. The old one is left as it is: what it still has is evidence.
# Web and worker of the shop must be stopped. What follows the dump's name goes to `restored begin`.
# docs/restore.md has what comes before and after this.
set -eu

: "${DATABASE_URL:?is not set}"
dump="${1:?usage: restore.sh DUMP [what goes to: manage.py restored begin]}"
shift
PG="${PG_BIN:+$PG_BIN/}"
PYTHON="${PYTHON:-.venv/bin/python}"

tables=$("${PG}psql" "$DATABASE_URL" --no-align --tuples-only --no-psqlrc --command \
    "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'")
if [ "$tables" -ne 0 ]; then
    echo "This database isn't empty. Create a new one, and name it in DATABASE_URL." >&2
    exit 1
fi

# All or nothing, so --jobs can't be used; a shop's database takes minutes.
"${PG}pg_restore" --single-transaction --exit-on-error --no-owner --no-privileges \
    --dbname="$DATABASE_URL" "$dump"
"${PG}psql" "$DATABASE_URL" --quiet --no-psqlrc --command "ANALYZE"

# The dump may be of an older version of the shop.
"$PYTHON" manage.py migrate --verbosity 0
"$PYTHON" manage.py restored begin "$@"
