"""What the house sees of its door: the page of an event, its files, and the lists of scans and entries."""

import csv
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from bookings.door.reports.curve import MOST_BARS, draw_curve
from bookings.models import Device, Entry, Event, EventScope, Scan, Ticket
from bookings.tickets import tokens
from payments.ledger.refunds import request_refund
from payments.models import Cause, Origin
from tests.support.at_the_door.phones import DoorClient, MakeDevice, open_doors
from tests.support.at_the_door.rows import make_entry
from tests.support.shared import shared
from tests.support.shop import BoxOffice, Purchase, make_event
from tests.support.staff import log_in, make_user, somebody_of


@shared
def sold(box_office: BoxOffice) -> Purchase:
    """Seats A-1 and A-2, paid, of an event whose doors are open."""
    make_event()
    purchase = box_office.sell()
    open_doors(purchase.booking.event)
    return purchase


@pytest.fixture
def event(sold: Purchase) -> Event:
    return Event.objects.get(pk=sold.booking.event_id)


@pytest.fixture
def ticket(sold: Purchase) -> Ticket:
    return sold.booking.tickets.select_related("seat__event", "booking").get(seat__label="A-1")


@pytest.fixture
def north(event: Event, make_device: MakeDevice) -> DoorClient:
    return make_device(event, gate="North")


@pytest.fixture
def south(event: Event, make_device: MakeDevice) -> DoorClient:
    return make_device(event, gate="South")


def door_of(event: Event, name: str = "door") -> str:
    return f"/admin/bookings/event/{event.pk}/{name}/"


def let_in_twice(ticket: Ticket, north: DoorClient, south: DoorClient) -> Entry:
    """Let two people in on one seat, by devices without a network, and return the second one's entry."""
    for minutes, phone in ((9, north), (4, south)):
        at = (timezone.now() - timedelta(minutes=minutes)).isoformat()
        phone.scan({"token": tokens.sign(ticket), "scanned_at": at, "offline": True, "shown": "admitted"})
    return Entry.objects.unsettled().get()


def rows_of(answer: Any) -> list[dict[str, str]]:
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(text.splitlines()))


def test_the_page_tells_who_came_where_and_who_did_not(
    event: Event, ticket: Ticket, north: DoorClient
) -> None:
    north.verdict(tokens.sign(ticket))

    answer = somebody_of("Door").get(door_of(event))

    page = answer.content.decode()
    assert answer.context["figures"] == (1, 1, 0, 2, 1)
    assert answer.context["gates"] == [("North", 1, 1)]
    assert [one.seat.label for one in answer.context["missing"]] == ["A-2"]
    assert page.count("<rect") == 1
    assert "Phone" in page


def test_an_event_without_a_door_has_a_page(event: Event) -> None:
    page = somebody_of("Door").get(door_of(event)).content.decode()

    assert "Nobody has been let in yet." in page
    assert "No device has been paired" in page


def test_who_was_refunded_while_inside_is_told(
    sold: Purchase, event: Event, ticket: Ticket, north: DoorClient
) -> None:
    north.verdict(tokens.sign(ticket))
    request_refund(sold.payment, origin=Origin.STAFF, cause=Cause.STAFF, tickets=[ticket])

    answer = somebody_of("Door").get(door_of(event))

    assert [entry.ticket_id for entry in answer.context["stopped"]] == [ticket.pk]
    assert "refund requested at" in " ".join(answer.content.decode().split())


def test_a_conflict_is_settled_once(
    event: Event, ticket: Ticket, north: DoorClient, south: DoorClient
) -> None:
    entry, staff = let_in_twice(ticket, north, south), somebody_of("Door")
    assert "North" in staff.get(door_of(event)).content.decode()

    said = {"entry": entry.pk, "how": "other_seat", "reason": "B-7"}
    staff.post(door_of(event), said)
    staff.post(door_of(event), {**said, "reason": "C-1"})

    entry.refresh_from_db()
    assert entry.settled_how == "Given another seat: B-7"
    assert entry.settled_by
    page = staff.get(door_of(event)).content.decode()
    assert "Given another seat: B-7" in page
    assert 'name="how"' not in page


@pytest.mark.parametrize("said", [{"how": "shrug"}, {"how": ""}, {"how": "seen", "reason": "x" * 301}])
def test_what_is_not_understood_settles_nothing(
    said: dict[str, str], event: Event, ticket: Ticket, north: DoorClient, south: DoorClient
) -> None:
    entry = let_in_twice(ticket, north, south)

    answer = somebody_of("Door").post(door_of(event), {"entry": entry.pk, **said}, follow=True)

    assert "Nothing was changed" in answer.content.decode()
    assert Entry.objects.unsettled().exists()


@pytest.mark.parametrize("number", ["", "x", "0", "9" * 30])
def test_there_is_no_such_conflict(number: str, event: Event) -> None:
    answer = somebody_of("Door").post(door_of(event), {"entry": number, "how": "seen"})

    assert answer.status_code == 404


@pytest.mark.parametrize("page", ["door", "scans_csv", "no_shows_csv"])
@pytest.mark.parametrize("group", ["Box office", "Finance", "Events"])
def test_the_door_is_the_doors(page: str, group: str, event: Event) -> None:
    assert somebody_of(group).get(door_of(event, page)).status_code == 403


