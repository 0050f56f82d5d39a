"""Every query that a growing shop asks often is served by an index that was made for it."""

import re
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookings.models import Booking
from payments.fsck import inspect, jobs
from payments.health import counting
from payments.ledger.going_live import open_test_payments
from payments.models import Payment, StripeEvent
from payments.reconciliation.checks import due
from payments.reconciliation.run import Run
from payments.staff.alerts import survey
from tests.support import old_shop
from tests.support.at_the_door.phones import pair_device
from tests.support.sandbox import Sandbox
from tests.support.shared import shared
from tests.support.shop import BoxOffice, Buy, Deliver

GROWING = [
    *("bookings_booking", "bookings_bookedseat", "bookings_seat", "bookings_ticket"),
    *("payments_payment", "payments_transition", "payments_stripeevent", "payments_check"),
    *("payments_refund", "payments_dispute", "payments_notice"),
]
SCANNED = re.compile(rf"Seq Scan on ({'|'.join(GROWING)})\b")
SCANNED_AT_THE_DOOR = re.compile(r"Seq Scan on (bookings_(?:scan|entry))\b")
NAMED = re.compile(r"(?:using|Index Scan on) (\w+)")
LIST = "/admin/payments/payment/"
# Each of these has them, and little else.
UNDECIDED = "payment_undecided|payment_one_undecided|payment_unusual|payments_payment_session_id_key"


@shared
def world(box_office: BoxOffice) -> Payment:
    """An old shop, and the newest payment of it that somebody without an account made."""
    old_shop.fill()
    return Payment.objects.filter(status="succeeded", booking__customer=None).latest("pk")


@pytest.fixture
def staff(world: Payment) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("boss", "", "x"), "customers.backends.StaffBackend")
    return client


@pytest.fixture
def customer(world: Payment) -> Client:
    client = Client()
    client.force_login(User.objects.earliest("pk"), "customers.backends.MailedCodeBackend")
    return client


def plans(ask: Callable[[], Any]) -> str:
    """Return how PostgreSQL answers what ``ask`` asks; it reads a whole table only for lack of an index."""
    with CaptureQueriesContext(connection) as queries:
        ask()
    # What is asked again under its name has no text.
    said = {query["sql"] for query in queries if query["sql"]}
    asked = {sql for sql in said if re.match(r"\W*(SELECT|UPDATE|WITH)", sql)}
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        lines = [line for sql in sorted(asked) for line in _explain(cursor, sql)]
        cursor.execute("SET LOCAL enable_seqscan = on")
    return "\n".join(lines)


def _explain(cursor: Any, sql: str) -> Iterable[str]:
    if "set_config" in sql or "pg_notify" in sql:
        return []
    cursor.execute(f"EXPLAIN (GENERIC_PLAN) {sql}")  # Compiled statements are known without their values.
    return [line for (line,) in cursor.fetchall()]


def indexes(found: str) -> set[str]:
    return set(NAMED.findall(found))


def assert_served(found: str, *names: str) -> None:
    assert SCANNED.findall(found) == []
    for name in names:
        assert_one_of(found, name)


def assert_one_of(found: str, names: str) -> None:
    """Assert that an index was used whose name begins with one of ``names``, which ``|`` separates."""
    used = indexes(found)
    assert any(index.startswith(tuple(names.split("|"))) for index in used), (names, sorted(used))


# By the address, in which what is known of the newest payment is filled in: the indexes.
OF_ANYBODY = {
    "/": ["seat_|bookings_seat_event"],
    "/events/night-1/": ["bookings_event_slug", "seat_label_unique|bookings_seat_event"],
    "/api/events/night-1/seats": ["bookings_event_slug"],
    "/api/payment-status?session_id={session}": ["payments_payment_session_id", "bookings_ticket_booking_id"],
    "/bookings/{booking}/": ["bookings_booking_reference"],
    "/tickets/{ticket}/": ["bookings_ticket_code"],
    "/metrics": [
        *("payment_to_check", UNDECIDED, "booking_held|booking_of_network"),
        *("stripe_event_undone", "refund_unfinished"),
    ],
    "/readyz": [UNDECIDED, "stripe_event_undone", "refund_unfinished"],
}
OF_STAFF = {
    LIST: ["payment_newest", "event_ends"],
    f"{LIST}?status__exact=expired": ["payment_unusual"],
    # Either has them, and which is cheaper depends on a sample.
    f"{LIST}?stripe_state__exact=refunded": ["payment_unusual_at_stripe|payment_compared"],
    f"{LIST}?problem__exact=paid_twice": ["payment_with_problem"],
    f"{LIST}?booking__event__id__exact={{event}}": ["bookings_booking_event_id"],
    f"{LIST}?trouble=unmailed": ["booking_unmailed", "notification_unsent"],
    f"{LIST}?q={{email}}": ["booking_address"],
    f"{LIST}?q={{name}}": ["booking_names", "ticket_names"],
    f"{LIST}?q={{booking}}": ["bookings_booking_reference", "payments_payment_reference"],
    f"{LIST}?q={{spoken}}": ["bookings_booking_ticket_reference"],
    f"{LIST}?q=B-7": ["seat_labelled", "bookings_bookedseat_seat_id"],
    f"{LIST}?q=7919": ["payment_of_card", "payment_asked_for"],
    f"{LIST}?q=84.00": ["payment_asked_for", "payment_received", "payment_presented"],
    f"{LIST}?q={{intent}}": ["payments_payment_payment_intent_id"],
    f"{LIST}?q=evt_1": ["payments_stripeevent_event_id", "payments_refund_refund_id"],
    f"{LIST}{{pk}}/change/": ["payments_transition_payment_id", "payments_stripeevent_payment_id"],
    "/admin/bookings/booking/": ["booking_newest"],
    "/admin/bookings/booking/?status__exact=released": ["booking_unconfirmed"],
    "/admin/bookings/booking/?q={name}": ["booking_names", "ticket_names"],
    "/admin/bookings/ticket/?status__exact=void": ["ticket_stopped"],
    "/admin/bookings/ticket/?booking__event__id__exact={event}": ["bookings_booking_event_id"],
    "/admin/bookings/ticket/?q={name}": ["booking_names", "ticket_names"],
    "/admin/bookings/seat/": ["seat_place_unique|bookings_seat_event_id|seat_label_unique"],
    "/admin/payments/stripeevent/": ["stripe_event_newest", "stripe_event_of_type"],
    "/admin/payments/stripeevent/?type=charge.succeeded": ["stripe_event_of_type"],
}
OF_ALERTS = [
    *("payment_paid_unheard", "payment_compared", "payment_unchecked", "payment_with_problem"),
    *(UNDECIDED, "payment_unusual", "stripe_event_undone", "refund_unfinished"),
    *("refund_unassigned", "refund_unreadable", "dispute_waiting"),
    *("dispute_unassigned|payments_dispute_payment_id", "dispute_unreadable", "fraud_warning_actionable"),
    *("ticket_undrawn", "booking_unmailed"),
    *("notification_unsent", "bookings_ticket_booking_id"),
]


