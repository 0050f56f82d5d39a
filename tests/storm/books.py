"""Digests of the shop's tables, to find out whether anything has changed."""

from django.apps import apps
from django.db import connection

STORY = {
    "bookings_booking": "id, status, mailed_at",
    "bookings_ticket": "id, status, stopped_for, drawing_error",
    "payments_payment": "id, status, problem, stripe_state, amount_received",
    "payments_refund": "id, refund_id, status",
    "payments_dispute": "id, status",
    "payments_counterreturn": "id, amount",
    "payments_notice": "id, sent_at",
    "payments_stripeevent": "id, outcome",
    "procrastinate_jobs": "id, status",
}


def story() -> str:
    """Return a digest of the important columns; it stays the same once everything is at rest."""
    return _digest(STORY)


def digest() -> str:
    """Return a digest of all rows."""
    own = [model for app in ("bookings", "payments") for model in apps.get_app_config(app).get_models()]
    return _digest({model._meta.db_table: "*" for model in own} | {"procrastinate_jobs": "*"})


def _digest(columns: dict[str, str]) -> str:
    rows = "coalesce(md5(string_agg(md5(row::text), '' ORDER BY md5(row::text))), '')"
    tables = " UNION ALL ".join(
        f"SELECT '{table}' || {rows} AS digest FROM (SELECT {names} FROM {table}) AS row"
        for table, names in columns.items()
    )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT string_agg(digest, ',' ORDER BY digest) FROM ({tables}) AS digests")
        return str(cursor.fetchone()[0])
