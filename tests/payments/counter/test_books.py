"""What fsck finds of types, codes and counter sales, and what a customer's own list shows."""

from django.test import Client

from bookings.models import Booking, Event
from payments.fsck import inspect
from payments.models import CounterSale, Payment, SaleKind
from tests.bookings.places.club import add_type, make_club
from tests.payments.counter.test_free import ask
from tests.support.accounts import sign_in
from tests.support.sandbox import Sandbox
from tests.support.shared import shared
from tests.support.shop import BoxOffice


@shared
def club(box_office: BoxOffice) -> Event:
    event = make_club()
    add_type(event, "guest", price=0)
    add_type(event, "child", percent_off=50)
    return event


def found() -> set[str]:
    return {finding.rule for finding in inspect()}


def test_a_place_that_costs_what_no_type_does_is_found(club: Event, client: Client, stripe: Sandbox) -> None:
    answer = ask(client, places=[{"area": "floor", "type": "child", "quantity": 1}]).json()
    assert found() == set()

    booking = Booking.objects.get(reference=answer["booking"])
    booking.booked_seats.update(price=1)

    assert "price_that_no_type_has" in found()
    child = club.types.get(slug="child")
    child.percent_off = 40
    child.save(update_fields=["percent_off"])  # Since then, nothing can be said any more.
    assert "price_that_no_type_has" not in found()


def test_what_was_bought_twice_is_found(club: Event, client: Client, stripe: Sandbox) -> None:
    answer = ask(client, places=[{"area": "floor", "quantity": 1}]).json()
    stripe.pay(answer["session_id"])
    client.post("/api/payment-status/verify", {"session_id": answer["session_id"]}, "application/json")
    payment = Payment.objects.get(session_id=answer["session_id"])
    assert found() == set()

    CounterSale.objects.create(booking=payment.booking, kind=SaleKind.FREE, amount=0, currency="eur")

    assert found() == {"bought_twice", "sale_that_does_not_add_up"}


def test_a_free_booking_is_on_the_customers_list(club: Event, client: Client) -> None:
    sign_in(client, "ada@example.com")
    ask(client)

    page = client.get("/bookings/").content.decode()
    (entry,) = client.get("/api/bookings/sync").json()["bookings"]

    assert 'data-session-id=""' in page
    assert "There was nothing to pay" in page
    assert (entry["session_id"], entry["status"], entry["booking"]["amount_total"]) == (None, "succeeded", 0)
    assert len(entry["actions"]["cancel"]["seats"]) == 2
