"""What can be wrong with payments, and with events whose payment isn't known."""

from datetime import datetime
from functools import reduce
from operator import or_

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from bookings.either import either
from bookings.models import AnnouncementCopy, Booking, Ticket, TicketStatus
from payments.durations import (
    EVENT_ASKED_ABOUT_FOR,
    LATE_AFTER,
    RETURNED_MONEY_SHOWN_FOR,
    UNASSIGNED_SHOWN_FOR,
)
from payments.ledger.going_live import open_test_payments
from payments.ledger.state_matrix import TABLE, Verdict
from payments.models import (
    Action,
    CheckProblem,
    Dispute,
    FraudWarning,
    LostSession,
    Notification,
    Outcome,
    Payment,
    PaymentStatus,
    Problem,
    Refund,
    StripeEvent,
    StripeState,
)
from payments.models.payment import UNPAID
from payments.staff.alerts.registry import MOST, alert, earliest, rows_with, unapplied

MISMATCHES = [Problem.AMOUNT_MISMATCH, Problem.CURRENCY_MISMATCH, Problem.REFERENCE_MISMATCH]
PAYING = ["checkout.session.completed", "checkout.session.async_payment_succeeded"]


@alert(
    Payment,
    title=_("Paid at Stripe, not here yet"),
    advice=_("Check with Stripe or replay the failed event. The customer’s page updates automatically."),
)
def paid_unheard(now: datetime) -> QuerySet[Payment]:
    told = StripeEvent.objects.filter(outcome=Outcome.FAILED, type__in=PAYING)
    failed = Payment.objects.filter(status__in=UNPAID, pk__in=told.values("payment"))
    arrived = either(Payment.objects.paid_unheard(), failed, most=MOST)
    return Payment.objects.filter(arrived).annotate(since=F("created_at"))


@alert(
    LostSession,
    title=_("Sold after the restored backup"),
    advice=_("Your administrator rebuilds or refunds these sales. The list shows the progress."),
)
def lost(now: datetime) -> QuerySet[LostSession]:
    return LostSession.objects.undecided().annotate(since=F("opened_at"))


@alert(
    Payment,
    title=_("Conflicts with Stripe"),
    advice=_("Compare with Stripe and call your administrator. Nothing changes automatically."),
)
def conflict(now: datetime) -> QuerySet[Payment]:
    states: dict[PaymentStatus, list[StripeState]] = {}
    for (status, state), judgement in TABLE.items():
        if judgement.verdict == Verdict.CONFLICT and state != StripeState.UNREADABLE:  # That is ``unclear``.
            states.setdefault(status, []).append(state)
    conflicts = reduce(or_, (Q(status=status, stripe_state__in=found) for status, found in states.items()))
    return Payment.objects.filter(conflicts).annotate(since=Coalesce("checked_at", "created_at"))


@alert(
    Payment,
    title=_("Test purchase still active"),
    advice=_("The shop is live now. Select them all and end them to free their seats."),
)
def bought_in_test(now: datetime) -> QuerySet[Payment]:
    return open_test_payments().annotate(since=F("created_at"))


@alert(
    Payment,
    title=_("Stripe event failed"),
    advice=_("Open the event, see why it failed and replay it."),
)
def event_failed(now: datetime) -> QuerySet[Payment]:
    return rows_with(Payment, unapplied(now), since="received_at")


@alert(
    StripeEvent,
    title=_("Stripe event failed, payment unknown"),
    advice=_("Open the event, see why it failed and replay it."),
)
def event_unowned(now: datetime) -> QuerySet[StripeEvent]:
    unowned = unapplied(now).filter(payment=None, subscription=None)
    return unowned.annotate(since=F("received_at"))


@alert(
    Payment,
    title=_("Seats on hold because Stripe is unreachable"),
    advice=_("Check with Stripe. If it doesn’t answer, wait: the seats stay on hold until it does."),
)
def unreachable(now: datetime) -> QuerySet[Payment]:
    unanswered = Payment.objects.undecided().filter(check_problem=CheckProblem.FAILED)
    return unanswered.annotate(since=F("created_at"))


@alert(
    Payment,
    title=_("Unreadable answer from Stripe"),
    advice=_("Open it to see why, then call your administrator. Nothing is changed on a guess."),
)
def unclear(now: datetime) -> QuerySet[Payment]:
    answered = Payment.objects.filter(check_problem__in=[CheckProblem.REFUSED, CheckProblem.UNREADABLE])
    return answered.annotate(since=Coalesce("checked_at", "created_at"))


@alert(
    Payment,
    title=_("Refund failed"),
    advice=_("Retry the refund, or assign seats instead."),
)
def refund_failed(now: datetime) -> QuerySet[Payment]:
    return rows_with(Payment, Refund.objects.broken())


@alert(
    Payment,
    title=_("Partial refund at Stripe, tickets unknown"),
    advice=_("Match the refund to its tickets. Until then they all stay valid."),
)
def refund_unassigned(now: datetime) -> QuerySet[Payment]:
    recent = Refund.objects.unassigned().filter(created_at__gt=now - UNASSIGNED_SHOWN_FOR)
    return rows_with(Payment, recent)


@alert(
    Payment,
    title=_("Payment disputed"),
    advice=_("Respond in Stripe’s dashboard before the deadline. Tickets that aren’t disputed stay valid."),
)
def disputed(now: datetime) -> QuerySet[Payment]:
    return rows_with(Payment, Dispute.objects.waiting())


@alert(
    Payment,
    title=_("Partial dispute, tickets unknown"),
    advice=_("Match the dispute to its tickets. Until then all paid tickets stay valid."),
)
def dispute_unassigned(now: datetime) -> QuerySet[Payment]:
    recent = Dispute.objects.unassigned().filter(created_at__gt=now - UNASSIGNED_SHOWN_FOR)
    return rows_with(Payment, recent)


