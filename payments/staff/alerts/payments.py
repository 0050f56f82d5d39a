"""
What can be wrong with payments and memberships: each with its name, its words and its rows.

Staff's front page counts them, their lists filter by them, a payment's page names them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Case, Count, Exists, F, Min, Model, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bookings.models import BookingStatus, Ticket, TicketStatus
from payments.durations import LATE_AFTER, RETURNED_MONEY_SHOWN_FOR
from payments.gateway.errors import UNKNOWN_TO_STRIPE
from payments.ledger.state_matrix import TABLE, Verdict
from payments.models import (
    Dispute,
    FraudWarning,
    MembershipNotification,
    Notification,
    Outcome,
    Payment,
    PaymentStatus,
    Problem,
    Refund,
    StripeEvent,
    StripeState,
    Subscription,
)
from payments.models.dispute import CLOSED
from payments.models.payment import UNPAID
from payments.models.subscription import SubscriptionQuerySet

MISMATCHES = [Problem.AMOUNT_MISMATCH, Problem.CURRENCY_MISMATCH, Problem.REFERENCE_MISMATCH]
ARRIVED = [
    *(StripeState.PAID, StripeState.PARTIALLY_REFUNDED),
    *(StripeState.REFUNDED, StripeState.DISPUTED),
]
PAYING = ["checkout.session.completed", "checkout.session.async_payment_succeeded"]

Rows = Callable[[datetime], QuerySet[Any]]


@dataclass(frozen=True, kw_only=True)
class Alert:
    """
    One thing that can be wrong, called ``name`` in addresses.

    ``rows`` are those of ``model`` that have it at a time, each with ``since``. One that isn't ``urgent``
    usually ends by itself.
    """

    name: str
    title: str | Promise
    advice: str | Promise
    rows: Rows
    model: type[Model] = Payment
    urgent: bool = True

    @property
    def page(self) -> str:
        """The name of the admin's page that lists its rows."""
        return f"admin:{self.model._meta.app_label}_{self.model._meta.model_name}_changelist"


@dataclass(frozen=True)
class Found:
    """How many rows have an alert, and since when the oldest one has it."""

    alert: Alert
    count: int
    since: datetime | None


def survey() -> list[Found]:
    """Return what is found of every alert, one query each."""
    return [_count(alert, timezone.now()) for alert in ALERTS]


def _count(alert: Alert, now: datetime) -> Found:
    rows = alert.rows(now).order_by()
    found = rows.aggregate(count=Count("pk"), oldest=Min("since"))
    return Found(alert, found["count"], found["oldest"])


def alerts_of(payment: Payment) -> list[Alert]:
    """Return what is wrong with ``payment``, by one query."""
    now, ours = timezone.now(), [alert for alert in ALERTS if alert.model is Payment]
    has = [Exists(alert.rows(now).filter(pk=OuterRef("pk"))) for alert in ours]
    found = Payment.objects.filter(pk=payment.pk).values_list(*has).get()
    return [alert for alert, has_it in zip(ours, found, strict=True) if has_it]


# Which rows


def _paid_unheard(now: datetime) -> QuerySet[Payment]:
    told = StripeEvent.objects.filter(outcome=Outcome.FAILED, type__in=PAYING)
    # A charge is known from its own event, which may come though the session's doesn't.
    charged = Q(charge_id__isnull=False)
    arrived = charged | Q(stripe_state__in=ARRIVED) | Q(pk__in=told.values("payment"))
    return Payment.objects.filter(arrived, status__in=UNPAID).annotate(since=F("created_at"))


def _conflict(now: datetime) -> QuerySet[Payment]:
    pairs = [pair for pair, judgement in TABLE.items() if judgement.verdict == Verdict.CONFLICT]
    conflicts = reduce(or_, (Q(status=status, stripe_state=state) for status, state in pairs))
    return Payment.objects.filter(conflicts).annotate(since=Coalesce("checked_at", "created_at"))


def _undecided(now: datetime) -> QuerySet[Payment]:
    late = Payment.objects.undecided().filter(created_at__lt=now - LATE_AFTER)
    return late.annotate(since=F("created_at"))


def _unreachable(now: datetime) -> QuerySet[Payment]:
    return Payment.objects.undecided().exclude(check_error="").annotate(since=F("created_at"))


def _unapplied(now: datetime) -> QuerySet[StripeEvent]:
    """Return events that failed, or whose process died and nobody has tried again."""
    died = Q(outcome=Outcome.RECEIVED, received_at__lt=now - LATE_AFTER)
    return StripeEvent.objects.filter(Q(outcome=Outcome.FAILED) | died)


def _event_failed(now: datetime) -> QuerySet[Payment]:
    return _payments_with(_unapplied(now), "received_at")


def _event_unowned(now: datetime) -> QuerySet[StripeEvent]:
    unowned = _unapplied(now).filter(payment=None, subscription=None)
    return unowned.annotate(since=F("received_at"))


def _mismatch(now: datetime) -> QuerySet[Payment]:
    return _with_problem(MISMATCHES, now)


