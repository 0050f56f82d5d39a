"""Staff correct an address that a customer had mistyped: the tickets go there, and so does the booking."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from bookings.models import Booking
from payments.fsck import inspect
from payments.models import Action, StaffAction
from tests.support.accounts import make_account
from tests.support.listening import Hear, hearing
from tests.support.sandbox import Sandbox
from tests.support.shop import Buy, Deliver, Purchase
from tests.support.staff import action_of, open_form, press, somebody_of, told
from tests.support.worker import work

MISTYPED, RIGHT = "ada@example.con", "ada@example.com"
TWICE = {"email": RIGHT, "again": RIGHT, "account": "other"}


@pytest.fixture
def hear(transactional_db: None) -> Iterator[Hear]:
    with hearing() as hear:
        yield hear


@pytest.fixture
def staff(db: None) -> Client:
    return somebody_of("Box office")


def sell_to(email: str, buy: Buy, stripe: Sandbox, deliver: Deliver) -> Purchase:
    purchase = buy(email=email)
    stripe.pay(purchase.session_id)
    deliver("completed", purchase)
    work("mail_tickets")
    mail.outbox.clear()
    return purchase


@pytest.fixture
def lost(buy: Buy, stripe: Sandbox, deliver: Deliver) -> Purchase:
    """Seats that were paid for, whose tickets were mailed to an address that isn't the customer's."""
    return sell_to(MISTYPED, buy, stripe, deliver)


def address_of(purchase: Purchase) -> str:
    return action_of(purchase.payment, Action.ADDRESS)


def correct(staff: Client, purchase: Purchase, **answers: Any) -> Any:
    return press(staff, address_of(purchase), **{**TWICE, **answers})


def test_the_tickets_are_mailed_to_the_right_address(staff: Client, lost: Purchase) -> None:
    codes = [ticket.code for ticket in lost.booking.tickets.all()]
    assert f"Current address: <strong>{MISTYPED}</strong>" in staff.get(address_of(lost)).content.decode()

    page = correct(staff, lost)
    work("mail_tickets")

    assert told(page) == [f"Address changed from {MISTYPED} to {RIGHT}. Emailing the tickets."]
    assert lost.booking.email == RIGHT
    [letter] = mail.outbox
    assert letter.to == [RIGHT]
    assert all(code in str(letter.body) for code in codes)
    record = StaffAction.objects.get()
    assert (record.action, record.reason) == (Action.ADDRESS, "They stand at the door.")
    assert inspect() == []


def test_a_stranger_whose_address_it_was_does_not_keep_the_booking(
    staff: Client, buy: Buy, stripe: Sandbox, deliver: Deliver
) -> None:
    stranger, ada = make_account(MISTYPED), make_account(RIGHT)
    lost = sell_to(MISTYPED, buy, stripe, deliver)
    assert lost.booking.customer == stranger
    assert "take the booking out" in staff.get(address_of(lost)).content.decode()

    correct(staff, lost)

    assert lost.booking.customer == ada


def test_the_right_address_needs_no_account(
    staff: Client, buy: Buy, stripe: Sandbox, deliver: Deliver
) -> None:
    make_account(MISTYPED)
    lost = sell_to(MISTYPED, buy, stripe, deliver)

    correct(staff, lost)

    assert lost.booking.customer is None


def test_a_guests_booking_comes_into_the_account_of_the_right_address(staff: Client, lost: Purchase) -> None:
    make_account(MISTYPED)  # since then, and it hasn't signed in yet
    ada = make_account(RIGHT)

    correct(staff, lost, email=RIGHT.upper(), again=RIGHT.upper())

    assert lost.booking.customer == ada


def test_who_has_only_lost_a_mailbox_keeps_the_booking(
    staff: Client, buy: Buy, stripe: Sandbox, deliver: Deliver
) -> None:
    ada = make_account("ada@old.example")
    make_account(RIGHT)
    lost = sell_to("ada@old.example", buy, stripe, deliver)

    correct(staff, lost, account="own")

    assert (lost.booking.email, lost.booking.customer) == (RIGHT, ada)


def test_who_was_signed_in_to_book_keeps_the_booking(
    staff: Client, client: Client, buy: Buy, stripe: Sandbox, deliver: Deliver
) -> None:
    ada = make_account("ada@home.example")
    make_account(RIGHT)
    client.force_login(ada, "customers.backends.MailedCodeBackend")
    lost = sell_to(MISTYPED, buy, stripe, deliver)
    page = staff.get(address_of(lost)).content.decode()
    assert "stays in the account of <strong>ada@home.example</strong>" in page
    assert 'name="account"' not in page

    correct(staff, lost)

    assert lost.booking.customer == ada


@pytest.mark.parametrize(
    ("answers", "field", "words"),
    [
        ({"again": "ada@example.org"}, "again", "The two addresses don’t match."),
        ({"email": MISTYPED, "again": MISTYPED}, "email", "That’s already the address."),
        ({"email": "ada", "again": "ada"}, "email", "Enter a valid email address."),
        ({"email": ""}, "email", "This field is required."),
        ({"reason": ""}, "reason", "This field is required."),
    ],
)
def test_an_address_that_may_be_wrong_again_is_asked_for_again(
    staff: Client, lost: Purchase, answers: dict[str, str], field: str, words: str
) -> None:
    page = correct(staff, lost, **answers)

    assert page.status_code == 200
    assert page.context["form"].errors[field] == [words]
    assert (lost.booking.email, work(), StaffAction.objects.count()) == (MISTYPED, [], 0)


def test_a_form_that_is_sent_twice_mails_once(staff: Client, lost: Purchase) -> None:
    form = {**open_form(staff, address_of(lost)), **TWICE}

    pages = [staff.post(address_of(lost), form, follow=True) for _time in range(2)]

    assert told(pages[0]) == told(pages[1])
    assert work("mail_tickets") == ["mail_tickets"]
    assert len(mail.outbox) == StaffAction.objects.count() == 1


def test_two_of_the_staff_who_correct_it_at_once_do_not_undo_each_other(
    staff: Client, lost: Purchase
) -> None:
    other = {**open_form(staff, address_of(lost)), "email": "ada@example.org", "again": "ada@example.org"}
    correct(staff, lost)

    page = staff.post(address_of(lost), other, follow=True)

    assert told(page) == ["This changed since you opened it. Check it and try again."]
    assert lost.booking.email == RIGHT


def test_without_tickets_there_is_nothing_to_correct(staff: Client, purchase: Purchase) -> None:
    page = staff.get(address_of(purchase), follow=True)

    assert told(page) == ["That’s not possible for this payment right now."]


@pytest.mark.django_db(transaction=True)
def test_everybody_who_sees_the_booking_is_woken(
    hear: Hear, buy: Buy, stripe: Sandbox, deliver: Deliver
) -> None:
    stranger, ada = make_account(MISTYPED), make_account(RIGHT)
    lost = sell_to(MISTYPED, buy, stripe, deliver)
    staff = somebody_of("Box office")
    form = {**open_form(staff, address_of(lost)), **TWICE}
    hear()

    staff.post(address_of(lost), form)

    booking = Booking.objects.get()
    assert hear() == {f"booking:{booking.reference}", f"customer:{stranger.pk}", f"customer:{ada.pk}"}
