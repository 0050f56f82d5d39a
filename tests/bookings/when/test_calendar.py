"""A booking in the customer's calendar."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from icalendar import Calendar

from bookings.mail.emails import send_tickets
from bookings.models import Booking, Event, EventStatus
from payments.ledger.refunds import request_refund
from payments.models import Cause, Origin
from tests.bookings.when.clocks import AUTUMN, in_berlin
from tests.support.shop import Purchase
from tests.support.worker import work


def file_of(purchase: Purchase) -> str:
    return f"{purchase.booking.get_absolute_url()}event.ics"


def entry(client: Client, purchase: Purchase) -> Any:
    """Return the one entry of the file."""
    [entry] = calendar_of(client, purchase).events
    return entry


def calendar_of(client: Client, purchase: Purchase) -> Any:
    return Calendar.from_ical(client.get(file_of(purchase)).content)


def test_the_entry_says_what_when_where_and_which_seats(paid: Purchase, client: Client) -> None:
    event, found = paid.booking.event, entry(client, paid)

    address = f"http://testserver{paid.booking.get_absolute_url()}"
    assert (found["SUMMARY"], found["LOCATION"]) == ("Demo Night", "The Little Theatre")
    assert found.decoded("DTSTART") == event.starts_at.replace(microsecond=0)
    assert found.decoded("DTEND") == event.ends_at.replace(microsecond=0)
    assert found["DESCRIPTION"] == f"Seats A-1 and A-2\nBooking {paid.booking.ticket_reference}\n{address}"
    assert (found["URL"], found["STATUS"]) == (address, "CONFIRMED")
    assert found["CLASS"] == "PRIVATE"


def test_the_file_is_called_by_its_event_and_kept_private(paid: Purchase, client: Client) -> None:
    answer = client.get(file_of(paid))

    assert answer.headers["Content-Type"] == "text/calendar; method=PUBLISH; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'inline; filename="demo-night.ics"'
    assert answer.headers["Cache-Control"] == "private, no-cache"
    again = client.get(file_of(paid), headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_times_are_in_utc_so_no_reader_needs_rules_of_a_zone(paid: Purchase, client: Client) -> None:
    starts_at = in_berlin(*AUTUMN, 0, 30).astimezone(UTC)  # The night in which summer time ends.
    Event.objects.update(starts_at=starts_at, ends_at=starts_at + timedelta(hours=9))

    text = client.get(file_of(paid)).content.decode()

    assert "DTSTART:20271030T223000Z" in text
    assert "DTEND:20271031T073000Z" in text
    assert "TZID" not in text


def test_the_file_says_who_publishes_it_and_whose_it_is(paid: Purchase, client: Client) -> None:
    Event.objects.update(organiser_name='The "Little"; Theatre:\r\nX', organiser_email="box@example.com")

    found = entry(client, paid)

    assert str(found["ORGANIZER"]) == "mailto:box@example.com"
    assert found["ORGANIZER"].params["CN"] == "The 'Little'; Theatre: X"
    assert calendar_of(client, paid)["METHOD"] == "PUBLISH"


def test_a_changed_event_replaces_the_entry_that_is_there(paid: Purchase, client: Client) -> None:
    before = entry(client, paid)
    with time_machine.travel(datetime.now(tz=UTC) + timedelta(days=2)):
        event = Event.objects.get()
        event.venue = "The Big Theatre"
        event.save()

    after = entry(client, paid)

    assert after["UID"] == before["UID"] == f"{paid.booking.reference}@testserver"
    assert (before["SEQUENCE"], after["SEQUENCE"]) == (0, 1)
    assert after.decoded("DTSTAMP") > before.decoded("DTSTAMP")
    assert after["LOCATION"] == "The Big Theatre"


def test_a_refunded_booking_is_cancelled_in_the_calendar(paid: Purchase, client: Client) -> None:
    before = entry(client, paid)
    with time_machine.travel(datetime.now(tz=UTC) + timedelta(hours=1), tick=True):
        request_refund(paid.payment, origin=Origin.STAFF, cause=Cause.STAFF)
        work("send_refund")
        after = entry(client, paid)
        assert calendar_of(client, paid)["METHOD"] == "CANCEL"

    assert (before["STATUS"], after["STATUS"]) == ("CONFIRMED", "CANCELLED")
    assert after["UID"] == before["UID"]
    assert after["SEQUENCE"] > before["SEQUENCE"]
    assert str(after["DESCRIPTION"]).startswith("Seats A-1 and A-2")


def test_a_seat_given_back_is_no_longer_in_the_entry(paid: Purchase, client: Client) -> None:
    with time_machine.travel(datetime.now(tz=UTC) + timedelta(hours=1), tick=True):
        first = paid.booking.tickets.all()[:1]
        request_refund(paid.payment, origin=Origin.STAFF, cause=Cause.STAFF, amount=4200, tickets=first)
        work("send_refund")
        after = entry(client, paid)

    assert str(after["DESCRIPTION"]).startswith("Seat A-2\n")
    assert after["STATUS"] == "CONFIRMED"
    assert after["SEQUENCE"] > 0


def test_what_isnt_bought_yet_is_in_no_calendar(purchase: Purchase, client: Client) -> None:
    assert client.get(file_of(purchase)).status_code == 404


def test_a_title_can_hold_no_lines_of_its_own(paid: Purchase, client: Client) -> None:
    Event.objects.update(title="Night; or, What You Will\r\nATTENDEE:mailto:eve@example.com")

    found = entry(client, paid)

    assert found["SUMMARY"].replace("\r", "") == "Night; or, What You Will\nATTENDEE:mailto:eve@example.com"
    assert "ATTENDEE" not in found


def test_a_long_line_is_folded_between_letters(paid: Purchase, client: Client) -> None:
    title = "Überraschungsgäste 🎭, 東京; " * 6
    Event.objects.update(title=title)

    content = client.get(file_of(paid)).content

    assert max(len(line) for line in content.split(b"\r\n")) <= 75
    assert all(line.decode() for line in content.split(b"\r\n") if line)
    assert entry(client, paid)["SUMMARY"] == title
    assert b"\n" not in content.replace(b"\r\n", b"")


def test_what_is_called_off_is_taken_back_and_what_is_moved_isnt(paid: Purchase, client: Client) -> None:
    Event.objects.update(status=EventStatus.POSTPONED)
    moved = entry(client, paid)
    Event.objects.update(status=EventStatus.CANCELLED)
    off = entry(client, paid)

    assert (moved["STATUS"], moved["SEQUENCE"]) == ("CONFIRMED", 1)
    assert (off["STATUS"], off["SEQUENCE"]) == ("CANCELLED", 2)
    assert calendar_of(client, paid)["METHOD"] == "CANCEL"


@pytest.mark.parametrize(
    ("changes", "revisions"),
    [
        ({"starts_at": in_berlin(*AUTUMN, 19)}, 1),
        ({"venue": "There", "title": "Another Night"}, 1),
        ({"time_zone": "Asia/Kathmandu"}, 1),
        ({"status": "postponed"}, 1),
        ({"revision": 7}, 0),
        ({"description": "Words", "cancellation_fee": 50, "slug": "there"}, 0),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, dict) else None,
)
def test_a_revision_is_counted_whoever_changes_an_event(
    event: Event, changes: dict[str, Any], revisions: int
) -> None:
    before = event.changed_at
    stale = Event.objects.get()
    if "starts_at" in changes:
        changes = {**changes, "ends_at": changes["starts_at"] + timedelta(hours=2)}

    Event.objects.update(**changes)

    event.refresh_from_db()
    assert event.revision == revisions
    assert (event.changed_at > before) is bool(revisions)
    stale.save()  # By a process that hasn't seen it: back to what was, so it is one more.
    event.refresh_from_db()
    assert event.revision == 2 * revisions


def test_the_mail_names_the_method_of_its_file(paid: Purchase) -> None:
    Booking.objects.update(mailed_at=None)

    send_tickets(paid.booking.pk)

    [part] = [part for part in mail.outbox[0].message().walk() if part.get_content_type() == "text/calendar"]
    assert part.get_param("method") == "PUBLISH"
    assert part.get_param("charset") == "utf-8"
