"""Make plans, a customer and an administrator who are signed in, with the shop's settings."""

import json
import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.admindocs.views import extract_views_from_urlpatterns, simplify_regex
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.urls import get_resolver


def seed() -> None:
    """Write their cookies, and all addresses of the shop, to the file in ``FUZZ_SCENE``."""
    call_command("seed_plans", verbosity=0)
    customer = User.objects.create_user("ada@example.com", "ada@example.com")
    admin = User.objects.create_superuser("admin", "admin@example.com")
    found: dict[str, Any] = {
        "customer": cookies_of(customer, "customers.backends.MailedCodeBackend"),
        "staff": cookies_of(admin, "customers.backends.StaffBackend"),
        "csrf": settings.CSRF_COOKIE_NAME,
        "addresses": addresses(),
    }
    Path(os.environ["FUZZ_SCENE"]).write_text(json.dumps(found))


def cookies_of(user: User, backend: str) -> dict[str, str]:
    client = Client()
    client.force_login(user, backend=backend)
    return {name: cookie.value for name, cookie in client.cookies.items()}


def addresses() -> list[str]:
    """Return the pattern of each address, such as ``/events/<slug>/``."""
    views = extract_views_from_urlpatterns(get_resolver().url_patterns)
    found = {simplify_regex(str(regex)) for _view, regex, *_names in views}
    return sorted(path for path in found if not path.startswith("/static"))
