"""The admin's pages for writing to ticket holders."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.test import Client

from bookings.announcements import sending
from bookings.models import Announcement, AnnouncementCopy, Event
from tests.bookings.announcements.ticket_holders import sell
from tests.support.staff import log_in, make_user, somebody_of, told
from tests.support.worker import work

WORDS = {"subject": "Doors at 7", "text": "Please come\r\nby tram.\r\n\r\nSee you <soon>."}


@pytest.fixture
def staff(db: None) -> Client:
    return log_in(make_user("Box office", email="clerk@example.com", first_name="Cleo", last_name="Clerk"))


@pytest.fixture
def holders(event: Event) -> None:
    sell(event, "A-1", "ada@example.com")
    sell(event, "A-2", "bob@example.com")
    sell(event, "A-3", "cy@faß.de", language="de")


def address(event: Event) -> str:
    return f"/admin/bookings/announcement/write/{event.pk}/"


def step(staff: Client, event: Event, name: str, **words: str) -> Any:
    form_id = staff.get(address(event)).context["form"]["form_id"].value()
    return staff.post(address(event), {"form_id": form_id, **WORDS, **words, "step": name}, follow=True)


@pytest.mark.usefixtures("holders")
def test_the_preview_shows_each_language_and_sends_nothing(staff: Client, event: Event) -> None:
    page = step(staff, event, "preview").content.decode()

    assert "Goes to 3 bookings" in page
    assert "English: 2 bookings" in page
    assert "Deutsch: 1 booking" in page
    assert "Guten Tag Cleo Clerk," in page
    assert "See you &lt;soon&gt;." in page
    assert "Send to 3 bookings" in page
    assert (mail.outbox, Announcement.objects.count()) == ([], 0)


@pytest.mark.usefixtures("holders")
def test_the_test_goes_to_its_author_only(staff: Client, event: Event) -> None:
    page = step(staff, event, "test")

    assert [(one.to, one.subject) for one in mail.outbox] == [(["clerk@example.com"], "Test: Doors at 7")] * 2
    assert told(page) == ["Test sent to clerk@example.com."]
    assert not Announcement.objects.exists()


@pytest.mark.usefixtures("holders")
def test_it_is_sent_watched_and_kept(staff: Client, event: Event) -> None:
    page = step(staff, event, "send")
    assert "0 of 3" in page.content.decode()
    assert 'http-equiv="refresh"' in page.content.decode()
    work("send_announcement")

    done = staff.get(page.redirect_chain[-1][0]).content.decode()
    assert "3 of 3" in done
    assert "finished" in done
    assert sorted(one.to[0] for one in mail.outbox) == [
        "ada@example.com",
        "bob@example.com",
        "cy@xn--fa-hia.de",
    ]
    written = Announcement.objects.get()
    assert (written.text, written.author.first_name) == ("Please come\nby tram.\n\nSee you <soon>.", "Cleo")
    assert LogEntry.objects.get().change_message == "Wrote to the ticket holders: Doors at 7"


@pytest.mark.usefixtures("holders")
def test_its_page_has_the_refused_and_the_buttons(staff: Client, event: Event) -> None:
    page = step(staff, event, "send")
    here = page.redirect_chain[-1][0]
    pk = Announcement.objects.get().pk
    refused = AnnouncementCopy.objects.get(booking__email="cy@faß.de")
    AnnouncementCopy.objects.filter(pk=refused.pk).update(outcome="refused", words="550 No")
    AnnouncementCopy.objects.filter(booking__email="bob@example.com").update(outcome="unclear")
    sell(event, "A-9", "dot@example.com")

    shown = staff.get(here).content.decode()
    assert "cy@faß.de" in shown
    assert "550 No" in shown
    assert f"/admin/bookings/booking/{refused.booking_id}/change/" in shown
    for what, words in (
        ("extend", "Sending to one more booking."),
        ("retry", "Retrying one email."),
        ("stop", "Stopped. The rest won’t be sent."),
        ("stop", "Already finished."),
    ):
        answer = staff.post(f"/admin/bookings/announcement/{pk}/{what}/do/", follow=True)
        assert told(answer) == [words]
    assert dict(sending.progress(Announcement.objects.get())) == {"stopped": 3, "refused": 1}


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("subject", ""),
        ("subject", "x" * 151),
        ("text", " \n "),
        ("text", "x" * 10_001),
        ("text", "a\u202eb"),
        ("text", "a\x1bb"),
    ],
    ids=range(6),
)
def test_what_cannot_be_sent_is_said(staff: Client, event: Event, field: str, words: str) -> None:
    page = step(staff, event, "send", **{field: words})

    assert list(page.context["form"].errors) == [field]
    assert not Announcement.objects.exists()


def test_a_line_break_in_a_subject_is_a_space(staff: Client, event: Event) -> None:
    page = step(staff, event, "preview", subject="Doors\r\nBcc: eve@example.com")

    assert page.context["form"].cleaned_data["subject"] == "Doors Bcc: eve@example.com"


def test_nobody_to_write_to_is_said(staff: Client, event: Event) -> None:
    page = step(staff, event, "send")

    assert told(page) == ["This event has no ticket holders."]
    assert not Announcement.objects.exists()


@pytest.mark.usefixtures("holders")
def test_who_may_not_write_sees_none_of_it(event: Event) -> None:
    door = somebody_of("Door")

    assert door.get(address(event)).status_code == 403
    assert door.get("/admin/bookings/announcement/").status_code == 403
    assert door.post("/admin/bookings/announcement/1/stop/do/").status_code == 403
    assert "Write to ticket holders" not in door.get("/admin/").content.decode()
