"""Staff correct the name of who booked; the tickets stay the same, and come again with it."""

from typing import Any

import pytest
from django.core import mail
from django.test import Client

from bookings.models import Booking, Ticket
from payments.fsck import inspect
from payments.models import Action, StaffAction
from tests.support.shared import shared
from tests.support.shop import BoxOffice, Purchase, make_event
from tests.support.staff import action_of, open_form, press, somebody_of, told
from tests.support.worker import work

RIGHT = "Ada King, Countess of Lovelace"


@shared
def paid(box_office: BoxOffice) -> Purchase:
    make_event()
    return box_office.sell()


@pytest.fixture
def staff(db: None) -> Client:
    return somebody_of("Box office")


def name_of(purchase: Purchase) -> str:
    return action_of(purchase.payment, Action.NAME)


def test_the_right_name_is_on_the_tickets_which_stay_valid(staff: Client, paid: Purchase) -> None:
    work("mail_tickets")
    mail.outbox.clear()
    codes = {ticket.code for ticket in paid.booking.tickets.all()}
    assert "Current name: <strong>Ada Lovelace</strong>" in staff.get(name_of(paid)).content.decode()

    page = press(staff, name_of(paid), name=f"  {RIGHT} ")
    work("mail_tickets")

    assert told(page) == [f"Name changed from Ada Lovelace to {RIGHT}. Emailing the tickets again."]
    tickets = list(paid.booking.tickets.select_related("booking"))
    assert {(ticket.code, ticket.status, ticket.holder) for ticket in tickets} == {
        (code, "valid", RIGHT) for code in codes
    }
    [letter] = mail.outbox
    assert RIGHT in str(letter.body)
    record = StaffAction.objects.get()
    assert (record.action, record.words) == (Action.NAME, told(page)[0])
    assert inspect() == []


def test_a_ticket_with_a_name_of_its_own_keeps_it(staff: Client, paid: Purchase) -> None:
    ticket = paid.booking.tickets.first()
    assert ticket is not None
    Ticket.objects.filter(pk=ticket.pk).update(name="Charles Babbage")

    press(staff, name_of(paid), name=RIGHT)

    names = Ticket.objects.select_related("booking").order_by("pk")
    assert [ticket.holder for ticket in names] == ["Charles Babbage", RIGHT]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("Ada Lovelace", "That’s already the name."),
        ("Ada\u202e Lovelace", "Please write the name in one line"),
        ("", "This field is required."),
        ("x" * 201, "at most 200 characters"),
    ],
)
def test_what_is_no_other_name_is_refused(typed: str, words: str, staff: Client, paid: Purchase) -> None:
    page = press(staff, name_of(paid), name=typed)

    assert words in page.content.decode()
    assert Booking.objects.get().name == "Ada Lovelace"


def test_who_decided_by_an_older_name_decides_again(staff: Client, paid: Purchase) -> None:
    first: dict[str, Any] = open_form(staff, name_of(paid))
    press(staff, name_of(paid), name=RIGHT)

    page = press(staff, name_of(paid), **{**first, "name": "Augusta Byron"})

    assert "This changed since you opened it" in str(told(page))
    assert Booking.objects.get().name == RIGHT
