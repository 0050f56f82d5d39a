import re
from typing import Any

import pytest
from django.test import Client

from bookings.models import Event
from config.middleware.security_headers import POLICY

PAGES = [
    *("/", "/events/demo-night/", "/nothing/", "/admin/login/", "/healthz"),
    *("/api/nothing", "/api/webhook/stripe", "/api/webhook/nothing"),
]
# A script that isn't data, a style or a handler in the page itself, or anything from another host.
FORBIDDEN = re.compile(
    r"<script(?! type=\"application/ld\+json\")(?![^>]*src=)|<style|\sstyle=|\son\w+="
    r"|<(?!a |link rel=\"canonical\")[^>]*(src|href)=\"(https?:)?//"
)


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_forbids_what_is_foreign_or_inline(event: Event, client: Client, path: str) -> None:
    headers = client.get(path).headers

    assert headers["Content-Security-Policy"] == POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]


@pytest.mark.parametrize("path", PAGES)
def test_no_page_needs_what_it_forbids(event: Event, client: Client, path: str) -> None:
    assert FORBIDDEN.findall(client.get(path).content.decode()) == []


def test_a_developers_error_page_may_show_what_went_wrong(
    event: Event, client: Client, settings: Any
) -> None:
    settings.DEBUG = True

    assert "Content-Security-Policy" not in client.get("/nothing/").headers
    assert client.get("/").headers["Content-Security-Policy"] == POLICY


def test_the_policy_has_no_loophole() -> None:
    assert not re.search(r"unsafe|data:|blob:|https?:|\*", POLICY)
    assert POLICY.startswith("default-src 'none'; ")


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("get", "/api/nothing", 404),
        ("get", "/api", 404),
        ("get", "/api/events/nothing/seats", 404),
        ("get", "/api/subscription-status", 401),
        ("post", "/api/bookings/NOTHING/cancel", 415),
        ("get", "/api/schema", 200),
        ("get", "/api/bookings/sync", 401),
        ("get", "/api/payment-status?session_id=cs_none", 404),
        ("post", "/api/checkout", 415),
        ("delete", "/api/checkout", 405),
        ("post", "/api/webhook/stripe", 400),
    ],
)
def test_no_answer_of_the_api_is_cached(
    db: None, client: Client, settings: Any, method: str, path: str, status: int, *, debug: bool
) -> None:
    settings.DEBUG = debug

    response = getattr(client, method)(path)

    assert (response.status_code, response.headers["Cache-Control"]) == (status, "no-store")
