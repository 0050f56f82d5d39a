"""All bookings of a customer: what is told, to whom, and who is woken when it changes."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import escape

from bookings.models import Booking, Event, Production, Ticket
from bookings.tickets.qr_codes import redraw
from branding.art import art_url
from branding.models import PictureKind
from branding.pictures.storing import keep_picture
from customers.claims import claim_bookings
from payments.models import Payment, PaymentStatus
from payments.reconciliation.reconciler import reconcile
from payments.reconciliation.run import Run
from tests.branding.pictures import draw, encoded, upload
from tests.support.listening import Hear, hearing
from tests.support.sandbox import Sandbox
from tests.support.shop import Buy, Deliver, Purchase, make_event

URL = "/api/bookings/sync"
FRIEND, STRANGER = "https://friend.example", "https://stranger.example"
PENDING_CARD = "4000000000007726"


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada", "ada@example.com")


@pytest.fixture
def signed_in(client: Client, ada: User) -> Client:
    """Ada's browser, in which she has signed in; what is bought in it is hers."""
    sign_in(client, ada)
    return client


def make_production_of_its_own(booking: Booking, number: int) -> None:
    """Let ``booking`` be for another event, which is a date of another production with a picture."""
    picture = keep_picture(upload(encoded(draw(1200 + number, 675))), PictureKind.PHOTO)
    slug = f"nights-{number}"
    event = make_event(slug=slug)
    event.production = Production.objects.create(title="Nights", slug=slug, picture=picture)
    event.save(update_fields=["production"])
    Booking.objects.filter(pk=booking.pk).update(event=event)


def sign_in(client: Client, user: User) -> None:
    client.force_login(user, backend="customers.backends.MailedCodeBackend")


@pytest.fixture
def pay(buy: Buy, stripe: Sandbox, deliver: Deliver) -> Callable[..., Purchase]:
    """Return a function that buys and pays, for seats A-1 and A-2 unless told otherwise."""

    def pay(*seats: str, card: str = "4242424242424242") -> Purchase:
        purchase = buy(*seats)
        stripe.pay(purchase.session_id, card=card)
        deliver("completed", purchase)
        return purchase

    return pay


def ask(client: Client, **headers: str) -> Any:
    return client.get(URL, headers=headers)


def entries(client: Client) -> list[Any]:
    response = ask(client)
    assert response.status_code == 200, response.content
    return response.json()["bookings"]


def moment(at: Any) -> str:
    return at.isoformat().replace("+00:00", "Z")


# What is told


def test_an_entry_has_what_the_status_has_and_what_the_dashboard_needs(
    signed_in: Client, pay: Callable[..., Purchase], event: Event
) -> None:
    purchase = pay()
    status = signed_in.get("/api/payment-status", {"session_id": purchase.session_id}).json()
    booking = purchase.booking

    (entry,) = entries(signed_in)

    actions = entry.pop("actions")
    assert entry == {
        **status,
        "url": f"/bookings/{booking.reference}/",
        "event": {
            "url": "/events/demo-night/",
            "venue": "The Little Theatre",
            "time_zone": "UTC",
            "starts_at": moment(event.starts_at),
            "ends_at": moment(event.ends_at),
        },
        "booking_status": "confirmed",
        "created_at": moment(booking.created_at),
        "held_until": moment(booking.held_until),
        "checkout_url": None,
    }
    assert sorted(actions) == ["cancel", "pay", "resend"]


def test_all_bookings_are_told_the_newest_first(signed_in: Client, buy: Buy) -> None:
    seats = ["B-2", "A-1", "A-7"]
    for seat in seats:
        buy(seat)

    assert [entry["booking"]["booked_seats"] for entry in entries(signed_in)] == [["A-7"], ["A-1"], ["B-2"]]


def test_nobody_sees_what_others_or_guests_have_booked(signed_in: Client, buy: Buy) -> None:
    buy("A-1")
    bob = Client()
    sign_in(bob, User.objects.create_user("bob", "bob@example.com"))
    guest = {"event": "demo-night", "seats": ["A-2"], "name": "Cy", "email": "cy@example.com"}
    for client, seat in ((bob, "A-3"), (Client(), "A-2")):
        wish = {**guest, "seats": [seat]}
        assert client.post("/api/checkout", wish, content_type="application/json").status_code == 201

    assert [entry["booking"]["booked_seats"] for entry in entries(signed_in)] == [["A-1"]]
    assert [entry["booking"]["booked_seats"] for entry in entries(bob)] == [["A-3"]]


