"""Sign in as a customer, through the pages."""

import re
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client

from bookings.addresses.normal_form import comparable

CODE = re.compile(r"\b\d{4} \d{4}\b")
MASKED = re.compile(r'(?<=name="csrfmiddlewaretoken" value=")\w+')
SENTENCE = re.compile(r'role="alert">([^<]+)<')


def sign_in(client: Client, email: str) -> User:
    """Sign in with an emailed code, and return the account."""
    ask_for_code(client, email)
    answer = enter(client, mailed_code(email))
    assert answer.status_code == 302, answer.content
    return User.objects.get(pk=client.session["_auth_user_id"])


def change_address(client: Client, old: str, new: str) -> Any:
    """Ask for another address, prove the old and the new one, and return the page that follows."""
    client.post("/account/email/", {"email": new})
    enter(client, mailed_code(old))
    return client.post("/account/code/", {"code": mailed_code(new)}, follow=True)


def ask_for_code(client: Client, email: str, **more: str) -> Any:
    return client.post("/account/login/", {"email": email, **more})


def enter(client: Client, code: str) -> Any:
    return client.post("/account/code/", {"code": code})


def mailed_code(email: str) -> str:
    """Return the code in the newest email to ``email``."""
    bodies = [str(it.body) for it in mail.outbox if comparable(it.to[0]) == comparable(email)]
    found = CODE.search(bodies[-1])
    assert found, bodies[-1]
    return found[0]


def is_signed_in(client: Client) -> bool:
    return client.get("/account/logout/").status_code == 200


def last_mail() -> Any:
    return mail.outbox[-1]


def make_account(email: str, **more: Any) -> User:
    user = User.objects.create_user(email, email, **more)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def problem(page: Any) -> str:
    """Return the only error message on a page."""
    [sentence] = SENTENCE.findall(page.content.decode())
    return str(sentence)


def copy_of(client: Client) -> Client:
    """Return another client with the same cookies."""
    copy = Client()
    copy.cookies.update(client.cookies)
    return copy


def other_than(code: str) -> str:
    """Return another code, so a wrong one."""
    return f"{(int(code.replace(' ', '')) + 1) % 10**8:08}"


def words_of(page: Any) -> str:
    """Return a page's HTML without its CSRF tokens, which differ each time."""
    return MASKED.sub("", page.content.decode())
