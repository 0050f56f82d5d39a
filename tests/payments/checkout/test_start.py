import re
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from procrastinate.contrib.django.models import ProcrastinateJob

from bookings.models import Booking, BookingStatus, Event, Seat
from payments import tasks
from payments.checkout import limits, start
from payments.gateway.checkout.session_params import SESSION_LIFE
from payments.gateway.checkout.sessions import fetch_session
from payments.gateway.errors import StripeUnavailable
from payments.gateway.transport.client import THREADS
from payments.models import Payment, PaymentStatus, shop_id
from tests.support.sandbox import Sandbox
from tests.support.shop import Buy, Deliver, Purchase, make_event

WISH = {"event": "demo-night", "seats": ["A-1", "A-2"], "name": "Ada", "email": "ada@example.com"}
BEST = {"event": "demo-night", "name": "Ada", "email": "ada@example.com"}
SESSIONS = "POST /v1/checkout/sessions"


def post(client: Client, wish: Any = WISH, **headers: str) -> Any:
    return client.post("/api/checkout", wish, content_type="application/json", headers=headers)


def error(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


def test_a_checkout_answers_as_the_contract_says(purchase: Purchase, stripe: Sandbox) -> None:
    payment, session = purchase.payment, stripe.session(purchase.session_id)

    assert purchase.answer == {
        "booking": payment.booking.reference,
        "session_id": session["id"],
        "checkout_url": session["url"],
        "expires_at": payment.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "status_url": f"/api/payment-status?session_id={session['id']}",
    }


def test_stripe_is_told_what_is_bought_and_our_references(purchase: Purchase, stripe: Sandbox) -> None:
    payment, session = purchase.payment, stripe.session(purchase.session_id)
    (request,) = stripe.requests(SESSIONS)

    assert (session["amount_total"], session["currency"]) == (8400, "eur")
    assert session["metadata"] == {
        "payment": payment.reference,
        "shop": shop_id(),
        # What the booking can be made again from, if it is lost here.
        "event": "demo-night",
        "name": "Ada Lovelace",
        "language": "en-gb",
    }
    assert session["client_reference_id"] == payment.booking.reference
    assert session["customer_email"] == "ada@example.com"
    assert request["headers"]["idempotency-key"] == f"checkout-{payment.reference}"
    assert session["success_url"] == "http://testserver/payments/success/?session_id={CHECKOUT_SESSION_ID}"


def test_the_session_ends_in_half_an_hour_and_the_hold_after_it(purchase: Purchase, stripe: Sandbox) -> None:
    payment = purchase.payment

    ends_at = parse_datetime(purchase.answer["expires_at"])
    assert timedelta(minutes=31) < payment.expires_at - payment.created_at <= SESSION_LIFE
    assert ends_at == payment.expires_at
    assert stripe.session(purchase.session_id)["expires_at"] == int(payment.expires_at.timestamp())
    assert payment.booking.held_until > payment.expires_at


def test_the_intent_will_carry_our_reference_too(purchase: Purchase, stripe: Sandbox) -> None:
    stripe.pay(purchase.session_id)

    (charge,) = [event for event in stripe.events() if event["type"] == "charge.succeeded"]
    mark = {"payment": purchase.payment.reference, "shop": shop_id()}
    assert charge["data"]["object"]["metadata"] == mark


def test_a_quantity_takes_neighbours(buy: Buy) -> None:
    purchase = buy(quantity=3)

    assert list(purchase.booking.seats.values_list("label", flat=True)) == ["A-4", "A-5", "A-6"]


@pytest.mark.parametrize(
    "change",
    [
        {"seats": []},
        {"seats": "A-1"},
        {"seats": ["A-1", "A-1"]},
        {"seats": [{"a": 1}]},
        {"seats": ["\x00"]},
        {"seats": ["Z-99"]},
        {"seats": [f"A-{number}" for number in range(21)]},
        {"quantity": 2},
        {"seats": None, "quantity": 0},
        {"seats": None, "quantity": -1},
        {"seats": None, "quantity": 21},
        {"seats": None, "quantity": "many"},
        {"name": ""},
        {"name": "x" * 201},
        {"name": "a\x00b"},
        {"email": "nobody"},
        {"email": f"{'a' * 60}@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.com"},
        {"email": ""},
        {"event": ""},
    ],
    ids=str,
)
def test_a_wish_that_makes_no_sense_is_explained(
    event: Event, client: Client, change: dict[str, Any]
) -> None:
    wish = {key: value for key, value in {**WISH, **change}.items() if value is not None}

    response = post(client, wish)

    assert error(response) == (400, "invalid")
    assert response.json()["error"]["message"]
    assert not Booking.objects.exists()


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '"x"', "[1]", "[" * 65_000], ids=len)
def test_a_body_that_is_no_object_is_explained(event: Event, client: Client, body: str) -> None:
    response = client.post("/api/checkout", body, content_type="application/json")

    assert response.status_code == 400
    assert response.json()["error"]["message"]


