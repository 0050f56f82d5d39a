"""Stripe's events about payments: whose they are, and what each type is good for."""

import logging
from typing import Any

from django.core.cache import cache
from django.db.models import Q

from config.database.compiled import CompiledQuery
from payments.gateway.checkout.session_objects import read_instructions, session_of
from payments.gateway.checkout.sessions import fetch_claim
from payments.gateway.errors import StripeRefused, StripeUnavailable, UnknownToStripe
from payments.gateway.metadata import Claim, read_claim
from payments.gateway.objects import ID, Json, UnknownState
from payments.ledger.disputes import note_fraud_warning
from payments.ledger.settlement import UnknownPayment, note_charge, schedule_check, settle_within
from payments.ledger.verification import ask
from payments.models import Cause, LostSession, Outcome, Payment, PaymentStatus, StripeEvent, StripeState
from payments.webhook.handlers import DISPUTE_TYPES, REFUND_TYPES, Handler, Owed, UnreadableOwner

logger = logging.getLogger(__name__)

FOREIGN_FOR = 24 * 3_600  # s


# Whose it is


IDS = ["cs_", "pi_"]
NAMED = CompiledQuery(
    lambda: Payment.objects.filter(
        Q(session_id__in=IDS) | Q(payment_intent_id__in=IDS) | Q(reference="")
    ).order_by("-created_at")[:1]
)


def find_payment(event: Json) -> Payment | None:
    """
    Return the payment that an event names: by its session, its payment intent or our reference.

    A reference beside the id of another shop isn't ours, but only looks so.
    """
    subject = event["data"]["object"]
    ids = [subject.get("id"), _id_of(subject.get("payment_intent"))]
    known = [name for name in ids if isinstance(name, str) and name.isprintable()]
    claim = read_claim(subject, "payment")
    if not known and not claim.reference:  # Such as the doctor's probe: no database is needed to say so.
        return None
    first, second, *_ = [*known, "", ""]
    (payment,) = NAMED.fetch(first, second, first, second, claim.reference) or (None,)
    by_id = payment and {payment.session_id, payment.payment_intent_id} & set(known)
    return payment if by_id or not claim.is_foreign else None


def find_payment_or_ask(event: Json) -> Payment | None:
    """
    Return the payment that a refund, a dispute or a warning is about.

    These name only their payment intent, and may come before the event that says which session it paid.
    Then Stripe knows. Raise ``StripeUnavailable`` or ``StripeRefused`` if it can't be asked, ``Owed``, or
    ``UnreadableOwner``.
    """
    payment = find_payment(event)
    named = event["data"]["object"].get("payment_intent")
    if payment or named is None or named == "":
        return payment
    intent = _id_of(named)
    if not isinstance(intent, str) or not ID.fullmatch(intent):  # Stripe can't be asked about such a thing.
        raise UnreadableOwner("Its payment_intent is neither an id nor an object with one.")
    return _owner_of_intent(intent)


def _owner_of_intent(payment_intent_id: str) -> Payment | None:
    """Ask Stripe whose an intent is; that it is another shop's is remembered, as it stays so."""
    foreign = f"foreign-intent:{payment_intent_id}"
    if cache.get(foreign):
        return None
    try:
        claim = fetch_claim(payment_intent_id)
    except UnknownToStripe:  # It is another account's, so none of our sessions was paid by it.
        claim = Claim(reference="", shop="")
    payment = None if claim.is_foreign else Payment.objects.of_reference(claim.reference).first()
    if payment is None and claim.is_ours and not LostSession.objects.given_back().of(claim.reference):
        raise Owed(f"Payment {claim.reference} is this shop's, but isn't known here.")
    if payment is None:
        cache.set(foreign, True, FOREIGN_FOR)
    return payment


def _id_of(expandable: Any) -> Any:
    return expandable.get("id") if isinstance(expandable, dict) else expandable


def _claims_to_be_ours(event: Json) -> bool:
    """
    Whether a session carries the id of this shop: then it is ours even if no row here has it.

    One that was lost with a restored database, and whose money went back, is owed nothing any more.
    """
    claim = read_claim(event["data"]["object"], "payment")
    return claim.is_ours and not LostSession.objects.owed_nothing(event["type"]).of(claim.reference)


# What is done with it


def _settle(event: Json, payment: Payment | None) -> Payment:
    session = session_of(event)
    if session.state == StripeState.UNREADABLE and not _has_been_told(event, payment):
        raise UnknownState(session.unclear)
    return settle_within(session, cause=Cause.WEBHOOK)


def _has_been_told(event: Json, payment: Payment | None) -> bool:
    """Whether Stripe, asked after an event that isn't understood, has answered clearly."""
    if payment is None or payment.checked_at is None or payment.stripe_state == StripeState.UNREADABLE:
        return False
    return StripeEvent.objects.filter(event_id=event["id"], received_at__lt=payment.checked_at).exists()


