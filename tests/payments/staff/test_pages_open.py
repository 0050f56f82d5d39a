from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bookings.models import Event, Seat
from payments.ledger.refunds import request_refund
from payments.models import Cause, Dispute, Origin, Payment, Refund, StripeEvent
from tests.support.sandbox import Sandbox
from tests.support.shared import shared
from tests.support.shop import BoxOffice, Buy, Deliver, Purchase, make_event
from tests.support.worker import work

LEDGERS = [
    *("bookings/booking", "bookings/ticket", "payments/payment", "payments/stripeevent"),
    *("payments/refund", "payments/dispute", "payments/fraudwarning", "payments/notification"),
]


@pytest.fixture
def staff(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("boss", "boss@example.com", "x"))
    return client


def rows(event: Event, **values: Any) -> tuple[str, dict[str, Any]]:
    form = {"rows": "C-D", "first": 1, "last": 8, "price": "25.00", **values}
    return f"/admin/bookings/event/{event.pk}/rows/", form


@shared
def paid(box_office: BoxOffice) -> Purchase:
    make_event()
    return box_office.sell()


@shared
def followed(box_office: BoxOffice) -> Purchase:
    """A payment of which a part went back, and that is disputed and warned of: it is in every ledger."""
    make_event()
    purchase = box_office.sell()
    follow(purchase, box_office.stripe, box_office.deliver)
    return purchase


def follow(paid: Purchase, stripe: Sandbox, deliver: Deliver) -> None:
    request_refund(paid.payment, origin=Origin.STAFF, cause=Cause.STAFF, amount=500)
    work("send_refund")
    stripe.dispute(paid.session_id)
    stripe.post(f"/sessions/{paid.session_id}/warn")
    for event in stripe.events():
        if event["type"].startswith(("charge.dispute.", "radar.")):
            deliver(event)


@pytest.mark.parametrize("ledger", LEDGERS)
def test_a_list_costs_the_same_queries_for_one_row_as_for_three(
    staff: Client, followed: Purchase, buy: Buy, stripe: Sandbox, deliver: Deliver, ledger: str
) -> None:
    with CaptureQueriesContext(connection) as for_one:
        staff.get(f"/admin/{ledger}/")
    for seat in ("B-1", "B-2"):
        another = buy(seat)
        stripe.pay(another.session_id)
        deliver("completed", another)
        follow(another, stripe, deliver)

    with CaptureQueriesContext(connection) as for_three:
        staff.get(f"/admin/{ledger}/")

    assert len(for_three) == len(for_one)


def test_a_payments_page_shows_its_refunds_and_disputes(staff: Client, followed: Purchase) -> None:
    page = staff.get(f"/admin/payments/payment/{followed.payment.pk}/change/").content.decode()

    for row in (Refund.objects.get().refund_id, Dispute.objects.get().dispute_id):
        assert str(row) in page


def test_a_bookings_page_shows_why_a_ticket_is_not_valid(staff: Client, followed: Purchase) -> None:
    page = staff.get(f"/admin/bookings/booking/{followed.booking.pk}/change/").content.decode()

    assert "Payment disputed" in page


@pytest.mark.parametrize("ledger", LEDGERS)
def test_staff_find_and_read_every_row(staff: Client, followed: Purchase, ledger: str) -> None:
    found = staff.get(f"/admin/{ledger}/", {"q": followed.booking.ticket_reference or ""})
    model = found.context["cl"].model

    assert found.status_code == 200
    assert staff.get(f"/admin/{ledger}/{model.objects.first().pk}/change/").status_code == 200


@pytest.mark.parametrize("ledger", LEDGERS)
def test_nobody_adds_edits_or_deletes_what_tells_of_money(
    staff: Client, followed: Purchase, ledger: str
) -> None:
    row = staff.get(f"/admin/{ledger}/").context["cl"].model.objects.first()

    assert staff.get(f"/admin/{ledger}/add/").status_code == 403
    assert staff.post(f"/admin/{ledger}/{row.pk}/change/", {"status": "x"}).status_code == 403
    assert staff.post(f"/admin/{ledger}/{row.pk}/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.parametrize(
    "query", ["ada@example.com", "Lovelace", "session", "intent", "booking", "reference"]
)
def test_a_payment_is_found_by_what_a_customer_has_in_hand(staff: Client, paid: Purchase, query: str) -> None:
    payment = paid.payment
    known = {
        "session": payment.session_id,
        "intent": payment.payment_intent_id,
        "booking": payment.booking.reference,
        "reference": payment.booking.ticket_reference,
    }

    found = staff.get("/admin/payments/payment/", {"q": known.get(query) or query})

    assert list(found.context["cl"].queryset) == [payment]


