"""The seat map: what its page draws, and what browsers that look at it are told of others."""

import re
from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from bookings.models import Booking, Event, Seat, StopReason
from bookings.orders.buyers import Buyer
from bookings.seats.alternatives import find_alternatives
from bookings.seats.holds import hold_seats, release
from bookings.seats.layout import add_rows
from bookings.seats.reseating import hold_again
from bookings.seats.seat_states import SeatStates, read_states
from bookings.tickets.issuing import confirm
from bookings.tickets.validity import stop_tickets
from waiting.publishing import Publication

SEATS = "/api/events/demo-night/seats"
EVENT = "/events/demo-night/"
FORM = {"attempt": "t1", "name": "Ada", "email": "ada@example.com"}


def ask(client: Client, tag: str = "") -> tuple[int, str, dict[str, Any]]:
    """Ask what has changed since ``tag``, and return status, tag and what was told."""
    response = client.get(SEATS, headers={"If-None-Match": tag} if tag else {})
    return response.status_code, response.headers["ETag"], response.json() if response.content else {}


def changes(client: Client, tag: str) -> dict[str, list[str]]:
    """Return what has changed since ``tag``, without what hasn't."""
    told = ask(client, tag)[2]
    return {state: told[state] for state in ("free", "held", "taken") if told.get(state)}


def hold(event: Event, *labels: str, **buyer: Any) -> Booking:
    until = timezone.now() + timedelta(minutes=30)
    who = Buyer(**{"name": "Ada", "email": "ada@example.com", **buyer})
    return hold_seats(event, who, labels=labels, until=until)


# What is told


def test_who_knows_nothing_is_told_everything(client: Client, event: Event) -> None:
    hold(event, "A-1", "A-2")
    confirm(hold(event, "B-3"))
    status, _tag, told = ask(client)

    assert (status, told["is_whole"], told["held"], told["taken"]) == (200, True, ["A-1", "A-2"], ["B-3"])
    assert len(told["free"]) == 17


def test_who_comes_back_is_told_what_has_changed_and_nothing_else(client: Client, event: Event) -> None:
    tags = [ask(client)[1]]
    booking = hold(event, "A-1", "A-2")
    other = hold(event, "B-7")
    tags.append(ask(client)[1])
    confirm(booking)
    release(other)

    assert changes(client, tags[0]) == {"taken": ["A-1", "A-2"]}
    assert changes(client, tags[1]) == {"free": ["B-7"], "taken": ["A-1", "A-2"]}


def test_nothing_new_is_a_304_that_is_kept_nowhere(client: Client, event: Event) -> None:
    tag = ask(client)[1]
    response = client.get(SEATS, headers={"If-None-Match": tag})

    assert (response.status_code, response.headers["ETag"], response.content) == (304, tag, b"")
    assert response.headers["Cache-Control"] == "no-store"


def test_a_tag_that_was_weakened_on_its_way_still_counts(client: Client, event: Event) -> None:
    assert ask(client, "W/" + ask(client)[1])[0] == 304


def test_the_answer_is_the_same_whoever_asks(client: Client, event: Event) -> None:
    customer = User.objects.create_user("ada", "ada@example.com")
    hold(event, "A-1", account=customer)
    stranger = client.get(SEATS)
    client.force_login(customer, "customers.backends.MailedCodeBackend")
    own = client.get(SEATS)

    assert (own.content, own.headers["ETag"]) == (stranger.content, stranger.headers["ETag"])
    assert not own.cookies


@pytest.mark.parametrize("change", ["a row is added", "a price is changed", "a seat is made anew"])
def test_another_layout_is_told_whole_under_another_name(client: Client, event: Event, change: str) -> None:
    _status, tag, before = ask(client)
    seat = event.seats.get(label="A-1")
    if change == "a row is added":
        add_rows(event, rows="C", numbers=[1], price=2000)
    elif change == "a price is changed":
        Seat.objects.filter(pk=seat.pk).update(price=100)
    else:
        seat.delete()
        add_rows(event, rows="A", numbers=[1], price=4200)
    status, _tag, told = ask(client, tag)

    assert (status, told["is_whole"]) == (200, True)
    assert told["layout"] != before["layout"]


