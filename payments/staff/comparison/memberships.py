"""A membership here beside the same subscription at Stripe, field by field."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from bookings.money import format_money
from payments.gateway import subscriptions
from payments.gateway.subscription_objects import StripeInvoice, StripeSubscription
from payments.memberships.entitlements import entitled_until
from payments.models import MembershipInvoice, Subscription
from payments.staff.comparison.payments import Line


@dataclass(frozen=True)
class MembershipComparison:
    """What was found at ``at``, field by field."""

    lines: list[Line]
    at: datetime

    @property
    def is_same(self) -> bool:
        return not any(line.differs for line in self.lines)


def compare_membership(subscription: Subscription) -> MembershipComparison:
    """
    Ask Stripe about ``subscription``, and set the answer beside ours; nothing is changed.

    Raise ``StripeUnavailable`` or ``StripeRefused``.
    """
    at = timezone.now()
    if not subscription.subscription_id:
        session = subscriptions.fetch_membership_session(str(subscription.session_id))
        return MembershipComparison(
            [
                Line(_("Session"), OURS_OF_SESSION.get(subscription.status, ""), session.status),
                Line(_("Subscription"), "", session.subscription_id),
            ],
            at,
        )
    told = subscriptions.fetch_subscription(subscription.subscription_id)
    return MembershipComparison([*_fields(subscription, told), *_invoices(subscription, told)], at)


# What Stripe calls a session whose row is in this status.
OURS_OF_SESSION = {"pending": "open", "expired": "expired"}


def _fields(ours: Subscription, told: StripeSubscription) -> Iterator[Line]:
    yield Line(_("Status"), ours.status, told.status.value)
    yield Line(_("Customer"), ours.stripe_customer_id, told.customer_id)
    yield Line(_("Price"), ours.plan.price_id, told.price_id)
    yield Line(_("Period begins"), spell(ours.period_start), spell(told.period_start))
    yield Line(_("Period ends"), spell(ours.period_end), spell(told.period_end))
    yield Line(_("Ends"), spell(ours.ends_at), spell(told.ends_at))
    yield Line(_("Collection paused"), str(ours.collection_paused), str(told.collection_paused))
    yield Line(_("Gives its benefits until"), spell(ours.entitled_until), spell(entitled_until(told)))


def _invoices(ours: Subscription, told: StripeSubscription) -> Iterator[Line]:
    kept = {invoice.invoice_id: _spell_invoice(invoice) for invoice in ours.invoices.all()}
    theirs = {invoice.id: _spell_invoice(invoice) for invoice in told.invoices}
    for name, words in theirs.items():
        yield Line(_("Invoice %(id)s") % {"id": name}, kept.get(name, ""), words)


def _spell_invoice(invoice: MembershipInvoice | StripeInvoice) -> str:
    return f"{format_money(invoice.amount, invoice.currency)}, {invoice.status}"


def spell(at: datetime | None) -> str:
    """Return a time as staff read it, or nothing."""
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at else ""
