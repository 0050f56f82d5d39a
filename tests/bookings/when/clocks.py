"""Times that clocks show in Berlin, and in other places."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

ZONES = ["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Apia", "Australia/Lord_Howe"]
EVENING = datetime(2027, 6, 4, 17, 30, tzinfo=UTC)  # 19:30 in Berlin, 23:15 in Kathmandu
SPRING, AUTUMN = (2027, 3, 28), (2027, 10, 31)  # when Berlin's clocks are set


def in_berlin(*shown: int, fold: int = 0) -> datetime:
    return datetime(*shown, tzinfo=ZoneInfo("Europe/Berlin"), fold=fold)  # type: ignore[misc,arg-type]
