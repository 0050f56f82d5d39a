"""The event that most tests use, and a customer's purchase."""

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
    """Create an event on sale with the rows A (42.00) and B (32.00), ten seats each."""
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
    """What a customer knows after ``POST /api/checkout``, with access to the rows in the database."""

    session_id: str
    answer: dict[str, Any]

    @property
    def payment(self) -> Payment:
        """The payment, read from the database."""
        return Payment.objects.with_booking().get(session_id=self.session_id)

    @property
    def booking(self) -> Booking:
        return self.payment.booking

    @property
    def tickets(self) -> list[str]:
        """The seat labels of its tickets."""
        return [ticket.seat.label for ticket in self.booking.tickets.select_related("seat")]

    def put(self, status: str) -> None:
        """Set the payment's status in the database, with the other columns that the constraints require."""
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
