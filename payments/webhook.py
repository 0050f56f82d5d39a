"""What becomes of an event that Stripe sent: evidence first, effects second."""

import logging
import traceback
from typing import Any

from django.db import transaction
from django.db.models import Q
from prometheus_client import Counter

from payments import gateway
from payments.models import Cause, Outcome, Payment, StripeEvent
from payments.models.payment import PaymentQuerySet
from payments.settlement import settle

logger = logging.getLogger(__name__)

# Everything else about a payment is recorded and changes nothing.
SETTLING = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "checkout.session.expired",
    }
)
DUPLICATE = "duplicate"
RECEIVED = Counter("admit_webhook_events", "Signed events received from Stripe.", ["outcome"])


class NotApplied(Exception):
    """An event of ours was recorded, but its effects failed and rolled back: something is still owed."""


def receive(event: dict[str, Any], *, body: str, headers: dict[str, str]) -> str:
    """
    Record a verified event, then apply it once, however often and at once it is delivered.

    Return ``applied``, ``duplicate`` or ``ignored``. The record commits on its own, so that a failure leaves
    its traceback for staff; the effects commit together with the mark that they are done, so that Stripe's
    next delivery starts from nothing. Somebody else's event is counted and not kept.

    Raise ``NotApplied`` if the effects failed.
    """
    if not _is_ours(event):
        return _count(Outcome.IGNORED.value)
    record = StripeEvent.objects.record(event, body=body, headers=headers)
    try:
        return _count(_apply_once(record))
    except Exception as error:  # Whatever went wrong is evidence; the next delivery tries again.
        logger.exception("event %s could not be applied", record.event_id)
        record.fail(traceback.format_exc())
        _count(Outcome.FAILED.value)
        raise NotApplied from error


def _count(outcome: str) -> str:
    RECEIVED.labels(outcome).inc()
    return outcome


def _is_ours(event: dict[str, Any]) -> bool:
    """
    Whether the event is about a payment of this project: one Stripe account may serve several.

    A session that carries our metadata, and no other, is ours even if nobody here knows it.
    """
    if event["type"] in SETTLING and _is_our_metadata(event["data"]["object"].get("metadata")):
        return True
    return _payments_of(event).exists()


def _is_our_metadata(metadata: Any) -> bool:
    if not isinstance(metadata, dict) or list(metadata) != ["payment"]:
        return False
    return isinstance(metadata["payment"], str) and metadata["payment"] != ""


def _payments_of(event: dict[str, Any]) -> PaymentQuerySet:
    """Return the payment whose session, payment intent or metadata the event is about: one or none."""
    subject = event["data"]["object"]
    metadata = subject.get("metadata")
    claimed = metadata.get("payment") if isinstance(metadata, dict) else None
    told = [subject.get("id"), subject.get("payment_intent"), claimed]
    known = [name for name in told if isinstance(name, str) and name.isprintable()]
    return Payment.objects.filter(
        Q(session_id__in=known) | Q(payment_intent_id__in=known) | Q(reference__in=known)
    )


@transaction.atomic
def _apply_once(record: StripeEvent) -> str:
    """Apply a recorded event unless that is done; the same event delivered at once waits here."""
    event = StripeEvent.objects.select_for_update().get(pk=record.pk)
    if event.is_decided:
        return DUPLICATE
    if event.type not in SETTLING:
        event.decide(Outcome.IGNORED, _payments_of(event.payload).first())
        return Outcome.IGNORED.value
    payment = settle(gateway.session_of(event.payload), cause=Cause.WEBHOOK)
    event.decide(Outcome.APPLIED, payment)
    return Outcome.APPLIED.value