def _paid_twice(now: datetime) -> QuerySet[Payment]:
    return _with_problem([Problem.PAID_TWICE], now)


def _with_problem(problems: list[Problem], now: datetime) -> QuerySet[Payment]:
    """Return payments whose money bought nothing, until it is back, and a day longer."""
    fresh = ~Q(status=PaymentStatus.REFUNDED) | Q(processed_at__gt=now - RETURNED_MONEY_SHOWN_FOR)
    return Payment.objects.filter(fresh, problem__in=problems).annotate(since=F("created_at"))


def _refund_due(now: datetime) -> QuerySet[Payment]:
    return Payment.objects.filter(status=PaymentStatus.REFUND_DUE).annotate(since=F("processed_at"))


def _refund_failed(now: datetime) -> QuerySet[Payment]:
    return _payments_with(Refund.objects.broken())


def _refund_unassigned(now: datetime) -> QuerySet[Payment]:
    return _payments_with(Refund.objects.unassigned())


def _disputed(now: datetime) -> QuerySet[Payment]:
    return _payments_with(Dispute.objects.exclude(status__in=CLOSED))


def _fraud_warning(now: datetime) -> QuerySet[Payment]:
    return _payments_with(FraudWarning.objects.filter(is_actionable=True))


def _undrawn(now: datetime) -> QuerySet[Payment]:
    undrawn = Ticket.objects.exclude(drawing_error="").exclude(status=TicketStatus.VOID)
    return _buyers().filter(booking__in=undrawn.values("booking")).annotate(since=F("booking__confirmed_at"))


def _ticketless(now: datetime) -> QuerySet[Payment]:
    live = Ticket.objects.filter(booking=OuterRef("booking")).exclude(status=TicketStatus.VOID)
    lost = _buyers().filter(~Exists(live), status=PaymentStatus.SUCCEEDED)
    return lost.annotate(since=F("processed_at"))


def _unmailed(now: datetime) -> QuerySet[Payment]:
    unsent = Notification.objects.filter(sent_at=None, created_at__lt=now - LATE_AFTER)
    tickets = Q(
        booking__status=BookingStatus.CONFIRMED,
        booking__mailed_at=None,
        booking__confirmed_at__lt=now - LATE_AFTER,
        pk__in=_buyers().values("pk"),
    )
    owed = Payment.objects.filter(tickets | Q(pk__in=unsent.values("payment")))
    return owed.annotate(since=Case(When(tickets, then="booking__confirmed_at"), default=_oldest(unsent)))


def _buyers() -> QuerySet[Payment]:
    return Payment.objects.paid().filter(problem="")


def _payments_with(rows: QuerySet[Any], since: str = "created_at") -> QuerySet[Payment]:
    """Return the payments that ``rows`` are about, since the first of these."""
    return Payment.objects.filter(pk__in=rows.values("payment")).annotate(since=_oldest(rows, since))


def _oldest(rows: QuerySet[Any], since: str = "created_at") -> Subquery:
    own = rows.filter(payment=OuterRef("pk")).order_by()
    return Subquery(own.values("payment").annotate(at=Min(since)).values("at"))


def _membership_event_failed(now: datetime) -> QuerySet[Subscription]:
    return _memberships_with(_unapplied(now), "received_at")


def _membership_unmailed(now: datetime) -> QuerySet[Subscription]:
    unsent = MembershipNotification.objects.filter(sent_at=None, created_at__lt=now - LATE_AFTER)
    return _memberships_with(unsent, "created_at")


def _memberships_with(rows: QuerySet[Any], since: str) -> QuerySet[Subscription]:
    """Return the memberships that ``rows`` are about, since the first of these."""
    own = rows.filter(subscription=OuterRef("pk")).order_by()
    oldest = Subquery(own.values("subscription").annotate(at=Min(since)).values("at"))
    return Subscription.objects.filter(pk__in=rows.values("subscription")).annotate(since=oldest)


def _membership_twice(now: datetime) -> QuerySet[Subscription]:
    """Return memberships that are over here, but not at Stripe, where another took their place."""
    return _memberships_with_error().exclude(pk__in=Subscription.objects.current().values("pk"))


def _membership_without_plan(now: datetime) -> QuerySet[Subscription]:
    known = _memberships_with_error().current().exclude(check_error=UNKNOWN_TO_STRIPE)
    return known.filter(_HAS_OTHER_PRICE)


def _membership_unknown(now: datetime) -> QuerySet[Subscription]:
    return _memberships_with_error().current().filter(check_error=UNKNOWN_TO_STRIPE)


def _membership_unchecked(now: datetime) -> QuerySet[Subscription]:
    known = _memberships_with_error().current().exclude(check_error=UNKNOWN_TO_STRIPE)
    return known.exclude(_HAS_OTHER_PRICE)


def _memberships_with_error() -> SubscriptionQuerySet:
    return Subscription.objects.exclude(check_error="").annotate(since=Coalesce("checked_at", "created_at"))


