"""Content types that Python or Django fail to read are a 400, with the headers of every answer."""

import asyncio
import io
from importlib import import_module
from typing import Any

import pytest
from django.db import connections

from config.middleware.security_headers import POLICY
from config.server.request_body import LARGEST

# Codecs that give no text or refuse it; two bytes a character; RFC 2231's way to name a charset.
UNREADABLE = [
    *("text/plain; charset=hex", "text/plain; charset=utf-16", "application/json; charset=base64"),
    *("text/plain; charset=undefined", "text/plain; charset=punycode", "text/plain; charset=utf-7"),
    *("text/plain; x*=undefined''%41", "text/plain; x*=nothing''%41", "text/plain; x=" + "y" * 600),
]
READABLE = ["", "text/plain", "text/html; charset=UTF-8", "text/plain; charset=latin1", "a; charset=nothing"]
ADDRESSES = ["/", "/events/demo-night/", "/account/login/", "/admin/login/", "/api/nothing", "/nothing/"]


pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def _unlimited() -> None:
    """Importing them limits how long this process's statements may take: not those of other tests."""
    options = connections["default"].settings_dict["OPTIONS"]
    before = dict(options)
    import_module("config.asgi")
    options.clear()
    options.update(before)


def ask(path: str, content_type: str, body: bytes = b"", method: str = "GET") -> tuple[int, dict[str, str]]:
    """Ask the WSGI application, as a server would."""
    answered: list[Any] = []
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": "q=%41",
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(len(body)),
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.input": io.BytesIO(body),
        "wsgi.url_scheme": "http",
    }
    response: Any = import_module("config.wsgi").application(environ, lambda *head: answered.extend(head))
    b"".join(response)
    response.close()
    status, headers = answered
    return int(status[:3]), dict(headers)


@pytest.mark.parametrize("content_type", UNREADABLE)
def test_an_unreadable_type_is_a_bad_request_at_every_address(content_type: str) -> None:
    for path in ADDRESSES:
        status, headers = ask(path, content_type)

        assert status == 400
        assert headers["Content-Security-Policy"] == POLICY
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"


def test_stripes_address_refuses_them_too() -> None:
    for content_type in UNREADABLE:
        assert ask("/api/webhook/stripe", content_type, b"{}", "POST")[0] == 400


@pytest.mark.parametrize("content_type", READABLE)
def test_what_browsers_and_programs_send_is_read(content_type: str) -> None:
    assert ask("/healthz", content_type)[0] == 200


@pytest.mark.parametrize("header", ["name*=hex''%41", "name*=nothing''%41", "name*=undefined''%41"])
def test_a_form_whose_parts_are_unreadable_is_no_error(header: str) -> None:
    body = f"--x\r\nContent-Disposition: form-data; {header}\r\n\r\ny\r\n--x--\r\n".encode()

    assert ask("/language/", "multipart/form-data; boundary=x", body, "POST")[0] == 302


def test_what_is_refused_in_front_of_django_has_the_headers_too() -> None:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": bytes(LARGEST + 1)}

    async def send(message: Any) -> None:
        sent.append(message)

    length = (b"content-length", str(LARGEST + 1).encode())
    scope = {"type": "http", "method": "POST", "path": "/", "headers": [length]}
    asyncio.run(import_module("config.asgi").application(scope, receive, send))

    assert sent[0]["status"] == 413
    assert dict(sent[0]["headers"])[b"content-security-policy"] == POLICY.encode()
