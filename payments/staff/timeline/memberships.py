"""What happened to a membership."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from bookings.money import format_money
from payments.models import (
    DisputeStatus,
    MembershipReversal,
    RefundStatus,
    ReversalKind,
    Subscription,
    SubscriptionChange,
)
from payments.staff.comparison.lines import spell_time
from payments.staff.timeline.entries import Entry, events, mails, staff_actions


def _session(subscription: Subscription) -> Iterator[Entry]:
    words = _("Payment page for %(plan)s opened.") % {"plan": subscription.plan}
    yield Entry(
        subscription.created_at,
        "session",
        words,
        subscription.session_id or _("No payment page could be opened."),
    )


def _changes(subscription: Subscription) -> Iterator[Entry]:
    for change in subscription.changes.select_related("from_plan", "to_plan"):
        yield Entry(change.at, "step", _spell(change), change.get_cause_display())


def _spell(change: SubscriptionChange) -> str:
    steps = []
    if change.from_status != change.to_status:
        steps.append(f"{change.get_from_status_display()} → {change.get_to_status_display()}")
    if change.from_plan != change.to_plan:
        steps.append(f"{change.from_plan} → {change.to_plan}")
    until = spell_time(change.entitled_until)
    steps.append(_("benefits until %(until)s") % {"until": until} if until else _("no benefits"))
    return ", ".join(steps)


def _invoices(subscription: Subscription) -> Iterator[Entry]:
    for invoice in subscription.invoices.all():
        money = format_money(invoice.amount, invoice.currency)
        words = _("Invoice of %(amount)s: %(status)s") % {"amount": money, "status": invoice.status}
        yield Entry(invoice.issued_at, "session", words, invoice.number)


def _reversals(subscription: Subscription) -> Iterator[Entry]:
    for reversal in subscription.reversals.select_related("invoice"):
        money = format_money(reversal.amount, reversal.currency)
        about = {"amount": money, "status": _status_of(reversal), "invoice": str(reversal.invoice)}
        if reversal.kind == ReversalKind.REFUND:
            words = _("Refund of %(amount)s of invoice %(invoice)s: %(status)s") % about
        else:
            words = _("Dispute of %(amount)s of invoice %(invoice)s: %(status)s") % about
        yield Entry(reversal.happened_at, "step", words, f"{reversal} {reversal.reason}".strip())


def _status_of(reversal: MembershipReversal) -> str:
    known = RefundStatus if reversal.kind == ReversalKind.REFUND else DisputeStatus
    return str(dict(known.choices).get(reversal.status, reversal.status))


def _strays(subscription: Subscription) -> Iterator[Entry]:
    for stray in subscription.strays.select_related("plan"):
        words = _("Subscription to %(plan)s created in Stripe’s dashboard: %(status)s")
        words %= {"plan": stray.plan, "status": stray.status}
        yield Entry(stray.created_at, "step", words, stray.subscription_id)
        if stray.adopted_at:
            yield Entry(stray.adopted_at, "step", _("Adopted."), stray.subscription_id)


def membership_entries(subscription: Subscription) -> Iterator[Entry]:
    """Yield what happened to ``subscription``, in no order."""
    for source in SOURCES:
        yield from source(subscription)


SOURCES = (_session, events, _changes, _invoices, _reversals, _strays, mails, staff_actions)
