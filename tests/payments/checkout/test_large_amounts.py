"""Seats that cost more than eight digits of the minor unit, which cards can carry."""

import pytest
from django.test import Client

from bookings.models import Booking, Event, Seat
from bookings.money import MAXIMUM
from payments.models import Action, Payment, PaymentStatus, Refund
from tests.support.sandbox import Sandbox
from tests.support.shop import Buy, Deliver, Purchase
from tests.support.staff import action_of, log_in, make_user, press, somebody_of
from tests.support.worker import work


@pytest.fixture
def rupiah(event: Event) -> Event:
    """Seats in rows A and B at 1,500,000 rupiah; cancelling keeps a tenth and 1 rupiah."""
    event.seats.update(price=150_000_000)
    Event.objects.update(
        currency="idr", cancellable_until=event.starts_at, cancellation_fee_percent=10, cancellation_fee=100
    )
    event.refresh_from_db()
    return event


def test_a_seat_at_a_million_and_a_half_rupiah_is_sold(
    rupiah: Event, buy: Buy, stripe: Sandbox, deliver: Deliver, client: Client
) -> None:
    purchase = buy()
    stripe.pay(purchase.session_id)
    deliver("completed", purchase)

    page = client.get(purchase.booking.get_absolute_url()).content.decode()

    assert (purchase.payment.status, purchase.payment.amount_received) == ("succeeded", 300_000_000)
    assert "IDR\N{NO-BREAK SPACE}3,000,000.00" in page


def test_its_refund_less_the_fee_is_large_as_well(
    rupiah: Event, buy: Buy, stripe: Sandbox, deliver: Deliver, client: Client
) -> None:
    rupiah.seats.update(price=900_000_000_000)
    purchase = buy("A-1")
    stripe.pay(purchase.session_id)
    deliver("completed", purchase)
    back = 900_000_000_000 - 90_000_000_100

    client.post(f"{purchase.booking.get_absolute_url()}cancel/", {"seats": ["A-1"], "refund": back})
    work()

    refund = Refund.objects.get()
    assert (refund.amount, refund.fee, refund.status) == (back, 90_000_000_100, "succeeded")


def test_the_page_takes_a_total_beyond_nine_digits(rupiah: Event, stripe: Sandbox, client: Client) -> None:
    rupiah.seats.update(price=900_000_000_000)
    wish = {"attempt": "a", "seats": ["A-1"], "name": "Ada", "email": "ada@example.com"}

    dearer = client.post("/events/demo-night/checkout/", {**wish, "total": "899999999999"})

    assert dearer.status_code == 409
    assert "IDR\N{NO-BREAK SPACE}9,000,000,000.00" in dearer.content.decode()


@pytest.mark.parametrize("wish", [{"seats": ["A-1", "A-2"]}, {"quantity": 2}])
def test_seats_that_no_payment_can_carry_together_are_refused_before_any_is_held(
    event: Event, stripe: Sandbox, client: Client, wish: dict[str, object]
) -> None:
    event.seats.update(price=MAXIMUM)
    body = {"event": "demo-night", "name": "Ada", "email": "ada@example.com", **wish}

    answer = client.post("/api/checkout", body, content_type="application/json")

    assert answer.status_code == 400
    assert answer.json()["error"] == {
        "code": "amount_too_large",
        "message": "One payment can be up to €9,999,999,999.99. Choose fewer tickets at a time.",
        "most": MAXIMUM,
        "currency": "eur",
    }
    assert (Booking.objects.count(), Payment.objects.count()) == (0, 0)
    assert Seat.objects.free().count() == 20
    assert stripe.sessions() == []


def test_staff_refund_a_part_of_it_as_it_is_written(
    rupiah: Event, buy: Buy, stripe: Sandbox, deliver: Deliver
) -> None:
    purchase: Purchase = buy()
    stripe.pay(purchase.session_id)
    deliver("completed", purchase)
    refund = action_of(purchase.payment, Action.REFUND)

    press(somebody_of("Finance"), refund, what="part", amount="1,500,000.00", again="1500000")

    assert Refund.objects.get().amount == 150_000_000
    assert purchase.payment.status == PaymentStatus.SUCCEEDED


def test_staff_price_a_seat_beyond_an_integer_of_four_bytes(rupiah: Event) -> None:
    staff = log_in(make_user(is_superuser=True))
    seat = rupiah.seats.get(label="A-1")

    answer = staff.post(f"/admin/bookings/seat/{seat.pk}/change/", {"price": "9999999999.99"})
    too_much = staff.post(f"/admin/bookings/seat/{seat.pk}/change/", {"price": "10000000000.00"})

    assert answer.status_code == 302
    assert "Stripe charges IDR\N{NO-BREAK SPACE}9,999,999,999.99 at most." in too_much.content.decode()
    assert rupiah.seats.get(label="A-1").price == 999_999_999_999
