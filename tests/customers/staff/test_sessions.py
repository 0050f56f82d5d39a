"""How long staff stay signed in, and what ends a session earlier."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.customers.staff.steps import enter_password, is_in, make_staff
from tests.support.accounts import is_signed_in, sign_in

pytestmark = pytest.mark.django_db


def later(**span: float) -> Any:
    return time_machine.travel(timezone.now() + timedelta(**span))


@pytest.mark.parametrize(("minutes", "stays"), [(119, True), (120, False)])
def test_two_hours_without_a_click_end_a_session(client: Client, minutes: int, stays: bool) -> None:
    make_staff()
    enter_password(client)

    with later(minutes=minutes):
        assert is_in(client) is stays


def test_clicks_keep_a_session_for_twelve_hours_and_no_longer(client: Client) -> None:
    make_staff()
    enter_password(client)
    began = timezone.now()

    for hours in range(1, 12):
        with time_machine.travel(began + timedelta(hours=hours)):
            assert is_in(client)
    with time_machine.travel(began + timedelta(hours=12)):
        assert not is_in(client)


def test_what_pages_ask_by_themselves_is_no_click(client: Client) -> None:
    make_staff()
    enter_password(client)
    with later(minutes=100):
        assert client.get("/api/bookings/sync").status_code == 200

    with later(minutes=130):
        assert not is_in(client)


def test_a_session_that_is_over_is_gone_from_the_database(client: Client) -> None:
    make_staff()
    enter_password(client)
    key = client.session.session_key

    with later(minutes=121):
        is_in(client)

    assert not Session.objects.filter(session_key=key).exists()


def test_the_ages_are_settings(client: Client, settings: Any) -> None:
    settings.STAFF_SESSION_IDLE = timedelta(minutes=5)
    make_staff()
    enter_password(client)

    with later(minutes=6):
        assert not is_in(client)


def test_customers_stay_signed_in(client: Client) -> None:
    sign_in(client, "ada@example.com")

    with later(days=13):
        assert is_signed_in(client)


def test_who_leaves_the_staff_is_out(client: Client) -> None:
    user = make_staff()
    enter_password(client)
    User.objects.filter(pk=user.pk).update(is_staff=False, is_superuser=False)

    assert not is_in(client)
    assert not is_signed_in(client)


def test_requiring_a_second_factor_ends_sessions_without(client: Client, settings: Any) -> None:
    make_staff()
    enter_password(client)

    settings.STAFF_SECOND_FACTOR = "required"

    assert not is_in(client)


def test_a_session_from_before_these_rules_is_over(client: Client) -> None:
    make_staff()
    enter_password(client)
    session = client.session
    del session["sign_in"]
    session.save()

    assert not is_in(client)


def test_an_administrator_signs_a_customer_out_everywhere(client: Client) -> None:
    ada = sign_in(customer := Client(), "ada@example.com")
    make_staff()
    enter_password(client)

    client.post("/admin/auth/user/", {"action": "sign_out_everywhere", "_selected_action": [ada.pk]})

    assert not is_signed_in(customer)


def test_the_rules_cost_no_statement(client: Client) -> None:
    sign_in(client, "ada@example.com")
    client.get("/account/logout/")

    with CaptureQueriesContext(connection) as queries:
        client.get("/account/logout/")

    tables = [it["sql"].partition(" FROM ")[2].split()[0] for it in queries if "payments_" not in it["sql"]]
    assert tables == ['"django_session"', '"auth_user"']
