"""Announcements: one copy for each booking, whatever the mail server or the worker does meanwhile."""

from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from bookings.announcements import sending
from bookings.models import Announcement, AnnouncementCopy, Booking, Event
from payments.fsck import jobs
from tests.bookings.announcements.ticket_holders import give_back, hold, sell
from tests.support.smtp.server import MailServer, running
from tests.support.staff import make_user
from tests.support.worker import work

ADA, BOB, CY, DOT = (f"{name}@example.com" for name in ("ada", "bob", "cy", "dot"))
FORM = "1b6a2c1e-0000-4000-8000-000000000000"
TEXT = "The doors open at <7>.\n\nPlease come by tram & bring a coat."


@pytest.fixture
def server(settings: Any) -> Iterator[MailServer]:
    with running(MailServer(), settings) as server:
        yield server


@pytest.fixture
def author(db: None) -> User:
    return make_user("Box office")


@pytest.fixture
def bookings(event: Event) -> list[Booking]:
    """Three with tickets; one that isn't paid, one whose tickets are void, one without an address."""
    hold(event, "B-1", "unpaid@example.com")
    give_back(sell(event, "B-2", "void@example.com"))
    sell(event, "B-3", "", name="")
    return [sell(event, f"A-{n}", email) for n, email in enumerate((ADA, BOB, CY), 1)]


def start(event: Event, author: User, *, form_id: str = FORM) -> Announcement:
    return sending.start(event, author=author, subject="Doors at 7", text=TEXT, form_id=form_id)


def send() -> None:
    work("send_announcement")


def outcomes(announcement: Announcement) -> dict[str, int]:
    return dict(sending.progress(announcement))


def body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def waiting_jobs() -> int:
    return ProcrastinateJob.objects.filter(task_name=sending.TASK, status="todo").count()


def test_each_booking_with_tickets_gets_one_copy(
    event: Event, author: User, bookings: list[Booking], server: MailServer
) -> None:
    announcement = start(event, author)
    send()
    send()

    assert server.recipients == [ADA, BOB, CY]
    assert server.connections == 1
    assert outcomes(announcement) == {"sent": 3}
    announcement.refresh_from_db()
    assert announcement.finished_at is not None
    (mail, *_others) = server.mails
    assert mail["Subject"] == "Doors at 7"
    assert mail["From"].addresses[0].display_name == "The Little Theatre"
    assert mail["Reply-To"] == "box-office@example.com"
    assert (mail["List-Unsubscribe"], mail["Auto-Submitted"]) == (None, "auto-generated")


def test_the_frame_is_in_the_bookings_language_and_the_words_as_written(
    event: Event, author: User, server: MailServer
) -> None:
    sell(event, "A-1", ADA, name="Ada & Co")
    sell(event, "A-2", BOB, language="de")
    start(event, author)
    send()

    english, german = server.mails
    words = body(english, "plain")
    assert "Hello Ada & Co,\n\nThe doors open at <7>.\n\nPlease come by tram & bring" in words
    assert "The doors open at &lt;7&gt;.</p>" in body(english, "html")
    assert "Guten Tag Ada Lovelace,\n\nThe doors open at <7>." in body(german, "plain")
    assert "weil Sie Tickets für diese Veranstaltung haben." in body(german, "plain")


def test_a_form_that_is_sent_twice_is_one_announcement(
    event: Event, author: User, bookings: list[Booking], server: MailServer
) -> None:
    assert start(event, author) == start(event, author)
    send()

    assert len(server.envelopes) == 3


def test_the_database_takes_no_second_copy(event: Event, author: User, bookings: list[Booking]) -> None:
    announcement = start(event, author)
    with pytest.raises(IntegrityError, match="announcement_copy_once"), transaction.atomic():
        AnnouncementCopy.objects.create(announcement=announcement, booking=bookings[0])


def test_who_gives_the_tickets_back_meanwhile_gets_nothing(
    event: Event, author: User, bookings: list[Booking], server: MailServer
) -> None:
    announcement = start(event, author)
    give_back(bookings[1])
    send()

    assert server.recipients == [ADA, CY]
    assert outcomes(announcement) == {"sent": 2, "skipped": 1}


def test_who_buys_later_gets_it_only_if_staff_say_so(
    event: Event, author: User, bookings: list[Booking], server: MailServer
) -> None:
    announcement = start(event, author)
    sell(event, "A-9", DOT)
    send()
    assert server.recipients == [ADA, BOB, CY]

    assert (sending.extend(announcement), sending.extend(announcement)) == (1, 0)
    send()

    assert server.recipients == [ADA, BOB, CY, DOT]


