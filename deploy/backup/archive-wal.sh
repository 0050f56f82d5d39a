#!/bin/sh
# PostgreSQL's archive_command: keeps one finished piece of the write-ahead log. See postgresql.conf.
#
# It says 0 only when the piece is on the disk. PostgreSQL tries again until then, and keeps the piece: if this
# fails for days, pg_wal fills the disk. Watch pg_stat_archiver.last_failed_time.
set -eu
umask 077

path="$1"                                       # %p, relative to PostgreSQL's data directory
name="$2"                                       # %f
: "${ADMIT_ARCHIVE:?is not set}"
kept="$ADMIT_ARCHIVE/$name"

# After a crash PostgreSQL may hand over a piece again. Another one of the same name is never overwritten:
# then two servers write to one archive.
if [ -e "$kept" ]; then
    cmp -s "$path" "$kept"
    exit
fi
cp "$path" "$ADMIT_ARCHIVE/.$name.$$"
sync "$ADMIT_ARCHIVE/.$name.$$"
mv "$ADMIT_ARCHIVE/.$name.$$" "$kept"
sync "$ADMIT_ARCHIVE"
