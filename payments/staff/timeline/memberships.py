"""Everything that happened to a membership, in its order."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from bookings.money import format_money
from payments.models import Subscription, SubscriptionChange
from payments.staff.comparison.memberships import spell
from payments.staff.timeline.payments import Entry, deliveries, staff_actions


def membership_timeline(subscription: Subscription) -> list[Entry]:
    """Return what happened to ``subscription``, the newest last, in a fixed number of queries."""
    entries = [entry for tell in SOURCES for entry in tell(subscription)]
    return sorted(entries, key=lambda entry: entry.at)


def _session(subscription: Subscription) -> Iterator[Entry]:
    words = _("A session for %(plan)s was opened.") % {"plan": subscription.plan}
    yield Entry(subscription.created_at, "session", words, subscription.session_id or _("It got no session."))


def _events(subscription: Subscription) -> Iterator[Entry]:
    for event in subscription.stripe_events.defer("body", "traceback"):
        words = f"{event.type}: {event.get_outcome_display()}"
        yield Entry(event.received_at, "event", words, deliveries(event), subject=event)


def _changes(subscription: Subscription) -> Iterator[Entry]:
    for change in subscription.changes.select_related("from_plan", "to_plan"):
        yield Entry(change.at, "step", _spell(change), change.get_cause_display())


def _spell(change: SubscriptionChange) -> str:
    steps = []
    if change.from_status != change.to_status:
        steps.append(f"{change.get_from_status_display()} → {change.get_to_status_display()}")
    if change.from_plan != change.to_plan:
        steps.append(f"{change.from_plan} → {change.to_plan}")
    until = spell(change.entitled_until)
    steps.append(_("gives its benefits until %(until)s") % {"until": until} if until else _("gives nothing"))
    return ", ".join(steps)


def _invoices(subscription: Subscription) -> Iterator[Entry]:
    for invoice in subscription.invoices.all():
        money = format_money(invoice.amount, invoice.currency)
        words = _("Invoice of %(amount)s: %(status)s") % {"amount": money, "status": invoice.status}
        yield Entry(invoice.issued_at, "session", words, invoice.number)


def _notifications(subscription: Subscription) -> Iterator[Entry]:
    for notification in subscription.notifications.exclude(sent_at=None):
        if notification.sent_at:
            yield Entry(
                notification.sent_at,
                "mail",
                _("Mailed: %(news)s.") % {"news": notification.get_kind_display()},
            )


SOURCES = (_session, _events, _changes, _invoices, _notifications, staff_actions)
