"""How many scans a device may send: twenty a second, and two hundred at once after it was offline."""

from bookings.models.door.device import MOST_AT_ONCE
from config.database.compiled import execute

PER_SECOND = 20
# One statement, so that two requests at once don't spend the same allowance.
SPEND = """
    UPDATE bookings_device
       SET allowance = least(%s, allowance + extract(epoch FROM clock_timestamp() - allowed_at) * %s) - %s,
           allowed_at = clock_timestamp(), last_seen_at = clock_timestamp(),
           list_version = %s, queued = %s, skew_ms = %s
     WHERE id = %s AND least(%s, allowance + extract(epoch FROM clock_timestamp() - allowed_at) * %s) >= %s
"""
LEFT = """
    SELECT least(%s, allowance + extract(epoch FROM clock_timestamp() - allowed_at) * %s)
      FROM bookings_device WHERE id = %s
"""


def spend(device: int, scans: int, *, list_version: str, queued: int, skew_ms: int) -> float:
    """
    Let the device send so many ``scans``, keep what it says of itself, and return 0.

    Or return in how many seconds it may, and keep nothing.
    """
    most = float(MOST_AT_ONCE)
    told = (list_version, queued, skew_ms)
    with execute(SPEND, [most, PER_SECOND, scans, *told, device, most, PER_SECOND, scans]) as cursor:
        if cursor.rowcount:
            return 0
    with execute(LEFT, [most, PER_SECOND, device]) as cursor:
        (left,) = cursor.fetchone() or (0.0,)
    return float(max((scans - left) / PER_SECOND, 0.1))
