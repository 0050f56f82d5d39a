"""The shop that most tests begin with: an event on sale, and what a customer has in hand after buying."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from bookings.models import Booking, Event
from bookings.seats.layout import add_rows
from payments.models import Payment
from payments.models.payment import UNDECIDED

KEY = "sk_test_admit"
SECRET = "whsec_new"
UNLIMITED = ("--rate-limit", "0")


def make_event(**changes: Any) -> Event:
    """Make an event on sale with rows A (42.00) and B (32.00) of ten seats each."""
    now = timezone.now()
    fields = {
        "title": "Demo Night",
        "slug": "demo-night",
        "venue": "The Little Theatre",
        "starts_at": now + timedelta(days=30),
        "ends_at": now + timedelta(days=30, hours=2),
        "sales_from": now - timedelta(days=1),
        "sales_until": now + timedelta(days=29),
        "organiser_name": "The Little Theatre",
        "organiser_email": "box-office@example.com",
    }
    event = Event.objects.create(**{**fields, **changes})
    add_rows(event, rows="A", numbers=range(1, 11), price=4200)
    add_rows(event, rows="B", numbers=range(1, 11), price=3200)
    return event


@dataclass
class Purchase:
    """What a customer has in hand after ``POST /api/checkout``."""

    session_id: str
    answer: dict[str, Any]

    @property
    def payment(self) -> Payment:
        """The payment as it is in the database now."""
        return Payment.objects.with_booking().get(session_id=self.session_id)

    @property
    def booking(self) -> Booking:
        return self.payment.booking

    @property
    def tickets(self) -> list[str]:
        """The labels of the seats of its tickets."""
        return [ticket.seat.label for ticket in self.booking.tickets.select_related("seat")]

    def put(self, status: str) -> None:
        """Write ``status`` into the payment's row, with the evidence that the database wants for it."""
        payment = self.payment
        evidence = {
            "processed_at": timezone.now(),
            "amount_received": payment.amount,
            "currency_received": payment.currency,
        }
        Payment.objects.filter(pk=payment.pk).update(
            status=status, **({} if status in UNDECIDED else evidence)
        )


Buy = Callable[..., Purchase]
Deliver = Callable[..., Any]
