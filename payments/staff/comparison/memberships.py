"""A membership here beside the same at Stripe."""

from collections.abc import Iterator

from django.utils import timezone
from django.utils.translation import gettext as _

from bookings.money import format_money
from payments.gateway.billing import subscriptions
from payments.gateway.billing.subscription_objects import (
    NextCharge,
    StripeInvoice,
    StripeReversal,
    StripeSubscription,
)
from payments.memberships.entitlements import entitled_until, money_of
from payments.memberships.plan_items import find_plan_item
from payments.models import MembershipInvoice, MembershipReversal, Subscription
from payments.staff.comparison.lines import Comparison, Line, NothingToCompare, spell_time

# What Stripe calls a session whose row is in this status.
SESSION_OF_STATUS = {"pending": "open", "expired": "expired"}


def compare_membership(subscription: Subscription) -> Comparison:
    """Compare a membership, as ``compare`` says."""
    at = timezone.now()
    if subscription.subscription_id:
        fetched = subscriptions.fetch_subscription(subscription.subscription_id)
        told = find_plan_item(fetched, row=subscription).subscription
        lines = [
            *_fields(subscription, told),
            *_invoices(subscription, told),
            *_reversals(subscription, told),
        ]
    elif subscription.session_id:
        session = subscriptions.fetch_membership_session(subscription.session_id)
        lines = [
            Line(_("Session"), SESSION_OF_STATUS.get(subscription.status, ""), session.status),
            Line(_("Subscription"), "", session.subscription_id),
        ]
    else:
        raise NothingToCompare
    return Comparison(at=at, lines=lines)


def _fields(ours: Subscription, told: StripeSubscription) -> Iterator[Line]:
    yield Line(_("Status"), ours.status, told.says)
    yield Line(_("Customer"), ours.stripe_customer_id, told.customer_id)
    yield Line(_("Price"), ours.plan.price_id, told.price_id)
    yield Line(_("Period begins"), spell_time(ours.period_start), spell_time(told.period_start))
    yield Line(_("Period ends"), spell_time(ours.period_end), spell_time(told.period_end))
    yield Line(_("Ends"), spell_time(ours.ends_at), spell_time(told.ends_at))
    yield Line(_("Collection paused"), str(ours.collection_paused), str(told.collection_paused))
    yield Line(_("Payment of the period"), ours.money, money_of(told).value)
    yield Line(_("Next payment"), _spell_next(ours), _spell_charge(told.next_charge))
    yield Line(_("Benefits until"), spell_time(ours.entitled_until), spell_time(entitled_until(told)))


def _invoices(ours: Subscription, told: StripeSubscription) -> Iterator[Line]:
    kept = {invoice.invoice_id: _spell_invoice(invoice) for invoice in ours.invoices.all()}
    theirs = {invoice.id: _spell_invoice(invoice) for invoice in told.invoices}
    for name, words in theirs.items():
        yield Line(_("Invoice %(id)s") % {"id": name}, kept.get(name, ""), words)


def _reversals(ours: Subscription, told: StripeSubscription) -> Iterator[Line]:
    kept = {one.reversal_id: _spell_reversal(one) for one in ours.reversals.all()}
    theirs = {one.id: _spell_reversal(one) for invoice in told.invoices for one in invoice.reversals}
    for name, words in theirs.items():
        yield Line(_("Refund or dispute: %(id)s") % {"id": name}, kept.get(name, ""), words)


def _spell_reversal(reversal: MembershipReversal | StripeReversal) -> str:
    return f"{format_money(reversal.amount, reversal.currency)}, {reversal.status}"


def _spell_next(ours: Subscription) -> str:
    if ours.next_charge_amount is None or ours.next_charge_at is None:
        return ""
    return _spell_charge(NextCharge(ours.next_charge_amount, ours.next_charge_currency, ours.next_charge_at))


def _spell_charge(charge: NextCharge | None) -> str:
    return f"{format_money(charge.amount, charge.currency)}, {spell_time(charge.at)}" if charge else ""


def _spell_invoice(invoice: MembershipInvoice | StripeInvoice) -> str:
    return f"{format_money(invoice.amount, invoice.currency)}, {invoice.status}"
