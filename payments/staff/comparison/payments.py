"""A payment here beside the same at Stripe."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from bookings.addresses.normal_form import readable
from bookings.money import format_money
from payments.gateway.checkout.session_objects import CheckoutSession
from payments.gateway.checkout.sessions import fetch_session
from payments.gateway.disputes import fetch_disputes
from payments.gateway.errors import UnknownToStripe
from payments.gateway.reversal_objects import StripeDispute, StripeRefund
from payments.ledger.state_matrix import Judgement, judge
from payments.ledger.verification import state_of
from payments.models import Dispute, DisputeStatus, Payment, Refund, RefundStatus, StripeState
from payments.staff.comparison.lines import Comparison, Line, NothingToCompare, spell_time


@dataclass(frozen=True, kw_only=True)
class PaymentComparison(Comparison):
    """With the payment's state at Stripe, and what that means beside its status here."""

    state: StripeState
    judgement: Judgement


def compare_payment(payment: Payment) -> PaymentComparison:
    """Compare a payment, as ``compare`` says."""
    if not payment.session_id:
        raise NothingToCompare
    at = timezone.now()
    try:
        session = fetch_session(payment.session_id)
    except UnknownToStripe:
        state = StripeState.MISSING
        return PaymentComparison(at=at, lines=[], state=state, judgement=judge(payment.status, state))
    disputes = fetch_disputes(str(session.payment_intent_id)) if session.was_disputed else []
    state = state_of(session, disputes)
    lines = [*_fields(payment, session), *_refunds(payment, session), *_disputes(payment, disputes)]
    return PaymentComparison(at=at, lines=lines, state=state, judgement=judge(payment.status, state))


def _fields(payment: Payment, session: CheckoutSession) -> Iterator[Line]:
    booking = payment.booking
    yield from _amounts(payment, session)
    yield Line(_("Payment reference"), payment.reference, session.payment_reference)
    yield Line(_("Booking reference"), booking.reference, session.booking_reference)
    yield Line(_("Email"), readable(booking.email), readable(session.customer_email))
    yield Line(_("Ends"), spell_time(payment.expires_at), spell_time(session.expires_at))
    if payment.is_paid or session.state in (StripeState.PAID, StripeState.FREE):
        yield Line(_("Payment intent"), payment.payment_intent_id or "", session.payment_intent_id or "")
        yield Line(_("Charge"), payment.charge_id or "", session.charge_id or "")


def _amounts(payment: Payment, session: CheckoutSession) -> Iterator[Line]:
    """Compare the totals, the discounts that are in them, and what the customer saw in their currency."""
    ours, stripes = payment.currency, session.currency
    yield Line(_("Amount"), format_money(payment.total, ours), format_money(session.amount, stripes))
    if payment.amount_discount or session.amount_discount:
        discounts = (
            format_money(payment.amount_discount, ours),
            format_money(session.amount_discount, stripes),
        )
        yield Line(_("Discount"), *discounts)
    if payment.presentment_currency or session.presentment.currency:
        presented = _spell_presentment(payment.presentment_amount, payment.presentment_currency)
        yield Line(_("The customer paid"), presented, _spell_presentment(*session.presentment))


def _spell_presentment(amount: int | None, currency: str) -> str:
    return "" if amount is None else format_money(amount, currency)


def _refunds(payment: Payment, session: CheckoutSession) -> Iterator[Line]:
    # Stripe never heard of those without money.
    sent = payment.refunds.filter(amount__gt=0)
    ours = {refund.refund_id or refund.reference: _spell(refund) for refund in sent}
    theirs = {refund.id: _spell(refund) for refund in session.refunds}
    for name in {**ours, **theirs}:
        yield Line(_("Refund %(id)s") % {"id": name}, ours.get(name, ""), theirs.get(name, ""))


def _spell(refund: Refund | StripeRefund) -> str:
    state = refund.stripe_status or RefundStatus(refund.status).label
    return f"{format_money(refund.amount, refund.currency)}, {state}"


def _disputes(payment: Payment, disputes: list[StripeDispute]) -> Iterator[Line]:
    ours = {dispute.dispute_id: _spell_dispute(dispute) for dispute in payment.disputes.all()}
    theirs = {dispute.id: _spell_dispute(dispute) for dispute in disputes}
    for name in {**ours, **theirs}:
        yield Line(_("Dispute %(id)s") % {"id": name}, ours.get(name, ""), theirs.get(name, ""))


def _spell_dispute(dispute: Dispute | StripeDispute) -> str:
    state = dispute.stripe_status or DisputeStatus(dispute.status).label
    return f"{format_money(dispute.amount, dispute.currency)}, {state}"