def test_an_attempt_that_stripe_never_answered_is_no_booking(
    signed_in: Client, event: Event, stripe: Sandbox
) -> None:
    stripe.fault("POST /v1/checkout/sessions", "reset_before", times=3)
    wish = {"event": "demo-night", "seats": ["A-1"], "name": "Ada", "email": "ada@example.com"}
    assert signed_in.post("/api/checkout", wish, content_type="application/json").status_code == 503

    assert Booking.objects.count() == 1
    assert entries(signed_in) == []


def test_a_booking_shows_the_payment_that_bought_it_and_not_a_later_one(
    signed_in: Client, pay: Callable[..., Purchase]
) -> None:
    purchase = pay()
    first = purchase.payment
    Payment.objects.create(
        booking=first.booking,
        amount=first.amount,
        currency=first.currency,
        expires_at=timezone.now() + timedelta(minutes=30),
        session_id="cs_later",
        status=PaymentStatus.EXPIRED,
    )

    (entry,) = entries(signed_in)

    assert (entry["session_id"], entry["status"]) == (purchase.session_id, "succeeded")


def test_who_has_the_seats_again_is_not_told_that_they_are_free_nor_to_book_them(
    signed_in: Client, buy: Buy
) -> None:
    first = buy("A-1", "A-2")
    signed_in.get("/payments/cancelled/", {"session_id": first.session_id})
    [before] = entries(signed_in)

    buy("A-1", "A-2")

    _again, after = entries(signed_in)
    cancelled = "You cancelled before paying. Nothing was charged."
    assert before["message"] == f"{cancelled} The seats were released."
    assert after["message"] == f"{cancelled} You have another booking for these seats."
    assert (bool(before["actions"]["pay"]), after["actions"]["pay"]) == (True, None)


def test_a_booking_has_its_number_on_every_page_from_the_first_on(signed_in: Client, buy: Buy) -> None:
    purchase = buy("A-1", "A-2")
    number, address = str(purchase.booking.ticket_reference), purchase.booking.get_absolute_url()
    session = f"?session_id={purchase.session_id}"

    for url in (f"/payments/success/{session}", address, f"{address}cancel/", "/bookings/"):
        assert number in signed_in.get(url).content.decode(), url
    assert number in signed_in.get(f"/payments/cancelled/{session}").content.decode()
    assert signed_in.get(f"/bookings/{number}/").status_code == 404


def test_it_can_be_paid_at_stripe_while_its_session_is_open_and_wanted(signed_in: Client, buy: Buy) -> None:
    purchase = buy()
    assert [entry["checkout_url"] for entry in entries(signed_in)] == [purchase.answer["checkout_url"]]

    Booking.objects.update(cancelled_at=timezone.now())
    assert [entry["checkout_url"] for entry in entries(signed_in)] == [None]

    past = timezone.now() - timedelta(minutes=1)
    Booking.objects.update(cancelled_at=None)
    Payment.objects.update(created_at=past - timedelta(minutes=31), expires_at=past)
    assert [entry["checkout_url"] for entry in entries(signed_in)] == [None]


@pytest.mark.parametrize("number", [1, 6])
def test_many_bookings_cost_as_many_queries_as_one(signed_in: Client, buy: Buy, number: int) -> None:
    for seat in range(1, number + 1):
        buy(f"A-{seat}")

    with CaptureQueriesContext(connection) as queries:
        assert len(entries(signed_in)) == number

    tables = [re.findall(r"FROM \"?(\w+)", query["sql"])[-1] for query in queries]
    assert len(queries) == 3, tables  # the session, the customer, the bookings


# To whom


@pytest.mark.parametrize("slash", ["", "/"])
def test_who_isnt_signed_in_is_told_so_and_not_sent_elsewhere(db: None, client: Client, slash: str) -> None:
    response = client.get(URL + slash)

    assert (response.status_code, response.json()["error"]["code"]) == (401, "not_signed_in")


@pytest.mark.parametrize("slash", ["", "/"])
def test_it_answers_with_and_without_a_slash(signed_in: Client, slash: str) -> None:
    assert signed_in.get(URL + slash).json() == {"bookings": []}


def test_only_reading_is_possible(signed_in: Client) -> None:
    assert signed_in.post(URL, {}, content_type="application/json").status_code == 405


