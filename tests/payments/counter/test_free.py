"""What costs nothing is confirmed at once, without Stripe."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from bookings.models import Booking, BookingStatus, Event, TicketStatus
from payments.checkout.limits import TRACED_FOR, forget_visitors
from payments.counter.returning import NotReturnable, take_back
from payments.fsck import inspect
from payments.models import CounterSale, Payment, SaleKind
from tests.bookings.places.club import add_code, add_type, make_club
from tests.support.sandbox import Sandbox
from tests.support.shared import shared
from tests.support.shop import BoxOffice
from tests.support.worker import work


@shared
def club(box_office: BoxOffice) -> Event:
    event = make_club()
    add_type(event, "guest", price=0)
    return event


def ask(client: Client, *, key: str = "", **changes: Any) -> Any:
    wish = {
        "event": "club-night",
        "name": "Ada Lovelace",
        "email": "ada@example.com",
        "places": [{"area": "floor", "type": "guest", "quantity": 2}],
        **changes,
    }
    headers = {"Idempotency-Key": key} if key else {}
    return client.post("/api/checkout", wish, content_type="application/json", headers=headers)


def test_a_free_booking_has_its_tickets_at_once(club: Event, client: Client, stripe: Sandbox) -> None:
    answer = ask(client).json()
    work("mail_tickets")

    booking = Booking.objects.get(reference=answer["booking"])
    assert (answer["session_id"], answer["checkout_url"]) == (None, None)
    assert answer["booking_url"].endswith(f"/bookings/{booking.reference}/")
    assert booking.status == BookingStatus.CONFIRMED
    assert booking.tickets.filter(status=TicketStatus.VALID).count() == 2
    assert booking.counter_sale.kind == SaleKind.FREE
    assert not Payment.objects.exists()
    assert not stripe.sessions()
    assert [one.to for one in mail.outbox] == [["ada@example.com"]]
    assert inspect() == []


def test_its_page_shows_the_tickets_and_what_there_was_to_pay(club: Event, client: Client) -> None:
    answer = ask(client).json()

    page = client.get(f"/bookings/{answer['booking']}/").content.decode()

    assert page.count("/qr.png") == 2
    assert "Confirmed" in page
    assert "See the payment" not in page
    assert "Cancel tickets" in page
    assert "All of the price" not in page  # There was none.


def test_a_repeated_request_gets_the_same_answer_and_nothing_more(club: Event, client: Client) -> None:
    first, again = ask(client, key="k1"), ask(client, key="k1")

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert Booking.objects.count() == 1
    other = ask(client, key="k1", places=[{"area": "floor", "type": "guest", "quantity": 1}])
    assert other.json()["error"]["code"] == "idempotency_key_reused"


def test_a_code_that_takes_everything_off_makes_it_free(club: Event, client: Client) -> None:
    code = add_code(club, "FREE", percent_off=100, limit=1)

    free = ask(client, seats=["T-1"], places=[{"area": "floor", "quantity": 1}], code="free")
    late = ask(client, seats=["T-2"], code="FREE", places=[{"area": "floor", "quantity": 1}])

    assert free.status_code == 201
    assert free.json()["session_id"] is None
    assert late.status_code == 409
    assert late.json()["error"]["code"] == "code_used_up"
    code.refresh_from_db()
    assert code.used == 1


def test_what_costs_something_still_goes_to_stripe(club: Event, client: Client, stripe: Sandbox) -> None:
    answer = ask(client, seats=[{"seat": "T-1", "type": "guest"}, "T-2"]).json()

    payment = Payment.objects.get(session_id=answer["session_id"])
    assert payment.amount == 4200


def test_the_customer_gives_free_tickets_back(club: Event, client: Client) -> None:
    answer = ask(client, places=[{"area": "floor", "type": "guest", "quantity": 3}]).json()
    path = f"/bookings/{answer['booking']}/cancel/"
    assert "Floor 1" in client.get(path).content.decode()

    client.post(path, {"seats": ["Floor 1"], "refund": "0"})
    booking = Booking.objects.get(reference=answer["booking"])
    assert booking.status == BookingStatus.CONFIRMED
    assert club.seats.get(label="Floor 1").booking is None

    client.post(path, {"seats": ["Floor 1"], "refund": "0"})  # Sent again.
    client.post(path, {"seats": ["Floor 2", "Floor 3"], "refund": "0"})
    booking.refresh_from_db()
    assert booking.status == BookingStatus.CANCELLED
    assert club.seats.free().count() == 24
    assert booking.counter_sale.returns.count() == 2
    page = client.get(f"/bookings/{answer['booking']}/").content.decode()
    assert "Nothing was charged, so there’s nothing to refund" in page
    assert inspect() == []


def test_free_tickets_cannot_be_given_back_once_it_has_begun(club: Event, client: Client) -> None:
    answer = ask(client).json()
    now = timezone.now()
    Event.objects.filter(pk=club.pk).update(starts_at=now - timedelta(minutes=1))

    refused = client.post(f"/api/bookings/{answer['booking']}/cancel", {}, content_type="application/json")

    assert refused.status_code == 409
    assert Booking.objects.get().status == BookingStatus.CONFIRMED


def test_nobody_takes_a_free_house_alone(club: Event, client: Client, stripe: Sandbox, settings: Any) -> None:
    settings.HOLD_PLACES_PER_CUSTOMER = 4
    settings.HOLD_PLACES_PER_NETWORK = 6
    for number in range(3):
        ask(Client(), email=f"ada{number}@example.com")

    refused = ask(Client(), email="ada9@example.com")

    assert refused.status_code == 429
    assert refused.json()["error"]["code"] == "too_many_free"
    assert ask(Client(), seats=["T-1"], places=[{"area": "floor", "quantity": 1}]).status_code == 201
    CounterSale.objects.update(sold_at=timezone.now() - TRACED_FOR)
    assert ask(Client(), email="ada9@example.com").status_code == 201


def test_who_took_free_places_is_forgotten_after_a_day(club: Event, client: Client) -> None:
    ask(client)
    assert CounterSale.objects.exclude(network="").exists()
    forget_visitors()
    assert CounterSale.objects.exclude(network="").exists()

    CounterSale.objects.update(sold_at=timezone.now() - TRACED_FOR)
    forget_visitors()

    assert not CounterSale.objects.exclude(network="", browser="").exists()


def test_more_than_was_sold_is_never_taken_back(club: Event, client: Client) -> None:
    ask(client)
    sale = CounterSale.objects.get()
    tickets = list(sale.booking.tickets.all())

    with pytest.raises(NotReturnable):
        take_back(sale, tickets, amount=1)
    take_back(sale, tickets)
    with pytest.raises(NotReturnable):
        take_back(sale, tickets)


def test_a_dearer_price_than_the_customer_saw_is_refused(club: Event, client: Client) -> None:
    refused = ask(client, seats=["T-1"], places=[{"area": "floor", "quantity": 1}], total=4200)

    error = refused.json()["error"]
    assert refused.status_code == 409
    assert (error["code"], error["total"]) == ("price_changed", 6700)


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"places": [{"area": "hall", "quantity": 1}]}, "unknown_area"),
        ({"places": [{"area": "floor", "type": "queen", "quantity": 1}]}, "unknown_type"),
        ({"places": [{"area": "floor", "quantity": 0}]}, "invalid"),
        ({"places": [{"area": "floor", "quantity": 21}]}, "invalid"),
        ({"places": [{"area": "floor", "quantity": 11}] * 2}, "invalid"),
        ({"places": ["floor"]}, "invalid"),
        ({"places": []}, "invalid"),
        ({"seats": [{"seat": "T-1"}, "T-1"]}, "invalid"),
        ({"seats": [{"type": "guest"}]}, "invalid"),
        ({"seats": [7]}, "invalid"),
        ({"code": "NONE"}, "unknown_code"),
        ({"quantity": 1}, "invalid"),
        ({"total": -1}, "invalid"),
    ],
)
def test_odd_wishes_are_refused_by_name(club: Event, client: Client, wish: dict[str, Any], code: str) -> None:
    refused = ask(client, **wish)

    assert refused.status_code == 400
    assert refused.json()["error"]["code"] == code
    assert not Booking.objects.exists()


def test_sold_out_is_told_with_what_is_left(club: Event, client: Client) -> None:
    club.types.filter(slug="guest").update(quota=1)

    of_type = ask(client).json()["error"]
    club.seats.standing().exclude(number=1).delete()
    of_area = ask(client, places=[{"area": "floor", "quantity": 2}]).json()["error"]

    assert (of_type["code"], of_type["free"]) == ("type_sold_out", 1)
    assert (of_area["code"], of_area["free"]) == ("area_sold_out", 1)