def _ask_what_is_to_do(event: Json, payment: Payment | None) -> None:
    """
    Ask Stripe how the customer has yet to pay, if the session is complete and the money is still to come.

    The body doesn't say. If Stripe can't be asked now, what it does say is settled, and the reconciler asks.
    It also asks soon about a body that isn't understood, since Stripe tells more if it is asked.
    """
    session = session_of(event)
    if payment is None or payment.session_id != session.id:
        return
    if session.state == StripeState.UNREADABLE and not _has_been_told(event, payment):
        Payment.objects.filter(pk=payment.pk).check_soon()
    if session.state != StripeState.PROCESSING or not payment.is_undecided:
        return
    try:
        ask(payment, cause=Cause.WEBHOOK)
    except (StripeUnavailable, StripeRefused) as error:
        logger.warning("not asked how it is paid: %s", error, extra={"payment": payment.reference})


def _ask_about_instructions(event: Json, payment: Payment | None) -> None:
    """Ask Stripe if a payment intent tells its customer how to pay; 3-D Secure is no such thing."""
    if payment and payment.session_id and read_instructions(event["data"]["object"]):
        ask(payment, cause=Cause.WEBHOOK)


def _ask_about_refunds(event: Json, payment: Payment | None) -> None:
    ask(_require_session(payment), cause=Cause.WEBHOOK)


def _ask_about_disputes(event: Json, payment: Payment | None) -> None:
    ask(_require_session(payment), cause=Cause.WEBHOOK, is_disputed=True)


def _require_session(payment: Payment | None) -> Payment:
    if payment is None or not payment.session_id:
        raise UnknownPayment("This payment's session isn't known yet: the event about it is still to come.")
    return payment


def _note_fraud_warning(event: Json, payment: Payment | None) -> Payment | None:
    if payment:
        note_fraud_warning(payment, event["data"]["object"])
    return payment


def _note_charge(event: Json, payment: Payment | None) -> Payment | None:
    """Remember the card, for staff who search by its last digits."""
    if payment:
        schedule_check(payment)
        note_charge(payment, event["data"]["object"])
    return payment


def _schedule_check_of_instructions(event: Json, payment: Payment | None) -> Payment | None:
    """Have Stripe asked about a payment whose customer was to act: they have."""
    if payment and payment.status == PaymentStatus.PROCESSING and payment.instructions_url:
        Payment.objects.filter(pk=payment.pk).check_soon()
    return payment


def _schedule_check(event: Json, payment: Payment | None) -> Payment | None:
    """Have Stripe asked about a payment that was given up here: there is word of money for it."""
    if payment:
        schedule_check(payment)
    return payment


# The body carries all that settling needs, and a session only moves forward. But it doesn't say how to pay
# by voucher or transfer.
SESSION = Handler(
    find_owner=find_payment,
    claims=_claims_to_be_ours,
    ask=_ask_what_is_to_do,
    apply=_settle,
    is_timed=True,
)
INSTRUCTIONS = Handler(find_owner=find_payment, ask=_ask_about_instructions)
# A refund or a dispute may go back and forth, so its event only says that there is news: Stripe is asked.
REFUND = Handler(find_owner=find_payment_or_ask, ask=_ask_about_refunds)
DISPUTE = Handler(find_owner=find_payment_or_ask, ask=_ask_about_disputes)
FRAUD_WARNING = Handler(find_owner=find_payment_or_ask, apply=_note_fraud_warning)
CHARGE = Handler(
    find_owner=find_payment,
    apply=_note_charge,
    outcome=Outcome.IGNORED,
)
MONEY = Handler(
    find_owner=find_payment,
    apply=_schedule_check,
    outcome=Outcome.IGNORED,
)
MOVING = Handler(
    find_owner=find_payment,
    apply=_schedule_check_of_instructions,
    outcome=Outcome.IGNORED,
)
# Everything else about a payment is kept for staff to read, and changes nothing.
RECORDED = Handler(find_owner=find_payment, outcome=Outcome.IGNORED)

HANDLERS: dict[str, Handler[Payment]] = {
    "checkout.session.completed": SESSION,
    "checkout.session.async_payment_succeeded": SESSION,
    "checkout.session.async_payment_failed": SESSION,
    "checkout.session.expired": SESSION,
    "payment_intent.requires_action": INSTRUCTIONS,
    "payment_intent.partially_funded": INSTRUCTIONS,
    **dict.fromkeys(REFUND_TYPES, REFUND),
    **dict.fromkeys(DISPUTE_TYPES, DISPUTE),
    "radar.early_fraud_warning.created": FRAUD_WARNING,
    "radar.early_fraud_warning.updated": FRAUD_WARNING,
    "charge.succeeded": CHARGE,
    "payment_intent.succeeded": MONEY,
    "payment_intent.processing": MOVING,
}
# Without these, customers and staff would read what isn't so.
APPLIED = frozenset(kind for kind, handler in HANDLERS.items() if handler.outcome == Outcome.APPLIED)
# Without this one, staff can't search by a card's last digits.
USEFUL = frozenset({"charge.succeeded"})