@pytest.mark.parametrize(
    "tag",
    [
        "",
        "garbage",
        '""',
        '"."',
        '"0000000000000000."',
        '"{layout}."',
        '"{layout}.AAAA"',
        '"{layout}.____"',
        '"{layout}.A"',
        '"{layout}.Mw8EAA"',
        '"{layout}.' + "A" * 60_000 + '"',
        '"{layout}.…"',
        '"\x00"',
    ],
)
def test_a_tag_of_somebody_elses_making_is_no_tag(client: Client, event: Event, tag: str) -> None:
    layout = ask(client)[2]["layout"]
    status, _tag, told = ask(client, tag.replace("{layout}", layout))

    assert (status, told["is_whole"]) == (200, True)


def test_a_tag_that_unpacks_to_a_huge_state_is_unpacked_no_further_than_needed(event: Event) -> None:
    states, _labels = read_states(event)
    bomb = SeatStates(states.layout, "0" * 10_000_000).tag

    assert states.known([bomb]) == ("", None)


def test_a_whole_state_comes_with_no_known_event_as_404(client: Client, db: None) -> None:
    response = client.get("/api/events/never/seats")

    assert (response.status_code, response.json()["error"]["code"]) == (404, "unknown_event")


def test_an_event_without_seats_has_a_state_too(client: Client, event: Event) -> None:
    event.seats.all().delete()
    status, tag, told = ask(client)

    assert (status, told["free"], told["held"], told["taken"]) == (200, [], [], [])
    assert ask(client, tag)[0] == 304


@pytest.mark.parametrize(("seats", "is_state"), [(2_000, True), (10_000, True), (40_000, False)])
def test_a_tag_fits_into_a_header_however_many_seats_there_are(seats: int, is_state: bool) -> None:
    digits = "".join(Random(1).choices("012", k=seats))
    states = SeatStates(-1, digits)

    assert len(states.tag) < 4_100
    assert states.known([states.tag]) == ((states.tag, digits) if is_state else ("", None))


DIGITS = st.text("012", max_size=60)


@settings(max_examples=200, deadline=None, database=None)
@given(st.lists(DIGITS, min_size=1, max_size=6), st.data())
def test_whoever_applies_what_they_are_told_has_the_servers_state(history: list[str], data: Any) -> None:
    seats = max(len(digits) for digits in history)
    labels = [f"A-{number}" for number in range(seats)]
    at_server = [SeatStates(1, digits.ljust(seats, "0")) for digits in history]
    known: dict[str, str] = {}
    tag = ""
    # They may ask in any order: of a moment, again, or of an earlier one from a process that lags behind.
    for states in data.draw(st.lists(st.sampled_from(at_server), min_size=1, max_size=10)):
        told = states.changes(states.known([tag])[1], labels)
        known |= {label: state for state in ("free", "held", "taken") for label in told[state]}
        tag = states.tag
        names = {"0": "free", "1": "held", "2": "taken"}
        assert known == {label: names[digit] for label, digit in zip(labels, states.digits, strict=True)}


# Who is woken


def test_whatever_changes_a_seat_wakes_who_looks_at_the_map(
    django_capture_on_commit_callbacks: Any, event: Event, admin_client: Client
) -> None:
    seat = event.seats.get(label="A-9")
    address = f"/admin/bookings/seat/{seat.pk}/"
    bookings: list[Booking] = []
    actions: dict[str, Callable[[], Any]] = {
        "held": lambda: bookings.append(hold(event, "A-1")),
        "confirmed": lambda: confirm(bookings[0]),
        "held too": lambda: bookings.append(hold(event, "A-2")),
        "released": lambda: release(bookings[1]),
        "paid late": lambda: hold_again(bookings[1]),
        "voided": lambda: stop_tickets(bookings[0], {bookings[0].tickets.get().pk: StopReason.REFUNDED}),
        "added": lambda: add_rows(event, rows="C", numbers=[1], price=2000),
        "price": lambda: admin_client.post(f"{address}change/", {"price": 2000}),
        "deleted": lambda: admin_client.post(f"{address}delete/", {"post": "yes"}),
    }
    woken = {}
    for name, action in actions.items():
        with django_capture_on_commit_callbacks() as hooks, transaction.atomic():
            action()
        told = [hook.topics for hook in hooks if isinstance(hook, Publication)]
        woken[name] = any(event.topic in topics for topics in told)

    assert woken == dict.fromkeys(actions, True)


# The page


def drawn(page: str, label: str) -> str:
    """Return the element of a seat."""
    [element] = re.findall(rf'<input[^>]*name="seats" value="{label}"[^>]*>', page)
    return str(element)


