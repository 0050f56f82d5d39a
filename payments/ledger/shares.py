"""What was really paid for each ticket, where a coupon or a tax at Stripe changed the total."""

from collections.abc import Sequence

from bookings.models import BookedSeat
from bookings.money import increment
from payments.models import Payment


def share_out(payment: Payment) -> None:
    """
    Save for each seat that ``payment`` has bought what was paid for it, if that isn't its price.

    The caller has locked the payment and its booking. The shares add up to what was received.
    """
    received = payment.amount_received or 0
    if received == payment.amount:
        return
    booked = list(payment.booking.booked_seats.current().order_by("seat_id"))
    parts = shares(received, [one.price for one in booked], unit=increment(payment.currency))
    for one, part in zip(booked, parts, strict=True):
        one.paid = part
    BookedSeat.objects.bulk_update(booked, ["paid"])


def shares(total: int, prices: Sequence[int], *, unit: int = 1) -> list[int]:
    """
    Return ``total`` parted in proportion to ``prices``, in whole ``unit``s where it is made of those.

    What rounding down leaves goes to the largest remainders, of equal ones to the first. The result depends
    on nothing else, so it is the same each time.
    """
    units, odd = divmod(total, unit)
    asked = sum(prices)
    parts = [units * price // asked for price in prices]
    by_remainder = sorted(range(len(prices)), key=lambda place: -(units * prices[place] % asked))
    for place in by_remainder[: units - sum(parts)]:
        parts[place] += 1
    amounts = [part * unit for part in parts]
    amounts[amounts.index(max(amounts))] += odd
    return amounts
