import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from bookings.models import Booking, Event, StopReason, Ticket, TicketStatus
from payments.models import Payment, PaymentStatus
from tests.support.sandbox import Sandbox
from tests.support.shop import Buy, Deliver, Purchase, make_event

FORM = {"attempt": "t1", "seats": ["A-1", "A-2"], "name": "Ada", "email": "ada@example.com"}
CHECKOUT = "/events/demo-night/checkout/"


def panel(response: Any) -> str:
    """Return the status that the success page shows."""
    return re.findall(r'data-status="(\w+)"', response.content.decode())[0]


def test_the_home_page_lists_what_is_to_come(event: Event, client: Client) -> None:
    past = timezone.now() - timedelta(days=2)
    Event.objects.create(
        title="Gone Night",
        visibility="published",
        slug="gone",
        venue="X",
        starts_at=past,
        ends_at=past + timedelta(hours=1),
        sales_from=past - timedelta(days=2),
        sales_until=past,
    )

    page = client.get("/").content.decode()

    assert "Demo Night" in page
    assert "Gone Night" not in page


def test_the_home_page_without_events_says_so(db: None, client: Client) -> None:
    assert client.get("/").status_code == 200


def test_the_map_offers_free_seats_only(buy: Buy, client: Client) -> None:
    buy("A-1")

    page = client.get("/events/demo-night/").content.decode()

    seats = re.findall(r'<input[^>]*name="seats"[^>]*>', page)
    assert len(seats) == 20
    assert ['value="A-1"' in seat for seat in seats if "disabled" in seat] == [True]


def test_the_form_sends_the_customer_to_stripe(event: Event, stripe: Sandbox, client: Client) -> None:
    response = client.post(CHECKOUT, FORM)

    (session,) = stripe.sessions()
    assert (response.status_code, response.headers["Location"]) == (302, session["url"])


def test_sending_the_form_twice_is_one_purchase(event: Event, stripe: Sandbox, client: Client) -> None:
    first, second = client.post(CHECKOUT, FORM), client.post(CHECKOUT, FORM)

    assert first.headers["Location"] == second.headers["Location"]
    assert Payment.objects.count() == 1


def test_an_old_page_sent_again_tells_what_became_of_its_purchase(
    event: Event, stripe: Sandbox, client: Client
) -> None:
    client.post(CHECKOUT, FORM)
    session_id = Payment.objects.get().session_id
    client.get(f"/payments/cancelled/?session_id={session_id}")

    response = client.post(CHECKOUT, FORM)

    assert response.headers["Location"] == f"/payments/success/?session_id={session_id}"


def test_an_old_page_sent_again_never_leads_back_to_a_payment_that_the_bank_works_on(
    event: Event, stripe: Sandbox, client: Client, deliver: Deliver
) -> None:
    client.post(CHECKOUT, FORM)
    (session,) = stripe.sessions()
    stripe.pay(session["id"], method="us_bank_account", outcome="processing")
    deliver(stripe.event("completed", session["id"]))

    response = client.post(CHECKOUT, FORM)

    assert response.headers["Location"] == f"/payments/success/?session_id={session['id']}"


def test_the_same_page_sent_with_other_seats_is_another_purchase(
    event: Event, stripe: Sandbox, client: Client
) -> None:
    client.post(CHECKOUT, FORM)
    client.post(CHECKOUT, {**FORM, "seats": ["B-1"]})

    assert Payment.objects.count() == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"seats": []}, "Choose at least one seat."),
        ({"quantity": "2"}, "not both"),
        ({"seats": [], "quantity": "99"}, "less than or equal to 20"),
        ({"seats": [f"X-{number}" for number in range(21)]}, "20 seats at a time"),
        ({"seats": ["Z-9"]}, "There’s no seat Z-9"),
        ({"name": ""}, "This field is required."),
        ({"email": "nobody"}, "Enter a valid email address."),
        ({"attempt": ""}, "This field is required."),
    ],
    ids=str,
)
def test_a_form_with_a_mistake_comes_back_with_words_and_what_was_typed(
    event: Event, client: Client, change: dict, words: str
) -> None:
    response = client.post(CHECKOUT, {**FORM, **change})

    page = response.content.decode()
    assert response.status_code == 400
    assert words in page or "attempt" in change
    assert 'value="Ada"' in page or "name" in change
    assert not Booking.objects.exists()


def test_a_seat_taken_meanwhile_is_named_and_the_name_stays_typed(buy: Buy, client: Client) -> None:
    buy("A-1")

    response = client.post(CHECKOUT, FORM)

    page = response.content.decode()
    assert response.status_code == 409
    assert "Seat A-1 was just taken. Choose another." in page
    assert 'value="Ada"' in page