def test_the_page_knows_the_version_that_it_draws(client: Client, event: Event) -> None:
    hold(event, "A-1")
    confirm(hold(event, "A-2"))
    page = client.get(EVENT).content.decode()
    _status, tag, told = ask(client)

    assert f'data-tag="{tag}"'.replace('"', "&quot;") in page.replace('"', "&quot;")
    assert f'data-layout="{told["layout"]}"' in page
    assert 'data-state="held" disabled' in drawn(page, "A-1")
    assert 'data-state="taken" disabled' in drawn(page, "A-2")
    assert "disabled" not in drawn(page, "A-3")


def test_own_seats_are_told_from_those_of_others(client: Client, stripe: Any, event: Event) -> None:
    customer = User.objects.create_user("grace", "grace@example.com")
    confirm(hold(event, "B-1", account=customer))
    hold(event, "B-2")
    client.post(f"{EVENT}checkout/", {**FORM, "seats": ["B-3"]})
    client.force_login(customer, "customers.backends.MailedCodeBackend")
    own = client.get(EVENT).content.decode()
    strangers = Client().get(EVENT).content.decode()

    def states(page: str) -> list[str]:
        return re.findall(r'data-state="(\w+)"', "".join(drawn(page, f"B-{number}") for number in (1, 2, 3)))

    assert states(own) == ["mine", "held", "mine"]
    assert states(strangers) == ["taken", "held", "held"]
    assert 'aria-label="Row B, seat 1, yours"' in drawn(own, "B-1")


def test_each_price_has_its_look_and_says_how_many_are_free(client: Client, event: Event) -> None:
    hold(event, "A-1", "A-2")
    page = client.get(EVENT).content.decode()
    said = r'<li data-price="(\d)" data-amount="(\d+)" data-free="(\d+)" .*?<span data-left>(\d+)</span>'
    chips = re.findall(said, page, re.DOTALL)

    assert chips == [("1", "4200", "8", "18"), ("2", "3200", "10", "10")]
    assert 'data-row="B" data-k="2"' in page


def test_a_seat_says_its_price_itself_where_its_row_has_another(client: Client, event: Event) -> None:
    event.seats.filter(label="B-1").update(price=4200)
    page = client.get(EVENT).content.decode()

    assert 'data-k="1"' in drawn(page, "B-1")
    assert "data-k" not in drawn(page, "B-2")


def test_a_row_says_each_of_its_prices_or_from_what_to_what(client: Client, event: Event) -> None:
    few, many = ([4200, 4500, 3800], [4200, 4500, 3800, 1000])
    for row, prices in (("A", few), ("B", many)):
        for number, price in enumerate(prices, start=1):
            event.seats.filter(label=f"{row}-{number}").update(price=price)
        event.seats.filter(row=row, number__gt=len(prices)).update(price=4200)

    page = client.get(EVENT).content.decode()

    said = [
        re.findall(r'class="number">([^<]+)', it) for it in re.findall(r'class="row-name".*?</p>', page, re.S)
    ]
    assert said == [["€42.00", "€45.00", "€38.00"], ["€10.00 –", "€45.00"]]


