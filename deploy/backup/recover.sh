#!/bin/sh
# Makes a data directory from a base backup, for a PostgreSQL that plays the log up to a moment and opens.
#
#   ADMIT_ARCHIVE=/var/backups/admit/wal  recover.sh BASE_BACKUP NEW_DATA_DIRECTORY ["2026-11-30 17:04:00+00"]
#
# Without a moment it plays all there is. Run it as PostgreSQL's user. Then start PostgreSQL with that
# directory, wait until it says that it accepts connections, and run: manage.py restored begin
set -eu
umask 077

base="${1:?which base backup?}"
data="${2:?which new data directory?}"
moment="${3:-}"
: "${ADMIT_ARCHIVE:?is not set}"

[ ! -e "$data" ] || { echo "$data is there already." >&2; exit 1; }
cp -a "$base" "$data"
chmod 700 "$data"
{
    echo "restore_command = 'cp $ADMIT_ARCHIVE/%f %p'"
    echo "recovery_target_action = 'promote'"
    # The recovered server writes a new timeline; it must not write into the archive that it reads.
    echo "archive_mode = off"
    [ -z "$moment" ] || echo "recovery_target_time = '$moment'"
} >> "$data/postgresql.auto.conf"
touch "$data/recovery.signal"
echo "Now: pg_ctl --pgdata=$data start"
