"""Events in the life of a purchase that many tests need."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from bookings.models import Booking, BookingStatus, Event
from bookings.orders.buyers import Buyer
from bookings.seats.holds import hold_seats
from payments.gateway.checkout.sessions import open_session
from payments.ledger.refunds import request_refund
from payments.models import Cause, LostSession, Origin, Payment, Refund, Restore, StripeState
from tests.support.sandbox import Sandbox
from tests.support.shop import Deliver, Purchase

BOB = Buyer(name="Bob", email="bob@example.com")


def sell(event: Event, *labels: str) -> None:
    """Hold seats for another customer."""
    until = timezone.now() + timedelta(hours=1)
    hold_seats(event, BOB, labels=labels, until=until)


def pay_late(purchase: Purchase, stripe: Sandbox, deliver: Deliver) -> None:
    """Pay an expired session, and deliver the event."""
    stripe.pay(purchase.session_id, late=True)
    assert deliver("completed", purchase).json()["outcome"] == "applied"


def pay_again(purchase: Purchase) -> Purchase:
    """Open a second payment for the same seats, after the first one can't be paid any more."""
    first = purchase.payment
    booking = first.booking
    booking.seats.model.objects.filter(pk__in=booking.booked_seats.values("seat")).update(booking=booking)
    Booking.objects.filter(pk=booking.pk).update(status=BookingStatus.HELD)
    second = Payment.objects.create(
        booking=booking, amount=first.amount, currency=first.currency, expires_at=first.expires_at
    )
    session = open_session(second)
    Payment.objects.filter(pk=second.pk).update(session_id=session.id, checkout_url=session.url)
    return Purchase(session.id, {})


def refund(purchase: Purchase, **what: Any) -> Refund:
    """Request a refund as staff do, without sending it to Stripe."""
    return request_refund(purchase.payment, origin=Origin.STAFF, cause=Cause.STAFF, **what)


def tell(stripe: Sandbox, deliver: Deliver) -> None:
    """Deliver all events about refunds and disputes."""
    for event in stripe.events():
        if event["type"].startswith(("refund.", "charge.dispute.")):
            deliver(event)


def lose_a_session() -> LostSession:
    """Restore the shop from a backup, after which a session was opened that nothing here knows."""
    now = timezone.now()
    return LostSession.objects.create(
        restore=Restore.objects.create(data_until=now),
        session_id="cs_test_lost",
        reference="L" * 26,
        state=StripeState.PAID,
        opened_at=now,
    )