def test_an_unchanged_list_is_304_and_nothing_may_keep_it(signed_in: Client, buy: Buy) -> None:
    buy()
    first = ask(signed_in)
    tag = first.headers["ETag"]

    again = ask(signed_in, **{"If-None-Match": tag})

    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    assert first.headers["Cache-Control"] == again.headers["Cache-Control"] == "no-store"


def test_any_booking_that_changes_makes_another_tag(
    signed_in: Client, buy: Buy, stripe: Sandbox, deliver: Deliver
) -> None:
    first, _second = buy("A-1"), buy("A-2")
    tag = ask(signed_in).headers["ETag"]
    stripe.pay(first.session_id)
    deliver("completed", first)

    response = ask(signed_in, **{"If-None-Match": tag})

    assert response.status_code == 200
    assert response.headers["ETag"] != tag


def test_two_customers_without_bookings_have_two_tags(signed_in: Client) -> None:
    bob = Client()
    sign_in(bob, User.objects.create_user("bob"))

    assert ask(signed_in).headers["ETag"] != ask(bob).headers["ETag"]


# A front end of another origin


def test_a_friendly_front_end_may_ask_with_its_cookies_and_no_other(signed_in: Client) -> None:
    friend, stranger = (ask(signed_in, Origin=origin) for origin in (FRIEND, STRANGER))

    assert friend.headers["Access-Control-Allow-Origin"] == FRIEND
    assert friend.headers["Access-Control-Allow-Credentials"] == "true"
    assert friend.headers["Access-Control-Expose-Headers"] == "ETag"
    assert "origin" in friend.headers["Vary"].split(", ")
    assert [name for name in stranger.headers if name.startswith("Access-Control")] == []


def test_a_friendly_front_end_can_read_that_nobody_is_signed_in(db: None, client: Client) -> None:
    response = ask(client, Origin=FRIEND)

    assert (response.status_code, response.headers["Access-Control-Allow-Origin"]) == (401, FRIEND)


@pytest.mark.parametrize(
    ("address", "method", "headers"),
    [
        (URL, "GET", "if-none-match, prefer"),
        ("/api/payment-status", "GET", "if-none-match, prefer"),
        ("/api/payment-status/verify", "POST", "content-type"),
    ],
)
def test_a_friendly_browser_may_ask_beforehand_and_no_other(
    db: None, client: Client, address: str, method: str, headers: str
) -> None:
    wanted = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
    friend, stranger = (
        client.options(address, headers={**wanted, "Origin": origin}) for origin in (FRIEND, STRANGER)
    )

    allowed = friend.headers["Access-Control-Allow-Headers"].split(", ")
    assert friend.headers["Access-Control-Allow-Origin"] == FRIEND
    assert method in friend.headers["Access-Control-Allow-Methods"]
    assert set(headers.split(", ")) <= set(allowed)
    assert "Access-Control-Allow-Origin" not in stranger.headers


def test_a_friendly_front_end_may_have_stripe_asked(purchase: Purchase, client: Client) -> None:
    wanted = {"session_id": purchase.session_id}
    friend, stranger = (
        client.post("/api/payment-status/verify", wanted, "application/json", headers={"Origin": origin})
        for origin in (FRIEND, STRANGER)
    )

    assert (friend.status_code, friend.headers["Access-Control-Allow-Origin"]) == (200, FRIEND)
    assert "Access-Control-Allow-Origin" not in stranger.headers


@pytest.mark.parametrize("address", ["/api/checkout", "/api/bookings/x/cancel", "/api/webhook/stripe", "/"])
def test_nothing_else_is_open_to_other_origins(db: None, client: Client, address: str) -> None:
    wanted = {"Access-Control-Request-Method": "POST", "Origin": FRIEND}

    assert "Access-Control-Allow-Origin" not in client.options(address, headers=wanted).headers


# The page


def cards(response: Any) -> list[str]:
    """Return the status of each card."""
    return re.findall(r'<li class="stub booking"[^>]*data-status="(\w+)"', response.content.decode())


def test_the_page_of_a_stranger_is_where_one_signs_in(db: None, client: Client) -> None:
    response = client.get("/bookings/")

    assert response.status_code == 302
    assert response.headers["Location"].startswith("/account/")
    assert response.headers["Location"].endswith("?next=/bookings/")


