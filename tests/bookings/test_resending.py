import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from bookings.models import Resend
from bookings.tickets.resending import RESENDS_PER_DAY
from payments.ledger.refunds import request_refund
from payments.models import Cause, Origin
from tests.support.shop import Purchase
from tests.support.threads import at_once
from tests.support.worker import work

BUTTON = re.compile(r'action="([^"]+/resend/[^"]*)"')


@pytest.fixture
def paid(paid: Purchase) -> Purchase:
    """Seats A-1 and A-2, paid, and their mail sent."""
    work("mail_tickets")
    mail.outbox.clear()
    return paid


def resend(client: Client, purchase: Purchase) -> Any:
    return client.post(reverse("bookings:resend", args=[purchase.booking.reference]))


def button(client: Client, purchase: Purchase) -> str:
    """Return where the button on the booking's page sends its form."""
    page = client.get(purchase.booking.get_absolute_url()).content.decode()
    found = BUTTON.search(page)
    assert found, page
    return found[1]


def test_the_tickets_come_once_more_to_the_bookings_address(client: Client, paid: Purchase) -> None:
    assert "Email tickets again" in client.get(paid.booking.get_absolute_url()).content.decode()

    answer = resend(client, paid)

    assert (answer.status_code, answer.url) == (302, paid.booking.get_absolute_url())
    assert "Your tickets are on their way to ada@example.com." in client.get(answer.url).content.decode()
    work("mail_tickets")
    (letter,) = mail.outbox
    assert (letter.to, letter.subject) == (["ada@example.com"], "Your tickets: Demo Night")
    assert "We emailed your tickets to ada@example.com" in client.get(answer.url).content.decode()


def test_each_time_is_a_mail_of_its_own(client: Client, paid: Purchase) -> None:
    for _time in range(2):
        resend(client, paid)
        work("mail_tickets")

    assert len({letter.extra_headers["Message-ID"] for letter in mail.outbox}) == 2


def test_more_than_a_few_times_a_day_is_politely_refused(client: Client, paid: Purchase) -> None:
    for _time in range(RESENDS_PER_DAY):
        assert resend(client, paid).status_code == 302
    answer = resend(client, paid)

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "86400")
    assert "We’ve emailed the tickets several times today." in answer.content.decode()
    assert "Email tickets again" not in client.get(paid.booking.get_absolute_url()).content.decode()
    assert Resend.objects.count() == RESENDS_PER_DAY

    Resend.objects.update(asked_at=timezone.now() - timedelta(hours=25))
    assert resend(client, paid).status_code == 302


def test_a_button_pressed_again_is_one_wish_even_after_the_mail(client: Client, paid: Purchase) -> None:
    pressed = button(client, paid)
    for _time in range(5):
        assert client.post(pressed).status_code == 302
        work("mail_tickets")

    assert (Resend.objects.count(), len(mail.outbox)) == (1, 1)
    client.post(button(client, paid))
    work("mail_tickets")
    assert (Resend.objects.count(), len(mail.outbox)) == (2, 2)


def test_the_last_press_of_a_day_made_twice_is_not_refused(client: Client, paid: Purchase) -> None:
    for _time in range(RESENDS_PER_DAY):
        pressed = button(client, paid)
        client.post(pressed)

    assert client.post(pressed).status_code == 302
    assert resend(client, paid).status_code == 429


@pytest.mark.parametrize("nonsense", ["0", "-1", "x", "1.0", "\uff19", "9" * 5000, "%00"])
def test_a_button_of_no_page_of_ours_sends_nothing(client: Client, paid: Purchase, nonsense: str) -> None:
    address = button(client, paid).partition("?")[0]

    assert client.post(f"{address}?after={nonsense}").status_code == 302
    assert not Resend.objects.exists()


def test_without_tickets_there_is_nothing_to_send(client: Client, purchase: Purchase) -> None:
    answer = resend(client, purchase)

    assert answer.status_code == 409
    assert "has no valid tickets" in answer.content.decode()
    assert not Resend.objects.exists()


def test_tickets_that_were_given_back_are_not_sent(client: Client, paid: Purchase) -> None:
    request_refund(paid.payment, origin=Origin.STAFF, cause=Cause.STAFF)

    assert resend(client, paid).status_code == 409


def test_asking_for_the_address_sends_nothing(client: Client, paid: Purchase) -> None:
    answer = client.get(reverse("bookings:resend", args=[paid.booking.reference]))

    assert answer.headers["Location"] == paid.booking.get_absolute_url()
    assert client.post(f"/bookings/{'A' * 26}/resend/").status_code == 404
    assert (
        Client(enforce_csrf_checks=True)
        .post(reverse("bookings:resend", args=[paid.booking.reference]))
        .status_code
        == 403
    )
    assert not Resend.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_limit_holds_for_many_at_once(paid: Purchase) -> None:
    answers = at_once(lambda _n: resend(Client(), paid).status_code, 8)

    assert sorted(answers) == [302] * RESENDS_PER_DAY + [429] * (8 - RESENDS_PER_DAY)
    assert work("mail_tickets") == ["mail_tickets"] * RESENDS_PER_DAY
    assert len(mail.outbox) == 1  # They were one wish: whoever came second found it sent.


@pytest.mark.django_db(transaction=True)
def test_a_button_pressed_often_at_once_is_one_wish(client: Client, paid: Purchase) -> None:
    pressed = button(client, paid)

    assert at_once(lambda _n: Client().post(pressed).status_code, 8) == [302] * 8
    assert work("mail_tickets") == ["mail_tickets"]
    assert Resend.objects.count() == 1
