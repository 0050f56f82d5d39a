"""An event is moved: tickets stay valid, everybody is told once, and may return them if that was said."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from icalendar import Calendar

from bookings.event_changes.changing import Author, Move, NotChangeable, move_event
from bookings.models import Event, EventChange, EventNotice, EventStatus, Ticket
from payments.event_changes.work import work as deal
from payments.fsck import inspect
from payments.models import Refund
from tests.support.shared import shared
from tests.support.shop import BoxOffice, Purchase, make_event
from tests.support.worker import work

WEEK = timedelta(days=7)
AUTHOR = Author(reason="The hall has no heating.")


@shared
def paid(box_office: BoxOffice) -> Purchase:
    make_event(time_zone="Europe/Berlin", cancellation_fee_percent=10)
    return box_office.sell()


def later(event: Event, **changes: Any) -> Move:
    where = {"starts_at": event.starts_at + WEEK, "ends_at": event.ends_at + WEEK, "venue": event.venue}
    return Move(**{**where, **changes})


def entry_of(letter: Any) -> Any:
    [calendar] = [part for part in letter.attachments if part[0].endswith(".ics")]
    return Calendar.from_ical(calendar[1]).walk("VEVENT")[0]


def test_ticket_holders_are_told_with_both_dates_and_the_new_entry(paid: Purchase) -> None:
    work("mail_tickets")
    before = entry_of(mail.outbox[-1])
    event = paid.booking.event

    move_event(event, later(event, venue="The Town Hall"), AUTHOR)
    work("continue_event_changes", "mail_event_notice")

    letter = mail.outbox[-1]
    assert letter.subject == "New date: Demo Night"
    text = str(letter.body)
    for sentence in (
        "The Town Hall",
        "The Little Theatre",
        AUTHOR.reason,
        "Your tickets are still valid.",
    ):
        assert sentence in text
    entry = entry_of(letter)
    assert (entry["UID"], entry["STATUS"]) == (before["UID"], "CONFIRMED")
    assert entry["SEQUENCE"] > before["SEQUENCE"]
    assert entry["DTSTART"].dt == (event.starts_at + WEEK).replace(microsecond=0)
    assert {ticket.status for ticket in Ticket.objects.all()} == {"valid"}
    assert not Refund.objects.exists()
    assert inspect() == []


def test_everybody_is_told_once(paid: Purchase) -> None:
    event = paid.booking.event
    author = Author(form_id="one-form")
    first = move_event(event, later(event), author)
    assert move_event(event, later(event), author) == first

    for _turn in range(2):
        deal()
        work()

    assert EventChange.objects.count() == EventNotice.objects.count() == 1
    assert [letter.subject for letter in mail.outbox].count("New date: Demo Night") == 1


def test_of_two_moves_the_last_is_told(paid: Purchase) -> None:
    event = paid.booking.event
    move_event(event, later(event), AUTHOR)
    deal()
    move_event(Event.objects.get(), later(Event.objects.get()), AUTHOR)

    work()

    letters = [letter for letter in mail.outbox if letter.subject.startswith("New date")]
    assert len(letters) == 1
    assert entry_of(letters[0])["DTSTART"].dt == (event.starts_at + 2 * WEEK).replace(microsecond=0)


def test_who_books_after_it_is_not_told_of_it(paid: Purchase, box_office: BoxOffice) -> None:
    event = paid.booking.event
    move_event(event, later(event), AUTHOR)
    purchase = box_office.buy("B-1", email="grace@example.com")
    box_office.stripe.pay(purchase.session_id)
    box_office.deliver("completed", purchase)

    deal()

    assert [notice.booking for notice in EventNotice.objects.all()] == [paid.booking]


def test_who_was_paying_meanwhile_is_told(paid: Purchase, box_office: BoxOffice) -> None:
    purchase = box_office.buy("B-1", email="grace@example.com")
    event = paid.booking.event
    move_event(event, later(event), AUTHOR)
    deal()
    box_office.stripe.pay(purchase.session_id)
    box_office.deliver("completed", purchase)

    deal()

    assert {notice.booking for notice in EventNotice.objects.all()} == {paid.booking, purchase.booking}


def test_sale_and_deadline_move_along(paid: Purchase) -> None:
    event = paid.booking.event
    deadline = event.starts_at - timedelta(days=2)
    Event.objects.update(cancellable_until=deadline)

    move_event(event, later(event), AUTHOR)

    moved = Event.objects.get()
    assert moved.sales_until == event.sales_until + WEEK
    assert moved.cancellable_until == deadline + WEEK
    assert moved.status == EventStatus.POSTPONED


def test_a_move_to_an_earlier_day_ends_the_sale_with_it(paid: Purchase) -> None:
    event = paid.booking.event
    Event.objects.update(sales_until=event.ends_at)
    starts_at = timezone.now() + timedelta(days=3)

    move_event(event, Move(starts_at=starts_at, ends_at=starts_at + timedelta(hours=2), venue="Here"), AUTHOR)

    moved = Event.objects.get()
    assert moved.sales_until <= moved.ends_at


def give_back(client: Client, purchase: Purchase) -> Any:
    address = f"/api/bookings/{purchase.booking.reference}/cancel"
    return client.post(address, {"seats": ["A-1"]}, content_type="application/json")


def test_tickets_can_be_returned_in_full_by_who_booked_before(
    paid: Purchase, box_office: BoxOffice, client: Client
) -> None:
    event = paid.booking.event
    move_event(event, later(event, returnable_until=event.starts_at), AUTHOR)
    work("continue_event_changes", "mail_event_notice")
    assert "for a full refund." in str(mail.outbox[-1].body)
    after = box_office.buy("B-1", email="grace@example.com")
    box_office.stripe.pay(after.session_id)
    box_office.deliver("completed", after)

    assert give_back(client, after).status_code == 409
    answer = give_back(client, paid)

    assert answer.status_code == 200, answer.content
    assert [(refund.amount, refund.fee) for refund in Refund.objects.all()] == [(4200, 0)]


def test_after_that_the_policy_holds_again(paid: Purchase, client: Client) -> None:
    event = paid.booking.event
    Event.objects.update(cancellable_until=event.starts_at - timedelta(days=1))
    move_event(Event.objects.get(), later(event, returnable_until=timezone.now() + WEEK), AUTHOR)
    Event.objects.update(returnable_until=timezone.now() - timedelta(seconds=1))

    give_back(client, paid)

    assert [(refund.amount, refund.fee) for refund in Refund.objects.all()] == [(3780, 420)]


def test_what_a_move_has_promised_the_next_one_keeps(paid: Purchase) -> None:
    event, until = paid.booking.event, timezone.now() + WEEK
    move_event(event, later(event, returnable_until=until), AUTHOR)

    second = move_event(event, later(event, venue="The Town Hall"), AUTHOR)
    assert Event.objects.get().returnable_until == second.returnable_until == until

    sooner = timezone.now() + timedelta(days=1)
    hour = timedelta(hours=1)
    move_event(event, Move(starts_at=sooner, ends_at=sooner + hour, venue="Here"), AUTHOR)
    assert Event.objects.get().returnable_until == sooner  # It begins then.


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            lambda event: {"starts_at": event.starts_at, "ends_at": event.ends_at},
            "already the date and place",
        ),
        (lambda event: {"starts_at": timezone.now() - WEEK}, "must be in the future"),
        (lambda event: {"ends_at": event.starts_at + WEEK}, "must end after it starts"),
        (lambda event: {"venue": ""}, "blank"),
        (lambda event: {"venue": "x" * 201}, "at most 200"),
        (lambda event: {"returnable_until": timezone.now() - WEEK}, "must be in the future"),
        (lambda event: {"returnable_until": event.starts_at + 2 * WEEK}, "must be before the event starts"),
    ],
)
def test_what_makes_no_sense_is_refused(changes: Any, words: str, event: Event) -> None:
    with pytest.raises(NotChangeable, match=words):
        move_event(event, later(event, **changes(event)), AUTHOR)

    assert not EventChange.objects.exists()
    assert Event.objects.get().starts_at == event.starts_at


def test_what_is_over_or_off_is_not_moved(event: Event) -> None:
    Event.objects.update(status=EventStatus.CANCELLED)
    with pytest.raises(NotChangeable, match="is cancelled"):
        move_event(event, later(event), AUTHOR)
    now = timezone.now()
    over = {"starts_at": now - WEEK, "ends_at": now, "sales_until": now}
    Event.objects.update(status=EventStatus.SCHEDULED, **over)
    with pytest.raises(NotChangeable, match="is over"):
        move_event(event, later(event), AUTHOR)


def test_the_pages_say_so(paid: Purchase, client: Client) -> None:
    event = paid.booking.event
    move_event(event, later(event, venue="The Town Hall"), AUTHOR)

    for address in ("/events/demo-night/", f"/bookings/{paid.booking.reference}/"):
        page = client.get(address).content.decode()
        assert "It was planned at The Little Theatre." in page
        assert AUTHOR.reason in page
    assert "New date" in client.get("/").content.decode()


# The command


def postpone(*options: str) -> str:
    out = StringIO()
    call_command("postpone_event", "demo-night", *options, stdout=out)
    return out.getvalue()


def test_the_command_reads_times_in_the_events_zone(paid: Purchase) -> None:
    year = timezone.now().year + 1
    times = ("--starts-at", f"{year}-10-31T20:00", "--ends-at", f"{year}-10-31T22:00+00:00")

    dry = postpone(*times, "--dry-run")
    assert "1 bookings get an email" in dry
    assert Event.objects.get().status == EventStatus.SCHEDULED

    postpone(*times, "--venue", "The Town Hall")
    event = Event.objects.get()
    assert event.starts_at.astimezone(UTC).hour in (18, 19)  # by whether the clocks are back by then
    assert event.ends_at == datetime(year, 10, 31, 22, tzinfo=UTC)
    assert (event.venue, event.status) == ("The Town Hall", EventStatus.POSTPONED)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--starts-at", "tomorrow", "--ends-at", "2027-05-01T20:00"], "--starts-at: write it as"),
        (["--starts-at", "2027-02-30T20:00", "--ends-at", "2027-05-01T20:00"], "--starts-at: write it as"),
        (["--starts-at", "2027-03-28T02:30", "--ends-at", "2027-05-01T20:00"], "this time doesn't exist"),
        (["--starts-at", "2020-05-01T20:00", "--ends-at", "2020-05-01T22:00"], "must be in the future"),
    ],
)
def test_the_command_says_what_is_wrong(options: list[str], words: str, paid: Purchase) -> None:
    with pytest.raises(CommandError, match=words):
        postpone(*options)
