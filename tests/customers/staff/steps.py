"""Sign in as staff through the pages, with a password and a second factor."""

import re
import time
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.auth.models import User
from django.test import Client

from customers.staff.factors import add_app, new_secret, renew_recovery_codes

PASSWORD = "a long evening"
SECRET = re.compile(r'<code class="secret">([^<]+)</code>')
CODES = re.compile(r"<code>(\d{4} \d{4})</code>")


def make_staff(name: str = "boss", **more: Any) -> User:
    return User.objects.create_user(
        name, f"{name}@example.com", PASSWORD, is_staff=True, is_superuser=True, **more
    )


def enter_password(client: Client, password: str = PASSWORD, name: str = "boss", **more: str) -> Any:
    return client.post("/admin/login/", {"username": name, "password": password, **more})


def enter_code(client: Client, code: str) -> Any:
    return client.post("/admin/login/second-factor/", {"code": code})


def app_code(secret: str, *, ahead: int = 0) -> str:
    """Return what the app shows now, or ``ahead`` steps of 30 s later."""
    return format_hotp_value(hotp_value(secret.replace(" ", ""), int(time.time()) // 30 + ahead))


def with_app(user: User) -> tuple[str, list[str]]:
    """Set up an app for ``user`` whose code of now isn't used; return its secret and the recovery codes."""
    secret = new_secret()
    assert add_app(user, secret, app_code(secret))
    app = Authenticator.objects.get(user=user, type="totp")
    app.data["used_step"] = 0
    app.save()
    return secret, renew_recovery_codes(user)


def shown_secret(page: Any) -> str:
    [secret] = SECRET.findall(page.content.decode())
    return str(secret)


def is_in(client: Client) -> bool:
    """Return whether the admin opens."""
    return client.get("/admin/").status_code == 200