def test_the_page_shows_what_sync_tells(signed_in: Client, buy: Buy, pay: Callable[..., Purchase]) -> None:
    pay("A-1")
    buy("A-2")

    response = signed_in.get("/bookings/")

    assert cards(response) == [entry["status"] for entry in entries(signed_in)] == ["pending", "succeeded"]
    assert f'data-etag="{escape(ask(signed_in).headers["ETag"])}"' in response.content.decode()


def test_a_page_without_bookings_shows_a_way_on(signed_in: Client) -> None:
    response = signed_in.get("/bookings/")

    assert cards(response) == []
    assert "No bookings yet" in response.content.decode()


def test_each_booking_shows_the_picture_of_its_event(signed_in: Client, buy: Buy) -> None:
    buy()
    picture = keep_picture(upload(encoded()), PictureKind.PHOTO)
    Production.objects.create(title="Nights", slug="nights", picture=picture)

    drawn = signed_in.get("/bookings/").content.decode()
    Event.objects.update(production=Production.objects.get())
    uploaded = signed_in.get("/bookings/").content.decode()

    assert f'src="{art_url("Demo Night")}"' in drawn
    assert f'src="{picture.url()}"' in uploaded


def test_the_page_costs_as_many_queries_for_many_bookings_as_for_one(signed_in: Client, buy: Buy) -> None:
    counts = []
    for number, seat in enumerate(("A-1", "A-2", "A-3")):
        buy(seat)
        make_production_of_its_own(Booking.objects.latest("pk"), number)
        with CaptureQueriesContext(connection) as queries:
            signed_in.get("/bookings/")
        counts.append(len(queries))

    assert counts == [counts[0]] * 3


@pytest.mark.parametrize(("minutes", "is_late"), [(9, False), (11, True)])
def test_what_is_undecided_for_ten_minutes_says_what_happens_next(
    signed_in: Client, buy: Buy, minutes: int, is_late: bool
) -> None:
    buy()
    Booking.objects.update(created_at=timezone.now() - timedelta(minutes=minutes))

    page = signed_in.get("/bookings/").content.decode()

    (card,) = re.findall(r'<li class="stub booking"[^>]*>', page)
    assert bool(re.search(r"\bdata-late\b(?!-)", card)) is is_late


def test_what_is_decided_is_never_late(signed_in: Client, pay: Callable[..., Purchase]) -> None:
    pay()
    Booking.objects.update(created_at=timezone.now() - timedelta(days=1))

    assert "data-late" not in signed_in.get("/bookings/").content.decode()


def test_check_again_asks_stripe_and_comes_back(signed_in: Client, buy: Buy, stripe: Sandbox) -> None:
    purchase = buy()
    stripe.pay(purchase.session_id)

    response = signed_in.post(f"/bookings/{purchase.booking.reference}/check/", follow=True)

    assert response.redirect_chain == [("/bookings/", 302)]
    assert cards(response) == ["succeeded"]


def test_check_again_says_so_when_stripe_is_silent(signed_in: Client, buy: Buy, stripe: Sandbox) -> None:
    purchase = buy()
    stripe.fault("GET /v1/checkout/sessions/*", "reset_before", times=3)

    response = signed_in.post(f"/bookings/{purchase.booking.reference}/check/", follow=True)

    assert [str(message) for message in response.context["messages"]] == [
        "We can’t reach the payment provider right now, so we’re still confirming your payment. We’ll keep "
        "trying. Don’t pay again."
    ]
    assert cards(response) == ["pending"]


def test_checking_what_is_decided_asks_nobody(
    signed_in: Client, pay: Callable[..., Purchase], stripe: Sandbox
) -> None:
    purchase = pay()

    signed_in.post(f"/bookings/{purchase.booking.reference}/check/")

    assert stripe.requests(f"GET /v1/checkout/sessions/{purchase.session_id}") == []


def test_a_booking_that_isnt_there_cant_be_checked(signed_in: Client) -> None:
    assert signed_in.post(f"/bookings/{'a' * 26}/check/").status_code == 404


# Who is woken: whatever changes an entry publishes its customer


@pytest.fixture
def heard(transactional_db: None) -> Iterator[Hear]:
    with hearing() as hear:
        yield hear


@pytest.fixture
def changes(heard: Hear, signed_in: Client, ada: User) -> Callable[[Callable[[], Any]], set[str]]:
    """Return a function that does an action, requires that it changed the list, and returns who was woken."""

    def changes(action: Callable[[], Any]) -> set[str]:
        before = entries(signed_in)
        heard()
        action()
        assert entries(signed_in) != before
        return {topic.partition(":")[0] for topic in heard() if not topic.startswith(("event:", "door:"))}

    return changes


