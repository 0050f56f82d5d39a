"""Which account a booking is in: bookings find the owner of their address, and stay with the first one."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookings.models import Booking, Event
from bookings.orders.buyers import Buyer
from bookings.seats.holds import hold_seats
from customers import claims
from tests.support.accounts import ask_for_code, change_address, enter, mailed_code, make_account, sign_in
from tests.support.listening import Hear, hearing
from tests.support.sandbox import Sandbox
from tests.support.shop import Buy, make_event
from tests.support.threads import at_once

ADA, BOB = "ada@example.com", "bob@example.com"

pytestmark = pytest.mark.django_db


def book(event: Event, *labels: str, email: str = ADA, account: User | None = None) -> Booking:
    buyer = Buyer(name="Ada", email=email, account=account)
    return hold_seats(event, buyer, labels=labels, until=timezone.now() + timedelta(minutes=30))


def owner(booking: Booking) -> User | None:
    booking.refresh_from_db()
    return booking.customer


def test_what_was_booked_as_a_guest_is_in_the_account_after_signing_in(event: Event, client: Client) -> None:
    mine, typed_otherwise = book(event, "A-1"), book(event, "A-2", email="Ada@EXAMPLE.com")
    another = book(event, "A-3", email=BOB)

    user = sign_in(client, ADA)

    assert [owner(it) for it in (mine, typed_otherwise, another)] == [user, user, None]


def test_who_finds_bookings_in_the_account_is_told(event: Event, client: Client) -> None:
    book(event, "A-1")
    book(event, "A-2")
    sign_in(client, ADA)

    page = client.get("/").content.decode()

    assert "2 bookings with this address are now in your account." in page


def test_a_booking_in_another_account_stays_there(event: Event, client: Client) -> None:
    bob = User.objects.create_user("bob", BOB)
    given = book(event, "A-1", account=bob)

    sign_in(client, ADA)

    assert owner(given) == bob


def test_asking_for_a_code_claims_nothing(event: Event, client: Client) -> None:
    mine = book(event, "A-1")

    client.post("/account/login/", {"email": ADA})

    assert owner(mine) is None


def test_an_address_that_nobody_proved_claims_nothing(event: Event, client: Client) -> None:
    somebody = User.objects.create_user("ada", ADA)
    somebody.emailaddress_set.create(email=ADA, verified=False)  # type: ignore[attr-defined]
    mine = book(event, "A-1")

    user = sign_in(client, ADA)

    assert user != somebody
    assert owner(mine) == user


def test_later_purchases_as_a_guest_come_to_the_account_at_once(buy: Buy, client: Client) -> None:
    user = sign_in(Client(), ADA)

    assert buy("A-1", email="ADA@example.com").booking.customer == user
    assert buy("A-2", email=BOB).booking.customer is None


def test_who_is_signed_in_buys_for_their_account_whatever_the_address(buy: Buy, client: Client) -> None:
    bob = sign_in(Client(), BOB)
    ada = sign_in(client, ADA)

    purchase = buy("A-1", email=BOB)

    assert purchase.booking.customer == ada != bob
    assert purchase.booking.email == BOB


def test_a_new_address_brings_its_bookings_and_the_old_ones_stay(event: Event, client: Client) -> None:
    old, new = book(event, "A-1"), book(event, "A-2", email=BOB)
    user = sign_in(client, ADA)

    page = change_address(client, ADA, BOB)

    assert [owner(old), owner(new)] == [user, user]
    assert "A booking with this address is now in your account." in page.content.decode()


def test_an_address_that_was_given_up_claims_nothing_more(event: Event, client: Client) -> None:
    sign_in(client, ADA)
    change_address(client, ADA, BOB)
    later = book(event, "A-1")

    sign_in(Client(), BOB)

    assert owner(later) is None


def test_of_very_many_bookings_the_newest_are_claimed_first(
    event: Event, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "CLAIMED_AT_ONCE", 2)
    oldest, older, newest = (book(event, f"A-{number}") for number in (1, 2, 3))

    user = sign_in(client, ADA)
    assert [owner(it) for it in (oldest, older, newest)] == [None, user, user]
    sign_in(Client(), ADA)
    assert owner(oldest) == user


def test_strangers_fill_no_account_with_what_they_never_pay(
    event: Event, client: Client, stripe: Sandbox
) -> None:
    user = make_account(ADA)
    for number in range(1, 8):
        form = {"attempt": f"t{number}", "seats": [f"A-{number}"], "name": "Eve", "email": ADA}
        assert Client().post("/events/demo-night/checkout/", form).status_code == 302

    Booking.objects.update(status="released", released_at=timezone.now())
    form = {"attempt": "t8", "seats": ["B-1"], "name": "Eve", "email": ADA}
    Client().post("/events/demo-night/checkout/", form)

    assert Booking.objects.filter(customer=user).count() == 5
    sign_in(client, ADA)
    assert Booking.objects.filter(customer=user).count() == 8


def test_claiming_is_one_update_however_much_there_is(event: Event, client: Client) -> None:
    for number in range(1, 11):
        book(event, f"A-{number}")

    with CaptureQueriesContext(connection) as queries:
        sign_in(client, ADA)

    updates = [it["sql"] for it in queries if it["sql"].startswith('UPDATE "bookings_booking"')]
    assert len(updates) == 1
    assert Booking.objects.exclude(customer=None).count() == 10


def test_claiming_looks_at_no_other_bookings(event: Event, client: Client) -> None:
    book(event, "A-1")
    until = event.sales_until
    others = (
        Booking(event=event, name="Eve", email=f"{n}@example.com", held_until=until) for n in range(3_000)
    )
    Booking.objects.bulk_create(others)
    with CaptureQueriesContext(connection) as queries:
        sign_in(client, ADA)
    [search] = [it["sql"] for it in queries if "FOR NO KEY UPDATE" in it["sql"]]

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE bookings_booking")
        cursor.execute(f"EXPLAIN {search}")
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert "booking_of_guest" in plan


@pytest.fixture
def heard(transactional_db: None) -> Iterator[Hear]:
    with hearing() as hear:
        yield hear


@pytest.mark.django_db(transaction=True)
def test_claiming_wakes_the_account_and_whoever_looks_at_a_booking(heard: Hear, client: Client) -> None:
    event = make_event()
    mine = [book(event, "A-1"), book(event, "A-2")]
    heard()

    user = sign_in(client, ADA)

    assert heard() == {f"customer:{user.pk}", *(f"booking:{it.reference}" for it in mine)}
    sign_in(Client(), ADA)
    assert heard() == set()


@pytest.mark.django_db(transaction=True)
def test_browsers_that_sign_in_at_the_same_moment_claim_without_a_deadlock(transactional_db: None) -> None:
    event = make_event()
    for number in range(1, 11):
        book(event, f"A-{number}")
    browsers = [Client() for _ in range(6)]
    codes = [(ask_for_code(browser, ADA), mailed_code(ADA))[1] for browser in browsers]

    answers = at_once(lambda number: enter(browsers[number], codes[number]).status_code, 6)

    assert answers == [302] * 6
    assert set(Booking.objects.values_list("customer__email", flat=True)) == {ADA}
