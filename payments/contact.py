"""Whether Stripe takes our key, and how far the clocks here are from Stripe's."""

import logging
from datetime import timedelta

from django.db import DatabaseError, connection
from django.utils import timezone

from payments.models import RefusedQuestion

logger = logging.getLogger(__name__)

# What the doctor asks to find out what the key may do, and what the shop can do without.
MAY_BE_REFUSED = frozenset(
    {"try_reading", "try_writing", "try_options", "list_endpoints", "list_thin_destinations", "fetch_related"}
)


# What the worker has found, with the database's time; nothing, while no worker has asked.
CLOCKS = """
    SELECT coalesce(max(worker_ahead), 0), coalesce(max(database_ahead), 0), clock_timestamp()
      FROM payments_backfill
"""


NOTE_CLOCKS = """
    UPDATE payments_backfill
       SET worker_ahead = %(ahead)s,
           database_ahead = %(ahead)s + extract(epoch FROM clock_timestamp() - %(now)s)
     WHERE id = 1
"""


def note_refused(question: str, error: Exception) -> None:
    """
    Save that Stripe refused a ``question`` to our key, or the key itself if it is empty.

    The caller raises its own error, so one of the database is only logged.
    """
    if question in MAY_BE_REFUSED:
        return
    now, words = timezone.now(), str(error)
    try:
        RefusedQuestion.objects.update_or_create(
            question=question,
            defaults={"error": words, "last_at": now},
            create_defaults={"error": words, "last_at": now, "since": now},
        )
    except DatabaseError:
        logger.exception("can't be saved: Stripe refuses %s", question or "the key")


def note_clocks(ahead: timedelta | None) -> None:
    """Save how far this process's clock is ahead of Stripe's, if that is known, and so the database's."""
    if ahead is None:
        return
    with connection.cursor() as cursor:
        cursor.execute(NOTE_CLOCKS, {"ahead": ahead.total_seconds(), "now": timezone.now()})


def clock_error() -> float:
    """
    Return how far a clock is from Stripe's, in seconds: the worst of this process's, the worker's and the
    database's, as the worker compared them last.
    """
    with connection.cursor() as cursor:
        cursor.execute(CLOCKS)
        worker, database, at = cursor.fetchone()
    own = database + (timezone.now() - at).total_seconds()
    return float(max((own, worker, database), key=abs))
