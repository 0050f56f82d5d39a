"""Limits on how often something is tried, counted by rows in the database for all processes together."""

import ipaddress
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

QUARTER, HOUR, DAY = timedelta(minutes=15), timedelta(hours=1), timedelta(days=1)
LOCKS = ["email", "network", "subject"]  # in the order in which they are taken


class LimitReached(Exception):
    """It was tried too often; there is room again in ``wait`` seconds."""

    def __init__(self, wait: int) -> None:
        super().__init__(wait)
        self.wait = wait

    @property
    def minutes(self) -> int:
        return -(-self.wait // 60)


def network_of(address: str) -> str:
    """Return the network that ``address`` counts for: the address itself, or its /64 with IPv6."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:  # Requests over a Unix socket have no address.
        return "::"
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return str(ipaddress.ip_network((ip, 64), strict=False)[0]) if ip.version == 6 else str(ip)


def count_alone(**source: str) -> None:
    """
    Keep others from counting rows of the same sources until the transaction ends.

    There may be no rows to lock yet. Without advisory locks, requests at the same moment would each count
    before the others are stored, and exceed the limit together.
    """
    with connection.cursor() as cursor:
        for name in sorted(source, key=LOCKS.index):
            cursor.execute(
                "SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [LOCKS.index(name), source[name]]
            )


def require_fewer(most: int, period: timedelta, rows: QuerySet[Any]) -> None:
    """Raise ``LimitReached`` if ``most`` of ``rows`` were created within the last ``period``."""
    start = timezone.now() - period
    newest = rows.filter(created_at__gt=start).order_by("-created_at")
    if oldest := newest[most - 1 : most].first():
        raise LimitReached(int((oldest.created_at - start).total_seconds()) + 1)
