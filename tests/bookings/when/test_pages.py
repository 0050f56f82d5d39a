"""An event's times on pages, in mails, in documents and in the API."""

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client

from bookings.models import Event
from payments.status.bookings import describe_booking
from tests.bookings.when.clocks import EVENING
from tests.support.page_text import text_of
from tests.support.shop import Purchase
from tests.support.worker import work


@pytest.fixture
def in_nepal(paid: Purchase) -> Purchase:
    """Two tickets for an evening in Kathmandu: Friday 4 June 2027, 23:15 there."""
    Event.objects.update(
        time_zone="Asia/Kathmandu",
        starts_at=EVENING,
        ends_at=EVENING + timedelta(hours=2),
        cancellable_until=EVENING - timedelta(days=1),
        sales_until=EVENING,
    )
    return paid


def test_every_page_is_by_the_clock_at_the_venue(in_nepal: Purchase, client: Client) -> None:
    booking = in_nepal.booking
    ticket = booking.tickets.first()
    assert ticket is not None
    address = booking.get_absolute_url()
    pages = [
        *("/", booking.event.get_absolute_url(), address, f"{address}tickets/", f"{address}cancel/"),
        *(ticket.get_absolute_url(), f"{ticket.get_absolute_url()}name/"),
        f"/payments/success/?session_id={in_nepal.session_id}",
    ]
    for page in pages:
        words = text_of(client.get(page).content.decode())
        assert "23:15" in words, page
        assert "Kathmandu time)" in words, page
        assert "19:30" not in words, page
        assert "17:30" not in words, page


def test_the_leaf_of_the_calendar_is_that_at_the_venue(in_nepal: Purchase, client: Client) -> None:
    Event.objects.update(time_zone="Pacific/Apia")

    page = client.get("/events/demo-night/").content.decode()

    assert '<time class="date-leaf" datetime="2027-06-05T06:30:00+13:00">' in page
    assert '<span class="stub-day">5</span>' in page


def test_the_mail_and_its_documents_are_by_the_clock_at_the_venue(in_nepal: Purchase) -> None:
    work("mail_tickets")

    (sent,) = mail.outbox
    assert "Friday 4 June 2027, 23:15 (Kathmandu time)" in sent.body
    assert "Friday 4 June 2027, 23:15 (Kathmandu time)" in str(sent.alternatives[0][0])  # type: ignore[attr-defined]


def test_the_api_tells_the_zone_and_its_offset(in_nepal: Purchase, client: Client) -> None:
    entry = describe_booking(in_nepal.booking.reference)

    assert entry is not None
    assert entry["event"]["time_zone"] == "Asia/Kathmandu"
    assert entry["event"]["starts_at"].isoformat() == "2027-06-04T23:15:00+05:45"


def test_a_reader_elsewhere_can_be_told_the_zone(event: Event, client: Client) -> None:
    Event.objects.update(starts_at=EVENING, ends_at=EVENING + timedelta(hours=2), sales_until=EVENING)

    page = client.get(event.get_absolute_url()).content.decode()

    assert '<time datetime="2027-06-04T21:30:00+02:00">21:30</time>' in page
    assert '<zone-name hidden data-offset="120"> (Berlin time)</zone-name>' in page