def test_a_map_costs_as_many_queries_with_a_hundred_seats_as_with_twenty(
    client: Client, event: Event, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(12):
        client.get(EVENT)
    add_rows(event, rows=["C", "D"], numbers=range(1, 41), price=2000)
    with django_assert_num_queries(12):
        client.get(EVENT)


# Two who want the same


def lose(client: Client, event: Event, *lost: str, chosen: tuple[str, ...]) -> str:
    hold(event, *lost)
    response = client.post(f"{EVENT}checkout/", {**FORM, "seats": chosen})
    assert response.status_code == 409
    return response.content.decode()


def test_who_loses_keeps_the_rest_and_is_offered_the_nearest_at_the_same_price(
    client: Client, event: Event
) -> None:
    page = lose(client, event, "A-4", chosen=("A-4", "A-5"))

    assert "Seat A-4 was just taken." in page
    assert " checked" in drawn(page, "A-5")
    assert " disabled" in drawn(page, "A-4")
    assert re.findall(r'name="offered" value="(.*?)"', page) == ["A-3"]
    assert "data-offered" in drawn(page, "A-3")
    assert "checked" not in drawn(page, "A-3")
    assert 'Take <span class="unbroken">A-3</span> and continue to payment' in page


def test_what_is_offered_is_taken_with_one_press(client: Client, stripe: Any, event: Event) -> None:
    lose(client, event, "A-4", chosen=("A-4", "A-5"))
    accepted = {**FORM, "seats": ["A-5"], "offered": ["A-3"], "instead": "1"}
    response = client.post(f"{EVENT}checkout/", accepted)

    assert response.status_code == 302
    assert Booking.objects.latest("pk").seat_labels == ["A-3", "A-5"]


def test_what_is_offered_is_not_taken_without_being_accepted(
    client: Client, stripe: Any, event: Event
) -> None:
    lose(client, event, "A-4", chosen=("A-4", "A-5"))
    client.post(f"{EVENT}checkout/", {**FORM, "seats": ["A-5"], "offered": ["A-3"]})

    assert Booking.objects.latest("pk").seat_labels == ["A-5"]


def labels(seats: list[Seat]) -> list[str]:
    return [seat.label for seat in seats]


def test_pairs_are_replaced_by_pairs(event: Event) -> None:
    hold(event, "A-3", "A-4", "A-6")

    assert labels(find_alternatives(event, lost=["A-3", "A-4"], chosen=["A-3", "A-4"])) == ["A-1", "A-2"]


def test_without_two_together_two_near_are_offered(event: Event) -> None:
    hold(event, *(f"A-{number}" for number in (1, 2, 3, 4, 6, 7, 9, 10)))

    assert labels(find_alternatives(event, lost=["A-3", "A-4"], chosen=["A-3", "A-4"])) == ["A-5", "A-8"]


def test_a_seat_of_another_price_is_never_offered(event: Event) -> None:
    hold(event, *(f"A-{number}" for number in range(1, 11)))

    assert find_alternatives(event, lost=["A-3"], chosen=["A-3"]) == []


def test_each_lost_seat_is_replaced_at_its_own_price(event: Event) -> None:
    hold(event, "A-3", "B-5")

    found = find_alternatives(event, lost=["A-3", "B-5"], chosen=["A-3", "A-2", "B-5"])
    assert labels(found) == ["B-4", "A-4"]


# The best


def test_the_best_that_are_suggested_are_those_that_would_be_held(
    client: Client, stripe: Any, event: Event
) -> None:
    hold(event, "A-5")
    suggested = client.get(f"{SEATS}/best", {"quantity": 3}).json()["seats"]
    client.post(f"{EVENT}checkout/", {**FORM, "quantity": 3})

    assert suggested == Booking.objects.latest("pk").seat_labels == ["A-6", "A-7", "A-8"]


def test_suggesting_holds_nothing(client: Client, event: Event) -> None:
    client.get(f"{SEATS}/best", {"quantity": 3})

    assert event.seats.free().count() == 20


@pytest.mark.parametrize("quantity", ["", "0", "-1", "21", "many", "2.5"])
def test_a_number_that_is_none_is_refused(client: Client, event: Event, quantity: str) -> None:
    response = client.get(f"{SEATS}/best", {"quantity": quantity})

    assert (response.status_code, response.json()["error"]["code"]) == (400, "invalid")


def test_more_than_there_are_is_told_with_how_many_there_are(client: Client, event: Event) -> None:
    hold(event, *(seat.label for seat in event.seats.all()[:18]))
    response = client.get(f"{SEATS}/best", {"quantity": 3})

    assert response.status_code == 409
    assert response.json()["error"] == {
        "code": "sold_out",
        "message": "Only 2 seats are left.",
        "free": 2,
    }


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (0, "All seats at these prices are taken."),
        (1, "Only 1 seat is left at these prices."),
        (2, "Only 2 seats are left at these prices."),
    ],
)
def test_too_few_up_to_a_price_are_not_said_to_be_the_last(
    client: Client, event: Event, left: int, words: str
) -> None:
    event.seats.exclude(pk__in=event.seats.filter(row="B").order_by("pk")[:left]).update(price=9900)

    response = client.get(f"{SEATS}/best", {"quantity": 3, "most": 9800})

    assert response.status_code == 409
    assert response.json()["error"] == {"code": "sold_out", "message": words, "free": left}


def test_a_sold_out_page_knows_what_to_wait_for(client: Client, event: Event) -> None:
    hold(event, *(seat.label for seat in event.seats.all()))
    page = client.get(EVENT).content.decode()

    assert "Sold out" in page
    assert f'data-seats-url="{SEATS}"' in page
    assert ask(client, re.findall(r'data-tag="(.*?)"', page)[0].replace("&quot;", '"'))[0] == 304