_HAS_OTHER_PRICE = ~Q(price_id=F("plan__price_id"))

ALERTS = [
    Alert(
        name="paid_unheard",
        title=_("Paid at Stripe, but not here"),
        advice=_("Ask Stripe now, or replay the event that failed. The customer’s page follows by itself."),
        rows=_paid_unheard,
    ),
    Alert(
        name="conflict",
        title=_("Stripe contradicts us"),
        advice=_("Compare with Stripe, and call whoever looks after the shop. Nothing is changed by itself."),
        rows=_conflict,
    ),
    Alert(
        name="event_failed",
        title=_("An event of Stripe’s failed"),
        advice=_("Open the event, read why, and replay it."),
        rows=_event_failed,
    ),
    Alert(
        name="event_unowned",
        title=_("An event failed, and nobody knows whose it is"),
        advice=_("Open the event, read why, and replay it."),
        rows=_event_unowned,
        model=StripeEvent,
    ),
    Alert(
        name="unreachable",
        title=_("Seats held because Stripe can’t be reached"),
        advice=_("Ask Stripe now. If it doesn’t answer, wait: the seats stay held until it does."),
        rows=_unreachable,
    ),
    Alert(
        name="refund_failed",
        title=_("A refund came to nothing"),
        advice=_("Make the refund again, or give the customer seats instead."),
        rows=_refund_failed,
    ),
    Alert(
        name="refund_unassigned",
        title=_("A part was refunded at Stripe, and nobody said for which tickets"),
        advice=_("Say which tickets the refund was for; until then all of them admit."),
        rows=_refund_unassigned,
    ),
    Alert(
        name="disputed",
        title=_("Disputed with the bank"),
        advice=_("Answer in Stripe’s dashboard before its time is over. The tickets are on hold."),
        rows=_disputed,
    ),
    Alert(
        name="fraud_warning",
        title=_("Warned of fraud"),
        advice=_("Look at who bought; a refund now is cheaper than a dispute later."),
        rows=_fraud_warning,
    ),
    Alert(
        name="ticketless",
        title=_("Paid, but no ticket is valid"),
        advice=_("Re-seat, or refund."),
        rows=_ticketless,
    ),
    Alert(
        name="undrawn",
        title=_("A ticket without its QR code"),
        advice=_("Redraw the code."),
        rows=_undrawn,
    ),
    Alert(
        name="unmailed",
        title=_("A mail wasn’t sent for over 10 minutes"),
        advice=_("Check the address. Resend the tickets, or let them show the page on their phone."),
        rows=_unmailed,
    ),
    Alert(
        name="membership_twice",
        title=_("A membership is paid for, though its customer has another"),
        advice=_("End it in Stripe’s dashboard and pay it back there, then ask Stripe."),
        rows=_membership_twice,
        model=Subscription,
    ),
    Alert(
        name="membership_unknown",
        title=_("Stripe doesn’t know a membership"),
        advice=_("If it is the only one, let it go. If there are others, the shop has the wrong key."),
        rows=_membership_unknown,
        model=Subscription,
    ),
    Alert(
        name="membership_without_plan",
        title=_("A membership’s price belongs to no plan"),
        advice=_("It gives nothing. Make a plan with its price, or change it at Stripe; then ask Stripe."),
        rows=_membership_without_plan,
        model=Subscription,
    ),
    Alert(
        name="membership_event_failed",
        title=_("An event about a membership failed"),
        advice=_("Ask Stripe now, which tells the same. Then open the event, read why, and replay it."),
        rows=_membership_event_failed,
        model=Subscription,
    ),
    Alert(
        name="membership_unmailed",
        title=_("A member’s mail wasn’t sent for over 10 minutes"),
        advice=_("Check the address. If there are many, call whoever looks after the shop."),
        rows=_membership_unmailed,
        model=Subscription,
    ),
    Alert(
        name="undecided",
        title=_("Undecided for over 10 minutes"),
        advice=_("The customer is still on Stripe’s page, or has left it. If they say they paid, ask."),
        rows=_undecided,
        urgent=False,
    ),
    Alert(
        name="membership_unchecked",
        title=_("Stripe couldn’t be asked about a membership"),
        advice=_("It is asked again by itself. If this gets old, open it, and read why."),
        rows=_membership_unchecked,
        model=Subscription,
        urgent=False,
    ),
    Alert(
        name="refund_due",
        title=_("Money that is going back"),
        advice=_("The worker sends it within seconds, a bank takes days."),
        rows=_refund_due,
        urgent=False,
    ),
    Alert(
        name="mismatch",
        title=_("Another amount, currency or booking was paid"),
        advice=_("It goes back by itself, and stays here for a day. Ask the customer to buy again."),
        rows=_mismatch,
        urgent=False,
    ),
    Alert(
        name="paid_twice",
        title=_("Paid twice"),
        advice=_("The second payment goes back by itself; the tickets are those of the first."),
        rows=_paid_twice,
        urgent=False,
    ),
]
