"""Signing in by a mailed code, the ways out, and another address."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client

from bookings.models import Event
from customers.models import SignInEvent
from tests.support.accounts import (
    ask_for_code,
    change_address,
    copy_of,
    enter,
    is_signed_in,
    last_mail,
    mailed_code,
    make_account,
    other_than,
    problem,
    sign_in,
)
from tests.support.shop import Purchase

ADA, BOB = "ada@example.com", "bob@example.com"
KEEP = "All your bookings in one place:"

pytestmark = pytest.mark.django_db


def one_of_the_staff() -> None:
    User.objects.create_user("boss", "Somebody@example.com", "x", is_staff=True)


# The way in


def test_an_account_comes_into_being_with_the_code_not_with_the_address(client: Client) -> None:
    ask_for_code(client, ADA)
    assert (User.objects.count(), EmailAddress.objects.count()) == (0, 0)

    enter(client, mailed_code(ADA))

    [user] = User.objects.all()
    assert (user.email, user.has_usable_password()) == (ADA, False)
    assert EmailAddress.objects.filter(user=user, email=ADA, verified=True, primary=True).exists()
    assert is_signed_in(client)


def test_whoever_comes_back_finds_the_same_account_however_the_address_is_typed(client: Client) -> None:
    assert sign_in(client, ADA) == sign_in(Client(), "Ada@Example.COM")
    assert User.objects.count() == 1


@pytest.mark.parametrize("change", [str, lambda code: code.replace(" ", ""), lambda code: f" {code}\t"])
def test_spaces_in_a_code_are_nothing(client: Client, change: Callable[[str], str]) -> None:
    ask_for_code(client, ADA)

    assert enter(client, change(mailed_code(ADA))).status_code == 302


def test_the_mail_says_the_code_in_both_forms_and_not_where_a_locked_phone_shows_it(client: Client) -> None:
    ask_for_code(client, ADA)

    letter = last_mail()
    code = mailed_code(ADA)
    [html] = letter.alternatives
    assert letter.subject == "Your code for Admit"
    assert letter.to == [ADA]
    assert letter.body.count(code) == 1
    assert html[0].count(f">{code}<") == 1


def test_the_mail_is_in_the_customers_language(client: Client) -> None:
    client.post("/account/login/", {"email": ADA}, headers={"Accept-Language": "de"})

    assert '<html lang="de">' in last_mail().alternatives[0][0]


def test_signing_in_gives_the_session_another_key(client: Client) -> None:
    ask_for_code(client, ADA)
    before = client.cookies["sessionid"].value
    enter(client, mailed_code(ADA))

    cookie = client.cookies["sessionid"]
    assert cookie.value != before
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


def test_who_is_signed_in_is_not_asked_again(client: Client) -> None:
    sign_in(client, ADA)

    assert client.get("/account/login/").headers["Location"] == "/bookings/"
    assert client.get("/account/code/").headers["Location"] == "/account/login/"


@pytest.mark.parametrize(
    ("wanted", "led_to"),
    [
        ("/membership/", "/membership/"),
        ("http://testserver/membership/", "/bookings/"),
        ("", "/bookings/"),
        ("https://evil.example/", "/bookings/"),
        ("//evil.example/", "/bookings/"),
        ("https:evil.example", "/bookings/"),
        ("javascript:alert(1)", "/bookings/"),
        ("\\\\evil.example", "/bookings/"),
    ],
)
def test_signing_in_leads_on_to_pages_of_this_shop_only(client: Client, wanted: str, led_to: str) -> None:
    ask_for_code(client, ADA, next=wanted)
    enter(client, other_than(mailed_code(ADA)))

    answer = enter(client, mailed_code(ADA))

    assert answer.headers["Location"] == led_to


def test_the_page_that_wants_somebody_signed_in_is_remembered(client: Client) -> None:
    page = client.get("/account/login/?next=/membership/").content.decode()

    assert '<input type="hidden" name="next" value="/membership/">' in page


@pytest.mark.parametrize(
    "typed", ["", "ada", "ada@", "a@b@c.example", "x" * 250 + "@x.example", "a\0@x.example"]
)
def test_what_is_no_address_gets_a_sentence_and_no_code(client: Client, typed: str) -> None:
    answer = ask_for_code(client, typed)

    assert (answer.status_code, mail.outbox) == (400, [])
    assert problem(answer)


def test_a_form_from_elsewhere_is_refused() -> None:
    stranger = Client(enforce_csrf_checks=True)

    assert [stranger.post(f"/account/{page}/").status_code for page in ("login", "code", "logout")] == [
        403
    ] * 3


@pytest.mark.parametrize(
    "path",
    [
        *("signup/", "password/change/", "password/set/", "password/reset/", "password/reset/done/"),
        *("reauthenticate/", "confirm-email/", "login/code/", "login/code/confirm/", "inactive/"),
    ],
)
def test_there_are_no_passwords_and_no_pages_that_nobody_needs(client: Client, path: str) -> None:
    assert client.get(f"/account/{path}").status_code == 404


def test_a_password_opens_no_account_but_at_the_staffs_door(client: Client) -> None:
    ada = User.objects.create_user("ada", ADA, "secret")

    assert not client.login(email=ADA, password="secret")
    assert not client.login(username="ada", password="secret")
    ada.is_staff = True
    ada.save()
    assert client.login(username="ada", password="secret")


# The way out


def test_signing_out_asks_first_and_is_told_to_other_tabs(client: Client) -> None:
    sign_in(client, ADA)
    page = client.get("/account/logout/").content.decode()
    assert is_signed_in(client)

    done = client.post("/account/logout/", follow=True)

    assert "data-sign-out" in page
    assert ADA in page
    assert "data-signed-out" in done.content.decode()
    assert not is_signed_in(client)


def test_nothing_outlives_signing_out_but_the_language_and_what_limits_know(client: Client) -> None:
    client.post("/language/", {"language": "en-gb"})
    client.cookies["checkout"] = "cs_1:signature"
    sign_in(client, ADA)

    client.post("/account/logout/")

    assert [name for name, cookie in client.cookies.items() if cookie.value] == ["django_language", "device"]


def test_signing_out_everywhere_ends_the_sessions_of_all_browsers(client: Client) -> None:
    ada = sign_in(client, ADA)
    sign_in(other := Client(), ADA)
    sign_in(bob := Client(), BOB)
    assert "Sign out everywhere" in client.get("/account/logout/").content.decode()

    client.post("/account/logout/", {"everywhere": "1"})

    assert [is_signed_in(it) for it in (client, other, bob)] == [False, False, True]
    assert list(SignInEvent.objects.filter(user=ada).values_list("step", "factor").order_by("pk")) == [
        ("signed_in", "emailed"),
        ("signed_in", "emailed"),
        ("ended", ""),
    ]
    assert sign_in(client, ADA) == ada
    assert is_signed_in(client)


@pytest.mark.parametrize("name", ["cart[1]", "a b", "mañana"])
def test_a_cookie_of_another_program_keeps_nobody_signed_in(client: Client, name: str) -> None:
    sign_in(client, ADA)
    session = client.cookies["sessionid"].value

    answer = Client().post("/account/logout/", headers={"Cookie": f"{name}=1; sessionid={session}"})

    assert (answer.status_code, answer.headers["Location"]) == (302, "/account/signed-out/")
    assert answer.cookies["sessionid"].value == ""
    assert not is_signed_in(client)


def test_a_session_that_was_signed_out_is_gone_at_the_server(client: Client) -> None:
    sign_in(client, ADA)
    kept = copy_of(client)
    client.post("/account/logout/")

    assert not is_signed_in(kept)


def test_nobody_who_is_signed_in_reads_that_they_are_not(client: Client) -> None:
    sign_in(client, ADA)

    assert client.get("/account/signed-out/").headers["Location"] == "/account/logout/"


def test_personal_pages_are_kept_by_no_cache(client: Client) -> None:
    sign_in(client, ADA)

    for page in ("logout/", "email/"):
        assert "no-store" in client.get(f"/account/{page}").headers["Cache-Control"]


# Another address


def test_a_new_address_takes_the_place_of_the_old_once_both_are_proved(client: Client) -> None:
    user = sign_in(client, ADA)
    client.post("/account/email/", {"email": "Countess@Example.com"})
    assert last_mail().to == [ADA]
    assert "the address you sign in with now" in client.get("/account/code/").content.decode()
    enter(client, mailed_code(ADA))
    assert last_mail().to == ["countess@example.com"]
    assert EmailAddress.objects.get().email == ADA

    page = client.post("/account/code/", {"code": mailed_code("countess@example.com")}, follow=True)

    user.refresh_from_db()
    address = EmailAddress.objects.get()
    assert (user.email, address.email) == ("countess@example.com",) * 2
    assert (address.user, address.verified, address.primary) == (user, True, True)
    assert "Done. From now on, sign in with your new email." in page.content.decode()
    assert sign_in(Client(), "countess@example.com") == user
    assert sign_in(Client(), ADA) != user


def test_a_session_without_the_old_mailbox_changes_no_address(client: Client) -> None:
    sign_in(client, ADA)
    client.post("/account/email/", {"email": BOB})
    for _ in range(5):
        enter(client, other_than(mailed_code(ADA)))
    client.post("/account/code/", {"code": mailed_code(ADA)})

    assert [it.to for it in mail.outbox] == [[ADA]] * 2  # Nothing was sent to the thief.
    assert EmailAddress.objects.get().email == ADA
    assert client.get("/account/email/").status_code == 200


def test_a_code_to_sign_in_confirms_no_change(client: Client) -> None:
    sign_in(client, ADA)
    ask_for_code(other := Client(), ADA)
    client.post("/account/email/", {"email": BOB})
    session = client.session
    session["mailed_code"] = {**session["mailed_code"], "code": other.session["mailed_code"]["code"]}
    session.save()

    assert enter(client, mailed_code(ADA)).headers["Location"] == "/account/login/"
    assert EmailAddress.objects.get().email == ADA


def test_ones_own_address_is_no_new_one(client: Client) -> None:
    sign_in(client, ADA)

    answer = client.post("/account/email/", {"email": "Ada@example.com"})

    assert (answer.status_code, problem(answer)) == (400, "You already sign in with this email.")


def test_the_old_address_is_told_of_the_change(client: Client) -> None:
    sign_in(client, ADA)
    change_address(client, ADA, BOB)

    letter = last_mail()
    assert (letter.to, letter.subject) == ([ADA], "Your email address was changed")
    assert BOB in letter.body


def test_a_change_of_address_ends_the_sessions_of_all_other_browsers(client: Client) -> None:
    sign_in(other := Client(), ADA)
    sign_in(client, ADA)

    change_address(client, ADA, BOB)

    assert (is_signed_in(client), is_signed_in(other)) == (True, False)


def test_an_address_with_an_account_of_its_own_stays_there(client: Client) -> None:
    bob = make_account(BOB)
    ada = sign_in(client, ADA)

    page = change_address(client, ADA, BOB)

    assert "This email already has an account. Sign out, then sign in with it." in page.content.decode()
    assert dict(EmailAddress.objects.values_list("email", "user")) == {ADA: ada.pk, BOB: bob.pk}


def test_the_staffs_address_can_not_be_taken(client: Client) -> None:
    one_of_the_staff()
    sign_in(client, ADA)

    client.post("/account/email/", {"email": "somebody@example.com"})
    enter(client, mailed_code(ADA))

    assert last_mail().subject == "No code for this address"


def test_a_code_for_a_new_address_is_no_good_once_its_customer_has_left(client: Client) -> None:
    sign_in(client, ADA)
    client.post("/account/email/", {"email": BOB})
    enter(client, mailed_code(ADA))
    thief = copy_of(client)
    client.post("/account/logout/")

    assert enter(thief, mailed_code(BOB)).headers["Location"] == "/account/login/"


def test_who_is_not_signed_in_has_no_address_to_change(client: Client) -> None:
    assert client.get("/account/email/").headers["Location"] == "/account/login/?next=/account/email/"


def test_staff_change_their_address_in_the_admin_only(client: Client) -> None:
    client.force_login(User.objects.create_superuser("boss", "boss@example.com", "x"))

    assert client.get("/account/email/").status_code == 404


# Leading there


def test_every_page_leads_to_the_account(client: Client, event: Event) -> None:
    assert links(client.get("/events/demo-night/")) == ["/", "/account/login/?next=/events/demo-night/"]
    sign_in(client, ADA)
    assert links(client.get("/events/demo-night/")) == ["/", "/bookings/", "/account/logout/"]


def links(page: Any) -> list[str]:
    """Return where the navigation leads."""
    navigation = page.content.decode().partition("<nav")[2].partition("</nav>")[0]
    return re.findall(r'href="([^"]+)"', navigation)


def test_a_guest_is_shown_where_all_bookings_are_kept(purchase: Purchase, client: Client) -> None:
    page = purchase.booking.get_absolute_url()

    assert KEEP in client.get(page).content.decode()
    sign_in(client, ADA)
    assert KEEP not in client.get(page).content.decode()


# A mailbox that is lost


def test_the_command_gives_an_account_another_address(client: Client, capsys: Any) -> None:
    user = sign_in(client, ADA)

    call_command("change_address", "Ada@example.com", "Countess@example.com")

    assert "now signs in with Countess@example.com" in capsys.readouterr().out
    assert sign_in(Client(), "countess@example.com") == user


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("nobody@example.com", BOB, "There is no account with the address nobody@example.com."),
        (ADA, "bob", "bob isn't a valid address."),
        (ADA, BOB, f"{BOB} already has an account or belongs to staff."),
        (
            ADA,
            "somebody@example.com",
            "somebody@example.com already has an account or belongs to staff.",
        ),
    ],
)
def test_the_command_says_what_it_can_not_do(client: Client, old: str, new: str, sentence: str) -> None:
    sign_in(client, ADA)
    make_account(BOB)
    one_of_the_staff()

    with pytest.raises(CommandError, match=re.escape(sentence)):
        call_command("change_address", old, new)
    assert EmailAddress.objects.filter(email=ADA).exists()
