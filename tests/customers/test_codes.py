"""Codes by mail: what one is good for, how many there are, and what if they can’t be sent."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.db import connection
from django.test import Client
from django.utils import timezone

from bookings.mail.at_once import BULKHEAD
from customers.models import KnownDevice, MailedCode, SignInEvent
from customers.tasks import forget_codes
from tests.support.accounts import (
    ask_for_code,
    copy_of,
    enter,
    is_signed_in,
    mailed_code,
    other_than,
    problem,
    sign_in,
)
from tests.support.ports import free_port
from tests.support.threads import at_once

ADA, BOB = "ada@example.com", "bob@example.com"

pytestmark = pytest.mark.django_db


def age(minutes: float) -> None:
    """Make every code older."""
    MailedCode.objects.update(created_at=timezone.now() - timedelta(minutes=minutes))


# The code


def test_a_wrong_code_says_how_often_it_can_be_tried(client: Client) -> None:
    ask_for_code(client, ADA)
    wrong = other_than(mailed_code(ADA))

    answers = [enter(client, wrong) for _ in range(6)]

    assert [answer.status_code for answer in answers] == [400] * 6
    assert [problem(answer) for answer in answers] == [
        "That code isn’t right. You have 4 tries left.",
        "That code isn’t right. You have 3 tries left.",
        "That code isn’t right. You have 2 tries left.",
        "That code isn’t right. You have 1 try left.",
        "This code has expired or was entered wrongly too often. Ask for a new one.",
        "This code has expired or was entered wrongly too often. Ask for a new one.",
    ]


def test_after_five_wrong_ones_the_right_code_is_wrong_too(client: Client) -> None:
    ask_for_code(client, ADA)
    for _ in range(5):
        enter(client, other_than(mailed_code(ADA)))

    assert enter(client, mailed_code(ADA)).status_code == 400
    assert not is_signed_in(client)


def test_the_fifth_try_may_be_the_right_one(client: Client) -> None:
    ask_for_code(client, ADA)
    for _ in range(4):
        enter(client, other_than(mailed_code(ADA)))

    assert enter(client, mailed_code(ADA)).status_code == 302


@pytest.mark.parametrize("typed", ["", " ", "x" * 10_000, "١٢٣٤٥٦٧٨", "\0", "1234 567é"])
def test_whatever_is_typed_is_a_wrong_code_and_no_error(client: Client, typed: str) -> None:
    ask_for_code(client, ADA)

    assert enter(client, typed).status_code == 400


@pytest.mark.parametrize(("minutes", "status"), [(9.9, 302), (10, 400)])
def test_a_code_is_good_for_ten_minutes(client: Client, minutes: float, status: int) -> None:
    ask_for_code(client, ADA)
    age(minutes)

    assert enter(client, mailed_code(ADA)).status_code == status


def test_a_code_signs_in_once(client: Client) -> None:
    ask_for_code(client, ADA)
    thief = Client()
    thief.cookies.update(client.cookies)

    enter(client, mailed_code(ADA))
    enter(thief, mailed_code(ADA))

    assert (is_signed_in(client), is_signed_in(thief)) == (True, False)


def test_a_code_is_no_good_in_another_browser(client: Client) -> None:
    thief = Client()
    ask_for_code(thief, BOB)
    ask_for_code(client, ADA)

    assert enter(thief, mailed_code(ADA)).status_code == 400
    assert enter(Client(), mailed_code(ADA)).headers["Location"] == "/account/login/"


def test_only_the_newest_code_counts(client: Client) -> None:
    ask_for_code(client, ADA)
    first = mailed_code(ADA)

    answer = client.post("/account/code/", {"again": "1"}, follow=True)

    assert "We’ve emailed a new code." in answer.content.decode()
    assert enter(client, first).status_code == 400
    assert enter(client, mailed_code(ADA)).status_code == 302


def test_no_code_can_be_read_in_the_database(client: Client) -> None:
    ask_for_code(client, ADA)

    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(t)::text FROM customers_mailedcode t")
        [(row,)] = cursor.fetchall()
    assert mailed_code(ADA).replace(" ", "") not in row
    assert mailed_code(ADA) not in row


# Limits


def test_an_address_gets_ten_codes_an_hour_from_one_network(client: Client) -> None:
    answers = [ask_for_code(client, ADA) for _ in range(11)]

    assert [answer.status_code for answer in answers] == [302] * 10 + [429]
    assert problem(answers[-1]) == "That’s a lot of codes. Try again in 60 minutes."
    assert 3590 < int(answers[-1].headers["Retry-After"]) <= 3601
    assert len(mail.outbox) == 10
    assert ask_for_code(client, BOB).status_code == 302
    assert ask_for_code(Client(REMOTE_ADDR="198.51.100.1"), ADA).status_code == 302


def ask_from_many_networks(email: str, count: int) -> list[int]:
    """Ask for codes as strangers in networks of their own; return the statuses."""
    strangers = [Client(REMOTE_ADDR=f"198.51.100.{number}") for number in range(count)]
    return [ask_for_code(stranger, email).status_code for stranger in strangers]


def test_a_mailbox_gets_twenty_codes_an_hour_from_strangers_and_their_owner_any_more() -> None:
    sign_in(owner := Client(), ADA)
    owner.post("/account/logout/")

    assert ask_from_many_networks(ADA, 20) == [302] * 19 + [429]  # The owner's first one counts as well.

    away = Client(REMOTE_ADDR="203.0.113.9")
    assert ask_for_code(away, ADA).status_code == 429
    assert (
        ask_for_code(Client(), ADA).status_code == 302
    )  # From the network that the owner has signed in from.
    away.cookies["device"] = owner.cookies["device"].value
    assert sign_in(away, ADA).email == ADA  # In the browser that the owner has signed in with.


def test_a_known_browser_has_a_limit_of_its_own_and_is_known_to_one_account() -> None:
    sign_in(owner := Client(), ADA)
    owner.post("/account/logout/")
    ask_from_many_networks(BOB, 20)

    assert [ask_for_code(owner, ADA).status_code for _ in range(11)] == [302] * 10 + [429]
    assert ask_for_code(owner, BOB).status_code == 429


def test_a_strangers_code_leaves_the_owners_as_it_is(client: Client) -> None:
    ask_for_code(client, ADA)
    mine = mailed_code(ADA)
    ask_for_code(stranger := Client(REMOTE_ADDR="198.51.100.1"), ADA)
    for _ in range(5):
        enter(stranger, other_than(mailed_code(ADA)))

    assert enter(client, mine).status_code == 302


def test_the_limit_ends_with_its_hour(client: Client) -> None:
    for _ in range(10):
        ask_for_code(client, ADA)
    age(60.1)

    assert ask_for_code(client, ADA).status_code == 302


def test_asking_again_counts_too(client: Client) -> None:
    for _ in range(10):
        ask_for_code(client, ADA)

    answer = client.post("/account/code/", {"again": "1"})

    assert (answer.status_code, "Retry-After" in answer.headers) == (429, True)
    assert problem(answer) == "That’s a lot of codes. Try again in 60 minutes."


@pytest.mark.parametrize(
    ("here", "there"), [("198.51.100.7", "198.51.100.8"), ("2001:db8::1", "2001:db8:0:1::1")]
)
def test_a_network_gets_sixty_codes_an_hour(here: str, there: str) -> None:
    neighbours = [here, "2001:db8::ffff:1"] if ":" in here else [here]
    many = [ask_for_code(Client(REMOTE_ADDR=here), f"{number}@example.com") for number in range(60)]

    assert {answer.status_code for answer in many} == {302}
    for address in neighbours:
        assert ask_for_code(Client(REMOTE_ADDR=address), ADA).status_code == 429
    assert ask_for_code(Client(REMOTE_ADDR=there), ADA).status_code == 302


def test_a_socket_without_an_address_can_ask_too() -> None:
    assert ask_for_code(Client(REMOTE_ADDR=""), ADA).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_those_who_ask_at_the_same_moment_are_counted(transactional_db: None) -> None:
    answers = at_once(lambda _: ask_for_code(Client(), ADA).status_code, 16)

    assert sorted(answers) == [302] * 10 + [429] * 6


@pytest.mark.django_db(transaction=True)
def test_those_who_guess_at_the_same_moment_have_five_tries(client: Client, transactional_db: None) -> None:
    ask_for_code(client, ADA)

    at_once(lambda _: copy_of(client).post("/account/code/", {"code": "none"}).status_code, 12)

    assert MailedCode.objects.get().tries == 5
    assert enter(client, mailed_code(ADA)).status_code == 400


@pytest.mark.django_db(transaction=True)
def test_of_those_who_enter_one_code_at_the_same_moment_one_gets_in(transactional_db: None) -> None:
    ask_for_code(browser := Client(), ADA)
    copies = [copy_of(browser) for _ in range(6)]

    at_once(lambda number: enter(copies[number], mailed_code(ADA)).status_code, 6)

    assert sum(is_signed_in(copy) for copy in copies) == 1


@pytest.mark.django_db(transaction=True)
def test_two_browsers_that_open_one_account_at_the_same_moment_share_it(transactional_db: None) -> None:
    browsers = [Client(), Client()]
    codes = [(ask_for_code(browser, ADA), mailed_code(ADA))[1] for browser in browsers]

    answers = at_once(lambda number: enter(browsers[number], codes[number]).status_code, 2)

    assert answers == [302, 302]
    assert User.objects.count() == 1


def test_tries_at_names_of_nobody_are_forgotten_after_a_day(client: Client) -> None:
    client.post("/admin/login/", {"username": "nobody", "password": "x"})
    forget_codes(timestamp=0)
    assert SignInEvent.objects.count() == 1

    SignInEvent.objects.update(created_at=timezone.now() - timedelta(hours=25))
    forget_codes(timestamp=0)

    assert SignInEvent.objects.count() == 0


def test_codes_are_forgotten_after_a_day_and_sign_ins_and_browsers_later(client: Client) -> None:
    sign_in(client, ADA)
    rows = (MailedCode, SignInEvent, KnownDevice)
    forget_codes(timestamp=0)
    assert [model.objects.count() for model in rows] == [1, 1, 1]

    age(24 * 60 + 1)
    SignInEvent.objects.update(created_at=timezone.now() - timedelta(days=91))
    KnownDevice.objects.update(last_used_at=timezone.now() - timedelta(days=181))
    forget_codes(timestamp=0)

    assert [model.objects.count() for model in rows] == [0, 0, 0]


# The mail server


@pytest.fixture
def no_mail_server(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()


def test_a_mail_server_that_is_away_is_told_and_no_error(client: Client, no_mail_server: None) -> None:
    answer = ask_for_code(client, ADA)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "120")
    assert problem(answer) == (
        "We can’t email this address right now. Check it, or try again in a few minutes."
    )
    assert f'value="{ADA}"' in answer.content.decode()


@pytest.fixture
def busy_mail_server() -> Iterator[None]:
    """Four requests that wait for a slow mail server."""
    for _ in range(4):
        BULKHEAD.acquire()
    yield
    BULKHEAD.release(4)


def test_a_slow_mail_server_keeps_few_threads(client: Client, busy_mail_server: None) -> None:
    assert ask_for_code(client, ADA).status_code == 503
    assert client.get("/account/login/").status_code == 200
