"""A shop with payments in every status and a little history, as the benchmark of growth makes it."""

from django.db import connection

from tests.support.paths import ROOT

SUPPORT = ROOT / "bench" / "support"
PAYMENTS = 1_500


def fill() -> None:
    """Make it in the current transaction; its tables must be empty."""
    body = (SUPPORT / "session_event.json").read_text()
    script = (SUPPORT / "growth.sql").read_text().replace("VACUUM ANALYZE", "ANALYZE")
    with connection.cursor() as cursor:
        for name, value in (("payments", str(PAYMENTS)), ("body", body)):
            cursor.execute("SELECT set_config(%s, %s, true)", [f"growth.{name}", value])
        cursor.execute(script)