def test_stripe_away_is_told_on_the_page(event: Event, stripe: Sandbox, client: Client) -> None:
    stripe.fault("POST /v1/checkout/sessions", "reset_before", times=3)

    response = client.post(CHECKOUT, FORM)

    assert (response.status_code, response.headers["Retry-After"]) == (503, "10")
    assert "Nothing was charged" in response.content.decode()
    assert event.seats.free().count() == 20


def test_the_form_needs_its_csrf_token(event: Event) -> None:
    assert Client(enforce_csrf_checks=True).post(CHECKOUT, FORM).status_code == 403


def test_the_own_unfinished_checkout_is_offered_on_the_event_page(
    event: Event, stripe: Sandbox, client: Client
) -> None:
    client.post(CHECKOUT, FORM)

    own = client.get("/events/demo-night/").content.decode()
    strangers = Client().get("/events/demo-night/").content.decode()

    url = Payment.objects.get().checkout_url
    assert url in own
    assert url not in strangers


def test_every_unfinished_checkout_of_a_browser_is_offered(
    event: Event, stripe: Sandbox, client: Client
) -> None:
    client.post(CHECKOUT, FORM)
    client.post(CHECKOUT, {**FORM, "seats": ["B-1"]})
    first, second = Payment.objects.order_by("pk")
    client.get(f"/payments/cancelled/?session_id={first.session_id}")

    page = client.get("/events/demo-night/").content.decode()

    assert first.checkout_url not in page
    assert second.checkout_url in page


def test_a_cookie_that_was_tampered_with_is_no_cookie(event: Event, client: Client) -> None:
    client.cookies["checkout"] = "cs_forged:x:y"

    assert client.get("/events/demo-night/").status_code == 200


# The success page


def test_a_paid_booking_shows_its_tickets_at_first_sight(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver, client: Client
) -> None:
    stripe.pay(purchase.session_id)
    deliver("completed", purchase)

    response = client.get("/payments/success/", {"session_id": purchase.session_id})

    page = response.content.decode()
    assert panel(response) == "succeeded"
    for ticket in purchase.booking.tickets.all():
        assert f"/tickets/{ticket.code}/qr.png" in page
    assert "http-equiv" not in page


STOPS = [
    (TicketStatus.SUSPENDED, StopReason.REFUND_ASKED, "On hold"),
    (TicketStatus.SUSPENDED, StopReason.DISPUTED, "On hold"),
    (TicketStatus.VOID, StopReason.REFUNDED, "Not valid"),
    (TicketStatus.VOID, StopReason.CHARGED_BACK, "Not valid"),
]


@pytest.mark.parametrize(("status", "reason", "mark"), STOPS)
def test_a_stopped_ticket_is_called_the_same_after_paying_and_in_the_booking(
    purchase: Purchase,
    stripe: Sandbox,
    deliver: Deliver,
    client: Client,
    status: str,
    reason: str,
    mark: str,
) -> None:
    stripe.pay(purchase.session_id)
    deliver("completed", purchase)
    Ticket.objects.update(status=status, stopped_for=reason)

    after_paying = client.get("/payments/success/", {"session_id": purchase.session_id}).content.decode()
    booking = client.get(purchase.booking.get_absolute_url()).content.decode()

    for page in (after_paying, booking):
        assert re.findall(r'"admission-mark">([^<]*)<', page) == [mark] * 2


def test_an_unpaid_booking_shows_no_tickets_whatever_the_address_says(
    purchase: Purchase, client: Client
) -> None:
    query = {"session_id": purchase.session_id, "payment_success": "true", "status": "succeeded"}

    response = client.get("/payments/success/", query)

    page = response.content.decode()
    assert panel(response) == "pending"
    assert "qr.png" not in page
    assert '<noscript><meta http-equiv="refresh"' in page


@pytest.mark.parametrize("status", ["pending", "processing"])
def test_an_undecided_page_never_offers_to_pay_again(purchase: Purchase, client: Client, status: str) -> None:
    Payment.objects.update(status=status)

    page = client.get("/payments/success/", {"session_id": purchase.session_id}).content.decode()

    assert "try again" not in page.lower()
    assert purchase.payment.checkout_url not in page


@pytest.mark.parametrize("status", PaymentStatus)
def test_the_page_shows_every_status_under_its_own_name(
    purchase: Purchase, client: Client, status: PaymentStatus
) -> None:
    purchase.put(status)

    response = client.get("/payments/success/", {"session_id": purchase.session_id})

    page = response.content.decode()
    assert panel(response) == status
    words = [when.split() for when in re.findall(r'data-when="([^"]+)"', page)]
    assert sum(status in when for when in words) >= 3  # A picture, a heading and a paragraph.


