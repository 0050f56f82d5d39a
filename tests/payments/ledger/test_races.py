"""Many at once, with real threads on PostgreSQL."""

from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from bookings.models import Booking, Event, Seat, Ticket
from bookings.orders.buyers import Buyer
from bookings.seats.holds import SeatsTaken, SoldOut, hold_best_available, hold_seats
from bookings.seats.layout import add_rows
from bookings.tickets.issuing import confirm
from payments.models import Payment, PaymentStatus, StripeEvent, StripeState
from tests.support.sandbox import Sandbox
from tests.support.shop import Deliver, Purchase, make_event
from tests.support.threads import at_once

ADA = Buyer(name="Ada", email="ada@example.com")

pytestmark = pytest.mark.django_db(transaction=True)

WISH = {"event": "demo-night", "seats": ["A-1", "A-2"], "name": "Ada", "email": "ada@example.com"}


@pytest.fixture
def event(transactional_db: None) -> Event:
    return make_event()


def checkout(wish: dict[str, Any], **headers: str) -> Any:
    return Client().post("/api/checkout", wish, content_type="application/json", headers=headers)


def one_occupant_a_seat() -> bool:
    """Whether every seat's occupant is the one booking that was told it has the seat."""
    told = Booking.objects.exclude(status="released").values_list("booked_seats__seat", flat=True)
    return sorted(told) == sorted(Seat.objects.exclude(booking=None).values_list("pk", flat=True))


def test_of_two_customers_after_one_seat_one_gets_it(event: Event, stripe: Sandbox) -> None:
    answers = at_once(lambda _: checkout({**WISH, "seats": ["A-5"]}).status_code, 2)

    assert sorted(answers) == [201, 409]
    assert one_occupant_a_seat()


def test_of_fifty_customers_after_ten_seats_ten_get_one(event: Event, stripe: Sandbox) -> None:
    event.seats.filter(row="B").delete()

    answers = at_once(lambda number: checkout({**WISH, "seats": [f"A-{number % 10 + 1}"]}).status_code, 50)

    assert sorted(answers) == [201] * 10 + [409] * 40
    assert one_occupant_a_seat()
    assert len(stripe.sessions()) == 10


def test_overlapping_wishes_in_any_order_never_deadlock(event: Event, settings: Any) -> None:
    def hold(number: int) -> bool:
        labels = [f"A-{(number + step) % 10 + 1}" for step in range(4)]
        try:
            until = event.sales_until
            hold_seats(event, ADA, labels=labels[:: 1 if number % 2 else -1], until=until)
        except SeatsTaken:
            return False
        return True

    assert sum(at_once(hold, 30)) in (1, 2)
    assert one_occupant_a_seat()


def test_confirming_and_holding_the_same_seats_never_deadlocks(event: Event) -> None:
    event.seats.filter(row="A").delete()
    add_rows(event, rows="A", numbers=range(1, 11), price=4200)  # Behind row B by id, before it by name.
    labels = [f"{row}-{number}" for row in "AB" for number in range(1, 11)]
    booking = hold_seats(event, ADA, labels=labels, until=event.sales_until)

    def act(number: int) -> str:
        if number == 0:
            with transaction.atomic():
                confirm(Booking.objects.select_for_update().get(pk=booking.pk))
            return "confirmed"
        with pytest.raises(SeatsTaken):
            hold_seats(event, ADA, labels=labels, until=event.sales_until)
        return "taken"

    assert sorted(at_once(act, 12)) == ["confirmed"] + ["taken"] * 11


def test_fifty_customers_after_the_best_of_twenty_seats_get_them_all(event: Event) -> None:
    def hold(number: int) -> list[str] | None:
        try:
            booking = hold_best_available(event, ADA, quantity=2, until=event.sales_until)
        except SoldOut:
            return None
        return list(booking.seats.values_list("label", flat=True))

    got = [seats for seats in at_once(hold, 50) if seats]

    assert len(got) == 10
    assert len({label for seats in got for label in seats}) == 20
    assert one_occupant_a_seat()


def test_a_party_stays_together_however_many_blocks_are_just_being_taken(event: Event) -> None:
    rows = "CDEFGHIJ"
    event.seats.all().delete()
    add_rows(event, rows=rows, numbers=range(1, 31), price=3200)

    def hold(number: int) -> list[str]:
        booking = hold_best_available(event, ADA, quantity=20, until=event.sales_until)
        return list(booking.seats.in_row_order().values_list("label", flat=True))

    with transaction.atomic():  # One seat in the middle of each row but the last: that is in every block.
        event.seats.filter(number=15).exclude(row=rows[-1]).lock()
        (got,) = at_once(hold, 1)

    assert got == [f"J-{number}" for number in range(6, 26)]


def test_a_double_click_is_one_purchase(event: Event, stripe: Sandbox) -> None:
    answers = at_once(lambda _: checkout(WISH, **{"Idempotency-Key": "k1"}), 8)

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["session_id"] for answer in answers}) == 1
    assert len(stripe.sessions()) == Payment.objects.count() == 1


def test_the_same_event_twenty_times_at_once_is_applied_once(
    event: Event, stripe: Sandbox, purchase: Purchase, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id)
    paid = stripe.event("completed", purchase.session_id)

    outcomes = at_once(lambda _: deliver(paid).json()["outcome"], 20)

    assert sorted(outcomes) == ["applied"] + ["duplicate"] * 19
    assert purchase.tickets == ["A-1", "A-2"]
    assert StripeEvent.objects.get().deliveries == 20


def test_twenty_different_events_for_one_payment_at_once_issue_one_set_of_tickets(
    event: Event, stripe: Sandbox, purchase: Purchase, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id)
    paid = stripe.event("completed", purchase.session_id)

    answers = at_once(lambda number: deliver({**paid, "id": f"evt_1n{number}"}).status_code, 20)

    assert answers == [200] * 20
    assert purchase.tickets == ["A-1", "A-2"]
    assert purchase.payment.transitions.count() == 1


def test_payment_and_cancellation_at_once_end_in_one_of_the_two(
    event: Event, stripe: Sandbox, purchase: Purchase, deliver: Deliver
) -> None:
    def act(number: int) -> None:
        if number:
            Client().get(f"/payments/cancelled/?session_id={purchase.session_id}")
        else:
            stripe._post(f"/_sandbox/sessions/{purchase.session_id}/pay", {"card": "4242424242424242"})

    at_once(act, 2)
    for told in stripe.events(purchase.session_id):
        assert deliver(told).status_code == 200

    paid = stripe.session(purchase.session_id)["payment_status"] == StripeState.PAID.value
    assert purchase.payment.status == (PaymentStatus.SUCCEEDED if paid else PaymentStatus.EXPIRED)
    assert Ticket.objects.count() == (2 if paid else 0)
    assert Seat.objects.free().count() == (18 if paid else 20)


def test_stripe_is_asked_once_however_many_want_to_know(
    event: Event, stripe: Sandbox, purchase: Purchase
) -> None:
    stripe.pay(purchase.session_id)
    body = {"session_id": purchase.session_id}

    def verify(number: int) -> Any:
        return Client().post("/api/payment-status/verify", body, content_type="application/json")

    answers = at_once(verify, 20)

    assert {answer.status_code for answer in answers} == {200}
    assert len(stripe.requests(f"GET /v1/checkout/sessions/{purchase.session_id}")) == 1
    assert purchase.tickets == ["A-1", "A-2"]
