"""What devices did without a network is a fact: it comes late, in any order, and is never dropped."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bookings.door.attempts import Attempt
from bookings.door.devices.pairing import invite
from bookings.door.recording import record
from bookings.models import Device, Direction, Entry, Event, Scan, ScanKind, StopReason, Ticket, TicketStatus
from bookings.tickets import tokens
from bookings.tickets.renaming import rename
from tests.support.at_the_door.phones import DoorClient, MakeDevice, open_doors
from tests.support.shared import shared
from tests.support.shop import BoxOffice, Purchase, make_event

MINUTE = timedelta(minutes=1)
EXAMPLES = int(os.environ.get("ROUNDS", "10"))  # of evenings in any order; 200 with ``make door``


@shared
def sold(box_office: BoxOffice) -> Purchase:
    """Seats A-1 and A-2, paid, of an event whose doors are open and whose guests may leave and come back."""
    make_event()
    purchase = box_office.sell()
    open_doors(purchase.booking.event)
    Event.objects.update(reentry=True)
    return purchase


@pytest.fixture
def event(sold: Purchase) -> Event:
    return sold.booking.event


@pytest.fixture
def tickets(sold: Purchase) -> list[Ticket]:
    return list(sold.booking.tickets.select_related("seat__event", "booking"))


@pytest.fixture
def north(event: Event, make_device: MakeDevice) -> DoorClient:
    return make_device(event, gate="North", name="North")


@pytest.fixture
def south(event: Event, make_device: MakeDevice) -> DoorClient:
    return make_device(event, gate="South", name="South")


@pytest.fixture
def supervisor(event: Event, make_device: MakeDevice) -> DoorClient:
    return make_device(event, role="supervisor", name="Foyer")


def upload(phone: DoorClient, ticket: Ticket, at: datetime, **more: Any) -> dict[str, Any]:
    element = {
        "token": tokens.sign(ticket),
        "scanned_at": at.isoformat(),
        "offline": True,
        "shown": "admitted",
    }
    answer: dict[str, Any] = phone.scan({**element, **more})["scans"][0]
    return answer


def conflicts(phone: DoorClient, event: Event) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = phone.get(f"/api/door/events/{event.pk}/conflicts").json()["conflicts"]
    return found


def test_a_refusal_that_was_lost_on_its_way_does_not_hide_that_somebody_went_in(
    north: DoorClient, south: DoorClient, supervisor: DoorClient, event: Event, tickets: list[Ticket]
) -> None:
    assert north.verdict(tokens.sign(tickets[0])) == "admitted"
    at, nonce = timezone.now(), str(uuid4())
    lost = south.scan({"nonce": nonce, "token": tokens.sign(tickets[0]), "scanned_at": at.isoformat()})

    first, again = (upload(south, tickets[0], at, nonce=nonce) for _twice in range(2))

    assert lost["scans"][0]["verdict"] == "inside"
    assert first["recorded"] is again["recorded"] is True
    # It is about the moment at which the same device has read it before.
    assert {first["verdict"], again["verdict"]} <= {"inside", "again"}
    assert Scan.objects.filter(ticket=tickets[0]).count() == 3
    assert [it["conflict"] for it in conflicts(supervisor, event)] == ["two_devices"]


@pytest.mark.parametrize("north_comes_first", [False, True])
def test_of_two_devices_the_earlier_has_the_seat_whoever_uploads_first(
    north_comes_first: bool,
    event: Event,
    north: DoorClient,
    south: DoorClient,
    supervisor: DoorClient,
    tickets: list[Ticket],
) -> None:
    now = timezone.now()
    first, second = now - 4 * MINUTE, now - 2 * MINUTE
    uploads = [(north, first), (south, second)]

    for phone, at in uploads if north_comes_first else reversed(uploads):
        assert upload(phone, tickets[0], at)["recorded"]

    open_, clash = Entry.objects.order_by("entered_at")
    assert (open_.scan.gate, open_.is_open, clash.scan.gate, clash.conflict) == (
        *("North", True),
        *("South", "two_devices"),
    )
    (shown,) = conflicts(supervisor, event)
    assert (shown["gate"], shown["other_gate"], shown["seat"]) == ("South", "North", "A-1")
    assert not shown["about_the_same_time"]


def test_two_within_half_a_minute_came_at_about_the_same_time(
    event: Event, north: DoorClient, south: DoorClient, supervisor: DoorClient, tickets: list[Ticket]
) -> None:
    now = timezone.now()
    upload(north, tickets[0], now - MINUTE)
    upload(south, tickets[0], now - MINUTE + timedelta(seconds=29))

    (shown,) = conflicts(supervisor, event)
    assert shown["about_the_same_time"]
    assert shown["message"] == "Admitted twice at about the same time."


def test_a_wrong_clock_is_corrected(event: Event, north: DoorClient, tickets: list[Ticket]) -> None:
    now, wrong = timezone.now(), timedelta(minutes=10)
    element = {
        "token": tokens.sign(tickets[0]),
        "scanned_at": (now - MINUTE + wrong).isoformat(),
        "offline": True,
        "shown": "admitted",
    }

    north.scan(element, sent_at=(now + wrong).isoformat())

    scan = Scan.objects.get()
    assert abs(scan.corrected_at - (now - MINUTE)) < timedelta(seconds=20)
    assert scan.scanned_at == now - MINUTE + wrong


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (TicketStatus.VOID, StopReason.REFUNDED),
        (TicketStatus.SUSPENDED, StopReason.DISPUTED),
        (TicketStatus.VOID, StopReason.RENAMED),
    ],
)
@pytest.mark.parametrize("stopped_before", [False, True])
def test_a_ticket_that_was_stopped_before_the_scan_is_a_conflict(
    stopped_before: bool, status: str, reason: StopReason, north: DoorClient, tickets: list[Ticket]
) -> None:
    at = timezone.now() - 5 * MINUTE
    stopped_at = at - MINUTE if stopped_before else at + MINUTE
    Ticket.objects.filter(pk=tickets[0].pk).update(status=status, stopped_for=reason, stopped_at=stopped_at)

    answer = upload(north, tickets[0], at)

    entry = Entry.objects.get()
    assert answer["recorded"]
    assert (answer["verdict"] == "admitted") is not stopped_before
    assert (entry.conflict, entry.is_open) == (("was_void", False) if stopped_before else ("", True))


def test_an_old_and_a_new_ticket_of_one_seat(
    event: Event, north: DoorClient, south: DoorClient, supervisor: DoorClient, tickets: list[Ticket]
) -> None:
    new = rename(tickets[0], "Grace Hopper")
    now = timezone.now()
    Ticket.objects.filter(pk=tickets[0].pk).update(stopped_at=now - 9 * MINUTE)

    upload(south, new, now - 3 * MINUTE)
    upload(north, tickets[0], now - 5 * MINUTE)

    assert {entry.ticket_id: entry.conflict for entry in Entry.objects.all()} == {
        tickets[0].pk: "resold",
        new.pk: "",
    }
    (shown,) = conflicts(supervisor, event)
    assert shown["message"] == "Grace Hopper is in this seat with another ticket."


def test_what_the_device_refused_lets_nobody_in(north: DoorClient, tickets: list[Ticket]) -> None:
    answer = upload(north, tickets[0], timezone.now(), shown="inside")

    assert answer["recorded"]
    assert not Entry.objects.exists()


def test_out_without_in_and_in_without_out(
    event: Event, north: DoorClient, south: DoorClient, tickets: list[Ticket]
) -> None:
    now = timezone.now()
    assert (
        upload(north, tickets[0], now - 9 * MINUTE, direction="out", shown="left")["verdict"] == "not_inside"
    )
    assert upload(north, tickets[0], now - 8 * MINUTE)["verdict"] == "admitted"
    assert upload(south, tickets[0], now - 7 * MINUTE)["verdict"] == "inside"
    assert upload(south, tickets[0], now - 5 * MINUTE, direction="out", shown="left")["verdict"] == "left"

    assert [(entry.conflict, bool(entry.left_at)) for entry in Entry.objects.order_by("entered_at")] == [
        ("", True),
        ("two_devices", False),
    ]


def test_what_has_happened_is_recorded_even_if_the_device_may_not(
    event: Event, north: DoorClient, tickets: list[Ticket]
) -> None:
    now = timezone.now()
    starts_at = now + timedelta(hours=4)
    Event.objects.filter(pk=event.pk).update(
        reentry=False, doors_open_at=None, starts_at=starts_at, ends_at=starts_at + timedelta(hours=2)
    )

    came = upload(north, tickets[0], now - 2 * MINUTE, override="The cast’s parents.")
    went = upload(north, tickets[0], now - MINUTE, direction="out", shown="left")

    assert (came["recorded"], came["verdict"]) == (True, "not_yet")
    assert (went["recorded"], went["verdict"]) == (True, "left")
    assert Entry.objects.get().left_at is not None


def test_a_ticket_younger_than_the_books_is_kept(
    event: Event, north: DoorClient, supervisor: DoorClient, tickets: list[Ticket]
) -> None:
    token = tokens.sign(Ticket(seat=tickets[0].seat))

    (answer,) = north.scan(
        {"token": token, "offline": True, "shown": "admitted", "scanned_at": timezone.now().isoformat()}
    )["scans"]

    assert (answer["recorded"], answer["verdict"]) == (True, "unknown")
    (shown,) = conflicts(supervisor, event)
    assert (shown["conflict"], shown["seat"]) == ("younger", "")


def test_an_undone_entry_gives_the_seat_to_who_came_after(
    north: DoorClient, south: DoorClient, tickets: list[Ticket]
) -> None:
    nonce = str(uuid4())
    north.scan({"nonce": nonce, "token": tokens.sign(tickets[0])})
    upload(south, tickets[0], timezone.now() + MINUTE)
    assert Entry.objects.get(scan__device=south.device).conflict == "two_devices"

    answer = north.post(f"/api/door/scans/{nonce}/undo", {}, content_type="application/json")

    assert answer.json()["counts"]["inside"] == 1
    assert Entry.objects.get(scan__device=south.device).conflict == ""
    assert Entry.objects.get(scan__device=north.device).undone_by == "North"


# Who may take back and settle


def undo(phone: DoorClient, nonce: str, **said: str) -> tuple[int, str]:
    response = phone.post(f"/api/door/scans/{nonce}/undo", said, content_type="application/json")
    return response.status_code, response.json().get("error", {}).get("code", "")


def test_a_steward_takes_back_their_own_for_a_minute(
    north: DoorClient, south: DoorClient, supervisor: DoorClient, tickets: list[Ticket]
) -> None:
    nonce = str(uuid4())
    north.scan({"nonce": nonce, "token": tokens.sign(tickets[0])})

    assert undo(south, nonce) == (403, "supervisor_only")
    Scan.objects.update(received_at=timezone.now() - timedelta(seconds=61))
    assert undo(north, nonce) == (403, "too_late")
    assert undo(supervisor, nonce) == (400, "reason_needed")
    assert undo(supervisor, nonce, reason="Wrong queue.") == (200, "")
    assert undo(supervisor, nonce, reason="Again.") == (200, "")
    assert Entry.objects.get().undone_why == "Wrong queue."
    assert north.verdict(tokens.sign(tickets[0])) == "admitted"


def test_a_supervisor_takes_back_for_an_evening_though_their_device_works_longer(
    north: DoorClient, supervisor: DoorClient, event: Event, tickets: list[Ticket]
) -> None:
    nonce = str(uuid4())
    north.scan({"nonce": nonce, "token": tokens.sign(tickets[0])})
    supervisor.device.events.add(make_event(slug="tomorrow"))
    over = timezone.now() - timedelta(hours=12, seconds=1)
    past = {"starts_at": over - 9 * MINUTE, "sales_until": over, "doors_open_at": None}
    Event.objects.filter(pk=event.pk).update(**past, ends_at=over)

    assert undo(supervisor, nonce, reason="Tomorrow.") == (403, "too_late")
    Event.objects.filter(pk=event.pk).update(ends_at=over + MINUTE)
    assert undo(supervisor, nonce, reason="Wrong queue.") == (200, "")


def test_nothing_is_taken_back_where_nobody_was_let_in(north: DoorClient, tickets: list[Ticket]) -> None:
    nonce = str(uuid4())
    north.scan({"nonce": nonce, "token": "x"})

    assert undo(north, nonce) == (404, "unknown_scan")
    for nonce in (str(uuid4()), "7", "-", "f" * 500):
        assert undo(north, nonce) == (404, "unknown_scan")


def test_no_conflict_has_such_a_number(supervisor: DoorClient) -> None:
    for number in ("0", "9" * 30):
        address = f"/api/door/conflicts/{number}/settle"
        assert supervisor.post(address, {"how": "seen"}, content_type="application/json").status_code == 404
        assert supervisor.get(f"/api/door/events/{number}/list").status_code == 403


def test_a_conflict_is_settled_once_by_a_supervisor(
    event: Event, north: DoorClient, south: DoorClient, supervisor: DoorClient, tickets: list[Ticket]
) -> None:
    now = timezone.now()
    upload(north, tickets[0], now - 2 * MINUTE)
    upload(south, tickets[0], now - MINUTE)
    (shown,) = conflicts(supervisor, event)

    def settle(phone: DoorClient, how: str) -> Any:
        body = {"how": how, "reason": "Has B-4 now.", "person": "Kim"}
        return phone.post(f"/api/door/conflicts/{shown['id']}/settle", body, content_type="application/json")

    assert settle(north, "seen").status_code == 403
    assert north.get(f"/api/door/events/{event.pk}/conflicts").status_code == 403
    done, again = settle(supervisor, "other_seat"), settle(supervisor, "seen")
    assert (done.status_code, again.status_code) == (200, 200)
    assert again.json()["settled_how"] == "Given another seat: Has B-4 now."
    assert again.json()["settled_by"] == "Foyer, Kim"
    assert conflicts(supervisor, event) == []


# Any order


@dataclass(frozen=True)
class Happened:
    """A scan as it really happened: which device, which ticket, minutes ago, which way, what was shown."""

    nonce: UUID
    device: int
    ticket: int
    minute: int
    direction: Direction
    shown: str


HAPPENED = st.builds(
    Happened,
    nonce=st.uuids(),
    device=st.integers(0, 2),
    ticket=st.integers(0, 2),
    minute=st.integers(0, 40),
    direction=st.sampled_from([Direction.IN, Direction.IN, Direction.OUT]),
    shown=st.sampled_from(["", "admitted", "admitted", "inside", "left"]),
)


def end_of(
    order: Sequence[Happened],
    devices: list[Device],
    tickets: list[Ticket],
    skews: Sequence[int],
    now: datetime,
) -> set[tuple[Any, ...]]:
    """Upload scans in this order, each device with its own clock, and return the entries in the end."""
    with transaction.atomic():
        for one in order:
            skew = timedelta(minutes=skews[one.device])
            scanned_at = now - one.minute * MINUTE + skew
            attempt = Attempt(
                nonce=one.nonce,
                token=tokens.sign(tickets[one.ticket]),
                digest="",
                direction=one.direction,
                kind=ScanKind.CODE,
                scanned_at=scanned_at,
                at=scanned_at - skew,
                is_offline=True,
                shown=one.shown,
            )
            record(devices[one.device], attempt)
        assert Scan.objects.count() == len({one.nonce for one in order})
        entries = Entry.objects.select_related("scan", "left_scan")
        found = {
            (entry.scan.nonce, entry.conflict, entry.left_scan and entry.left_scan.nonce) for entry in entries
        }
        for seat in {ticket.seat_id for ticket in tickets}:
            assert Entry.objects.open().filter(seat=seat).count() <= 1
        transaction.set_rollback(True)
    return found


@pytest.mark.parametrize("one_comes_first", [False, True])
def test_of_two_who_leave_in_the_same_moment_the_same_one_is_noted(
    one_comes_first: bool, event: Event, tickets: list[Ticket]
) -> None:
    now, device = timezone.now(), invite([event])[0]
    came = Happened(UUID(int=7), 0, 0, 9, Direction.IN, "admitted")
    left = [Happened(UUID(int=nonce), 0, 0, 1, Direction.OUT, "left") for nonce in (1, 2)]

    end = end_of([came, *(left if one_comes_first else reversed(left))], [device], tickets, [0], now)

    assert end == {(UUID(int=7), "", UUID(int=1))}


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    phases=[Phase.generate],  # To look for a simpler one takes minutes.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    happened=st.lists(HAPPENED, min_size=1, max_size=8, unique_by=lambda one: one.nonce),
    skews=st.tuples(*[st.integers(-10, 10)] * 3),
    data=st.data(),
)
def test_whatever_order_the_end_is_the_same(
    happened: list[Happened],
    skews: tuple[int, int, int],
    data: st.DataObject,
    event: Event,
    tickets: list[Ticket],
) -> None:
    now = timezone.now()
    with transaction.atomic():
        new = rename(tickets[0], "Grace Hopper")
        Ticket.objects.filter(pk=tickets[0].pk).update(stopped_at=now - 20 * MINUTE)
        devices = [invite([event], gate=gate)[0] for gate in ("North", "South", "East")]
        all_tickets = [tickets[0], Ticket.objects.select_related("seat").get(pk=new.pk), tickets[1]]
        once = data.draw(st.permutations(happened))
        repeated = data.draw(st.permutations([*happened, *happened]))

        ends = [end_of(order, devices, all_tickets, skews, now) for order in (happened, once, repeated)]

        assert ends[0] == ends[1] == ends[2]
        transaction.set_rollback(True)


@pytest.mark.parametrize("ends", [("0001-01-01", "9999-12-31"), ("9999-12-31", "0001-01-01")])
def test_a_clock_that_is_off_by_ages_keeps_no_scan_back(
    ends: tuple[str, str], north: DoorClient, tickets: list[Ticket]
) -> None:
    scanned, sent = (f"{day}T12:00:00Z" for day in ends)
    scan = {"token": tokens.sign(tickets[0]), "offline": True, "scanned_at": scanned}

    (answer,) = north.scan(scan, sent_at=sent)["scans"]

    assert answer["recorded"]
