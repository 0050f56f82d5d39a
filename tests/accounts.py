"""A customer who signs in, as the tests play them."""

import re
from typing import Any

from django.contrib.auth.models import User
from django.core import mail
from django.test import Client

CODE = re.compile(r"\b\d{4} \d{4}\b")


def sign_in(client: Client, email: str) -> User:
    """Sign in through the pages, by the code that is mailed, and return whose account that is."""
    ask_for_code(client, email)
    answer = enter(client, mailed_code(email))
    assert answer.status_code == 302, answer.content
    return User.objects.get(pk=client.session["_auth_user_id"])


def ask_for_code(client: Client, email: str, **more: str) -> Any:
    return client.post("/account/login/", {"email": email, **more})


def enter(client: Client, code: str) -> Any:
    return client.post("/account/code/", {"code": code})


def mailed_code(email: str) -> str:
    """Return the code in the newest mail to ``email``."""
    bodies = [str(it.body) for it in mail.outbox if it.to == [email.lower()]]
    found = CODE.search(bodies[-1])
    assert found, bodies[-1]
    return found[0]
