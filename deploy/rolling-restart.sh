#!/bin/sh
# Restart the web processes one after the other, so that customers don't notice:
#
#     deploy/rolling-restart.sh 8001 8002 8003
#
# nginx stops sending a process requests before it stops. Otherwise a purchase could be sent on an idle connection in the
# very moment in which the process closes it, and nginx repeats no POST. Migrations come before, by themselves: the old code
# and the new one run side by side for a while.
set -eu

UPSTREAM=${UPSTREAM:-/etc/nginx/admit-upstream.conf}
RELOAD=${RELOAD:-systemctl reload nginx}
RESTART=${RESTART:-systemctl restart admit-web@}

mark() {
    sed --in-place "s/\(server 127.0.0.1:$1\)\( down\)\?/\1$2/" "$UPSTREAM"
    $RELOAD
    sleep 1 # until nginx' new workers have taken over
}

for port in "$@"; do
    mark "$port" " down"
    $RESTART"$port" # returns once the process listens
    mark "$port" ""
    echo "$port has restarted"
done