def test_an_unknown_event_is_a_404(event: Event, client: Client) -> None:
    assert error(post(client, {**WISH, "event": "never"})) == (404, "unknown_event")


def test_taken_seats_are_named_and_nothing_else_is_held(buy: Buy, client: Client) -> None:
    buy("A-1")

    response = post(client)

    assert error(response) == (409, "seats_taken")
    assert response.json()["error"]["seats"] == ["A-1"]
    assert Seat.objects.free().filter(label="A-2").exists()


def test_more_seats_than_there_are_is_sold_out(buy: Buy, client: Client) -> None:
    buy(*[f"A-{number}" for number in range(1, 11)])
    buy(*[f"B-{number}" for number in range(1, 10)])

    response = post(client, {**{k: v for k, v in WISH.items() if k != "seats"}, "quantity": 2})

    assert error(response) == (409, "sold_out")
    assert response.json()["error"]["message"] == "Only 1 seat is left."


@pytest.mark.parametrize(("start", "end"), [(1, 2), (-2, -1)], ids=["before", "after"])
def test_nothing_is_sold_outside_the_sales_window(db: None, client: Client, start: int, end: int) -> None:
    now = timezone.now()
    make_event(sales_from=now + timedelta(days=start), sales_until=now + timedelta(days=end))

    assert error(post(client)) == (409, "not_on_sale")


def test_too_many_purchases_from_one_address_are_429(db: None, client: Client) -> None:
    answers = {post(client, {}).status_code for _ in range(600)}

    assert answers == {400}
    assert error(post(client, {})) == (429, "throttled")


# The same wish again


def test_a_repeated_key_returns_the_first_answer(event: Event, stripe: Sandbox, client: Client) -> None:
    first = post(client, **{"Idempotency-Key": "k1"})
    second = post(client, **{"Idempotency-Key": "k1"})

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert len(stripe.sessions()) == Booking.objects.count() == 1


def test_a_repeated_key_tells_how_it_ended_and_leads_to_no_dead_page(
    event: Event, stripe: Sandbox, client: Client, deliver: Deliver
) -> None:
    first = post(client, **{"Idempotency-Key": "k1"}).json()
    stripe.pay(first["session_id"])
    deliver(stripe.event("completed", first["session_id"]))

    again = post(client, **{"Idempotency-Key": "k1"})

    del first["checkout_url"]
    assert (again.status_code, again.json()) == (200, {**first, "status": "succeeded"})
    assert Booking.objects.count() == 1


def end_by_stripe(purchase: Purchase, stripe: Sandbox, deliver: Deliver) -> None:
    stripe.expire(purchase.session_id)
    deliver("expired", purchase)


def end_by_customer(purchase: Purchase, stripe: Sandbox, deliver: Deliver) -> None:
    stripe.fault("POST /v1/checkout/sessions/*/expire", "reset_before", times=3)
    Client().get(f"/payments/cancelled/?session_id={purchase.session_id}")


def end_by_time(purchase: Purchase, stripe: Sandbox, deliver: Deliver) -> None:
    past = timezone.now() - timedelta(minutes=1)
    Payment.objects.update(created_at=past - timedelta(minutes=31), expires_at=past)


def end_by_being_unknown(purchase: Purchase, stripe: Sandbox, deliver: Deliver) -> None:
    Payment.objects.update(stripe_state="missing")


@pytest.mark.parametrize(
    ("end", "status"),
    [
        (end_by_stripe, "expired"),
        (end_by_customer, "pending"),
        (end_by_time, "pending"),
        (end_by_being_unknown, "pending"),
    ],
)
def test_a_repeated_key_whose_session_can_not_be_paid_any_more_has_no_address(
    event: Event, stripe: Sandbox, client: Client, deliver: Deliver, end: Any, status: str
) -> None:
    first = post(client, **{"Idempotency-Key": "k1"}).json()
    end(Purchase(first["session_id"], first), stripe, deliver)

    again = post(client, **{"Idempotency-Key": "k1"})

    assert (again.status_code, again.json()["status"]) == (200, status)
    assert "checkout_url" not in again.json()


