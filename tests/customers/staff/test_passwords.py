"""Passwords of staff: how often one may be tried, by whom, and how many are hashed at a time."""

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from customers.models import SignInEvent
from customers.staff import attempts
from tests.customers.staff.steps import PASSWORD, enter_password, is_in, make_staff
from tests.support.threads import at_once

WRONG = "not my password"

pytestmark = pytest.mark.django_db


def a_stranger(number: int = 1) -> Client:
    return Client(REMOTE_ADDR=f"198.51.100.{number}")


def steps() -> list[tuple[str, str, str]]:
    """Return what was recorded: account, step, factor."""
    rows = SignInEvent.objects.order_by("pk")
    return list(rows.values_list("account", "step", "factor"))


class CountingHasher(MD5PasswordHasher):
    """Takes a moment, and counts how many run at a time, and how many in all."""

    running = most = total = 0
    lock = threading.Lock()

    def verify(self, password: str, encoded: str) -> bool:
        cls = CountingHasher
        with cls.lock:
            cls.running, cls.total = cls.running + 1, cls.total + 1
            cls.most = max(cls.most, cls.running)
        time.sleep(0.02)
        with cls.lock:
            cls.running -= 1
        return super().verify(password, encoded)


@pytest.fixture
def hasher(settings: Any) -> type[CountingHasher]:
    settings.PASSWORD_HASHERS = ["tests.customers.staff.test_passwords.CountingHasher"]
    CountingHasher.running = CountingHasher.most = CountingHasher.total = 0
    return CountingHasher


def test_a_right_password_opens_the_admin_and_is_recorded(client: Client) -> None:
    make_staff()

    answer = enter_password(client, next="/admin/payments/")

    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/payments/")
    assert is_in(client)
    assert steps() == [("boss", "signed_in", "password")]


@pytest.mark.parametrize(("name", "account"), [("boss", "boss"), ("nobody", "")])
def test_a_wrong_name_and_a_wrong_password_look_the_same(client: Client, name: str, account: str) -> None:
    make_staff()

    answer = enter_password(client, WRONG, name)

    assert answer.status_code == 400
    assert "That username and password don’t match." in answer.content.decode()
    assert steps() == [(account, "wrong", "password")]


def test_what_was_typed_is_not_in_the_record(client: Client) -> None:
    enter_password(client, WRONG, "my password by mistake")

    [row] = SignInEvent.objects.values()
    assert "mistake" not in str(row)


@pytest.mark.parametrize("rights", [{}, {"is_superuser": True}, {"is_staff": True, "is_active": False}])
def test_nobody_but_active_staff_gets_in(client: Client, rights: Any) -> None:
    User.objects.create_user("boss", password=PASSWORD, **rights)

    assert enter_password(client).status_code == 400
    assert not is_in(client)


def test_a_network_has_ten_tries_at_one_name_and_the_right_one_is_too_late_then(client: Client) -> None:
    make_staff()
    answers = [enter_password(a_stranger(), WRONG) for _ in range(11)]

    late = enter_password(a_stranger())

    assert [it.status_code for it in [*answers, late]] == [400] * 10 + [429] * 2
    assert 890 < int(late.headers["Retry-After"]) <= 901
    assert "Try again in 15 minutes, or in a browser" in late.content.decode()
    assert [step for _account, step, _factor in steps()] == ["wrong"] * 10 + ["too_many"]  # Once a minute.
    assert enter_password(client).status_code == 302  # In another network.


def test_tries_count_for_a_quarter_of_an_hour() -> None:
    make_staff()
    for _ in range(10):
        enter_password(a_stranger(), WRONG)
    SignInEvent.objects.update(created_at=timezone.now() - timedelta(minutes=15, seconds=1))

    assert enter_password(a_stranger()).status_code == 302


def test_a_network_has_fifty_tries_at_all_names() -> None:
    names = [f"user{number % 10}" for number in range(51)]

    answers = [enter_password(a_stranger(), WRONG, name).status_code for name in names]

    assert answers == [400] * 50 + [429]


def test_ipv6_counts_by_network() -> None:
    make_staff()
    for number in range(10):
        enter_password(Client(REMOTE_ADDR=f"2001:db8::{number}"), WRONG)

    assert enter_password(Client(REMOTE_ADDR="2001:db8::ffff")).status_code == 429
    assert enter_password(Client(REMOTE_ADDR="2001:db8:0:1::1")).status_code == 302


@pytest.fixture
def few_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    """An account has three tries an hour from all networks together, instead of a hundred."""
    hour = timedelta(hours=1)
    limits = attempts.PASSWORDS._replace(everywhere=[(["subject"], hour, 3)])
    monkeypatch.setattr(attempts, "PASSWORDS", limits)


