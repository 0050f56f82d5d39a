"""What ticket holders get by mail when their event is moved or called off, as a mail server received it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any, NamedTuple

import pytest
from django.test import Client
from icalendar import Calendar

from bookings.event_changes.changing import Author, Move, call_off, move_event
from bookings.models import Booking, Event, EventNotice, NoticeOutcome
from payments.models import Refund
from tests.support.shared import shared
from tests.support.shop import BoxOffice, Purchase, make_event
from tests.support.smtp.server import MailServer, running
from tests.support.staff import somebody_of
from tests.support.worker import work

ADA, BOB = "ada@example.com", "bob@example.com"
NO_SUCH_USER = "550 5.1.1 No such user"
STARTS_AT = datetime(2027, 6, 4, 17, 30, tzinfo=UTC)  # 19:30 in Berlin
WEEK, HOUR = timedelta(days=7), timedelta(hours=1)
AUTHOR = Author(reason="Unsere Sängerin ist krank: our singer is ill.")
JOBS = ("continue_event_changes", "mail_event_notice")


@shared
def paid(box_office: BoxOffice) -> Purchase:
    make_event(
        title="Ein Abend für Zoë",
        organiser_email="box@bücher.example",
        time_zone="Europe/Berlin",
        starts_at=STARTS_AT,
        ends_at=STARTS_AT + 2 * HOUR,
        sales_until=STARTS_AT,
    )
    return box_office.sell()


@pytest.fixture
def server(settings: Any) -> Iterator[MailServer]:
    with running(MailServer(hides=("8BITMIME", "SMTPUTF8")), settings, utf8=False) as server:
        yield server


class Entry(NamedTuple):
    """A calendar entry of a mail: ``methods`` are what the part's header says, and its content."""

    methods: tuple[str, str]
    entry: Any


def entry_of(mail: EmailMessage) -> Entry:
    [part] = [part for part in mail.iter_attachments() if part.get_content_type() == "text/calendar"]
    calendar = Calendar.from_ical(part.get_content())
    [entry] = calendar.walk("VEVENT")
    return Entry((str(part.get_param("method")), str(calendar["METHOD"])), entry)


def words_of(mail: EmailMessage) -> str:
    """Return the text, after making sure that the HTML says the same date and reason."""
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert AUTHOR.reason in html.get_content()
    return " ".join(plain.get_content().split())


def tickets_then(server: MailServer, language: str) -> Entry:
    """Mail the tickets in ``language``, and return the calendar entry that came with them."""
    Booking.objects.update(language=language)
    work("mail_tickets")
    [mail] = server.mails
    return entry_of(mail)


def move(purchase: Purchase, **changes: Any) -> None:
    event = Event.objects.get(pk=purchase.booking.event_id)
    to = {"starts_at": event.starts_at, "ends_at": event.ends_at, "venue": event.venue, **changes}
    move_event(event, Move(**to), AUTHOR)
    work(*JOBS)


MOVED = {
    "en-gb": (
        "New date: Ein Abend für Zoë",
        "has a new date and venue: Friday 11 June 2027, 19:30 (Berlin time), Großes Haus. "
        "It was planned for Friday 4 June 2027, 19:30 (Berlin time), The Little Theatre.",
    ),
    "de": (
        "Neuer Termin: Ein Abend für Zoë",
        "Freitag, 11. Juni 2027, 19:30 Uhr",
    ),
}


@pytest.mark.parametrize("language", MOVED)
def test_moved_both_dates_and_the_new_entry_arrive(language: str, paid: Purchase, server: MailServer) -> None:
    before = tickets_then(server, language)

    move(paid, starts_at=STARTS_AT + WEEK, ends_at=STARTS_AT + WEEK + 2 * HOUR, venue="Großes Haus")

    mail = server.mails[-1]
    subject, sentence = MOVED[language]
    words = words_of(mail)
    assert (server.recipients, mail["Subject"]) == ([ADA, ADA], subject)
    assert sentence in words
    assert ("Freitag, 4. Juni 2027, 19:30 Uhr" in words) == (language == "de")
    assert AUTHOR.reason in words
    after = entry_of(mail)
    assert after.methods == ("PUBLISH", "PUBLISH")
    assert after.entry["UID"] == before.entry["UID"]
    assert after.entry["SEQUENCE"] > before.entry["SEQUENCE"]
    assert (after.entry["STATUS"], after.entry["LOCATION"]) == ("CONFIRMED", "Großes Haus")
    assert after.entry["DTSTART"].dt == STARTS_AT + WEEK
    assert after.entry["DTEND"].dt == STARTS_AT + WEEK + 2 * HOUR


OFF = {
    "en-gb": ("Cancelled: Ein Abend für Zoë", "We’re refunding €84.00. You don’t need to do anything."),
    "de": ("Abgesagt: Ein Abend für Zoë", "84,00\N{NO-BREAK SPACE}€"),
}


