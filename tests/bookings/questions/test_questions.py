"""Names on tickets, and what an event asks those who have booked."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import transaction
from django.test import Client
from django.utils import timezone

from bookings.events.copying import make_copies
from bookings.events.deletion import delete_event
from bookings.models import Answer, Event, Question, Seat, Ticket, TicketNames, TicketStatus
from bookings.search import find_bookings
from bookings.seats.moving import plan_moves
from bookings.tickets.moving import move_tickets
from payments.fsck import inspect
from privacy.erasing import erase_customer
from privacy.exporting import export
from privacy.person import Person
from tests.support.shop import Purchase
from tests.support.staff import log_in, make_user
from tests.support.threads import at_once
from tests.support.worker import work


@pytest.fixture
def asked(paid: Purchase) -> dict[str, Question]:
    """An event that asks a booking and each ticket something; its tickets were mailed."""
    event = paid.booking.event
    questions = {
        "diet": Question.objects.create(
            event=event,
            text="What do you eat?",
            kind="choice",
            options="Meat\nPlants",
            per="ticket",
            required=True,
        ),
        "car": Question.objects.create(event=event, text="What is on your number plate?"),
        "rules": Question.objects.create(
            event=event, text="I know the rules", kind="checkbox", required=True
        ),
    }
    work("mail_tickets")
    mail.outbox.clear()
    return questions


def want_names(names: TicketNames = TicketNames.REQUIRED) -> None:
    Event.objects.update(ticket_names=names)


def address(purchase: Purchase) -> str:
    return f"/bookings/{purchase.booking.reference}/questions/"


def fields(purchase: Purchase, questions: dict[str, Question], **changes: str) -> dict[str, str]:
    """Return the filled-in form: ``diet_1`` is that of A-1, and so on."""
    first, second = purchase.booking.seats.order_by("pk")
    diet = questions["diet"].pk
    given = {
        "diet_1": "Meat",
        "diet_2": "Plants",
        "car": "",
        "rules": "on",
        "name_1": "",
        "name_2": "",
        **changes,
    }
    names = {
        "diet_1": f"question-{diet}-{first.pk}",
        "diet_2": f"question-{diet}-{second.pk}",
        "car": f"question-{questions['car'].pk}",
        "rules": f"question-{questions['rules'].pk}",
        "name_1": f"name-{first.pk}",
        "name_2": f"name-{second.pk}",
    }
    return {names[name]: value for name, value in given.items() if value}


def values() -> list[tuple[str, str | None, str]]:
    rows = Answer.objects.select_related("question", "seat").order_by("question__text", "seat")
    return [(it.question.text, it.seat.label if it.seat else None, it.value) for it in rows]


def test_an_event_that_asks_nothing_has_no_page_for_it(paid: Purchase, client: Client) -> None:
    assert client.get(address(paid)).headers["Location"] == paid.booking.get_absolute_url()
    assert address(paid) not in client.get(paid.booking.get_absolute_url()).content.decode()


def test_nothing_is_asked_before_it_is_paid(purchase: Purchase, client: Client) -> None:
    want_names()

    assert client.get(address(purchase)).status_code == 302


def test_what_is_answered_is_kept_and_shown_again(
    paid: Purchase, asked: dict[str, Question], client: Client
) -> None:
    before = client.get(paid.booking.get_absolute_url()).content.decode()
    answer = client.post(address(paid), fields(paid, asked, car="B-AL 1815"))
    after = client.get(paid.booking.get_absolute_url()).content.decode()

    assert answer.headers["Location"] == paid.booking.get_absolute_url()
    assert values() == [
        ("I know the rules", None, "yes"),
        ("What do you eat?", "A-1", "Meat"),
        ("What do you eat?", "A-2", "Plants"),
        ("What is on your number plate?", None, "B-AL 1815"),
    ]
    assert ("Answer the questions" in before, "Answer the questions" in after) == (True, False)
    assert 'value="B-AL 1815"' in client.get(address(paid)).content.decode()
    assert inspect() == []


def test_answers_change_until_the_event_begins(
    paid: Purchase, asked: dict[str, Question], client: Client
) -> None:
    client.post(address(paid), fields(paid, asked, car="B-AL 1815"))
    client.post(address(paid), fields(paid, asked, diet_1="Plants"))
    Event.objects.update(starts_at=timezone.now())
    late = client.post(address(paid), fields(paid, asked, diet_1="Meat"))

    assert late.status_code == 409
    assert [value for _text, _seat, value in values()] == ["yes", "Plants", "Plants", ""]


@pytest.mark.parametrize(
    "wrong", [{"diet_1": ""}, {"diet_1": "Stones"}, {"rules": ""}, {"car": "a\u202eb"}, {"car": "x" * 501}]
)
def test_what_is_wrong_or_missing_is_said_and_nothing_is_kept(
    paid: Purchase, asked: dict[str, Question], client: Client, wrong: dict[str, str]
) -> None:
    assert client.post(address(paid), fields(paid, asked, **wrong)).status_code == 400
    assert not Answer.objects.exists()


def test_tickets_admit_whether_or_not_anything_is_answered(
    paid: Purchase, asked: dict[str, Question]
) -> None:
    want_names()

    assert {ticket.status for ticket in paid.booking.tickets.all()} == {TicketStatus.VALID}


def test_the_first_name_is_put_on_the_ticket_as_it_is(paid: Purchase, client: Client) -> None:
    want_names()
    work("mail_tickets")
    mail.outbox.clear()
    codes = set(paid.booking.tickets.values_list("code", flat=True))
    first, second = paid.booking.seats.order_by("pk")
    client.post(address(paid), {f"name-{first.pk}": "Grace Hopper", f"name-{second.pk}": "Mary Shelley"})
    work()

    assert set(paid.booking.tickets.values_list("code", "name")) == set(
        zip(sorted(codes, key=_seat), ["Grace Hopper", "Mary Shelley"], strict=True)
    )
    assert mail.outbox == []
    assert find_bookings("Shelley") == [paid.booking.pk]
    assert inspect() == []


def _seat(code: str) -> int:
    return Ticket.objects.get(code=code).seat_id


def test_another_name_makes_another_ticket(paid: Purchase, client: Client) -> None:
    want_names(TicketNames.OPTIONAL)
    work("mail_tickets")
    mail.outbox.clear()
    seat = paid.booking.seats.order_by("pk")[0]
    for name in ("Grace Hopper", "Mary Shelley", ""):
        client.post(address(paid), {f"name-{seat.pk}": name})
    work()

    assert list(seat.tickets.order_by("pk").values_list("name", "status")) == [
        ("Grace Hopper", "void"),
        ("Mary Shelley", "valid"),
    ]
    assert len(mail.outbox) == 1
    assert inspect() == []


def test_a_name_that_is_a_message_is_refused(paid: Purchase, client: Client) -> None:
    want_names()
    first, second = paid.booking.seats.order_by("pk")
    answer = client.post(
        address(paid), {f"name-{first.pk}": "www.example.com", f"name-{second.pk}": "Mary Shelley"}
    )

    assert answer.status_code == 400
    assert set(paid.booking.tickets.values_list("name", flat=True)) == {""}


def test_the_mail_says_where_to_answer(paid: Purchase) -> None:
    want_names()
    work("mail_tickets")

    assert f"http://testserver{address(paid)}" in mail.outbox[0].body


def test_answers_follow_a_customer_who_is_moved(
    paid: Purchase, asked: dict[str, Question], client: Client
) -> None:
    client.post(address(paid), fields(paid, asked))
    booking = paid.booking
    ticket = booking.tickets.get(seat__label="A-1")
    with transaction.atomic():
        seats = booking.event.seats.filter(label="B-7").lock()
        move_tickets(booking, plan_moves(booking, {ticket: "B-7"}, seats))

    assert ("What do you eat?", "B-7", "Meat") in values()


def test_what_was_given_back_is_not_asked_any_more(
    paid: Purchase, asked: dict[str, Question], client: Client
) -> None:
    form = fields(paid, asked)
    Event.objects.update(cancellable_until=timezone.now() + timedelta(days=1))
    client.post(
        f"/api/bookings/{paid.booking.reference}/cancel", {"seats": ["A-1"]}, content_type="application/json"
    )
    work()
    assert client.post(address(paid), form).status_code == 302

    assert [seat for _text, seat, _value in values() if seat] == ["A-2"]


def test_answers_are_in_the_export_and_go_with_their_customer(
    paid: Purchase, asked: dict[str, Question], client: Client
) -> None:
    client.post(address(paid), fields(paid, asked, car="B-AL 1815"))
    exported = export(Person("ada@example.com"))["answers"]
    erase_customer("ada@example.com", force=True)

    assert ("What is on your number plate?", "B-AL 1815") in [
        (it["question"], it["value"]) for it in exported
    ]
    assert not Answer.objects.exists()


def test_staff_read_answers_by_event_and_on_the_booking(
    paid: Purchase, asked: dict[str, Question], client: Client
) -> None:
    client.post(address(paid), fields(paid, asked, car="B-AL 1815"))
    staff = log_in(make_user(is_superuser=True))
    of_event = f"question__event__id__exact={paid.booking.event.pk}"
    rows = staff.get(f"/admin/bookings/answer/?{of_event}&q=B-AL")
    page = staff.get(f"/admin/bookings/booking/{paid.booking.pk}/change/")

    assert "B-AL 1815" in rows.content.decode()
    assert "Meat" not in rows.content.decode().partition('id="result_list"')[2]
    assert "B-AL 1815" in page.content.decode()


@pytest.mark.parametrize(
    "wrong", [{"kind": "choice", "options": "One"}, {"kind": "text", "options": "One\nTwo"}]
)
def test_a_choice_has_something_to_choose_from(event: Event, wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Question(event=event, text="What?", **wrong).full_clean()


def test_questions_and_limits_are_copied_with_the_event(event: Event) -> None:
    Event.objects.update(most_per_order=4, most_per_customer=6, ticket_names=TicketNames.OPTIONAL)
    Question.objects.create(event=event, text="What do you eat?", kind="choice", options="Meat\nPlants")
    (copy,) = make_copies(event, [event.starts_at + timedelta(days=1)])

    assert (copy.most_per_order, copy.most_per_customer, copy.ticket_names) == (4, 6, "optional")
    assert [(it.text, it.choices) for it in copy.questions.all()] == [
        ("What do you eat?", ["Meat", "Plants"])
    ]


def test_questions_go_with_an_event_that_nobody_booked(event: Event) -> None:
    Question.objects.create(event=event, text="What do you eat?")
    delete_event(event)

    assert not Question.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_tabs_that_answer_at_once_leave_one_answer_each(
    paid: Purchase, asked: dict[str, Question]
) -> None:
    forms = [fields(paid, asked, diet_1=diet) for diet in ("Meat", "Plants")]
    codes: list[Any] = at_once(lambda tab: Client().post(address(paid), forms[tab % 2]).status_code, 6)

    assert codes == [302] * 6
    assert Answer.objects.filter(question=asked["diet"]).count() == 2
    assert Seat.objects.exclude(booking=None).count() == 2
