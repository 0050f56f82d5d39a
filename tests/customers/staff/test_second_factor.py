"""The second step of signing in as staff: when it is needed, what is right, and that nothing avoids it."""

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from customers.models import SignInEvent
from customers.staff.factors import redeem_app_code, redeem_recovery_code
from tests.customers.staff.steps import (
    CODES,
    PASSWORD,
    app_code,
    enter_code,
    enter_password,
    is_in,
    make_staff,
    shown_secret,
    with_app,
)
from tests.support.accounts import ask_for_code, copy_of, last_mail, problem
from tests.support.threads import at_once

pytestmark = pytest.mark.django_db
SET_UP, SECOND = "/admin/login/set-up/", "/admin/login/second-factor/"


@pytest.fixture
def required(settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = "required"


def steps() -> list[tuple[str, str]]:
    return list(SignInEvent.objects.order_by("pk").values_list("step", "factor"))


# The first time


@pytest.mark.usefixtures("required")
def test_the_first_administrator_sets_up_an_app_with_the_first_sign_in(client: Client) -> None:
    user = make_staff()

    assert enter_password(client, next="/admin/payments/").headers["Location"] == SET_UP
    assert not is_in(client)
    page = client.get(SET_UP)
    secret = shown_secret(page)
    assert "<svg" in page.content.decode()
    done = client.post(SET_UP, {"code": app_code(secret)})

    assert len(CODES.findall(done.content.decode())) == 10
    assert 'href="/admin/payments/"' in done.content.decode()
    assert is_in(client)
    assert steps() == [("passed", "password"), ("added", "app"), ("signed_in", "app")]
    assert last_mail().to == [user.email]
    assert "An authenticator app was set up for your account." in last_mail().body


@pytest.mark.usefixtures("required")
def test_a_wrong_code_sets_up_nothing_and_keeps_the_key(client: Client) -> None:
    make_staff()
    enter_password(client)
    secret = shown_secret(client.get(SET_UP))

    answer = client.post(SET_UP, {"code": "000000" if app_code(secret) != "000000" else "111111"})

    assert (answer.status_code, Authenticator.objects.count()) == (400, 0)
    assert shown_secret(answer) == secret
    assert not is_in(client)


@pytest.mark.usefixtures("required")
def test_who_has_a_factor_sets_up_no_other_with_the_password_alone(client: Client) -> None:
    with_app(make_staff())
    enter_password(client)

    assert client.get(SET_UP).headers["Location"] == "/admin/login/"
    assert client.post(SET_UP, {"code": "123456"}).headers["Location"] == "/admin/login/"
    assert Authenticator.objects.filter(type="totp").count() == 1


def test_where_it_is_optional_a_password_is_enough_until_there_is_a_factor(client: Client) -> None:
    with_app(make_staff())
    make_staff("other")

    assert enter_password(client, name="other").headers["Location"] == "/admin/"
    assert enter_password(Client()).headers["Location"] == SECOND


# The app


def test_the_apps_code_opens_the_admin(client: Client) -> None:
    secret, _codes = with_app(make_staff())
    enter_password(client, next="/admin/payments/")
    assert not is_in(client)
    assert client.get("/bookings/").status_code == 302  # Nor is anybody signed in at the shop.

    answer = enter_code(client, f" {app_code(secret)[:3]} {app_code(secret)[3:]} ")

    assert answer.headers["Location"] == "/admin/payments/"
    assert is_in(client)
    assert steps() == [("passed", "password"), ("signed_in", "app")]


def test_a_code_that_was_used_is_refused(client: Client) -> None:
    secret, _codes = with_app(make_staff())
    code = app_code(secret)
    enter_password(client)
    enter_code(client, code)

    enter_password(thief := Client())
    answer = enter_code(thief, code)

    assert (answer.status_code, is_in(thief)) == (400, False)
    assert "or was already used" in problem(answer)
    assert enter_code(thief, app_code(secret, ahead=1)).status_code == 302


def test_an_older_code_than_the_last_one_is_refused(client: Client) -> None:
    secret, _codes = with_app(make_staff())
    enter_password(client)
    older, newer = app_code(secret), app_code(secret, ahead=1)
    enter_code(client, newer)

    enter_password(thief := Client())

    assert enter_code(thief, older).status_code == 400


@pytest.mark.django_db(transaction=True)
def test_of_those_who_enter_one_code_at_the_same_moment_one_gets_in(transactional_db: None) -> None:
    user = make_staff()
    secret, codes = with_app(user)
    code = app_code(secret)

    assert sorted(at_once(lambda _: redeem_app_code(user, code), 4)) == [False] * 3 + [True]
    assert sorted(at_once(lambda _: redeem_recovery_code(user, codes[0]), 4)) == [False] * 3 + [True]


def test_the_secret_can_not_be_read_in_the_database(settings: Any) -> None:
    user = make_staff()
    secret, codes = with_app(user)

    rows = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in rows
    assert codes[0] not in rows
    settings.SECRET_KEY = "another" * 10
    assert not redeem_app_code(user, app_code(secret))
    settings.SECRET_KEY_FALLBACKS = ["only-for-tests-" + "x" * 50]
    assert redeem_app_code(user, app_code(secret))


def test_codes_are_guessed_five_times_here_and_ten_times_in_all(client: Client) -> None:
    secret, _codes = with_app(make_staff())
    wrong = "000000" if "000000" not in {app_code(secret, ahead=n) for n in (-1, 0, 1)} else "111111"

    statuses = []
    for network in range(3):
        enter_password(thief := Client(REMOTE_ADDR=f"198.51.100.{network}"))
        statuses.append([enter_code(thief, wrong).status_code for _ in range(6)])

    assert statuses == [[400] * 5 + [429], [400] * 5 + [429], [429] * 6]
    enter_password(thief)
    assert enter_code(thief, app_code(secret)).status_code == 429


def test_guessers_lock_no_known_browser_out(client: Client) -> None:
    secret, codes = with_app(make_staff())
    enter_password(client)
    enter_code(client, codes[0])
    client.post("/admin/logout/")
    for network in range(2):
        enter_password(thief := Client(REMOTE_ADDR=f"198.51.100.{network}"))
        for _ in range(5):
            enter_code(thief, "12345678")

    enter_password(client)

    assert enter_code(client, app_code(secret)).status_code == 302


# Recovery codes


def test_a_recovery_code_opens_the_admin_once_and_its_owner_is_told(client: Client) -> None:
    _secret, codes = with_app(make_staff())
    enter_password(client)

    answer = enter_code(client, codes[0])

    assert answer.headers["Location"] == "/admin/security/"
    assert "You have 9 left" in client.get("/admin/security/").content.decode()
    assert "with a recovery code" in last_mail().body
    enter_password(again := Client())
    assert enter_code(again, codes[0]).status_code == 400
    assert enter_code(again, f"{codes[1][:4]} {codes[1][4:]}").status_code == 302
    assert ("signed_in", "recovery") in steps()


# Ways round it


def test_a_password_that_was_right_a_while_ago_is_asked_again(client: Client) -> None:
    secret, _codes = with_app(make_staff())
    enter_password(client)

    with time_machine.travel(timezone.now() + timedelta(minutes=10)):
        assert enter_code(client, app_code(secret)).headers["Location"] == "/admin/login/"
        assert not is_in(client)


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_staff": False}, {"password": "another"}])
def test_who_is_no_staff_any_more_is_out_before_the_second_step(
    client: Client, change: dict[str, Any]
) -> None:
    user = make_staff()
    secret, _codes = with_app(user)
    enter_password(client)
    User.objects.filter(pk=user.pk).update(**change)

    assert enter_code(client, app_code(secret)).headers["Location"] == "/admin/login/"


@pytest.mark.parametrize("path", [SECOND, SET_UP])
def test_the_second_step_needs_the_first(client: Client, path: str) -> None:
    secret, _codes = with_app(make_staff())

    assert client.get(path).headers["Location"] == "/admin/login/"
    assert client.post(path, {"code": app_code(secret)}).headers["Location"] == "/admin/login/"


def test_no_address_of_the_admin_opens_between_the_steps(client: Client) -> None:
    with_app(make_staff())
    enter_password(client)

    for path in ("", "security/", "security/add/", "password_change/", "payments/payment/", "auth/user/"):
        assert client.get(f"/admin/{path}").headers["Location"].startswith("/admin/login/?next="), path


@pytest.mark.parametrize(
    "path", ["2fa/", "2fa/authenticate/", "2fa/totp/activate/", "2fa/webauthn/", "login/webauthn/"]
)
def test_allauths_own_pages_are_not_there(client: Client, path: str) -> None:
    assert client.get(f"/account/{path}").status_code == 404


@pytest.mark.usefixtures("required")
def test_no_emailed_code_goes_round_it(client: Client) -> None:
    with_app(make_staff())

    ask_for_code(client, "boss@example.com")

    assert last_mail().subject == "No code for this address"


def test_a_customer_who_had_a_second_factor_signs_in_by_code(client: Client) -> None:
    from tests.support.accounts import make_account, sign_in

    ada = make_account("ada@example.com", password=PASSWORD, is_staff=True)
    with_app(ada)
    User.objects.filter(pk=ada.pk).update(is_staff=False)

    assert sign_in(client, "ada@example.com") == ada


@pytest.mark.parametrize(
    "credential", ["", "null", "[]", "{", '{"id":1}', json.dumps({"id": "x" * 5000, "response": {}})]
)
def test_what_is_no_passkey_is_refused(client: Client, credential: str) -> None:
    with_app(make_staff())
    enter_password(client)

    answer = client.post(SECOND, {"credential": credential})

    assert (answer.status_code, is_in(client)) == (400, False)
    assert steps()[-1] == ("wrong", "passkey")


def test_a_form_from_elsewhere_is_refused() -> None:
    stranger = Client(enforce_csrf_checks=True)

    assert [stranger.post(path).status_code for path in ("/admin/login/", SECOND, SET_UP)] == [403] * 3


# Losing it


def test_an_administrator_resets_the_factor_of_another(client: Client) -> None:
    boss, clerk = make_staff(), make_staff("clerk")
    secret, codes = with_app(clerk)
    enter_password(lost := Client(), name="clerk")
    enter_code(lost, app_code(secret))
    enter_password(client)

    client.post(
        "/admin/auth/user/", {"action": "reset_second_factor", "_selected_action": [clerk.pk]}, follow=True
    )

    event = SignInEvent.objects.get(step="reset")
    assert (event.user, event.actor, event.account) == (clerk, boss, "clerk")
    assert not is_in(lost)
    assert "Your second factor was reset." in last_mail().body
    enter_password(lost, name="clerk")
    assert enter_code(lost, codes[0]).headers["Location"] == "/admin/login/"
    assert is_in(lost)


def test_only_superusers_reset_it(client: Client) -> None:
    clerk = make_staff("clerk")
    with_app(clerk)
    helper = User.objects.create_user("helper", password=PASSWORD, is_staff=True)
    helper.user_permissions.set(_user_permissions())
    enter_password(client, name="helper")

    client.post("/admin/auth/user/", {"action": "reset_second_factor", "_selected_action": [clerk.pk]})

    assert Authenticator.objects.filter(user=clerk, type="totp").exists()


def _user_permissions() -> Any:
    from django.contrib.auth.models import Permission

    return Permission.objects.filter(content_type__app_label="auth", content_type__model="user")


def test_the_command_lets_a_lonely_administrator_in_again(client: Client) -> None:
    user = make_staff()
    with_app(user)

    call_command("reset_second_factor", "boss")

    assert enter_password(client).headers["Location"] == "/admin/"
    assert SignInEvent.objects.get(step="reset").user == user
    with pytest.raises(CommandError, match="There is no user nobody"):
        call_command("reset_second_factor", "nobody")


# Their own page


def test_staff_see_and_change_how_they_sign_in(client: Client) -> None:
    user = make_staff()
    enter_password(client)
    assert "None yet" in client.get("/admin/security/").content.decode()
    page = client.get("/admin/security/add/")
    done = client.post("/admin/security/add/", {"code": app_code(shown_secret(page))})
    assert len(CODES.findall(done.content.decode())) == 10

    assert "10 recovery codes left" in client.get("/admin/security/").content.decode()
    renewed = client.post("/admin/security/codes/")
    assert set(CODES.findall(renewed.content.decode())) != set(CODES.findall(done.content.decode()))
    [app] = Authenticator.objects.filter(user=user, type="totp")
    client.post("/admin/security/remove/", {"factor": app.pk})

    assert Authenticator.objects.count() == 0
    assert steps() == [
        ("signed_in", "password"),
        ("added", "app"),
        ("added", "recovery"),
        ("removed", "app"),
    ]
    assert len(mail.outbox) == 3


def test_a_new_password_is_recorded_and_its_owner_told(client: Client) -> None:
    boss, clerk = make_staff(), make_staff("clerk")
    enter_password(client)
    new = {"new_password1": "another long evening", "new_password2": "another long evening"}

    client.post("/admin/password_change/", {"old_password": PASSWORD, **new})
    client.post(
        f"/admin/auth/user/{clerk.pk}/password/",
        {"usable_password": "true", "password1": new["new_password1"], "password2": new["new_password1"]},
    )

    rows = SignInEvent.objects.filter(step="added", factor="password").order_by("pk")
    assert [(row.user, row.actor) for row in rows] == [(boss, None), (clerk, boss)]
    assert [it.to for it in mail.outbox] == [[boss.email], [clerk.email]]
    assert is_in(client)


@pytest.mark.usefixtures("required")
def test_the_last_factor_stays_where_one_is_required_and_nobody_removes_anothers(client: Client) -> None:
    user, other = make_staff(), make_staff("other")
    secret, _codes = with_app(user)
    with_app(other)
    enter_password(client)
    enter_code(client, app_code(secret))

    for app in Authenticator.objects.filter(type="totp"):
        client.post("/admin/security/remove/", {"factor": app.pk})
    client.post("/admin/security/remove/", {"factor": "x"})

    assert Authenticator.objects.filter(type="totp").count() == 2


@pytest.mark.parametrize("path", ["add/", "codes/", "remove/"])
def test_a_browser_left_open_is_not_enough_to_change_it(client: Client, path: str) -> None:
    secret, _codes = with_app(make_staff())
    enter_password(client)
    enter_code(client, app_code(secret))

    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        answer = client.post(f"/admin/security/{path}", {"code": "123456"})
        assert answer.headers["Location"] == "/admin/login/?again=1&next=%2Fadmin%2Fsecurity%2F"
        assert client.get(answer.headers["Location"]).status_code == 200
        enter_password(client, next="/admin/security/")
        assert enter_code(client, app_code(secret)).headers["Location"] == "/admin/security/"
        assert client.get("/admin/security/add/").status_code == 200


def test_signing_out_everywhere_ends_all_sessions_and_forgets_all_browsers(client: Client) -> None:
    user = make_staff()
    enter_password(other := Client())
    enter_password(client)
    thief = copy_of(client)

    answer = client.post("/admin/security/end/", follow=True)

    assert "Signed out everywhere." in answer.content.decode()
    assert [is_in(it) for it in (client, other, thief)] == [False] * 3
    assert user.known_devices.count() == 0
    assert enter_password(client).status_code == 302
    assert is_in(client)


def test_the_record_is_read_only(client: Client) -> None:
    make_staff()
    enter_password(client)
    event = SignInEvent.objects.get()

    assert client.get("/admin/customers/signinevent/").status_code == 200
    assert client.get(f"/admin/customers/signinevent/{event.pk}/change/").status_code == 200
    assert client.post(f"/admin/customers/signinevent/{event.pk}/delete/").status_code == 403
    assert client.get("/admin/mfa/authenticator/").status_code == 404


def test_these_pages_alone_may_ask_for_passkeys(client: Client) -> None:
    make_staff()
    enter_password(client)

    pages = [client.get(path).headers["Permissions-Policy"] for path in ("/admin/security/add/", "/admin/")]

    assert ["publickey-credentials-get=(self)" in it for it in pages] == [True, False]
    assert "publickey-credentials-create=()" in pages[1]
