"""What a stranger learns about whose address it is (nothing), and whom no mailbox lets in."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.support.accounts import (
    ask_for_code,
    enter,
    is_signed_in,
    last_mail,
    mailed_code,
    make_account,
    sign_in,
    words_of,
)

ADA, BOB = "ada@example.com", "bob@example.com"

pytestmark = pytest.mark.django_db


# What a stranger learns


def what_a_stranger_sees(email: str) -> list[Any]:
    """Ask for a code and mistype it; return all there is to see but what is random, and what it cost."""
    stranger, seen = Client(), []
    for ask in (
        lambda: ask_for_code(stranger, email),
        lambda: stranger.get("/account/code/"),
        lambda: stranger.post("/account/code/", {"code": "none"}),
        lambda: stranger.post("/account/code/", {"again": "1"}),
    ):
        with CaptureQueriesContext(connection) as queries:
            answer: Any = ask()
        text = words_of(answer).replace(email, "")
        cookies = {name: {**it, "expires": ""} for name, it in answer.cookies.items()}
        headers = {name: value for name, value in answer.headers.items() if name != "Expires"}
        seen.append((answer.status_code, headers, cookies, text, len(queries)))
    return seen


def an_account() -> None:
    make_account("somebody@example.com")


def a_closed_account() -> None:
    make_account("somebody@example.com", is_active=False)


def one_of_the_staff() -> None:
    User.objects.create_user("boss", "Somebody@example.com", "x", is_staff=True)


def a_customer_who_is_staff() -> None:
    make_account("somebody@example.com", is_superuser=True)


@pytest.mark.parametrize("make", [an_account, a_closed_account, one_of_the_staff, a_customer_who_is_staff])
def test_nothing_tells_a_stranger_whose_address_it_is(make: Callable[[], None]) -> None:
    unknown = what_a_stranger_sees("whoknows@example.com")
    make()

    known = what_a_stranger_sees("somebody@example.com")

    assert known == unknown
    assert [it.to for it in mail.outbox] == [["whoknows@example.com"]] * 2 + [["somebody@example.com"]] * 2


def test_the_mail_is_the_same_whether_there_is_an_account(client: Client) -> None:
    make_account(ADA)
    for email in (ADA, BOB):
        ask_for_code(client, email)

    words = [str(it.body).replace(mailed_code(it.to[0]), "") for it in mail.outbox]
    assert words[0] == words[1]


def test_nothing_tells_a_customer_whose_a_new_address_is_before_they_prove_it(client: Client) -> None:
    make_account("somebody@example.com")
    sign_in(client, ADA)
    client.get("/")

    pages = []
    for email in ("somebody@example.com", "whoknows@example.com"):
        answer = client.post("/account/email/", {"email": email}, follow=True)
        pages.append(words_of(answer).replace(email, ""))

    assert pages[0] == pages[1]


# Staff, and accounts that are closed


def refused(client: Client, email: str) -> str:
    """Ask for a code, require that the mail has none, and return what it says."""
    ask_for_code(client, email)
    letter = last_mail()
    assert letter.subject == "No code for this address"
    assert not re.search(r"\d{4} \d{4}", str(letter.body))
    return str(letter.body)


def test_no_mailbox_opens_the_admin(client: Client) -> None:
    one_of_the_staff()

    words = refused(client, "somebody@example.com")

    assert "sign in with a password:\nhttp://testserver/admin/" in words
    assert enter(client, "0000 0000").status_code == 400
    assert User.objects.count() == 1


def test_a_closed_account_stays_closed(client: Client) -> None:
    a_closed_account()

    assert "Its account is closed." in refused(client, "somebody@example.com")


def test_who_joins_the_staff_is_out_of_every_session_that_a_code_opened(client: Client) -> None:
    user = sign_in(client, ADA)
    User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)

    assert client.get("/admin/").headers["Location"].startswith("/admin/login/")
    assert not is_signed_in(client)


def test_who_is_closed_out_is_out_at_once(client: Client) -> None:
    user = sign_in(client, ADA)
    User.objects.filter(pk=user.pk).update(is_active=False)

    assert not is_signed_in(client)


def test_who_joins_the_staff_while_the_mail_is_on_its_way_does_not_get_in(client: Client) -> None:
    user = make_account(ADA)
    ask_for_code(client, ADA)
    User.objects.filter(pk=user.pk).update(is_staff=True)

    answer = client.post("/account/code/", {"code": mailed_code(ADA)}, follow=True)

    assert "You can’t sign in by code with this email." in answer.content.decode()
    assert not is_signed_in(client)
