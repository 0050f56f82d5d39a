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
    title=_("Paid at Stripe, but not here"),
    advice=_("Ask Stripe now, or replay the event that failed. The customer’s page follows by itself."),
)
def paid_unheard(now: datetime) -> QuerySet[Payment]:
    told = StripeEvent.objects.filter(outcome=Outcome.FAILED, type__in=PAYING)
    failed = Payment.objects.filter(status__in=UNPAID, pk__in=told.values("payment"))
    arrived = either(Payment.objects.paid_unheard(), failed, most=MOST)
    return Payment.objects.filter(arrived).annotate(since=F("created_at"))


@alert(
    LostSession,
    title=_("Bought after the backup that the shop was restored from"),
    advice=_("Whoever looks after the shop makes it again, or sends the money back. The list says how far."),
)
def lost(now: datetime) -> QuerySet[LostSession]:
    return LostSession.objects.undecided().annotate(since=F("opened_at"))


@alert(
    Payment,
    title=_("Stripe contradicts us"),
    advice=_("Compare with Stripe, and call whoever looks after the shop. Nothing is changed by itself."),
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
    title=_("Bought in test mode, and it still counts"),
    advice=_("Your key is live now. Select them all and end them: their seats become free."),
)
def bought_in_test(now: datetime) -> QuerySet[Payment]:
    return open_test_payments().annotate(since=F("created_at"))


@alert(
    Payment,
    title=_("An event of Stripe’s failed"),
    advice=_("Open the event, read why, and replay it."),
)
def event_failed(now: datetime) -> QuerySet[Payment]:
    return rows_with(Payment, unapplied(now), since="received_at")


@alert(
    StripeEvent,
    title=_("An event failed, and nobody knows whose it is"),
    advice=_("Open the event, read why, and replay it."),
)
def event_unowned(now: datetime) -> QuerySet[StripeEvent]:
    unowned = unapplied(now).filter(payment=None, subscription=None)
    return unowned.annotate(since=F("received_at"))


@alert(
    Payment,
    title=_("Seats held because Stripe can’t be reached"),
    advice=_("Ask Stripe now. If it doesn’t answer, wait: the seats stay held until it does."),
)
def unreachable(now: datetime) -> QuerySet[Payment]:
    unanswered = Payment.objects.undecided().filter(check_problem=CheckProblem.FAILED)
    return unanswered.annotate(since=F("created_at"))


@alert(
    Payment,
    title=_("Stripe’s answer about a payment can’t be used"),
    advice=_("Open it, read why, and call whoever looks after the shop. Nothing is changed on a guess."),
)
def unclear(now: datetime) -> QuerySet[Payment]:
    answered = Payment.objects.filter(check_problem__in=[CheckProblem.REFUSED, CheckProblem.UNREADABLE])
    return answered.annotate(since=Coalesce("checked_at", "created_at"))


@alert(
    Payment,
    title=_("A refund came to nothing"),
    advice=_("Make the refund again, or give the customer seats instead."),
)
def refund_failed(now: datetime) -> QuerySet[Payment]:
    return rows_with(Payment, Refund.objects.broken())


@alert(
    Payment,
    title=_("A part was refunded at Stripe, and nobody said for which tickets"),
    advice=_("Say which tickets the refund was for; until then all of them admit."),
)
def refund_unassigned(now: datetime) -> QuerySet[Payment]:
    recent = Refund.objects.unassigned().filter(created_at__gt=now - UNASSIGNED_SHOWN_FOR)
    return rows_with(Payment, recent)


@alert(
    Payment,
    title=_("Disputed with the bank"),
    advice=_("Answer in Stripe’s dashboard before its time is over. What isn’t disputed stays valid."),
)
def disputed(now: datetime) -> QuerySet[Payment]:
    return rows_with(Payment, Dispute.objects.waiting())


@alert(
    Payment,
    title=_("Part of a payment is disputed, and its tickets aren’t chosen yet"),
    advice=_("Say which tickets the dispute is about; until then those that are paid for admit."),
)
def dispute_unassigned(now: datetime) -> QuerySet[Payment]:
    recent = Dispute.objects.unassigned().filter(created_at__gt=now - UNASSIGNED_SHOWN_FOR)
    return rows_with(Payment, recent)


@alert(
    Payment,
    title=_("Stripe says something about money that isn’t known here"),
    advice=_("Look at it in Stripe’s dashboard, and call whoever looks after the shop."),
)
def unreadable(now: datetime) -> QuerySet[Payment]:
    refunds = Refund.objects.exclude(stripe_status="").values("payment")
    disputes = Dispute.objects.exclude(stripe_status="").values("payment")
    told = either(Payment.objects.filter(pk__in=refunds), Payment.objects.filter(pk__in=disputes), most=MOST)
    return Payment.objects.filter(told).annotate(since=Coalesce("checked_at", "created_at"))


@alert(
    Payment,
    title=_("Warned of fraud"),
    advice=_("Look at who bought; a refund now is cheaper than a dispute later."),
)
def fraud_warning(now: datetime) -> QuerySet[Payment]:
    return rows_with(Payment, FraudWarning.objects.filter(is_actionable=True))


@alert(
    Payment,
    title=_("Paid, but no ticket is valid"),
    advice=_("Re-seat, or refund."),
)
def ticketless(now: datetime) -> QuerySet[Payment]:
    """Return payments for events to come or just over; fsck finds those without any ticket of all times."""
    live = Ticket.objects.filter(booking=OuterRef("booking")).exclude(status=TicketStatus.VOID)
    lost = _buyers().filter(~Exists(live), status=PaymentStatus.SUCCEEDED)
    recent = lost.filter(booking__event__ends_at__gt=now - EVENT_ASKED_ABOUT_FOR)
    return recent.annotate(since=F("processed_at"))


@alert(
    Payment,
    title=_("A ticket without its QR code"),
    advice=_("Redraw the code."),
)
def undrawn(now: datetime) -> QuerySet[Payment]:
    tickets = Ticket.objects.undrawn().order_by().values("booking")[:MOST]
    return _buyers().filter(booking__in=tickets).annotate(since=F("booking__confirmed_at"))


@alert(
    Payment,
    title=_("A mail wasn’t sent for over 10 minutes"),
    advice=_("Check the address. Resend the tickets, or let them show the page on their phone."),
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
    title=_("A mail server refuses a customer’s address"),
    advice=_("It isn’t tried again. Correct the address. If it is right, resend the tickets."),
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
    title=_("Undecided for over 10 minutes"),
    advice=_("The customer is still on Stripe’s page, or has left it. If they say they paid, ask."),
    urgent=False,
)
def undecided(now: datetime) -> QuerySet[Payment]:
    late = Payment.objects.undecided().filter(created_at__lt=now - LATE_AFTER)
    return late.annotate(since=F("created_at"))


@alert(
    Payment,
    title=_("Money that is going back"),
    advice=_("The worker sends it within seconds, a bank takes days."),
    urgent=False,
)
def refund_due(now: datetime) -> QuerySet[Payment]:
    due = Payment.objects.filter(status=PaymentStatus.REFUND_DUE)
    return due.annotate(since=F("processed_at"))


@alert(
    Payment,
    title=_("Another amount, currency or booking was paid"),
    advice=_("It goes back by itself, and stays here for a day. Ask the customer to buy again."),
    urgent=False,
)
def mismatch(now: datetime) -> QuerySet[Payment]:
    return _with_problem(MISMATCHES, now)


@alert(
    Payment,
    title=_("Paid twice"),
    advice=_("The second payment goes back by itself; the tickets are those of the first."),
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