def test_a_stopped_one_goes_to_nobody_else(
    event: Event, author: User, bookings: list[Booking], server: MailServer
) -> None:
    announcement = start(event, author)
    sending.work_on(announcement.pk, seconds=-1)
    assert sending.stop(announcement)
    assert not sending.stop(announcement)
    send()

    assert server.recipients == []
    assert outcomes(announcement) == {"stopped": 3}
    assert sending.extend(announcement) == 0


def test_a_batch_ends_in_time_and_the_next_goes_on(
    event: Event, author: User, bookings: list[Booking], server: MailServer
) -> None:
    announcement = start(event, author)
    ProcrastinateJob.objects.filter(task_name=sending.TASK).delete()
    sending.work_on(announcement.pk, seconds=-1)

    assert (server.recipients, waiting_jobs()) == ([], 1)
    send()
    assert server.recipients == [ADA, BOB, CY]


# What the mail server says


def test_a_refusal_stops_nobody_else_and_ends_with_the_address(
    event: Event, author: User, bookings: list[Booking], server: MailServer
) -> None:
    server.says[BOB] = ["550 5.1.1 No such user"]
    announcement = start(event, author)
    send()
    assert server.recipients == [ADA, CY]
    assert outcomes(announcement) == {"sent": 2, "refused": 1}
    assert AnnouncementCopy.objects.refused().get().words == "550 5.1.1 No such user"

    Booking.objects.filter(pk=bookings[1].pk).update(email=DOT)
    sending.owe_again(bookings[1])
    send()

    assert server.recipients == [ADA, CY, DOT]
    assert outcomes(announcement) == {"sent": 3}


def test_who_is_to_be_written_to_later_is_and_the_others_at_once(
    event: Event, author: User, bookings: list[Booking], server: MailServer
) -> None:
    server.says[ADA] = ["451 4.7.1 Greylisted"]
    announcement = start(event, author)
    sending.work_on(announcement.pk)

    assert server.recipients == [BOB, CY]
    copy = announcement.copies.get(outcome="waiting")
    assert (copy.tries, copy.words) == (1, "SMTPRecipientsRefused 451")
    assert copy.next_try_at is not None
    assert copy.next_try_at > timezone.now()
    job = ProcrastinateJob.objects.filter(task_name=sending.TASK).latest("pk")
    assert job.scheduled_at == copy.next_try_at

    AnnouncementCopy.objects.update(next_try_at=timezone.now())
    send()
    assert server.recipients == [BOB, CY, ADA]


def test_who_is_never_taken_is_given_up(
    event: Event, author: User, bookings: list[Booking], server: MailServer
) -> None:
    server.says[ADA] = ["451 4.7.1 Greylisted"]
    announcement = start(event, author)
    AnnouncementCopy.objects.update(tries=sending.MOST_TRIES - 1)
    send()
    assert outcomes(announcement) == {"sent": 2, "failed": 1}

    assert sending.try_again(announcement) == 1
    send()
    assert outcomes(announcement) == {"sent": 3}


def test_a_connection_that_breaks_leaves_one_unclear_and_the_others_sent(
    event: Event, author: User, bookings: list[Booking], server: MailServer
) -> None:
    server.says_to_data[BOB] = [MailServer.BREAK]
    announcement = start(event, author)
    send()
    send()

    assert server.recipients == [ADA, CY]
    assert server.connections == 2
    assert outcomes(announcement) == {"sent": 2, "unclear": 1}


def test_a_mail_server_that_is_away_loses_nothing(
    event: Event, author: User, bookings: list[Booking], server: MailServer, settings: Any
) -> None:
    announcement, port = start(event, author), settings.EMAIL_PORT
    settings.EMAIL_PORT = 1
    with pytest.raises(OSError, match="refused"):
        send()
    assert outcomes(announcement) == {"waiting": 3}

    settings.EMAIL_PORT = port
    send()
    assert server.recipients == [ADA, BOB, CY]


# What happens to the worker


def test_one_that_lost_its_job_gets_another(
    event: Event, author: User, bookings: list[Booking], server: MailServer
) -> None:
    start(event, author)
    ProcrastinateJob.objects.all().delete()
    lost = [violation for violation in jobs.missing() if "announcement" in violation.subject]

    (violation,) = lost
    assert violation.fix is not None
    violation.fix()
    send()
    assert server.recipients == [ADA, BOB, CY]