@pytest.mark.parametrize("page", ["door", "scans_csv", "no_shows_csv"])
def test_who_is_limited_has_the_doors_of_their_events(page: str, event: Event) -> None:
    other, user = make_event(slug="other", title="Hamlet"), make_user("Door")
    EventScope.objects.create(user=user).events.set([other])
    staff = log_in(user)

    assert staff.get(door_of(event, page)).status_code == 404
    assert staff.get(door_of(other, page)).status_code == 200


def test_all_scans_are_in_the_file(event: Event, ticket: Ticket, north: DoorClient) -> None:
    north.scan({"token": tokens.sign(ticket)}, person="=1+1")
    north.scan({"token": "nonsense"})

    admitted, invalid = rows_of(somebody_of("Door").get(door_of(event, "scans_csv")))

    assert (admitted["verdict"], admitted["seat"], admitted["name"]) == ("admitted", "A-1", ticket.holder)
    assert (admitted["person"], admitted["gate"], admitted["offline"]) == ("'=1+1", "North", "0")
    assert (invalid["verdict"], invalid["seat"]) == ("invalid", "")
    assert ticket.code not in str(admitted)


def test_who_did_not_come_is_in_a_file(event: Event, ticket: Ticket, north: DoorClient) -> None:
    north.verdict(tokens.sign(ticket))
    Ticket.objects.filter(seat__label="A-2").update(name="@Grace")

    (missing,) = rows_of(somebody_of("Door").get(door_of(event, "no_shows_csv")))

    assert (missing["seat"], missing["name"]) == ("A-2", "'@Grace")


def test_a_curve_has_a_bar_for_each_minute_and_few_for_days(event: Event, sold: Purchase) -> None:
    assert draw_curve(event) is None
    tickets = list(sold.booking.tickets.select_related("seat"))
    began = timezone.now().replace(second=0, microsecond=0)
    for ticket, later in zip(tickets, (timedelta(0), timedelta(minutes=9)), strict=True):
        make_entry(ticket, began + later)

    curve = draw_curve(event)

    assert curve is not None
    assert ([bar.count for bar in curve.bars], curve.minutes) == ([1, 1], 1)
    assert (curve.bars[0].x, curve.bars[1].x + curve.bars[1].width) == (0, curve.width)

    Entry.objects.filter(seat=tickets[1].seat).update(entered_at=began + timedelta(days=400))
    curve = draw_curve(event)
    assert curve is not None
    assert curve.bars[1].width >= curve.width / MOST_BARS - 0.01


def test_scans_and_entries_are_read_only(
    event: Event, ticket: Ticket, north: DoorClient, south: DoorClient
) -> None:
    entry, staff = let_in_twice(ticket, north, south), somebody_of("Door")
    lists = {"entry": entry.pk, "scan": Scan.objects.latest("pk").pk}

    for name, pk in lists.items():
        assert staff.get(f"/admin/bookings/{name}/").status_code == 200
        assert staff.get(f"/admin/bookings/{name}/{pk}/change/").status_code == 200
        assert staff.post(f"/admin/bookings/{name}/{pk}/delete/", {"post": "yes"}).status_code == 403
        assert staff.get(f"/admin/bookings/{name}/add/").status_code == 403


@pytest.mark.parametrize(("chosen", "count"), [("", 2), ("no", 1), ("any", 1)])
def test_conflicts_that_are_not_settled_are_found(
    chosen: str, count: int, event: Event, ticket: Ticket, north: DoorClient, south: DoorClient
) -> None:
    let_in_twice(ticket, north, south)

    answer = somebody_of("Door").get(f"/admin/bookings/entry/?settled={chosen}")

    assert answer.context["cl"].result_count == count


def test_scans_are_found_by_the_code_or_the_digest(ticket: Ticket, north: DoorClient) -> None:
    north.scan({"token": tokens.sign(ticket)}, {"token": "nonsense"})
    staff = somebody_of("Door")

    def found(term: str) -> int:
        return staff.get("/admin/bookings/scan/", {"q": term}).context["cl"].result_count

    assert [found(term) for term in (ticket.code, tokens.digest(ticket.code), "other")] == [1, 1, 0]


# The front page


def front(staff: Client) -> str:
    return staff.get("/admin/").content.decode()


def test_the_front_page_counts_conflicts_until_they_are_settled(
    event: Event, ticket: Ticket, north: DoorClient, south: DoorClient
) -> None:
    door, finance = somebody_of("Door"), somebody_of("Finance")
    assert "Let in twice" not in front(door)
    let_in_twice(ticket, north, south)

    assert "Let in twice" in front(finance)
    assert door_of(event) not in front(finance)
    assert f'href="{door_of(event)}"' in front(door)
    Entry.objects.unsettled().update(settled_at=timezone.now(), settled_by="x", settled_how="Seen")
    assert "Let in twice" not in front(door)


def test_a_silent_device_that_holds_scans_is_named(event: Event, north: DoorClient) -> None:
    long_ago = timezone.now() - timedelta(minutes=11)
    Device.objects.filter(pk=north.device.pk).update(queued=3, last_seen_at=long_ago)
    door = somebody_of("Door")

    assert "is silent and holds scans" in front(door)
    Device.objects.update(queued=0)
    assert "is silent and holds scans" not in front(door)


def test_who_is_limited_is_told_of_their_doors(
    event: Event, ticket: Ticket, north: DoorClient, south: DoorClient
) -> None:
    let_in_twice(ticket, north, south)
    other, user = make_event(slug="other", title="Hamlet"), make_user("Door")
    scope = EventScope.objects.create(user=user)
    scope.events.set([other])

    assert "Let in twice" not in front(log_in(user))
    scope.events.add(event)
    assert "Let in twice" in front(log_in(user))
