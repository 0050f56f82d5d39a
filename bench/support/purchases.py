"""Many purchases that only wait for their event: copies of one that a customer really made and paid."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from bench.support.shop import Shop, Web
from tests.support.sandbox import encode

SEATS = 2  # of each purchase


@dataclass(frozen=True)
class Purchase:
    """A held booking with a pending payment, and the event that says that it is paid."""

    payment_id: int
    booking_id: int
    seat_ids: tuple[int, ...]
    event_id: str
    body: bytes


class Purchases:
    """Makes purchases in the shop's database, from the body of the event that Stripe has for a real one."""

    def __init__(self, template: dict[str, Any]) -> None:
        self._template = template
        self._numbers = count(1)

    @classmethod
    async def open(cls, shop: Shop, web: Web) -> "Purchases":
        """Buy and pay for one booking, whose event is the model of all others."""
        (body,) = (await shop.pay(await shop.buy(web, 1))).values()
        return cls(json.loads(body))

    def make(self, number: int) -> list[Purchase]:
        """Save ``number`` bookings of two seats each, held and about to be paid; return them."""
        from bookings.models import BookedSeat, Booking, Seat
        from payments.models import Payment

        model = Payment.objects.select_related("booking").get(session_id=self._session["id"])
        free = list(Seat.objects.free().order_by("-pk")[: SEATS * number])
        held = model.booking
        bookings = Booking.objects.bulk_create(
            Booking(event_id=held.event_id, name=held.name, email=held.email, held_until=held.held_until)
            for _ in range(number)
        )
        pairs = [free[first : first + SEATS] for first in range(0, SEATS * number, SEATS)]
        for booking, seats in zip(bookings, pairs, strict=True):
            for seat in seats:
                seat.booking = booking
        Seat.objects.bulk_update(free, ["booking"])
        BookedSeat.objects.bulk_create(
            BookedSeat(booking=booking, seat=seat, price=seat.price)
            for booking, seats in zip(bookings, pairs, strict=True)
            for seat in seats
        )
        payments = Payment.objects.bulk_create(
            Payment(
                booking=booking,
                amount=model.amount,
                currency=model.currency,
                livemode=model.livemode,
                session_id=f"{self._session['id']}{next(self._numbers)}",
                session_params=model.session_params,
                checkout_url=model.checkout_url,
                expires_at=model.expires_at,
                next_check_at=model.next_check_at,
            )
            for booking in bookings
        )
        return [
            self._purchase(payment, booking, seats)
            for payment, booking, seats in zip(payments, bookings, pairs, strict=True)
        ]

    @property
    def _session(self) -> dict[str, Any]:
        return self._template["data"]["object"]

    def _purchase(self, payment: Any, booking: Any, seats: Sequence[Any]) -> Purchase:
        session = {
            **self._session,
            "id": payment.session_id,
            "client_reference_id": booking.reference,
            "payment_intent": f"pi_bench{payment.pk}",
            "metadata": {**self._session["metadata"], "payment": payment.reference},
        }
        event_id = f"evt_bench{payment.pk}"
        body = encode({**self._template, "id": event_id, "data": {"object": session}})
        return Purchase(payment.pk, booking.pk, tuple(seat.pk for seat in seats), event_id, body)
