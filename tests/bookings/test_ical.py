"""A booking in the customer's calendar."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import time_machine
from django.test import Client
from icalendar import Calendar

from bookings.models import Event
from payments.ledger.refunds import request_refund
from payments.models import Cause, Origin
from tests.support.shop import Purchase
from tests.support.worker import work


def file_of(purchase: Purchase) -> str:
    return f"{purchase.booking.get_absolute_url()}event.ics"


def entry(client: Client, purchase: Purchase) -> Any:
    """Return the one entry of the file."""
    [entry] = Calendar.from_ical(client.get(file_of(purchase)).content).events
    return entry


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

    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'inline; filename="demo-night.ics"'
    assert answer.headers["Cache-Control"] == "private, no-cache"
    again = client.get(file_of(paid), headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_times_are_those_of_the_shops_clock(paid: Purchase, client: Client, settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    starts_at = datetime(2026, 10, 24, 18, 30, tzinfo=UTC)  # The night in which summer time ends.
    Event.objects.update(starts_at=starts_at, ends_at=starts_at + timedelta(hours=9))

    text = client.get(file_of(paid)).content.decode()
    found = entry(client, paid)

    assert "DTSTART;TZID=Europe/Berlin:20261024T203000" in text
    assert "DTEND;TZID=Europe/Berlin:20261025T043000" in text
    assert text.count("BEGIN:VTIMEZONE") == 1
    assert found.decoded("DTSTART").astimezone(UTC) == starts_at
    assert found.decoded("DTEND").astimezone(ZoneInfo("UTC")) == starts_at + timedelta(hours=9)


def test_a_changed_event_replaces_the_entry_that_is_there(paid: Purchase, client: Client) -> None:
    before = entry(client, paid)
    with time_machine.travel(datetime.now(tz=UTC) + timedelta(days=2)):
        event = Event.objects.get()
        event.venue = "The Big Theatre"
        event.save()

    after = entry(client, paid)

    assert after["UID"] == before["UID"] == f"{paid.booking.reference}@testserver"
    assert before["SEQUENCE"] == 0
    assert after["SEQUENCE"] > 24 * 60 * 60
    assert after["LOCATION"] == "The Big Theatre"


def test_a_refunded_booking_is_cancelled_in_the_calendar(paid: Purchase, client: Client) -> None:
    before = entry(client, paid)
    with time_machine.travel(datetime.now(tz=UTC) + timedelta(hours=1), tick=True):
        request_refund(paid.payment, origin=Origin.STAFF, cause=Cause.STAFF)
        work("send_refund")
        after = entry(client, paid)

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