@alert(
    Payment,
    title=_("Unknown refund or dispute state at Stripe"),
    advice=_("Check it in Stripe’s dashboard and call your administrator."),
)
def unreadable(now: datetime) -> QuerySet[Payment]:
    refunds = Refund.objects.exclude(stripe_status="").values("payment")
    disputes = Dispute.objects.exclude(stripe_status="").values("payment")
    told = either(Payment.objects.filter(pk__in=refunds), Payment.objects.filter(pk__in=disputes), most=MOST)
    return Payment.objects.filter(told).annotate(since=Coalesce("checked_at", "created_at"))


@alert(
    Payment,
    title=_("Fraud warning"),
    advice=_("Check the buyer. A refund now is cheaper than a dispute later."),
)
def fraud_warning(now: datetime) -> QuerySet[Payment]:
    return rows_with(Payment, FraudWarning.objects.filter(is_actionable=True))


@alert(
    Payment,
    title=_("Paid without a valid ticket"),
    advice=_("Assign seats or refund."),
)
def ticketless(now: datetime) -> QuerySet[Payment]:
    """Return payments for events to come or just over; fsck finds those without any ticket of all times."""
    live = Ticket.objects.filter(booking=OuterRef("booking")).exclude(status=TicketStatus.VOID)
    lost = _buyers().filter(~Exists(live), status=PaymentStatus.SUCCEEDED)
    recent = lost.filter(booking__event__ends_at__gt=now - EVENT_ASKED_ABOUT_FOR)
    return recent.annotate(since=F("processed_at"))


@alert(
    Payment,
    title=_("Ticket without QR code"),
    advice=_("Redraw the QR code."),
)
def undrawn(now: datetime) -> QuerySet[Payment]:
    tickets = Ticket.objects.undrawn().order_by().values("booking")[:MOST]
    return _buyers().filter(booking__in=tickets).annotate(since=F("booking__confirmed_at"))


@alert(
    Payment,
    title=_("Email unsent for over 10 minutes"),
    advice=_("Check the address. Email the tickets again, or let the customer show their booking’s page."),
)
def unmailed(now: datetime) -> QuerySet[Payment]:
    unsent = Notification.objects.owed().filter(created_at__lt=now - LATE_AFTER)
    late = Booking.objects.unmailed().order_by().filter(confirmed_at__lt=now - LATE_AFTER)
    tickets = _buyers().filter(booking__in=late.values("pk")[:MOST])
    owed = either(tickets, Payment.objects.filter(pk__in=unsent.values("payment")), most=MOST)
    has_late = When(Exists(late.filter(pk=OuterRef("booking"))), then="booking__confirmed_at")
    return Payment.objects.filter(owed).annotate(since=Case(has_late, default=earliest(Payment, unsent)))


@alert(
    Payment,
    title=_("Customer’s email address rejected"),
    advice=_("It isn’t retried. Correct the address. If it’s right, email the tickets again."),
    way_out=Action.ADDRESS,
)
def mail_refused(now: datetime) -> QuerySet[Payment]:
    """Return payments for events to come or just over: later there is nothing that staff could mend."""
    told = Notification.objects.refused()
    tickets = _buyers().filter(booking__in=Booking.objects.refused().order_by().values("pk")[:MOST])
    announced = _buyers().filter(booking__in=AnnouncementCopy.objects.refused().values("booking")[:MOST])
    refused = either(tickets, announced, Payment.objects.filter(pk__in=told.values("payment")), most=MOST)
    recent = Payment.objects.filter(refused, booking__event__ends_at__gt=now - EVENT_ASKED_ABOUT_FOR)
    return recent.annotate(since=Coalesce("booking__mail_refused_at", "created_at"))


@alert(
    Payment,
    title=_("Unpaid for over 10 minutes"),
    advice=_(
        "The customer is still on the payment page or has left. If they say they paid, check with Stripe."
    ),
    urgent=False,
)
def undecided(now: datetime) -> QuerySet[Payment]:
    late = Payment.objects.undecided().filter(created_at__lt=now - LATE_AFTER)
    return late.annotate(since=F("created_at"))


@alert(
    Payment,
    title=_("Refund in progress"),
    advice=_("Sent within seconds. Banks can take days."),
    urgent=False,
)
def refund_due(now: datetime) -> QuerySet[Payment]:
    due = Payment.objects.filter(status=PaymentStatus.REFUND_DUE)
    return due.annotate(since=F("processed_at"))


@alert(
    Payment,
    title=_("Wrong amount, currency or booking paid"),
    advice=_("Refunded automatically. Ask the customer to book again. Shown for a day."),
    urgent=False,
)
def mismatch(now: datetime) -> QuerySet[Payment]:
    return _with_problem(MISMATCHES, now)


@alert(
    Payment,
    title=_("Paid twice"),
    advice=_("The second payment is refunded automatically. The tickets belong to the first."),
    urgent=False,
)
def paid_twice(now: datetime) -> QuerySet[Payment]:
    return _with_problem([Problem.PAID_TWICE], now)


def _with_problem(problems: list[Problem], now: datetime) -> QuerySet[Payment]:
    """Return payments whose money bought nothing, until it is back, and a day longer."""
    fresh = ~Q(status=PaymentStatus.REFUNDED) | Q(processed_at__gt=now - RETURNED_MONEY_SHOWN_FOR)
    return Payment.objects.filter(fresh, problem__in=problems).annotate(since=F("created_at"))


def _buyers() -> QuerySet[Payment]:
    return Payment.objects.paid().filter(problem="")
