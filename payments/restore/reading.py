"""Finds the Checkout Sessions that were opened since the backup."""

import logging
from collections.abc import Callable
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from payments.gateway.checkout.listed_sessions import ListedSession, list_sessions
from payments.gateway.checkout.sessions import fetch_session
from payments.ledger.settlement import settle
from payments.models import (
    Cause,
    LostOutcome,
    LostSession,
    Payment,
    Restore,
    StripeState,
    Subscription,
)
from payments.restore.events import settle_events

logger = logging.getLogger(__name__)

# A row was committed before its session was opened, but clocks differ.
OVERLAP = timedelta(minutes=30)
# Nothing was paid, and nothing will be.
ENDED_UNPAID = (StripeState.EXPIRED, StripeState.FAILED)


def read_sessions(restore: Restore, *, pace: Callable[[], None]) -> None:
    """
    Read all sessions of this shop's that were opened since the backup; keep those that nothing here knows.

    ``pace`` is called before each question. One whose payment was saved without its session is settled. Raise
    ``StripeUnavailable`` or ``StripeRefused``; then the rest is left to the next call.
    """
    after = ""
    while True:
        pace()
        page, after = list_sessions(since=restore.data_until - OVERLAP, after=after)
        for listed in page:
            _note(restore, listed, pace)
        if not after:
            break
    Restore.objects.filter(pk=restore.pk).update(sessions_read_at=timezone.now())
    restore.refresh_from_db()


def _note(restore: Restore, listed: ListedSession, pace: Callable[[], None]) -> None:
    own = Q(session_id=listed.id) | Q(reference=listed.reference)
    if listed.is_membership:
        membership = Subscription.objects.filter(own).first()
        if membership and not membership.session_id:
            Subscription.objects.filter(pk=membership.pk, session_id=None).update(session_id=listed.id)
        is_known = membership is not None
    else:
        payment = Payment.objects.filter(own).first()
        if payment and not payment.session_id:
            pace()
            settle(fetch_session(listed.id), cause=Cause.RECONCILER)
        is_known = payment is not None
    if not is_known:
        _keep(restore, listed)


def _keep(restore: Restore, listed: ListedSession) -> None:
    lost, is_new = LostSession.objects.get_or_create(
        session_id=listed.id,
        defaults={
            "restore": restore,
            "reference": listed.reference,
            "is_membership": listed.is_membership,
            "event_slug": listed.event_slug,
            "name": listed.name,
            "email": listed.email,
            "amount": listed.amount,
            "currency": listed.currency,
            "state": listed.state,
            "opened_at": listed.opened_at,
        },
    )
    if is_new:
        logger.warning("opened after the backup and lost: %s", lost.state, extra={"payment": lost.reference})
    lost.state, lost.amount = listed.state, listed.amount
    if listed.state in ENDED_UNPAID:
        lost.decide(LostOutcome.UNPAID)
        settle_events(lost)
    elif lost.outcome == LostOutcome.UNPAID:  # Its customer has recovered it, or its bank has paid after all.
        lost.decide(LostOutcome.UNDECIDED)
    else:
        lost.save(update_fields=["state", "amount"])