def filled_in(address: str, payment: Payment) -> str:
    booking = payment.booking
    return address.format(
        pk=payment.pk,
        session=payment.session_id,
        intent=payment.payment_intent_id,
        booking=booking.reference,
        spoken=booking.ticket_reference,
        email=booking.email,
        name=booking.name,
        event=booking.event_id,
        ticket=booking.tickets.earliest("pk").code,
    )


def open_page(client: Client, address: str) -> Callable[[], None]:
    def ask() -> None:
        assert client.get(address).status_code == 200, address

    return ask


def test_what_the_benchmark_fills_a_shop_with_is_in_order(world: Payment) -> None:
    assert Booking.objects.count() == old_shop.PAYMENTS
    assert inspect() == []


@pytest.mark.parametrize("address", OF_ANYBODY)
def test_a_page_that_many_open_is_read_by_indexes(
    address: str, world: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "EXACT_UP_TO", 0)  # As in a large shop.

    found = plans(open_page(Client(), filled_in(address, world)))

    assert_served(found, *OF_ANYBODY[address])


@pytest.mark.parametrize("address", OF_STAFF)
def test_a_list_or_a_search_of_staff_is_read_by_indexes(address: str, world: Payment, staff: Client) -> None:
    found = plans(open_page(staff, filled_in(address, world)))

    assert_served(found, *OF_STAFF[address])


def test_the_alerts_of_the_front_page_are_read_by_indexes_of_what_is_unusual(world: Payment) -> None:
    found = plans(survey)

    assert_served(found, *OF_ALERTS)


def test_the_alert_about_test_mode_is_too(world: Payment, settings: Any) -> None:
    settings.STRIPE_SECRET_KEY = "sk_live_admit"

    assert_served(plans(survey), "payment_of_test")
    assert_served(plans(lambda: list(open_test_payments())), "payment_of_test")


def test_a_customers_bookings_are_read_by_indexes(customer: Client) -> None:
    found = plans(open_page(customer, "/api/bookings/sync"))

    assert_served(found, "booking_of_customer", "payments_payment_booking_id", "payments_refund_payment_id")


# What devices at the door ask: since when, or for whom.
OF_THE_DOOR = {
    "list": [],
    "list?since={now}": ["ticket_changed"],
    "search?q={name}": ["booking_names", "ticket_names"],
    "search?q={spoken}": ["bookings_booking_ticket_reference"],
    "search?q=B-7": ["seat_labelled"],
}


@pytest.mark.parametrize("address", OF_THE_DOOR)
def test_what_a_device_at_the_door_asks_is_read_by_indexes(address: str, world: Payment) -> None:
    phone = pair_device(world.booking.event)
    now = str(int(1000 * timezone.now().timestamp()))
    asked = filled_in(address.replace("{now}", now), world)

    found = plans(open_page(phone, f"/api/door/events/{world.booking.event_id}/{asked}"))

    assert_served(found, *OF_THE_DOOR[address])
    assert SCANNED_AT_THE_DOOR.findall(found) == []


def test_what_is_due_is_read_by_indexes(world: Payment) -> None:
    def choose() -> None:
        list(Payment.objects.unopened(before=timezone.now()))
        list(due(Run(is_dry=True), Payment.objects.with_booking(), everything=False))
        list(StripeEvent.objects.to_retry(timezone.now()))

    assert_served(plans(choose), UNDECIDED, "payment_to_check", "stripe_event_undone")


def test_rows_that_wait_for_a_job_are_read_by_indexes(world: Payment) -> None:
    found = plans(lambda: list(jobs.missing()))

    assert_served(found, "booking_unmailed", "ticket_undrawn", "refund_due", "notification_unsent")


def test_a_confirmation_is_read_by_indexes(
    world: Payment, stripe: Sandbox, buy: Buy, deliver: Deliver
) -> None:
    purchase = buy("B-1", "B-2", event="night-9")
    stripe.pay(purchase.session_id)

    found = plans(lambda: deliver("completed", purchase))

    assert purchase.payment.status == "succeeded"
    assert_served(found, "payments_payment_session_id", "bookings_seat_booking_id")


def test_a_query_without_an_index_is_noticed(world: Payment) -> None:
    found = plans(lambda: list(Payment.objects.filter(error_message="Boom").order_by()))

    assert SCANNED.findall(found) == ["payments_payment"]