def test_staff_read_why_an_event_failed(
    staff: Client, purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id)
    Seat.objects.filter(label="A-2").update(booking=None)
    deliver("completed", purchase)

    page = staff.get(f"/admin/payments/stripeevent/{StripeEvent.objects.get().pk}/change/").content.decode()

    assert "SeatsLost" in page
    assert "&quot;payment_status&quot;: &quot;paid&quot;" in page


def test_rows_of_seats_are_made_in_one_go(staff: Client, event: Event) -> None:
    response = staff.post(*rows(event))

    assert response.status_code == 302
    assert event.seats.filter(row__in="CD", price=2500).count() == 16
    assert event.seats.get(label="D-8").number == 8


def test_the_page_of_an_event_leads_to_its_rows(staff: Client, event: Event) -> None:
    page = staff.get(f"/admin/bookings/event/{event.pk}/change/").content.decode()

    assert f'<a href="{rows(event)[0]}">Add rows of seats</a>' in page


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"rows": "A-B"}, "Seats already exist: A-1, A-2"),
        ({"rows": "A;B"}, "Separate rows by commas"),
        ({"price": "0.49"}, "Stripe charges €0.50 at least."),
        ({"price": "1.0005"}, "This can&#x27;t be paid in EUR."),
        ({"price": "1.250"}, "1.250 could be 1250 or 1.25."),
        ({"price": "cheap"}, "Enter an amount, such as 25.00."),
        ({"price": "10000000000.00"}, "Stripe charges €9,999,999,999.99 at most."),
        ({"price": "9999999999999999"}, "Enter an amount"),
        ({"price": "1e400"}, "Enter an amount"),
        ({"rows": "ABCDEFGHIJK"}, "Separate rows by commas"),
        ({"first": 9}, "The last number can’t be lower than the first."),
        ({"last": 1000}, "less than or equal to 999"),
    ],
    ids=str,
)
def test_rows_with_a_mistake_are_explained_and_none_is_made(
    staff: Client, event: Event, values: dict[str, Any], words: str
) -> None:
    response = staff.post(*rows(event, **values))

    assert words in response.content.decode()
    assert event.seats.count() == 20


def test_the_currency_is_fixed_once_there_are_seats(staff: Client, event: Event) -> None:
    page = staff.get(f"/admin/bookings/event/{event.pk}/change/").content.decode()

    assert 'name="currency"' not in page
    assert 'name="currency"' in staff.get("/admin/bookings/event/add/").content.decode()


def test_a_stranger_sees_none_of_it(event: Event, client: Client) -> None:
    urls = [rows(event)[0], *[f"/admin/{ledger}/" for ledger in LEDGERS]]

    assert {client.get(url).headers["Location"].split("?")[0] for url in urls} == {"/admin/login/"}


def test_staff_without_the_right_add_no_seats(event: Event) -> None:
    client = Client()
    client.force_login(User.objects.create_user("door", is_staff=True))

    assert client.post(*rows(event)).status_code == 403
    assert event.seats.count() == 20


def test_the_amount_is_shown_as_money(staff: Client, purchase: Purchase) -> None:
    assert "€84.00" in staff.get("/admin/payments/payment/").content.decode()
    assert Payment.objects.get().amount == 8400


def test_a_seat_with_a_label_of_its_own_keeps_its_place(staff: Client, event: Event) -> None:
    event.seats.create(row="C", number=3, label="Balcony", price=2500)

    response = staff.post(*rows(event))

    assert "Seats already exist: Balcony." in response.content.decode()


def test_a_seat_without_price_or_event_is_explained(staff: Client, event: Event) -> None:
    for form in ({"event": event.pk, "row": "C", "number": 1, "label": "C-1"}, {"price": 4200}):
        assert "This field is required." in staff.post("/admin/bookings/seat/add/", form).content.decode()


@pytest.mark.parametrize(("price", "words"), [("0.49", "Stripe charges €0.50 at least."), ("50", "")])
def test_a_price_that_stripe_would_refuse_is_refused_here(
    staff: Client, event: Event, price: str, words: str
) -> None:
    seat = event.seats.get(label="A-1")

    response = staff.post(f"/admin/bookings/seat/{seat.pk}/change/", {"price": price})

    assert words in response.content.decode()
    seat.refresh_from_db()
    assert seat.price == (4200 if words else 5000)
