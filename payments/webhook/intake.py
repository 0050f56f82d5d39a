"""What becomes of an event that Stripe sent: evidence first, effects second."""

import logging
import traceback
from typing import Any

from django.core.cache import cache
from django.db import transaction
from django.db.models import Q
from prometheus_client import Counter

from bookings.references import REFERENCE
from payments import metrics
from payments.gateway.errors import StripeRefused, StripeUnavailable, UnknownToStripe
from payments.gateway.objects import Json, session_of
from payments.gateway.sessions import fetch_payment_reference
from payments.ledger.disputes import note_fraud_warning
from payments.ledger.settlement import UnknownPayment, note_charge, schedule_check, settle
from payments.ledger.verification import ask
from payments.memberships import webhook_events as memberships
from payments.models import Cause, Outcome, Payment, Plan, StripeEvent, Subscription
from payments.models.stripe_event import Owner

logger = logging.getLogger(__name__)

# These carry all that settling needs, and a session only moves forward: they are settled from their body.
SETTLING = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "checkout.session.expired",
    }
)
# A refund or a dispute may go back and forth, so its event only says that there is news: Stripe is asked.
TELLING = frozenset(
    {
        "refund.created",
        "refund.updated",
        "refund.failed",
        "charge.refunded",
        "charge.refund.updated",
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.closed",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.funds_reinstated",
    }
)
WARNING = frozenset({"radar.early_fraud_warning.created", "radar.early_fraud_warning.updated"})
# Names the card, for whoever searches by its last digits, and changes nothing else.
CHARGE = frozenset({"charge.succeeded"})
# Word of money. For a payment that was given up it is reason enough to ask Stripe.
MONEY = CHARGE | {"payment_intent.succeeded"}
# Everything else about a payment is recorded and changes nothing.
APPLIED = SETTLING | TELLING | WARNING
DUPLICATE = "duplicate"
FOREIGN_FOR = 24 * 3_600  # s
RECEIVED = Counter("admit_webhook_events", "Signed events received from Stripe.", ["outcome"])


def needed_types() -> frozenset[str]:
    """Return the types of events that this shop can't do without; those of memberships only if it has any."""
    return APPLIED | memberships.TELLING if Plan.objects.exists() else APPLIED


class NotApplied(Exception):
    """An event of ours was recorded, but its effects failed and rolled back: something is still owed."""


def receive(event: Json, *, body: str, headers: dict[str, str], is_delivery: bool = True) -> str:
    """
    Record a verified event, then apply it once, however often and at once it is delivered.

    Return ``applied``, ``duplicate`` or ``ignored``. The record commits on its own, so that a failure leaves
    its traceback for staff; the effects commit together with the mark that they are done, so that Stripe's
    next delivery starts from nothing. Somebody else's event is counted and not kept.

    Raise ``NotApplied`` if the effects failed, or if Stripe couldn't be asked whose event it is.
    """
    try:
        owner = owner_of(event)
    except (StripeUnavailable, StripeRefused) as error:
        raise NotApplied from error
    if owner is None and not _claims_to_be_ours(event):
        return _count(Outcome.IGNORED.value)
    record = StripeEvent.objects.record(event, body=body, headers=headers, is_delivery=is_delivery)
    return apply(record, owner)


def apply(record: StripeEvent, owner: Owner | None) -> str:
    """
    Apply a recorded event about ``owner`` unless that is done.

    Return and raise what ``receive`` does. Stripe is asked before the transaction, where the event says too
    little.
    """
    try:
        if not record.is_decided:
            _ask_first(record, owner)
        outcome = _count(_apply_once(record, owner))
    except Exception as error:  # Whatever went wrong is evidence; the next delivery tries again.
        logger.exception("%s could not be applied", record.type, extra=_about(record, owner))
        record.fail(traceback.format_exc(), owner)
        _count(Outcome.FAILED.value)
        raise NotApplied from error
    logger.info("%s: %s", record.type, outcome, extra=_about(record, owner))
    if outcome == Outcome.APPLIED and record.type in SETTLING:
        metrics.note_settlement(record)
    return outcome


