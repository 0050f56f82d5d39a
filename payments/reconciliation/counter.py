"""Ends the holds of the counter whose time is over, whoever has left, or died, before they were sold."""

import logging

from django.utils import timezone

from payments.counter.holding import lapsed_holds, let_go
from payments.metrics import Reconciled
from payments.reconciliation.run import Run

logger = logging.getLogger(__name__)


def end_lapsed_holds(run: Run) -> None:
    """Let go what the counter holds for longer than it may. Stripe isn't asked: it never knew of it."""
    for booking in lapsed_holds(timezone.now()).select_related("event"):
        if run.is_dry:
            run.note_found("lapsed", f"{booking.reference}: box office hold ended, would be released")
            continue
        try:
            if let_go(booking):
                run.note(Reconciled.GIVEN_UP)
        except Exception:  # One hold that can't be ended must not keep the seats of the others.
            logger.exception("can't release booking %s", booking.pk)
            run.note(Reconciled.FAILED, f"{booking.reference}: could not be released")
