"""What a customer can do with a booking now: cancel it, pay for it, or get its tickets by e-mail again."""

from datetime import datetime
from typing import TypedDict

from django.urls import reverse
from django.utils import timezone

from bookings.cancellation import SeatOffer
from bookings.models import BookingStatus, EventStatus
from bookings.tickets.resending import RESENDS_PER_DAY
from payments.models import PaymentStatus
from payments.models.counter import TILL_KINDS
from payments.status.row import BookingRow

# A payment in one of these has bought tickets and isn't disputed: they can be cancelled.
CANCELLABLE = [PaymentStatus.SUCCEEDED, PaymentStatus.PARTIALLY_REFUNDED]
OVER = [PaymentStatus.FAILED, PaymentStatus.EXPIRED]


class SeatToCancel(TypedDict):
    seat: str
    fee: int
    refund: int


class Cancellation(TypedDict):
    """
    Where to cancel, by the page or by the API, and what is kept and goes back, in the minor unit.

    A booking that isn't paid yet is cancelled as a whole and for nothing, so its ``seats`` are empty. Of a
    paid one they are the seats that can be cancelled, each on its own, and ``fee`` and ``refund`` are of all
    of them.
    """

    url: str
    api: str
    seats: list[SeatToCancel]
    fee: int
    refund: int
    until: datetime


class Action(TypedDict):
    url: str


class Actions(TypedDict):
    """What a customer can do with a booking, and where; None for what they can't."""

    cancel: Cancellation | None
    pay: Action | None
    resend: Action | None


def describe_actions(row: BookingRow, *, now: datetime | None = None) -> Actions:
    """Return the ``actions`` of a booking, as they are now."""
    now = now or timezone.now()
    return {
        "cancel": _cancel(row, now),
        "pay": {"url": reverse("payments:pay", args=[row.reference])} if _can_be_paid(row, now) else None,
        "resend": _resend(row),
    }


def _resend(row: BookingRow) -> Action | None:
    if not row.valid_seats or row.resends >= RESENDS_PER_DAY:
        return None
    return {"url": f"{reverse('bookings:resend', args=[row.reference])}?after={row.mailings}"}


def _cancel(row: BookingRow, now: datetime) -> Cancellation | None:
    api = reverse("payments:api-cancel", args=[row.reference])
    if row.status == PaymentStatus.PENDING and not row.cancelled_at:
        seats: list[SeatOffer] = []
        until = row.expires_at
        api += "?refund=0"  # Once it is paid, cancelling may cost a fee that the customer hasn't seen.
    elif (ends := row.policy.ends(now)) and (seats := seat_offers(row, now=now)):
        until = ends
    else:
        return None
    return {
        "url": reverse("payments:cancel", args=[row.reference]),
        "api": api,
        "seats": [{"seat": it.seat, "fee": it.fee, "refund": it.refund} for it in seats],
        "fee": sum(seat.fee for seat in seats),
        "refund": sum(seat.refund for seat in seats),
        "until": until,
    }


def seat_offers(row: BookingRow, *, now: datetime) -> list[SeatOffer]:
    """Return the fee and the refund of each seat of ``row`` that can be cancelled at ``now``."""
    is_paid = row.booking_status == BookingStatus.CONFIRMED and row.status in CANCELLABLE
    if not is_paid or not row.policy.ends(now) or not row.has_all_its_money:
        return []
    if row.sold_as in TILL_KINDS:  # The box office has the money.
        return []
    if row.event_status == EventStatus.CANCELLED:  # All of it goes back by itself, without a fee.
        return []
    outside = (seat for seat in row.valid_seats if not seat.is_entered)
    made = (row.policy.offer(seat.label, seat.price, at=now) for seat in outside)
    return [offer for offer in made if offer]


def _can_be_paid(row: BookingRow, now: datetime) -> bool:
    """Whether the customer can continue a payment that is open, or book again after one that is over."""
    if row.event_status == EventStatus.CANCELLED or row.has_seats_again:
        return False
    is_over = row.status in OVER and not row.was_paid_again
    return row.is_payable(now) or (is_over and min(row.sales_until, row.ends_at) > now)