BOTH = {"booking", "customer"}


@pytest.mark.django_db(transaction=True)
def test_a_new_booking_and_its_session_wake_its_customer(changes: Any, buy: Buy) -> None:
    assert changes(buy) == BOTH


@pytest.mark.django_db(transaction=True)
def test_money_wakes_its_customer(
    changes: Any, purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id)

    assert changes(lambda: deliver("completed", purchase)) == BOTH


@pytest.mark.django_db(transaction=True)
def test_a_session_that_ends_wakes_its_customer(
    changes: Any, purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.expire(purchase.session_id)

    assert changes(lambda: deliver("expired", purchase)) == BOTH


@pytest.mark.django_db(transaction=True)
def test_what_stripe_told_the_reconciler_wakes_its_customer(changes: Any, purchase: Purchase) -> None:
    assert changes(lambda: reconcile(Run(rate=1000), everything=True)) == BOTH


@pytest.mark.django_db(transaction=True)
def test_leaving_stripes_page_wakes_its_customer(changes: Any, purchase: Purchase, stripe: Sandbox) -> None:
    stripe.fault("POST /v1/checkout/sessions/*", "reset_before", times=3)
    page = f"/payments/cancelled/?session_id={purchase.session_id}"

    assert changes(lambda: Client().get(page)) == BOTH


@pytest.mark.django_db(transaction=True)
def test_each_step_of_a_refund_wakes_its_customer(
    changes: Any, pay: Callable[..., Purchase], stripe: Sandbox, deliver: Deliver
) -> None:
    purchase = pay(card=PENDING_CARD)

    def tell() -> None:
        for event in stripe.events():
            if event["type"].startswith(("refund.", "charge.refund")):
                deliver(event)

    refund = stripe.refund(purchase.session_id, 1000)
    assert changes(tell) == BOTH
    stripe.settle_refund(refund["id"], "succeeded")
    assert changes(tell) == BOTH


@pytest.mark.django_db(transaction=True)
def test_a_dispute_wakes_its_customer(
    changes: Any, pay: Callable[..., Purchase], stripe: Sandbox, deliver: Deliver
) -> None:
    purchase = pay()
    stripe.dispute(purchase.session_id)
    (event,) = [event for event in stripe.events() if event["type"] == "charge.dispute.created"]

    assert changes(lambda: deliver(event)) == BOTH


@pytest.mark.django_db(transaction=True)
def test_a_code_that_is_drawn_after_all_wakes_its_customer(
    changes: Any, pay: Callable[..., Purchase]
) -> None:
    pay("A-1")
    ticket = Ticket.objects.get()
    Ticket.objects.update(qr_png=None, drawing_error="no ink")

    assert changes(lambda: redraw(ticket.pk)) == BOTH


@pytest.mark.django_db(transaction=True)
def test_giving_a_ticket_back_wakes_its_customer(
    changes: Any, pay: Callable[..., Purchase], event: Event, signed_in: Client
) -> None:
    Event.objects.update(cancellable_until=event.starts_at - timedelta(days=1))
    pay("A-1", "A-2")
    (entry,) = entries(signed_in)
    cancel = entry["actions"]["cancel"]["api"]

    assert changes(lambda: signed_in.post(cancel, {"seats": ["A-1"]}, "application/json")) == BOTH


@pytest.mark.django_db(transaction=True)
def test_a_ticket_for_somebody_else_wakes_its_customer(
    changes: Any, pay: Callable[..., Purchase], signed_in: Client
) -> None:
    pay("A-1")
    page = f"{Ticket.objects.get().get_absolute_url()}name/"

    assert changes(lambda: signed_in.post(page, {"name": "Grace Hopper"})) == BOTH


@pytest.mark.django_db(transaction=True)
def test_a_guests_booking_that_is_claimed_wakes_its_customer(
    changes: Any, ada: User, event: Event, stripe: Sandbox
) -> None:
    wish = {"event": "demo-night", "seats": ["A-1"], "name": "Ada", "email": "Ada@example.com"}
    assert Client().post("/api/checkout", wish, content_type="application/json").status_code == 201
    EmailAddress.objects.create(user=ada, email="ada@example.com", verified=True)

    assert changes(lambda: claim_bookings(ada)) == BOTH