def test_a_key_used_for_another_wish_is_refused(event: Event, stripe: Sandbox, client: Client) -> None:
    post(client, **{"Idempotency-Key": "k1"})

    response = post(client, {**WISH, "seats": ["A-3"]}, **{"Idempotency-Key": "k1"})

    assert error(response) == (400, "idempotency_key_reused")
    assert Booking.objects.count() == 1


def test_without_a_key_the_same_wish_meets_its_own_seats(
    event: Event, stripe: Sandbox, client: Client
) -> None:
    post(client)

    assert error(post(client)) == (409, "seats_taken")


def test_a_repeat_after_the_process_died_finishes_the_first_ones_work(
    event: Event, stripe: Sandbox, client: Client
) -> None:
    first = post(client, **{"Idempotency-Key": "k1"}).json()
    Payment.objects.update(session_id=None, checkout_url="")  # As if killed before Stripe's answer was saved.

    assert post(client, **{"Idempotency-Key": "k1"}).json() == first
    assert len(stripe.sessions()) == 1


# Stripe in trouble


@pytest.mark.parametrize("do", ["500_after", "reset_after", "500_before", "reset_before", "409"])
def test_one_lost_reply_is_asked_for_again_and_makes_one_session(
    do: str, event: Event, stripe: Sandbox, client: Client
) -> None:
    stripe.fault(SESSIONS, do)

    response = post(client)

    assert response.status_code == 201
    assert [session["id"] for session in stripe.sessions()] == [response.json()["session_id"]]


@pytest.mark.parametrize("do", ["500_after", "reset_after", "500_before", "reset_before", "timeout_before"])
def test_stripe_away_means_503_and_free_seats(
    do: str, event: Event, stripe: Sandbox, client: Client, settings: Any
) -> None:
    settings.STRIPE_TIMEOUT = (1, 1)
    stripe.fault(SESSIONS, do, times=3)

    response = post(client)

    assert error(response) == (503, "stripe_unavailable")
    assert response.headers["Retry-After"] == "10"
    assert Seat.objects.free().count() == 20
    assert Payment.objects.get().status == PaymentStatus.FAILED
    assert Booking.objects.get().status == BookingStatus.RELEASED


def test_a_429_that_does_not_end_in_time_means_503_and_free_seats(
    event: Event, stripe: Sandbox, client: Client, settings: Any
) -> None:
    settings.STRIPE_LINE_SECONDS = 0.1
    stripe.fault(SESSIONS, "429")

    response = post(client)

    assert error(response) == (503, "stripe_unavailable")
    assert Seat.objects.free().count() == 20
    assert stripe.sessions() == []


def test_while_all_who_may_wait_for_a_slow_stripe_do_the_next_is_asked_to_come_back(
    event: Event, stripe: Sandbox, client: Client, settings: Any
) -> None:
    with ExitStack() as threads:
        for _ in range(settings.STRIPE_THREADS):
            threads.enter_context(THREADS)
        busy, page = post(client), client.get("/events/demo-night/")
    free = Seat.objects.free().count()

    assert error(busy) == (503, "stripe_unavailable")
    assert busy.headers["Retry-After"] == "10"
    assert (page.status_code, free) == (200, 20)
    assert post(client).status_code == 201


def test_after_a_503_the_same_key_starts_afresh(event: Event, stripe: Sandbox, client: Client) -> None:
    stripe.fault(SESSIONS, "reset_before", times=3)
    post(client, **{"Idempotency-Key": "k1"})

    response = post(client, **{"Idempotency-Key": "k1"})

    assert response.status_code == 201
    assert Payment.objects.count() == 2


@pytest.mark.parametrize("do", ["500_before", "500_after", "reset_after"])
def test_a_session_whose_address_was_lost_is_closed(
    do: str, event: Event, stripe: Sandbox, client: Client
) -> None:
    stripe.fault(SESSIONS, do, times=3)
    post(client)

    tasks.withdraw_session(payment_id=Payment.objects.get().pk)

    assert {session["status"] for session in stripe.sessions()} <= {"expired"}


