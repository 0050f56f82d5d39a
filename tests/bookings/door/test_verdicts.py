"""Each verdict, in its order: validity always comes before duplication."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookings.models import Entry, Event, Scan, Seat, StopReason, Ticket, TicketStatus
from bookings.tickets import tokens
from bookings.tickets.renaming import rename
from bookings.tickets.tokens import digest
from tests.support.at_the_door.phones import DoorClient, MakeDevice, open_doors
from tests.support.shared import shared
from tests.support.shop import BoxOffice, Purchase, make_event


@shared
def sold(box_office: BoxOffice) -> Purchase:
    """Seats A-1 and A-2, paid, of an event whose doors are open."""
    make_event()
    purchase = box_office.sell()
    open_doors(purchase.booking.event)
    return purchase


@pytest.fixture
def event(sold: Purchase) -> Event:
    return sold.booking.event


@pytest.fixture
def tickets(sold: Purchase) -> list[Ticket]:
    return list(sold.booking.tickets.select_related("seat__event", "booking"))


@pytest.fixture
def phone(event: Event, make_device: MakeDevice) -> DoorClient:
    return make_device(event, gate="North")


@pytest.fixture
def supervisor(event: Event, make_device: MakeDevice) -> DoorClient:
    return make_device(event, role="supervisor")


def scan(phone: DoorClient, token: str, **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = phone.scan({"token": token, **more})["scans"][0]
    return answer


def stop(ticket: Ticket, status: str, reason: StopReason) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(status=status, stopped_for=reason, stopped_at=timezone.now())


def test_a_valid_ticket_is_admitted_once(phone: DoorClient, tickets: list[Ticket]) -> None:
    token, nonce = tokens.sign(tickets[0]), str(uuid4())

    body = phone.scan({"nonce": nonce, "token": token}, person="Grace")

    assert body["counts"] == {"inside": 1, "expected": 2, "per_minute": 1, "by_gate": {"North": 1}}
    (answer,) = body["scans"]
    assert answer == {
        "nonce": nonce,
        "recorded": True,
        "verdict": "admitted",
        "message": "Welcome.",
        "ticket": digest(tickets[0].code),
        "seat": "A-1",
        "name": "Ada Lovelace",
        "category": "",
        "notes": [],
        "group": {"in": 1, "of": 2, "others": [digest(tickets[1].code)]},
        "inside_since": None,
        "other_name": "",
        "gate": "North",
    }
    entry = Entry.objects.get()
    assert (entry.seat, entry.ticket, entry.conflict, entry.is_open) == (
        tickets[0].seat,
        tickets[0],
        "",
        True,
    )
    assert (entry.scan.person, entry.scan.gate, entry.scan.digest) == ("Grace", "North", answer["ticket"])


def test_the_same_ticket_on_another_device_is_inside(
    phone: DoorClient, supervisor: DoorClient, tickets: list[Ticket]
) -> None:
    token = tokens.sign(tickets[0])
    assert phone.verdict(token) == "admitted"
    Scan.objects.update(corrected_at=timezone.now() - timedelta(minutes=6))

    answer = scan(supervisor, token)

    assert answer["verdict"] == "inside"
    assert answer["message"].startswith("In since ")
    assert answer["message"].endswith(", North, 6 min ago.")
    assert answer["gate"] == "North"
    assert answer["inside_since"]


def test_the_same_ticket_on_the_same_device_is_the_same_for_five_seconds(
    phone: DoorClient, tickets: list[Ticket]
) -> None:
    token = tokens.sign(tickets[0])

    assert [phone.verdict(token) for _again in range(3)] == ["admitted", "again", "again"]
    Scan.objects.update(corrected_at=timezone.now() - timedelta(seconds=5))
    assert phone.verdict(token) == "inside"


@pytest.mark.parametrize(
    ("status", "reason", "verdict", "words"),
    [
        (TicketStatus.VOID, StopReason.REFUNDED, "void", "Refunded on "),
        (TicketStatus.VOID, StopReason.CHARGED_BACK, "void", "Charged back by the bank on "),
        (TicketStatus.VOID, StopReason.TEST_ENDED, "void", "Bought in test mode."),
        (TicketStatus.VOID, StopReason.MOVED, "replaced", "Replaced on "),
        (TicketStatus.SUSPENDED, StopReason.REFUND_ASKED, "suspended", "A refund was requested."),
        (TicketStatus.SUSPENDED, StopReason.DISPUTED, "suspended", "The payment is disputed."),
    ],
)
@pytest.mark.parametrize("is_in", [False, True])
def test_a_stopped_ticket_says_why_even_if_somebody_is_in_with_it(
    is_in: bool,
    status: str,
    reason: StopReason,
    verdict: str,
    words: str,
    phone: DoorClient,
    tickets: list[Ticket],
) -> None:
    token = tokens.sign(tickets[0])
    if is_in:
        assert phone.verdict(token) == "admitted"
    stop(tickets[0], status, reason)

    answer = scan(phone, token)

    assert answer["verdict"] == verdict
    assert answer["message"].startswith(words)
    assert Entry.objects.count() == is_in


def test_one_seat_lets_one_in_whatever_names_its_tickets_had(
    phone: DoorClient, tickets: list[Ticket]
) -> None:
    new = rename(tickets[0], "Grace Hopper")

    assert scan(phone, tokens.sign(tickets[0]))["verdict"] == "replaced"
    assert scan(phone, tokens.sign(new))["verdict"] == "admitted"


def test_a_seat_that_was_entered_with_an_older_ticket_is_taken(
    phone: DoorClient, supervisor: DoorClient, tickets: list[Ticket]
) -> None:
    assert phone.verdict(tokens.sign(tickets[0])) == "admitted"
    stop(tickets[0], TicketStatus.VOID, StopReason.RENAMED)
    new = Ticket.objects.create(
        booking=tickets[0].booking, seat=tickets[0].seat, name="Grace Hopper", qr_png=b"x"
    )

    answer = scan(supervisor, tokens.sign(new))

    assert (answer["verdict"], answer["other_name"]) == ("inside", "Ada Lovelace")
    assert "with the ticket of Ada Lovelace" in answer["message"]


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        (lambda token: token.lower(), "It’s in lower case."),
        (lambda token: token[:100], "It’s cut off."),
        (lambda token: f"https://shop.example/tickets/{token[:26]}/", "It’s a web address."),
        (lambda token: "B" + token[1:], ""),
        (lambda token: token.replace("Y", "Z").replace("Z", "Y"), ""),
        (lambda token: "4006381333931", ""),
        (lambda token: "\N{PILE OF POO}", ""),
    ],
)
def test_what_we_have_not_signed_is_no_ticket(
    change: Any, hint: str, phone: DoorClient, tickets: list[Ticket]
) -> None:
    changed = change(tokens.sign(tickets[0]))
    if changed == tokens.sign(tickets[0]):
        pytest.skip("This token has neither letter.")

    answer = scan(phone, changed)

    assert answer["verdict"] == "invalid"
    assert answer["message"] == "Not one of our tickets." or hint in answer["message"]
    assert Scan.objects.get().ticket is None


def test_a_signed_ticket_that_is_not_here_needs_a_supervisor(
    event: Event, phone: DoorClient, supervisor: DoorClient
) -> None:
    token = tokens.sign(Ticket(seat=Seat(event=event)))

    assert phone.verdict(token) == "unknown"
    refused = scan(phone, token, override="Has the mail.")
    admitted = scan(supervisor, token, override="Has the mail.")

    assert (refused["recorded"], refused["error"]["code"]) == (False, "supervisor_only")
    assert admitted["verdict"] == "admitted"
    entry = Entry.objects.get()
    assert (entry.conflict, entry.scan.note, entry.seat) == ("younger", "Has the mail.", None)


def test_a_ticket_of_another_event_names_it(phone: DoorClient, tickets: list[Ticket]) -> None:
    other = make_event(slug="other", title="Hamlet")
    ticket = Ticket.objects.create(booking=tickets[0].booking, seat=other.seats.get(label="A-1"), qr_png=b"x")

    answer = scan(phone, tokens.sign(ticket))

    assert answer["verdict"] == "wrong_event"
    assert answer["message"].startswith("For another event: Hamlet, ")
    assert (answer["seat"], answer["name"], answer["group"]) == ("", "", None)
    assert not Entry.objects.exists()


def test_a_device_for_two_events_takes_the_ticket_s_own_unless_it_says_which(
    event: Event, tickets: list[Ticket], make_device: MakeDevice
) -> None:
    other = open_doors(make_event(slug="other"))
    both = make_device(event, other)
    token = tokens.sign(tickets[0])

    (there,) = both.scan({"token": token}, event=other.pk)["scans"]
    foreign = both.try_scan({"token": token}, event=other.pk + 1)

    assert there["verdict"] == "wrong_event"
    assert (foreign.status_code, foreign.json()["error"]["code"]) == (403, "not_your_event")
    assert both.verdict(token) == "admitted"


@pytest.mark.parametrize(
    ("starts_in", "verdict", "words"), [(3, "not_yet", "Doors open "), (-6, "over", "The event ended ")]
)
def test_before_and_after_a_supervisor_may_admit(
    starts_in: int,
    verdict: str,
    words: str,
    event: Event,
    phone: DoorClient,
    supervisor: DoorClient,
    tickets: list[Ticket],
) -> None:
    starts_at = timezone.now() + timedelta(hours=starts_in)
    Event.objects.filter(pk=event.pk).update(
        doors_open_at=None, starts_at=starts_at, ends_at=starts_at + timedelta(hours=2), sales_until=starts_at
    )
    token = tokens.sign(tickets[0])

    answer = scan(phone, token)

    assert answer["verdict"] == verdict
    assert answer["message"].startswith(words)
    assert scan(supervisor, token, override="The cast’s parents.")["verdict"] == "admitted"
    assert Scan.objects.get(verdict="admitted").note == "The cast’s parents."


def test_an_override_lets_nobody_in_with_a_void_ticket(supervisor: DoorClient, tickets: list[Ticket]) -> None:
    stop(tickets[0], TicketStatus.VOID, StopReason.REFUNDED)

    assert scan(supervisor, tokens.sign(tickets[0]), override="Please!")["verdict"] == "void"


def test_guests_leave_and_come_back_where_they_may(
    event: Event, phone: DoorClient, supervisor: DoorClient, tickets: list[Ticket]
) -> None:
    Event.objects.filter(pk=event.pk).update(reentry=True)
    token = tokens.sign(tickets[0])

    ways = [("in", phone), ("out", supervisor), ("out", phone), ("in", supervisor)]

    said = [device.verdict(token, direction=direction) for direction, device in ways]
    assert said == ["admitted", "left", "not_inside", "admitted"]
    assert [entry.is_open for entry in Entry.objects.all()] == [False, True]


def test_nobody_leaves_where_nobody_comes_back(phone: DoorClient, tickets: list[Ticket]) -> None:
    out = {"token": tokens.sign(tickets[0]), "direction": "out"}

    response = phone.try_scan(out)
    among = phone.scan(out, {"token": tokens.sign(tickets[0])})["scans"]

    assert (response.status_code, response.json()["error"]["code"]) == (400, "no_reentry")
    assert (among[0]["recorded"], among[0]["error"]["code"]) == (False, "no_reentry")
    assert among[1]["verdict"] == "admitted"


def test_a_ticket_is_known_by_its_digest_too(phone: DoorClient, tickets: list[Ticket]) -> None:
    (answer,) = phone.scan({"ticket": digest(tickets[1].code), "kind": "group"})["scans"]

    assert (answer["verdict"], answer["seat"]) == ("admitted", "A-2")
    (unknown,) = phone.scan({"ticket": "0" * 24})["scans"]
    assert unknown["verdict"] == "unknown"


# What is sent


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"nonce": "x"},
        {"token": 5, "scanned_at": "yesterday"},
        {"token": "x", "ticket": "0" * 24},
        {"direction": "up"},
        "text",
        None,
        [],
        {"token": "x" * 501},
        {"ticket": "Z" * 24},
        {"token": "x", "shown": "perhaps"},
        {"token": "a\0b"},
    ],
)
def test_one_that_cannot_be_read_does_not_stop_the_others(
    wrong: Any, phone: DoorClient, tickets: list[Ticket]
) -> None:
    right = {
        "nonce": str(uuid4()),
        "token": tokens.sign(tickets[0]),
        "scanned_at": timezone.now().isoformat(),
    }
    if isinstance(wrong, dict) and wrong:
        wrong = {"nonce": str(uuid4()), "token": "x", "scanned_at": timezone.now().isoformat(), **wrong}
        if "ticket" in wrong and wrong["token"] == "x" and wrong["ticket"] != "0" * 24:
            del wrong["token"]

    response = phone.send([wrong, right])

    refused, taken = response.json()["scans"]
    assert (refused["recorded"], refused["error"]["code"]) == (False, "invalid")
    assert taken["verdict"] == "admitted"


@pytest.mark.parametrize("scans", [[], [{}] * 101, {}, "x", None])
def test_a_list_has_one_to_a_hundred(scans: Any, phone: DoorClient) -> None:
    response = phone.send(scans)

    assert (response.status_code, response.json()["error"]["code"]) == (400, "invalid")


def test_a_nonce_gets_its_first_answer_again(phone: DoorClient, tickets: list[Ticket]) -> None:
    element = {"nonce": str(uuid4()), "token": tokens.sign(tickets[0]), "scanned_at": "2026-12-01T19:00:00Z"}

    first, again = (phone.scan(element)["scans"] for _twice in range(2))

    assert first == again
    assert Scan.objects.count() == 1


def test_a_repeated_nonce_does_not_say_what_has_happened_since(
    phone: DoorClient, tickets: list[Ticket]
) -> None:
    element = {"nonce": str(uuid4()), "token": tokens.sign(tickets[0]), "scanned_at": "2026-12-01T19:00:00Z"}
    phone.scan(element)
    stop(tickets[0], TicketStatus.VOID, StopReason.REFUNDED)

    (again,) = phone.scan(element)["scans"]

    assert (again["verdict"], again["message"]) == ("admitted", "Welcome")


def test_a_nonce_with_another_content_is_recorded_apart(phone: DoorClient, tickets: list[Ticket]) -> None:
    nonce = str(uuid4())
    phone.scan({"nonce": nonce, "token": tokens.sign(tickets[0])})

    other = {"nonce": nonce, "token": tokens.sign(tickets[1]), "scanned_at": timezone.now().isoformat()}
    first, again = (phone.scan(other)["scans"][0] for _twice in range(2))

    assert (first["nonce"], first["recorded"], first["error"]["code"]) == (nonce, True, "nonce_reused")
    assert first["verdict"] == again["verdict"] == "admitted"
    assert Scan.objects.count() == 2


def test_a_device_sends_twenty_a_second_and_two_hundred_at_once(phone: DoorClient) -> None:
    for _list in range(2):
        assert phone.try_scan(*[{"token": "x"}] * 100).status_code == 200

    late = phone.try_scan(*[{"token": "x"}] * 100)

    assert (late.status_code, late.json()["error"]["code"]) == (429, "throttled")
    assert 0 < int(late.headers["Retry-After"]) <= 6
    assert Scan.objects.count() == 200


def test_a_scan_costs_so_many_statements(phone: DoorClient, tickets: list[Ticket]) -> None:
    phone.verdict("x")
    with CaptureQueriesContext(connection) as queries:
        assert phone.verdict(tokens.sign(tickets[0])) == "admitted"

    # Device, events, allowance; BEGIN, seat, ticket, its seat's scans, scan, entry, COMMIT; group, counts.
    assert len(queries) <= 14


def test_what_a_device_says_of_itself_is_kept(phone: DoorClient) -> None:
    ahead = (timezone.now() + timedelta(minutes=10)).isoformat()

    phone.scan({"token": "x"}, sent_at=ahead, list_version="v7", queued=3)

    phone.device.refresh_from_db()
    assert (phone.device.list_version, phone.device.queued) == ("v7", 3)
    assert abs(phone.device.skew_ms - 600_000) < 60_000