@pytest.mark.parametrize("language", OFF)
def test_called_off_the_entry_is_taken_back(language: str, paid: Purchase, server: MailServer) -> None:
    before = tickets_then(server, language)

    call_off(paid.booking.event, AUTHOR)
    work(*JOBS)

    mail = server.mails[-1]
    subject, sentence = OFF[language]
    words = words_of(mail)
    assert (server.recipients, mail["Subject"]) == ([ADA, ADA], subject)
    assert " ".join(sentence.split()) in words
    assert AUTHOR.reason in words
    after = entry_of(mail)
    assert after.methods == ("CANCEL", "CANCEL")
    assert after.entry["UID"] == before.entry["UID"]
    assert after.entry["SEQUENCE"] > before.entry["SEQUENCE"]
    assert after.entry["STATUS"] == "CANCELLED"


@pytest.mark.parametrize("kind", ["moved", "called off"])
def test_their_headers_are_those_of_a_machine_whose_answers_reach_the_house(
    kind: str, paid: Purchase, server: MailServer
) -> None:
    if kind == "moved":
        move(paid, venue="Großes Haus")
    else:
        call_off(paid.booking.event, AUTHOR)
        work(*JOBS)

    [mail], [(sender, _recipients, content)] = server.mails, server.envelopes
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Reply-To"] == "box@xn--bcher-kva.example"
    assert mail["From"].addresses[0].display_name == "The Little Theatre"
    assert sender == mail["From"].addresses[0].addr_spec == "tickets@testserver"
    assert mail["List-Unsubscribe"] is None
    assert content.isascii()
    assert max(map(len, content.splitlines())) <= 998


def test_a_second_move_has_a_higher_sequence_still(paid: Purchase, server: MailServer) -> None:
    move(paid, venue="Großes Haus")
    move(paid, starts_at=STARTS_AT + WEEK, ends_at=STARTS_AT + WEEK + HOUR)
    call_off(paid.booking.event, AUTHOR)
    work(*JOBS)

    entries = [entry_of(mail).entry for mail in server.mails]
    sequences = [entry["SEQUENCE"] for entry in entries]
    assert sequences == sorted(set(sequences))
    assert len(sequences) == 3
    assert len({entry["UID"] for entry in entries}) == 1
    assert len({mail["Message-ID"] for mail in server.mails}) == 3


def test_where_only_the_end_changes_that_is_told(paid: Purchase, server: MailServer) -> None:
    move(paid, ends_at=STARTS_AT + 3 * HOUR)
    Booking.objects.update(language="de")
    move(paid, ends_at=STARTS_AT + 4 * HOUR, venue="Großes Haus")
    move(paid, ends_at=STARTS_AT + 5 * HOUR)

    first, second, third = server.mails
    assert first["Subject"] == "New end time: Ein Abend für Zoë"
    sentence = (
        "Ein Abend für Zoë on Friday 4 June 2027, 19:30 (Berlin time) now ends at 22:30 instead of 21:30."
    )
    assert sentence in words_of(first)
    assert second["Subject"] == "Neuer Ort: Ein Abend für Zoë"
    assert "Das Ende ist jetzt um 23:30 Uhr statt um 22:30 Uhr." in words_of(second)
    assert third["Subject"] == "Neues Ende: Ein Abend für Zoë"
    assert entry_of(third).entry["DTEND"].dt == STARTS_AT + 5 * HOUR


def test_its_page_says_that_the_end_has_changed(paid: Purchase, client: Client) -> None:
    move(paid, ends_at=STARTS_AT + 3 * HOUR)

    page = " ".join(client.get("/events/demo-night/").content.decode().split())
    assert "It was planned to end on" in page
    assert "Friday 4 June 2027, 21:30" in page
    assert "It was planned for" not in page


@pytest.mark.parametrize("kind", ["moved", "called off"])
def test_what_is_refused_for_good_is_tried_once_and_shown(
    kind: str, paid: Purchase, server: MailServer
) -> None:
    server.says[ADA] = [NO_SUCH_USER] * 9
    if kind == "moved":
        move(paid, venue="Großes Haus")
    else:
        call_off(paid.booking.event, AUTHOR)
        work(*JOBS)

    notice = EventNotice.objects.get()
    assert (notice.outcome, notice.words, notice.mailed_at) == (NoticeOutcome.REFUSED, NO_SUCH_USER, None)
    assert len(server.says[ADA]) == 8
    assert work(*JOBS) == []
    assert Refund.objects.count() == (kind == "called off")
    page = somebody_of("Finance").get(f"/admin/bookings/eventchange/{notice.change_id}/change/")
    assert NO_SUCH_USER in page.content.decode()


def test_a_line_break_in_an_old_title_ends_no_subject(paid: Purchase, server: MailServer) -> None:
    Event.objects.update(title="Zoë\n\nBcc: eve@example.com\n\nsings")
    move(paid, venue="Großes Haus")

    [mail] = server.mails
    assert mail["Subject"].strip() == "New venue: Zoë Bcc: eve@example.com sings"
    assert mail["Bcc"] is None