def test_a_payment_that_stripe_refused_needs_no_withdrawal(
    event: Event, stripe: Sandbox, client: Client
) -> None:
    Seat.objects.filter(label="A-1").update(price=10)
    post(client, {**WISH, "seats": ["A-1"]})

    assert not ProcrastinateJob.objects.filter(task_name="payments.tasks.withdraw_session").exists()


def test_an_address_that_stripe_refuses_is_the_customers_to_mend(
    event: Event, stripe: Sandbox, client: Client
) -> None:
    response = post(client, {**WISH, "email": "ada@localhost"})

    assert error(response) == (400, "invalid")
    assert Seat.objects.free().count() == 20


def test_a_payment_given_up_before_stripes_answer_is_not_sold(purchase: Purchase, stripe: Sandbox) -> None:
    payment, session = purchase.payment, fetch_session(purchase.session_id)
    Payment.objects.update(status=PaymentStatus.FAILED, processed_at=timezone.now())

    with pytest.raises(StripeUnavailable):
        start._keep(payment, session)


def test_a_refusal_frees_the_seats_too(event: Event, stripe: Sandbox, client: Client) -> None:
    Seat.objects.filter(label="A-1").update(price=10)  # Below what Stripe charges at least.

    response = post(client, {**WISH, "seats": ["A-1"]})

    assert error(response) == (503, "stripe_unavailable")
    assert Seat.objects.free().count() == 20


def test_a_payment_whose_process_died_is_given_up_by_the_reconciler(
    event: Event, stripe: Sandbox, client: Client
) -> None:
    post(client)
    long_ago = timezone.now() - timedelta(minutes=3)
    Payment.objects.update(session_id=None, checkout_url="", created_at=long_ago)

    tasks.reconcile(timestamp=0)

    assert Payment.objects.get().status == PaymentStatus.FAILED
    assert Seat.objects.free().count() == 20


def test_the_reconciler_leaves_payments_alone_that_wait_for_stripe(
    event: Event, stripe: Sandbox, client: Client
) -> None:
    post(client)
    Payment.objects.update(session_id=None, checkout_url="")

    tasks.reconcile(timestamp=0)

    assert Payment.objects.get().status == PaymentStatus.PENDING


def test_one_payment_that_cannot_be_given_up_keeps_no_other_from_it(
    event: Event, stripe: Sandbox, client: Client
) -> None:
    for seat in ("A-1", "A-2"):
        post(client, {**WISH, "seats": [seat]})
    long_ago = timezone.now() - timedelta(minutes=3)
    Payment.objects.update(session_id=None, checkout_url="", created_at=long_ago)
    first, second = Payment.objects.order_by("pk")
    with connection.cursor() as cursor:  # The database refuses to let the first one go.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        stuck = f"CHECK (id <> {first.pk} OR status = 'pending')"
        cursor.execute(f"ALTER TABLE payments_payment ADD CONSTRAINT stuck {stuck}")

    tasks.reconcile(timestamp=0)

    statuses = dict(Payment.objects.values_list("pk", "status"))
    assert statuses == {first.pk: PaymentStatus.PENDING, second.pk: PaymentStatus.FAILED}


# Cancelling


def test_the_cancelled_page_closes_the_session_and_frees_the_seats(
    purchase: Purchase, stripe: Sandbox, client: Client
) -> None:
    response = client.get(f"/payments/cancelled/?session_id={purchase.session_id}")

    assert response.status_code == 200
    assert stripe.session(purchase.session_id)["status"] == "expired"
    assert purchase.payment.status == PaymentStatus.EXPIRED
    assert Seat.objects.free().count() == 20


def test_stripes_cancel_link_leads_to_the_cancelled_page(
    purchase: Purchase, stripe: Sandbox, client: Client
) -> None:
    response = client.get(stripe.session(purchase.session_id)["cancel_url"])

    assert response.status_code == 200
    assert purchase.payment.status == PaymentStatus.EXPIRED


def test_cancelling_what_was_paid_a_moment_ago_gives_the_tickets(
    purchase: Purchase, stripe: Sandbox, client: Client
) -> None:
    stripe.pay(purchase.session_id)

    response = client.get(f"/payments/cancelled/?session_id={purchase.session_id}")

    assert response.context["outcome"] == "paid"
    assert purchase.tickets == ["A-1", "A-2"]


