#!/bin/sh
# Copies the whole PostgreSQL cluster while it runs: where a recovery begins. Once a week is enough.
#
#   PGHOST=… PGUSER=replicator  BACKUP_DIR=/var/backups/admit  base-backup.sh
#
# Pieces of the write-ahead log from before the oldest base backup that is kept are of no use any more.
set -eu
umask 077

: "${BACKUP_DIR:?is not set}"
KEEP="${BACKUP_KEEP:-4}"
PG="${PG_BIN:+$PG_BIN/}"

name="base-$(date -u +%Y%m%dT%H%M%SZ)"
mkdir -p "$BACKUP_DIR"
# With the log that the copy itself needs (--wal-method), and a checksum of each file (backup_manifest).
"${PG}pg_basebackup" --pgdata="$BACKUP_DIR/.$name" --format=plain --wal-method=stream --checkpoint=fast --no-password
"${PG}pg_verifybackup" --quiet "$BACKUP_DIR/.$name"
mv "$BACKUP_DIR/.$name" "$BACKUP_DIR/$name"
echo "$BACKUP_DIR/$name"

ls -1d "$BACKUP_DIR"/base-* | sort -r | tail -n "+$((KEEP + 1))" | while read -r old; do rm -rf "$old"; done
oldest=$(ls -1d "$BACKUP_DIR"/base-* | sort | head -n 1)
first=$(sed -n 's/^START WAL LOCATION: .* (file \([0-9A-F]*\))$/\1/p' "$oldest/backup_label")
if [ -n "${ADMIT_ARCHIVE:-}" ] && [ -n "$first" ]; then
    "${PG}pg_archivecleanup" "$ADMIT_ARCHIVE" "$first"
fi
