"""Staff move an event or call it off in the admin: they see what that would do, and then how far it is."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client

from bookings.event_changes.changing import Author, Move, move_event
from bookings.models import Event, EventChange, EventStatus
from payments.models import Refund
from tests.bookings.events.test_visibility import fields_of
from tests.support.page_text import text_of as text_of_html
from tests.support.shared import shared
from tests.support.shop import BoxOffice, Purchase, make_event
from tests.support.staff import somebody_of, told
from tests.support.worker import work


@shared
def paid(box_office: BoxOffice) -> Purchase:
    make_event(time_zone="Europe/Berlin")
    return box_office.sell()


@pytest.fixture
def finance(db: None) -> Client:
    return somebody_of("Finance")


def text_of(answer: Any) -> str:
    return text_of_html(answer.content.decode())


def page(name: str) -> str:
    return f"/admin/bookings/eventchange/{Event.objects.get().pk}/{name}/"


def hidden(answer: Any) -> dict[str, Any]:
    form = answer.context["form"]
    return {"form_id": str(form["form_id"].value()), "seen": answer.context.get("digest", "")}


def test_calling_off_shows_what_it_does_and_needs_the_events_name(finance: Client, paid: Purchase) -> None:
    answer = finance.get(page("call-off"))
    words = text_of(answer)
    assert "1 (2 tickets)" in words
    assert "Cancel event and refund €84.00" in words

    wrong = finance.post(page("call-off"), {**hidden(answer), "reason": "Ill.", "typed": "another-night"})
    assert "That doesn’t match. This event’s short name is demo-night." in text_of(wrong)
    assert Event.objects.get().status == EventStatus.SCHEDULED

    answer = finance.post(page("call-off"), {**hidden(answer), "reason": "Ill.", "typed": "demo-night"})
    change = EventChange.objects.get()
    assert answer["Location"] == f"/admin/bookings/eventchange/{change.pk}/change/"
    assert change.reason == "Ill."
    assert change.actor is not None
    assert "0 of 1 bookings done" in text_of(finance.get(answer["Location"]))

    assert finance.get(page("call-off"))["Location"] == answer["Location"]  # It can't be done again.

    work()
    assert "1 of 1 bookings done, 1 emailed" in text_of(finance.get(answer["Location"]))
    assert Refund.objects.get().amount == 8400


def test_a_reason_is_needed(finance: Client, paid: Purchase) -> None:
    answer = finance.get(page("call-off"))
    refused = finance.post(page("call-off"), {**hidden(answer), "reason": " ", "typed": "demo-night"})

    assert "This field is required." in text_of(refused)
    assert not EventChange.objects.exists()


def move(staff: Client, **changes: Any) -> Any:
    event = Event.objects.get()
    starts_at = event.starts_at + timedelta(days=7)
    typed = {
        "starts_at_0": f"{starts_at:%Y-%m-%d}",
        "starts_at_1": "19:30",
        "ends_at_0": f"{starts_at:%Y-%m-%d}",
        "ends_at_1": "22:00",
        "venue": event.venue,
        "keeps_distances": "on",
        "reason": "",
        **changes,
    }
    return staff.post(page("move"), typed)


def test_moving_is_shown_before_it_is_done(finance: Client, paid: Purchase) -> None:
    empty = hidden(finance.get(page("move")))

    shown = move(finance, **empty)
    assert "Changes" in text_of(shown)
    assert "Reschedule and email 1 booking" in text_of(shown)
    assert not EventChange.objects.exists()

    other = move(finance, **hidden(shown), ends_at_1="23:00")
    assert "Changes" in text_of(other)
    assert not EventChange.objects.exists()

    done = move(finance, **hidden(other), ends_at_1="23:00")
    change = EventChange.objects.get()
    assert told(finance.get(done["Location"])) == ["Event rescheduled. Ticket holders are being emailed."]
    assert Event.objects.get().starts_at == change.starts_after


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"starts_at_0": "2020-01-01", "ends_at_0": "2020-01-01"}, "The new start must be in the future."),
        ({"ends_at_1": "18:00"}, "The event must end after it starts."),
        ({"venue": ""}, "This field is required."),
        ({"starts_at_1": "soon"}, "Enter a valid time."),
        ({"starts_at_0": ""}, "Enter a complete value."),
        ({"form_id": "x"}, "Nothing was changed."),
        ({"starts_at_0": "0001-01-01", "starts_at_1": "00:00"}, "doesn’t exist"),
    ],
)
def test_what_makes_no_sense_is_said(
    changes: dict[str, str], words: str, finance: Client, paid: Purchase
) -> None:
    answer = move(finance, **{**hidden(finance.get(page("move"))), **changes})

    assert words in answer.content.decode()
    assert not EventChange.objects.exists()


@pytest.mark.parametrize("name", ["move", "call-off"])
def test_only_who_may_sees_it(name: str, paid: Purchase) -> None:
    for group in ("Box office", "Door"):
        assert somebody_of(group).get(page(name)).status_code == 403
    assert somebody_of("Finance").get("/admin/bookings/eventchange/99999/move/").status_code == 404


def test_what_was_called_off_is_not_moved(finance: Client, paid: Purchase) -> None:
    Event.objects.update(status=EventStatus.CANCELLED)

    assert "The event is cancelled." in move(finance, **hidden(finance.get(page("move")))).content.decode()


def test_a_form_that_is_sent_twice_leads_to_its_move(finance: Client, paid: Purchase) -> None:
    starts_at = f"{Event.objects.get().starts_at + timedelta(days=7):%Y-%m-%d}"
    days = {"starts_at_0": starts_at, "ends_at_0": starts_at}
    shown = hidden(move(finance, **hidden(finance.get(page("move")))))

    first, second = (move(finance, **shown, **days) for _time in range(2))

    assert first["Location"] == second["Location"]
    assert EventChange.objects.count() == 1


def test_what_is_called_off_in_that_moment_is_not_moved(finance: Client, paid: Purchase) -> None:
    shown = hidden(move(finance, **hidden(finance.get(page("move")))))

    def call_off_first(execute: Any, sql: str, *rest: Any) -> Any:
        if "FOR NO KEY UPDATE" in sql:
            Event.objects.update(status=EventStatus.CANCELLED)
        return execute(sql, *rest)

    with connection.execute_wrapper(call_off_first):
        answer = move(finance, **shown)

    assert "The event is cancelled." in text_of(answer)
    assert not EventChange.objects.exists()


def test_the_page_of_the_event_moves_nobody_in_silence(paid: Purchase) -> None:
    """Not even by a form that was open when somebody else moved it."""
    Event.objects.update(time_zone="")
    event, staff = Event.objects.get(), somebody_of("Events")
    old, address = fields_of(event, description="New words"), f"/admin/bookings/event/{event.pk}/change/"
    move(somebody_of("Finance"), **hidden(move(somebody_of("Finance"), form_id=str(uuid4()))))
    moved = Event.objects.get()
    assert moved.starts_at != event.starts_at

    refused = staff.post(address, old)
    assert "Use “Reschedule”: it also tells the customers." in text_of(refused)
    assert Event.objects.get().starts_at == moved.starts_at

    assert staff.post(address, fields_of(moved, description="New words")).status_code == 302
    assert Event.objects.get().description == "New words"


@pytest.mark.parametrize("name", ["starts_at", "ends_at", "venue"])
@pytest.mark.parametrize("status", ["confirmed", "held"])
def test_what_ticket_holders_rely_on_is_not_edited(
    name: str, status: str, event: Event, box_office: BoxOffice
) -> None:
    """Nor what somebody relies on who is paying for tickets at this moment."""
    box_office.sell() if status == "confirmed" else box_office.buy("A-1")
    event.time_zone = ""
    event.save()
    if name == "venue":
        event.venue = "Großes Haus"
    else:
        setattr(event, name, getattr(event, name) - timedelta(minutes=30))

    address = f"/admin/bookings/event/{event.pk}/change/"
    refused = somebody_of("Events").post(address, fields_of(event, description="New words"))

    assert list(refused.context["adminform"].form.errors) == [name]
    assert "Use “Reschedule”: it also tells the customers." in text_of(refused)
    assert Event.objects.get().description == ""


def test_another_zone_moves_what_ticket_holders_rely_on(paid: Purchase) -> None:
    Event.objects.update(time_zone="")
    event = Event.objects.get()

    address = f"/admin/bookings/event/{event.pk}/change/"
    refused = somebody_of("Events").post(address, fields_of(event, time_zone="America/New_York"))

    assert {"starts_at", "ends_at"} <= set(refused.context["adminform"].form.errors)
    assert Event.objects.get().time_zone == ""


def test_before_anybody_books_all_of_it_is_edited(event: Event) -> None:
    event.starts_at, event.venue = event.starts_at - timedelta(minutes=30), "Großes Haus"

    saved = somebody_of("Events").post(f"/admin/bookings/event/{event.pk}/change/", fields_of(event))

    assert saved.status_code == 302
    assert Event.objects.get().venue == "Großes Haus"
    assert Event.objects.get().starts_at == event.starts_at.replace(microsecond=0)
    assert not EventChange.objects.exists()


def test_saving_an_event_leaves_it_moved(event: Event) -> None:
    """It is moved after the form's page has read it, and before that saves it."""

    def move_first(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith('UPDATE "bookings_event"') and not moved:
            moved.append(event.starts_at + timedelta(days=7))
            Event.objects.update(starts_at=moved[0], ends_at=moved[0] + timedelta(hours=2))
        return execute(sql, *rest)

    moved: list[Any] = []
    typed = fields_of(event, description="New words")
    with connection.execute_wrapper(move_first):
        saved = somebody_of("Events").post(f"/admin/bookings/event/{event.pk}/change/", typed)

    assert saved.status_code == 302
    event.refresh_from_db()
    assert (event.description, event.starts_at) == ("New words", moved[0])


def test_saving_an_event_leaves_it_called_off(finance: Client, event: Event) -> None:
    """It is called off after the form's page has read it, and before that saves it."""

    def call_off_first(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith('UPDATE "bookings_event"') and not off:
            off.append(True)
            Event.objects.update(status=EventStatus.CANCELLED)
        return execute(sql, *rest)

    off: list[bool] = []
    with connection.execute_wrapper(call_off_first):
        saved = somebody_of("Events").post(
            f"/admin/bookings/event/{event.pk}/change/", fields_of(event, description="New words")
        )

    assert saved.status_code == 302
    event.refresh_from_db()
    assert (event.description, event.status) == ("New words", EventStatus.CANCELLED)


def test_what_was_moved_and_never_booked_is_deleted(event: Event) -> None:
    starts_at = event.starts_at + timedelta(days=7)
    move_event(
        event, Move(starts_at=starts_at, ends_at=starts_at + timedelta(hours=1), venue="Here"), Author()
    )

    somebody_of("Events").post(f"/admin/bookings/event/{event.pk}/delete/", {"post": "yes"})

    assert not Event.objects.exists()
