"""A shop with payments in every status and a little history, as the benchmark of growth makes it."""

from django.apps import apps
from django.db import connection
from django.db.models import Model

from tests.support.paths import ROOT

SUPPORT = ROOT / "bench" / "support"
PAYMENTS = 1_500


def fill() -> None:
    """
    Make it in the current transaction; its tables must be empty.

    They begin with new files: what tests before have left in those would make a table or an index look larger
    to the planner, and another index cheaper.
    """
    tables = ", ".join(connection.ops.quote_name(model._meta.db_table) for model in _of_the_shop())
    body = (SUPPORT / "session_event.json").read_text()
    script = (SUPPORT / "growth.sql").read_text().replace("VACUUM ANALYZE", "ANALYZE")
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {tables} CASCADE")
        for name, value in (("payments", str(PAYMENTS)), ("body", body)):
            cursor.execute("SELECT set_config(%s, %s, true)", [f"growth.{name}", value])
        cursor.execute(script)


def _of_the_shop() -> list[type[Model]]:
    labels = ("bookings", "payments")
    return [model for label in labels for model in apps.get_app_config(label).get_models()]
