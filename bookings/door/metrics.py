"""What this process counts of the door, for Prometheus."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import Counter, Histogram

from bookings.models import Scan, Verdict

SCANS = Counter(
    "admit_scans",
    "Scans recorded, by the server's verdict; offline: decided by the device.",
    ["verdict", "offline"],
)
SCAN_SECONDS = Histogram(
    "admit_scan_seconds",
    "Time to record the scans of a request.",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.7, 1, 2.5, 5, 10),
)

# Prometheus misses the first increase of a series that didn't exist before, so all exist from the start.
for _verdict in Verdict.values:
    for _offline in ("0", "1"):
        SCANS.labels(_verdict, _offline)


def count_scan(scan: Scan) -> None:
    """Count a scan that was just stored."""
    SCANS.labels(scan.verdict, str(int(scan.was_offline))).inc()


@contextmanager
def scans_sent() -> Iterator[None]:
    """Time the recording of a request's scans."""
    began = time.monotonic()
    try:
        yield
    finally:
        SCAN_SECONDS.observe(time.monotonic() - began)
