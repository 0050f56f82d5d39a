#!/bin/sh
# Writes one dump of the shop's database, proves that it can be read, and drops the oldest ones.
#
#   DATABASE_URL=postgresql://…  BACKUP_DIR=/var/backups/admit  dump.sh
#
# The dump is of one moment, however long it takes, and sales go on meanwhile. It holds people's names and
# addresses: keep it encrypted, off this machine, and no longer than you keep the shop's data.
# Besides the database a restore needs .env: with another TICKET_SIGNING_KEY no ticket is valid any more.
set -eu
umask 077

: "${DATABASE_URL:?is not set}"
: "${BACKUP_DIR:?is not set}"
KEEP="${BACKUP_KEEP:-14}"                       # how many dumps are kept
PG="${PG_BIN:+$PG_BIN/}"                        # where PostgreSQL's programs are, unless on the PATH

name="admit-$(date -u +%Y%m%dT%H%M%SZ).dump"
unfinished="$BACKUP_DIR/.$name"
mkdir -p "$BACKUP_DIR"
trap 'rm -f "$unfinished"' EXIT

# pg_dump of PostgreSQL's own version or a later one. Custom format: compressed, restored in parallel.
"${PG}pg_dump" --format=custom --no-owner --no-privileges --file="$unfinished" "$DATABASE_URL"

# A dump that was cut off has no readable table of contents, and one of another database has no payments.
"${PG}pg_restore" --list "$unfinished" | grep -q ' TABLE DATA public payments_payment '

sync "$unfinished"
mv "$unfinished" "$BACKUP_DIR/$name"            # only finished dumps have this name
echo "$BACKUP_DIR/$name"

# The newest $KEEP stay.
ls -1 "$BACKUP_DIR"/admit-*.dump | sort -r | tail -n "+$((KEEP + 1))" | while read -r old; do rm -f "$old"; done