def test_cancelling_while_the_bank_works_keeps_the_seats(
    purchase: Purchase, stripe: Sandbox, client: Client
) -> None:
    stripe.pay(purchase.session_id, method="us_bank_account", outcome="processing")

    response = client.get(f"/payments/cancelled/?session_id={purchase.session_id}")

    assert response.context["outcome"] == "processing"
    assert Seat.objects.free().count() == 18


def test_cancelling_while_stripe_is_away_keeps_the_seats(
    purchase: Purchase, stripe: Sandbox, client: Client
) -> None:
    stripe.fault("POST /v1/checkout/sessions/*/expire", "reset_before", times=3)

    response = client.get(f"/payments/cancelled/?session_id={purchase.session_id}")

    assert response.context["outcome"] == "held"
    assert purchase.payment.status == PaymentStatus.PENDING
    assert Seat.objects.free().count() == 18


def test_looking_at_the_headers_of_the_cancelled_page_cancels_nothing(
    purchase: Purchase, stripe: Sandbox, client: Client
) -> None:
    assert client.head(f"/payments/cancelled/?session_id={purchase.session_id}").status_code == 200
    assert stripe.session(purchase.session_id)["status"] == "open"


def test_cancelling_twice_is_cancelling_once(purchase: Purchase, stripe: Sandbox, client: Client) -> None:
    for _ in range(2):
        response = client.get(f"/payments/cancelled/?session_id={purchase.session_id}")

        assert response.context["outcome"] == "released"
    assert len(stripe.requests("/expire")) == 1


def kinds(asked: CaptureQueriesContext) -> list[str]:
    """Return what each statement does, and the first table in it."""
    tables = [
        re.findall(r"\b(?:account|bookings|customers|legal|payments)_\w+", it["sql"])[:1] for it in asked
    ]
    return [" ".join([it["sql"].split()[0], *table]) for it, table in zip(asked, tables, strict=True)]


@pytest.mark.parametrize("wish", [{"seats": ["A-1"]}, {"quantity": 2}])
def test_who_comes_too_late_costs_a_count_and_two_reads_and_no_transaction(
    wish: Any, purchase: Purchase, client: Client
) -> None:
    Seat.objects.update(booking=purchase.payment.booking)

    with CaptureQueriesContext(connection) as asked:
        response = post(client, {**BEST, **wish})

    assert response.status_code == 409
    assert kinds(asked) == ["INSERT customers_requestcount", "SELECT bookings_event", "SELECT bookings_seat"]


def test_a_checkout_takes_this_many_statements(
    purchase: Purchase,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    wish = {"event": "demo-night", "name": "Ada", "email": "a@example.com", "quantity": 1}
    monkeypatch.setattr(limits, "_is_share_high", {})
    with CaptureQueriesContext(connection) as asked, django_capture_on_commit_callbacks(execute=True):
        response = post(client, wish, **{"Idempotency-Key": "k1"})

    assert response.status_code == 201
    assert kinds(asked) == [
        "INSERT customers_requestcount",
        "SELECT bookings_event",
        "SELECT bookings_seat",  # whether it is too late
        "SELECT account_emailaddress",  # whose account it is
        "SELECT payments_restore",  # whether sales are paused
        "SAVEPOINT",
        "SELECT",  # how long to wait for locks
        "SELECT",  # the turn of its attempt, its browser, its address and its network
        "SELECT payments_payment",  # whether the attempt is known
        "SELECT payments_countersale",
        "SELECT legal_legaltext",  # which terms there are to agree to
        "SELECT bookings_seat",  # the open holds of the three
        "SELECT bookings_booking",  # what is held of the event, unless the process has just counted it
        "SAVEPOINT",
        "WITH bookings_seat",  # the best blocks
        "SELECT bookings_seat",  # the lock
        "SELECT bookings_waitingentry",  # whether somebody waits for them
        "INSERT bookings_booking",
        "INSERT bookings_bookedseat",
        "UPDATE bookings_seat",
        "RELEASE",
        "SELECT bookings_bookedseat",
        "SELECT payments_installation",
        "INSERT payments_payment",
        "RELEASE",
        "WITH payments_stripeallowance",  # in a web process, on a connection of the line's own
        "UPDATE payments_payment",  # the session
        "SELECT",  # NOTIFY: the seats are held
    ]