def test_addresses_of_personal_pages_do_not_leak_to_other_sites(purchase: Purchase, client: Client) -> None:
    response = client.get("/payments/success/", {"session_id": purchase.session_id})

    assert response.headers["Referrer-Policy"] == "same-origin"
    assert "no-store" in response.headers["Cache-Control"]


# Strangers, wrong and garbage ids, on every route

GARBAGE = ["", "x", "%00", "..%2F..", "A" * 26, "A" * 27, "é", "0" * 26, "cs_unknown", "' OR 1=1 --"]


@pytest.mark.parametrize("garbage", GARBAGE)
@pytest.mark.parametrize(
    "route",
    [
        "/events/{}/",
        "/bookings/{}/",
        "/tickets/{}/",
        "/tickets/{}/qr.png",
        "/tickets/{}/qr.svg",
        "/payments/success/?session_id={}",
        "/payments/cancelled/?session_id={}",
        "/payments/cancelled/?payment={}",
    ],
)
def test_what_does_not_exist_is_404(event: Event, client: Client, route: str, garbage: str) -> None:
    assert client.get(route.format(garbage)).status_code == 404


@pytest.mark.parametrize("route", ["/api", "/api/nothing", "/api/nothing/"])
def test_an_unknown_address_of_the_api_is_told_in_json(db: None, client: Client, route: str) -> None:
    assert client.get(route, follow=True).status_code == 404
    if route != "/api":
        response = Client(enforce_csrf_checks=True).post(route)
        assert (response.status_code, response.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("method", "route"),
    [
        ("post", "/"),
        ("post", "/events/demo-night/"),
        ("put", CHECKOUT),
        ("post", "/payments/success/"),
        ("put", "/payments/cancelled/"),
        ("get", "/api/checkout"),
        ("post", "/api/payment-status"),
        ("get", "/api/payment-status/verify"),
        ("delete", "/api/webhook/stripe"),
    ],
)
def test_the_wrong_method_is_405(event: Event, client: Client, method: str, route: str) -> None:
    assert getattr(client, method)(route).status_code == 405


def test_a_booking_is_seen_by_whoever_knows_its_reference_and_tells_no_other(
    buy: Buy, stripe: Sandbox, deliver: Deliver, client: Client
) -> None:
    mine, other = buy("A-1", name="Ada"), buy("A-2", name="Grace")
    stripe.pay(mine.session_id)
    deliver("completed", mine)

    page = client.get(f"/bookings/{mine.booking.reference}/").content.decode()

    assert mine.booking.tickets.get().code in page
    assert "Grace" not in page
    assert other.booking.reference not in page


@pytest.mark.parametrize("state", ["held", "released"])
def test_a_booking_without_tickets_says_why(
    purchase: Purchase, client: Client, stripe: Sandbox, deliver: Deliver, state: str
) -> None:
    if state == "released":
        stripe.expire(purchase.session_id)
        deliver("expired", purchase)

    response = client.get(f"/bookings/{purchase.booking.reference}/")

    assert response.status_code == 200
    assert "qr.png" not in response.content.decode()


# Tickets


@pytest.fixture
def ticket(purchase: Purchase, stripe: Sandbox, deliver: Deliver) -> Ticket:
    stripe.pay(purchase.session_id)
    deliver("completed", purchase)
    return purchase.booking.tickets.select_related("seat")[0]


def test_the_ticket_page_is_fit_for_a_door(ticket: Ticket, client: Client) -> None:
    page = client.get(ticket.get_absolute_url()).content.decode()

    for words in ("Demo Night", "A-1", "Ada Lovelace", f"/tickets/{ticket.code}/qr."):
        assert words in page


@pytest.mark.parametrize(("kind", "mime"), [("png", "image/png"), ("svg", "image/svg+xml")])
def test_a_drawing_is_kept_by_the_browser_but_asked_about_each_time(
    ticket: Ticket, client: Client, kind: str, mime: str
) -> None:
    url = f"{ticket.get_absolute_url()}qr.{kind}"
    first = client.get(url)
    again = client.get(url, headers={"If-None-Match": first.headers["ETag"]})

    assert (first.headers["Content-Type"], first.headers["Cache-Control"]) == (mime, "private, no-cache")
    assert (again.status_code, again.content) == (304, b"")


def test_an_event_without_seats_is_not_sold_out(db: None, client: Client) -> None:
    make_event().seats.all().delete()

    pages = client.get("/").content.decode() + client.get("/events/demo-night/").content.decode()

    assert pages.count("Tickets soon") == 2
    assert "old out" not in pages
    assert "seat is taken" not in pages
