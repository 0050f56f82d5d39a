"""What a customer can do with a booking now: cancel it, pay for it again, have its tickets mailed."""

from datetime import datetime
from types import SimpleNamespace
from typing import Any

from django.urls import reverse
from django.utils import timezone

from bookings.cancellation import Policy, SeatOffer
from bookings.models import BookingStatus
from bookings.tickets.resending import RESENDS_PER_DAY
from payments.models import Payment, PaymentStatus
from payments.status.payment import COLUMNS, read_rows

# What a row needs for ``offers`` besides ``status.COLUMNS``, from the same payment, booking and event.
OFFER_COLUMNS = """
           booking.status AS booking_status,
           event.currency AS event_currency, event.cancellation_fee_percent, event.cancellation_fee,
           ARRAY(SELECT ARRAY[seat.label, booked.price::text]
                   FROM bookings_ticket AS ticket
                   JOIN bookings_seat AS seat ON seat.id = ticket.seat_id
                   JOIN bookings_bookedseat AS booked
                     ON booked.booking_id = ticket.booking_id AND booked.seat_id = ticket.seat_id
                    AND booked.replaced_at IS NULL
                  WHERE ticket.booking_id = booking.id AND ticket.status = 'valid'
                  ORDER BY seat.id) AS valid_seats,
           (SELECT coalesce(sum(refund.amount), 0)
              FROM payments_refund AS refund
             WHERE refund.payment_id = payment.id AND refund.status <> 'refused'
               AND (refund.status IN ('pending', 'requires_action', 'succeeded')
                    OR refund.waived_at IS NULL AND NOT EXISTS(
                           SELECT FROM payments_refund AS newer WHERE newer.replaces_id = refund.id)))
           AS asked_back,
           EXISTS(SELECT FROM payments_payment AS again
                   WHERE again.attempt = 'again:' || payment.reference) AS was_paid_again,
           (SELECT count(*)
              FROM bookings_resend AS resend
             WHERE resend.booking_id = booking.id AND resend.asked_at > now() - interval '1 day') AS resends
"""

STATE = f"""
    SELECT {COLUMNS}, {OFFER_COLUMNS}
      FROM payments_payment AS payment
      JOIN bookings_booking AS booking ON booking.id = payment.booking_id
      JOIN bookings_event AS event ON event.id = booking.event_id
     WHERE payment.id = %s
"""  # noqa: S608 - Nothing that anybody typed is in it.

# A payment that has bought, of which nothing is contested: its tickets can be given back.
CANCELLABLE = [PaymentStatus.SUCCEEDED, PaymentStatus.PARTIALLY_REFUNDED]
OVER = [PaymentStatus.FAILED, PaymentStatus.EXPIRED]


def read(payment: Payment) -> SimpleNamespace:
    """Return the row of ``payment`` that the functions here take."""
    return read_rows(STATE, payment.pk)[0]


def offers(row: Any, *, now: datetime | None = None) -> dict[str, Any]:
    """
    Return the ``actions`` of a booking: what can be done, where, and what it means; None for what can't.

    ``row`` has ``status.COLUMNS`` and ``OFFER_COLUMNS``. Amounts are in the minor unit. A booking that isn't
    paid yet is cancelled as a whole and for nothing, so its ``seats`` are empty; of one that is, they are the
    seats that can be given back, each on its own, and ``fee`` and ``refund`` are of all of them.
    """
    now = now or timezone.now()
    may_resend = row.valid_seats and row.resends < RESENDS_PER_DAY
    return {
        "cancel": _cancel(row, now),
        "pay": {"url": reverse("payments:pay", args=[row.reference])} if _can_be_paid(row, now) else None,
        "resend": {"url": reverse("bookings:resend", args=[row.reference])} if may_resend else None,
    }


def _cancel(row: Any, now: datetime) -> dict[str, Any] | None:
    api = reverse("payments:api-cancel", args=[row.reference])
    if row.status == PaymentStatus.PENDING and not row.cancelled_at:
        seats: list[SeatOffer] = []
        until = row.expires_at
        api += "?refund=0"  # Paid meanwhile, it is no longer for nothing, and the customer has to look again.
    elif seats := seat_offers(row, now=now):
        until = row.cancellable_until
    else:
        return None
    return {
        "url": reverse("payments:cancel", args=[row.reference]),
        "api": api,
        "seats": [seat._asdict() for seat in seats],
        "fee": sum(seat.fee for seat in seats),
        "refund": sum(seat.refund for seat in seats),
        "until": until,
    }


def seat_offers(row: Any, *, now: datetime) -> list[SeatOffer]:
    """Return what giving back each seat of ``row`` means, for those where it is possible at ``now``."""
    is_paid = row.booking_status == BookingStatus.CONFIRMED and row.status in CANCELLABLE
    if not is_paid or not policy(row).allows(now) or not has_all_its_money(row):
        return []
    made = (policy(row).offer(label, int(price)) for label, price in row.valid_seats)
    return [offer for offer in made if offer]


def policy(row: Any) -> Policy:
    return Policy(
        until=row.cancellable_until,
        percent=row.cancellation_fee_percent,
        fixed=row.cancellation_fee,
        currency=row.event_currency,
    )


def has_all_its_money(row: Any) -> bool:
    """
    Whether what the valid tickets cost is still here.

    If not, money went back in another way, and giving back one ticket could take the others along with it:
    the box office has to look.
    """
    return row.amount_received - row.asked_back >= sum(int(price) for _label, price in row.valid_seats)


def _can_be_paid(row: SimpleNamespace, now: datetime) -> bool:
    """Whether paying makes sense: what is under way can be continued, and what is over begun anew."""
    if row.status == PaymentStatus.PENDING:
        return row.expires_at > now and not row.cancelled_at
    is_over = row.status in OVER and not row.was_paid_again
    return is_over and min(row.sales_until, row.ends_at) > now
