"""What calling an event off would do, before anybody does it. Nothing is changed."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import Min, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from bookings.models import BookedSeat, Booking, BookingStatus, Event, Ticket, TicketStatus
from bookings.money import format_money
from payments.gateway.balance import fetch_available, fetch_fees
from payments.gateway.errors import StripeRefused, StripeUnavailable
from payments.models import CounterSale, Dispute, DisputeEffect, Payment, PaymentStatus, Refund
from payments.models.counter import BOUGHT_HERE, TILL_KINDS
from payments.models.dispute import PART, DisputeQuerySet


@dataclass(frozen=True, kw_only=True)
class Stuck:
    """A booking whose money can't go back by itself, and why."""

    booking: Booking
    why: str


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """
    What calling an event off would do. Amounts are in the minor unit of its currency.

    ``fees`` is what Stripe keeps, as far as it could be asked: of ``fees_of`` payments. ``available`` is the
    balance that refunds draw on, None if Stripe doesn't say.
    """

    bookings: int = 0
    tickets: int = 0
    free: int = 0
    amount: int = 0
    unpaid: int = 0
    on_its_way: int = 0
    stuck: list[Stuck] = field(default_factory=list)
    fees: int = 0
    fees_of: int = 0
    available: int | None = None

    @property
    def left(self) -> int | None:
        """The balance after the refunds."""
        return None if self.available is None else self.available - self.amount


def forecast(event: Event) -> Forecast:
    """Return what calling ``event`` off would do now; of Stripe, only balance and fees are asked."""
    confirmed = event.bookings.filter(status=BookingStatus.CONFIRMED).select_related(BOUGHT_HERE)
    payments = {payment.booking_id: payment for payment in _buyers(event)}
    disputed = set(_open_disputes(event).values_list("payment__booking", flat=True))
    whys = {
        booking: why
        for booking in confirmed
        if (why := _why(booking, payments.get(booking.pk), is_disputed=booking.pk in disputed))
    }
    stuck = {booking.pk for booking in whys}
    tickets = {pk: seats for pk, seats in _tickets_to_pay_back(event).items() if pk not in stuck}
    backs = _amounts(event, tickets, payments)
    unpaid = Payment.objects.filter(booking__event=event, booking__status=BookingStatus.HELD)
    fees, fees_of, available = _ask_stripe(
        event, [payments[booking] for booking in backs if booking in payments]
    )
    return Forecast(
        bookings=len(backs),
        tickets=sum(map(len, tickets.values())),
        free=sum(not amount for amount in backs.values()),
        amount=sum(backs.values()),
        unpaid=unpaid.filter(status=PaymentStatus.PENDING).count(),
        on_its_way=unpaid.filter(status=PaymentStatus.PROCESSING).count(),
        stuck=[Stuck(booking=booking, why=why) for booking, why in whys.items()],
        fees=fees,
        fees_of=fees_of,
        available=available,
    )


def _why(booking: Booking, payment: Payment | None, *, is_disputed: bool) -> str:
    sale = getattr(booking, BOUGHT_HERE, None)
    if sale is None:
        return why_stuck(payment, is_disputed=is_disputed)
    return why_at_counter(sale) if sale.kind in TILL_KINDS else ""


def why_at_counter(sale: CounterSale) -> str:
    """Return why the money for a counter sale can't be sent back from here."""
    paid = format_money(sale.amount, sale.currency)
    words = _("%(sale)s was paid at the box office (%(paid)s, %(kind)s). Refund and cancel it there.")
    return words % {"sale": sale, "paid": paid, "kind": sale.get_kind_display()}


def why_stuck(payment: Payment | None, *, is_disputed: bool) -> str:
    """Return why the money that bought a booking's tickets can't be sent back now; empty if it can."""
    if payment is None:
        return _("No payment found.")
    if payment.is_of_other_mode:
        return _("Paid with the other kind of key (test or live).")
    if is_disputed:
        return _("Disputed: the bank decides. If you win, the money is refunded then.")
    return ""


def _buyers(event: Event) -> Iterable[Payment]:
    """Return the payments that bought the confirmed bookings of ``event``."""
    bought = Payment.objects.paid().filter(problem="", booking__event=event)
    return bought.filter(booking__status=BookingStatus.CONFIRMED)


def _open_disputes(event: Event) -> DisputeQuerySet:
    return Dispute.objects.filter(payment__booking__event=event, effect=DisputeEffect.OPEN)


def _tickets_to_pay_back(event: Event) -> dict[int, list[int]]:
    """Return the seats whose tickets no refund is about, and no dispute has taken, by their booking."""
    refunds = Refund.objects.standing().filter(payment__booking__event=event).exclude(tickets=None)
    disputes = Dispute.objects.taking().filter(payment__booking__event=event).exclude(tickets=None)
    live = Ticket.objects.filter(seat__event=event).exclude(status=TicketStatus.VOID)
    live = live.exclude(pk__in=refunds.values("tickets")).exclude(pk__in=disputes.values("tickets"))
    seats = defaultdict(list)
    for booking, seat in live.order_by("pk").values_list("booking", "seat"):
        seats[booking].append(seat)
    return seats


def _amounts(event: Event, tickets: dict[int, list[int]], payments: dict[int, Payment]) -> dict[int, int]:
    """Return what goes back to each booking: what its tickets cost, if so much is left of its payment."""
    gone, worth = _gone(event), _worth(event)
    amounts = {}
    for booking, seats in tickets.items():
        payment = payments.get(booking)
        left = (payment.amount_received or 0) - gone[payment.pk] if payment else 0
        amounts[booking] = max(0, min(sum(worth[booking, seat] for seat in seats), left))
    return amounts


def _gone(event: Event) -> defaultdict[int, int]:
    """Return what of each payment was asked back or taken by its bank."""
    sums: defaultdict[int, int] = defaultdict(int)
    refunds = Refund.objects.standing().filter(payment__booking__event=event).order_by()
    disputes = Dispute.objects.taking().filter(payment__booking__event=event).order_by()
    for rows in (
        refunds.values_list("payment").annotate(sum=Sum("amount")),
        disputes.values_list("payment").annotate(sum=Sum(PART)),
    ):
        for payment, amount in rows:
            sums[payment] += amount or 0
    return sums


def _worth(event: Event) -> dict[tuple[int, int], int]:
    """Return what was paid for each seat, by its booking and itself."""
    booked = BookedSeat.objects.current().filter(booking__event=event)
    rows = booked.annotate(worth_of=Coalesce("paid", "price")).values_list("booking", "seat", "worth_of")
    return {(booking, seat): worth for booking, seat, worth in rows}


def _ask_stripe(event: Event, payments: list[Payment]) -> tuple[int, int, int | None]:
    """Return the fees that Stripe keeps, of how many payments, and the balance, None if it doesn't say."""
    charges = [payment.charge_id for payment in payments if payment.charge_id]
    try:
        available = fetch_available(event.currency)
        if not charges:
            return 0, 0, available
        oldest = event.bookings.aggregate(at=Min("created_at"))["at"]
        fees = fetch_fees(charges, since=oldest - timedelta(days=1))
    except (StripeUnavailable, StripeRefused):
        return 0, 0, None
    return sum(fees.values()), len(fees), available