def _ask_first(record: StripeEvent, owner: Owner | None) -> None:
    """Ask Stripe, before any transaction, about what an event says only that it has changed."""
    if isinstance(owner, Subscription):
        memberships.take(record, owner)
    elif record.type in TELLING:
        is_disputed = record.type.startswith("charge.dispute.")
        ask(_require_session(owner), cause=Cause.WEBHOOK, is_disputed=is_disputed)


def _about(record: StripeEvent, owner: Owner | None) -> dict[str, str]:
    """Return what a line of the log is about."""
    return {"payment": owner.reference if owner else "", "event": record.event_id}


def _count(outcome: str) -> str:
    RECEIVED.labels(outcome).inc()
    return outcome


def owner_of(event: Json) -> Owner | None:
    """Return the payment or the membership that an event is about: one account may serve several shops."""
    return memberships.owner_of(event) or _payment_of(event)


def _payment_of(event: Json) -> Payment | None:
    """
    Return the payment that an event is about.

    A refund or a dispute names only its payment intent, and may come before the event that tells us which
    intent paid which session. Then Stripe knows.
    """
    subject = event["data"]["object"]
    claimed = [subject.get("id"), _id_of(subject.get("payment_intent")), _claimed_reference(subject)]
    known = [name for name in claimed if isinstance(name, str) and name.isprintable()]
    payments = Payment.objects.filter(
        Q(session_id__in=known) | Q(payment_intent_id__in=known) | Q(reference__in=known)
    )
    payment = payments.first()
    intent = _id_of(subject.get("payment_intent"))
    if payment is None and intent and event["type"] in TELLING | WARNING:
        return _owner_of_intent(intent)
    return payment


def _owner_of_intent(payment_intent_id: str) -> Payment | None:
    """Ask Stripe whose an intent is; that it is somebody else's is remembered, as it stays so."""
    foreign = f"foreign-intent:{payment_intent_id}"
    if cache.get(foreign):
        return None
    try:
        reference = fetch_payment_reference(payment_intent_id)
    except UnknownToStripe:  # It is another account's, so none of our sessions was paid by it.
        reference = ""
    payment = Payment.objects.of_reference(reference).first()
    if payment is None:
        cache.set(foreign, True, FOREIGN_FOR)
    return payment


def _claimed_reference(subject: Json) -> Any:
    metadata = subject.get("metadata")
    return metadata.get("payment") if isinstance(metadata, dict) else None


def _id_of(expandable: Any) -> Any:
    return expandable.get("id") if isinstance(expandable, dict) else expandable


def _claims_to_be_ours(event: Json) -> bool:
    """Whether a session carries our metadata, and no other: then it is ours even if nobody here knows it."""
    metadata = event["data"]["object"].get("metadata")
    if event["type"] not in SETTLING or not isinstance(metadata, dict) or len(metadata) != 1:
        return False
    ((name, reference),) = metadata.items()
    if not isinstance(reference, str):
        return False
    # "Subscription" is what other products may say, too; but not with a reference like ours.
    is_membership = name == "subscription" and REFERENCE.fullmatch(reference) is not None
    return is_membership or (name == "payment" and reference != "")


def _require_session(payment: Payment | None) -> Payment:
    if payment is None or not payment.session_id:
        raise UnknownPayment("The event that tells this payment's session is still to come.")
    return payment


@transaction.atomic
def _apply_once(record: StripeEvent, owner: Owner | None) -> str:
    """Mark an event as done, with its effects; the same event delivered at once waits here."""
    locked = StripeEvent.objects.select_for_update().get(pk=record.pk)
    if locked.is_decided:
        return DUPLICATE
    if isinstance(owner, Subscription):
        locked.decide(memberships.outcome_of(locked), owner)
        return locked.outcome
    payment = owner
    if locked.type in SETTLING:
        payment = settle(session_of(locked.payload), cause=Cause.WEBHOOK)
    if locked.type in MONEY and payment:
        schedule_check(payment)
    if locked.type in CHARGE and payment:
        note_charge(payment, locked.payload["data"]["object"])
    if locked.type in WARNING and payment:
        note_fraud_warning(payment, locked.payload["data"]["object"])
    locked.decide(Outcome.APPLIED if locked.type in APPLIED else Outcome.IGNORED, payment)
    return locked.outcome