@pytest.mark.usefixtures("few_tries")
def test_strangers_everywhere_lock_nobody_out_of_their_browser_or_network(client: Client) -> None:
    make_staff()
    enter_password(client)
    client.post("/admin/logout/")
    for number in range(3):
        assert enter_password(a_stranger(number), WRONG).status_code == 400
    assert enter_password(a_stranger(9)).status_code == 429

    at_home = Client()
    assert enter_password(at_home).status_code == 302  # Another browser where the owner has signed in.
    away = Client(REMOTE_ADDR="203.0.113.9")
    away.cookies["device"] = client.cookies["device"].value
    assert enter_password(away).status_code == 302  # The owner's browser, anywhere.


def test_strangers_in_the_same_network_do_not_lock_a_known_browser(client: Client) -> None:
    make_staff()
    enter_password(client)
    client.post("/admin/logout/")
    for _ in range(10):
        enter_password(Client(), WRONG)
    assert enter_password(Client()).status_code == 429

    assert enter_password(client).status_code == 302


def test_a_known_browser_has_ten_tries_too_and_is_known_to_one_account(client: Client) -> None:
    make_staff()
    make_staff("other")
    enter_password(client)
    client.post("/admin/logout/")

    answers = [enter_password(client, WRONG).status_code for _ in range(11)]

    assert answers == [400] * 10 + [429]
    assert enter_password(client, WRONG, "other").status_code == 400
    assert SignInEvent.objects.filter(step="wrong", device=None).count() == 1


def test_a_made_up_cookie_is_no_known_browser() -> None:
    make_staff()
    for number in range(10):
        stranger = a_stranger()
        stranger.cookies["device"] = f"{number}".rjust(32, "x")
        enter_password(stranger, WRONG)

    assert enter_password(a_stranger()).status_code == 429


@pytest.mark.django_db(transaction=True)
def test_of_thirty_tries_at_once_ten_are_hashed_two_at_a_time(
    transactional_db: None, hasher: type[CountingHasher]
) -> None:
    make_staff()
    enter_password(known := Client())
    known.post("/admin/logout/")
    hasher.most = hasher.total = 0

    def try_it(number: int) -> int:
        return int(
            enter_password(
                known if number == 0 else a_stranger(), PASSWORD if number == 0 else WRONG
            ).status_code
        )

    owner, *strangers = at_once(try_it, 31)

    assert owner == 302
    assert set(strangers) <= {400, 429, 503}
    assert (strangers.count(429) >= 20, hasher.most <= 3, hasher.total <= 11) == (True, True, True)
    assert SignInEvent.objects.failures().count() == strangers.count(400)
    refused = a_stranger()
    while enter_password(refused, WRONG).status_code == 400:  # Those that were too busy don't count.
        pass
    assert SignInEvent.objects.failures().count() == 10


@pytest.mark.django_db(transaction=True)
def test_processes_count_together(transactional_db: None) -> None:
    make_staff()

    answers = at_once(lambda _: [enter_password(a_stranger(), WRONG).status_code for _ in range(8)], 2)

    assert sorted(answers[0] + answers[1]) == [400] * 10 + [429] * 6


@pytest.mark.django_db(transaction=True)
def test_many_networks_at_once_are_told_to_come_back(
    transactional_db: None, hasher: type[CountingHasher]
) -> None:
    make_staff()

    answers = at_once(lambda number: enter_password(a_stranger(number), WRONG), 12)

    busy = [it for it in answers if it.status_code == 503]
    assert hasher.most <= 2
    assert {it.headers["Retry-After"] for it in busy} <= {"3"}
    assert SignInEvent.objects.count() == hasher.total == 12 - len(busy)


@pytest.mark.parametrize("password", ["short", "password1234", "123456789012", "boss@example.com"])
def test_weak_passwords_are_refused(password: str) -> None:
    with pytest.raises(ValidationError):
        validate_password(password, make_staff())


@pytest.mark.parametrize("typed", ["", "\0", "x" * 501])
def test_what_is_no_password_is_not_tried(client: Client, typed: str) -> None:
    assert enter_password(client, typed).status_code == 400
    assert steps() == []


def test_the_login_page_leads_to_this_shop_only(client: Client) -> None:
    make_staff()

    assert enter_password(client, next="https://evil.example/").headers["Location"] == "/admin/"
    assert client.get("/admin/login/?next=/admin/payments/").headers["Location"] == "/admin/payments/"
