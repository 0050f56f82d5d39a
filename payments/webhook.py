"""What becomes of an event that Stripe sent: evidence first, effects second."""

import logging
import traceback
from typing import Any

from django.db import transaction
from django.db.models import Q
from prometheus_client import Counter

from payments import gateway
from payments.models import Cause, Outcome, Payment, StripeEvent
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


def receive(event: dict[str, Any], *, headers: dict[str, str]) -> str:
    """
    Record a verified event, then apply it once, however often and at once it is delivered.

    Return ``applied``, ``duplicate`` or ``ignored``. The record commits on its own, so that a failure leaves
    its traceback for staff; the effects commit together with the mark that they are done, so that Stripe's
    next delivery starts from nothing. Somebody else's event is counted and not kept.

    Raise ``NotApplied`` if the effects failed.
    """
    if not _is_ours(event):
        return _count(Outcome.IGNORED.value)
    record = StripeEvent.objects.record(event, headers=headers)
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
    """Whether the event is about a payment of this project: one Stripe account may serve several."""
    return bool(_claimed_reference(event)) or _payments_of(event).exists()


def _claimed_reference(event: dict[str, Any]) -> str:
    metadata = event["data"]["object"].get("metadata")
    reference = metadata.get("payment") if isinstance(metadata, dict) else None
    return reference if isinstance(reference, str) else ""


def _payments_of(event: dict[str, Any]) -> "Any":
    """Return the payment whose session or payment intent the event is about, as a queryset of one or none."""
    subject = event["data"]["object"]
    ids = [subject.get("id"), subject.get("payment_intent")]
    known = [name for name in ids if isinstance(name, str)]
    return Payment.objects.filter(
        Q(session_id__in=known) | Q(payment_intent_id__in=known) | Q(reference=_claimed_reference(event))
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
