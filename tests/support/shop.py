"""The event that most tests use, and a customer's purchase."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from bookings.models import Booking, Event, Visibility
from bookings.seats.layout import add_rows
from payments.models import Payment
from payments.models.payment import UNDECIDED
from tests.support.sandbox import Sandbox, encode, sign

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
        "visibility": Visibility.PUBLISHED,
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


@dataclass
class BoxOffice:
    """The shop's API as a customer's browser asks it, and Stripe, whose events it is told."""

    client: Client
    stripe: Sandbox

    def buy(self, *seats: str, **changes: Any) -> Purchase:
        """Open a checkout, for seats A-1 and A-2 unless told otherwise."""
        wish = {"event": "demo-night", "name": "Ada Lovelace", "email": "ada@example.com", **changes}
        if "quantity" not in wish:
            wish["seats"] = list(seats or ("A-1", "A-2"))
        response = self.client.post("/api/checkout", wish, content_type="application/json")
        assert response.status_code == 201, response.content
        return Purchase(response.json()["session_id"], response.json())

    def deliver(self, event: str | dict[str, Any], purchase: Purchase | None = None) -> Any:
        """
        Deliver an event, signed, to the webhook, and return the answer.

        The event is a dict, or the type of the one that a purchase's session has:
        ``deliver("completed", purchase)``.
        """
        if isinstance(event, str):
            assert purchase is not None
            event = self.stripe.event(event, purchase.session_id)
        body = encode(event)
        return self.client.post(
            "/api/webhook/stripe",
            body,
            content_type="application/json",
            headers={"Stripe-Signature": sign(body, SECRET)},
        )

    def sell(self) -> Purchase:
        """Have seats A-1 and A-2 bought and paid: 84.00."""
        purchase = self.buy()
        self.stripe.pay(purchase.session_id)
        self.deliver("completed", purchase)
        return purchase


Buy = Callable[..., Purchase]
Deliver = Callable[..., Any]
